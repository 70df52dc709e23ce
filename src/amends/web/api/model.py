"""What goes over the wire, as OpenAPI describes it: amounts in minor units, times RFC 3339."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Cursor = Annotated[
    str, Meta(pattern=r"^[0-9]{1,10}(\.[0-9]{1,5}(\.[0-9]{1,16})?)?$", max_length=40)
]
Word = Annotated[str, Meta(max_length=100)]
ViewPath = Annotated[str, Meta(pattern="^/[a-z]{1,40}$")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Reason = Annotated[str, Meta(min_length=3, max_length=500)]


class Problem(Struct, kw_only=True):
    """Why not (RFC 9457). ``code`` is stable; ``detail`` is a sentence for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""


class Me(Struct, kw_only=True):
    """Who is signed in."""

    operator: str
    roles: list[str]
    rights: list[str]
    method: str
    expires_at: datetime


class ViewName(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which view: of which page, under which name."""

    path: ViewPath
    name: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\x00]*$")]


class View(ViewName, kw_only=True, forbid_unknown_fields=True):
    """A list of the console as an operator wants it; ``query`` as in its address."""

    query: Annotated[str, Meta(max_length=400, pattern=r"^[\x21-\x7e]*$")]


class Views(Struct, kw_only=True):
    """What the operator saved, by page and name."""

    views: list[View]


class Case(Struct, kw_only=True):
    """The case."""

    id: str
    title_zh: str
    title_en: str
    currency: str
    simulated: bool
    now: datetime
    people: int | None
    payees: dict[str, int]
    controller_zh: str
    controller_en: str
    jurisdictions: list[str]
    discovered_at: datetime | None
    announced_at: datetime | None
    promised_each_minor: int | None
    promised_people: int | None
    promised_total_minor: int | None
    rails: list[str]


class Run(Struct, kw_only=True):
    """A determination."""

    run: int
    finished_at: datetime
    input_digest: str
    result_digest: str
    counts: dict[str, int]


class Runs(Struct, kw_only=True):
    """Newest first."""

    runs: list[Run]
    next_cursor: str | None


class Difference(Struct, kw_only=True):
    """Two determinations held against each other: people by kind of change."""

    before: int
    after: int
    counts: dict[str, int]


class ReviewItem(Struct, kw_only=True):
    """What waits for a reader; no value of a person."""

    item: str
    kind: str
    questions: int
    probability: float | None
    waits_for: int


class Review(Struct, kw_only=True):
    """The queue, most valuable first, and how well readers agree."""

    items: list[ReviewItem]
    next_cursor: str | None
    open_items: int
    answers: int
    agreement: float | None
    kappa: float | None
    wait_for_second: int
    wait_for_third: int


class GivenAnswer(Struct, kw_only=True, forbid_unknown_fields=True):
    """A reader's answer to an item."""

    answer: Annotated[str, Meta(pattern="^(same|different|cannot_tell)$")]
    reason: Reason


class Answered(Struct, kw_only=True):
    """What an answer has brought."""

    item: str
    answered: int
    settled: int
    conflicts: int


class Done(Struct, kw_only=True):
    """It is done, or proposed and waits for two others (status 202)."""

    status: str
    detail: str = ""


class Proposal(Struct, kw_only=True):
    """Something that people sign. ``body`` is the exact text under the digest."""

    digest: str
    kind: str
    body: str
    proposed_by: str
    proposed_at: datetime
    approvers: list[str]
    needed: int
    approved: bool


class Proposals(Struct, kw_only=True):
    """Newest first."""

    proposals: list[Proposal]
    next_cursor: str | None


class Changed(Struct, kw_only=True):
    """A line that differs from what was approved before."""

    where: str
    before: str | None
    after: str | None


class ProposalShown(Struct, kw_only=True):
    """A proposal with its exact difference."""

    proposal: Proposal
    compared_with: str | None
    difference: list[Changed]


class Approval(Struct, kw_only=True, forbid_unknown_fields=True):
    """A signature: a second factor now, a code of six digits or a passkey's answer as JSON."""

    proof: Annotated[str, Meta(min_length=6, max_length=20_000)]
    reason: Annotated[str, Meta(max_length=500)] = ""


class Challenge(Struct, kw_only=True):
    """What a passkey signs as `proof`, as the browser takes it; null where there is no passkey."""

    options: str | None


class Refusal(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a proposal is not signed; it goes into the decision log."""

    reason: Reason


class Halt(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why payments are halted; everybody reads it. ``withdraw``: a stop, which takes back, too."""

    reason: Reason
    withdraw: bool = False


class Look(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a person's values have to be seen; the person reads the ground."""

    ground: Annotated[str, Meta(pattern="^(person_asked|payment_failed|claim|correction|audit)$")]
    reason: Reason


class AuditEntry(Struct, kw_only=True):
    """A line of the audit trail; ``details`` is canonical JSON."""

    number: int
    occurred_at: datetime
    actor: str
    action: str
    details: str
    previous: str


class Audit(Struct, kw_only=True):
    """Newest first."""

    entries: list[AuditEntry]
    next_cursor: str | None


class Verified(Struct, kw_only=True):
    """How much was recomputed and is as it was written."""

    entries: int
    transfers: int
    head: str


class Decision(Struct, kw_only=True):
    """A line of the decision log."""

    decided_on: str
    kind: str
    what: str
    reason: str
    decided_by: str
    proposal: str | None


class Decisions(Struct, kw_only=True):
    """Newest first."""

    decisions: list[Decision]
    next_cursor: str | None


class Tax(Struct, kw_only=True):
    """What the payments are by law; ``recorded`` is false for the default."""

    legal_character: str
    zh: str
    en: str
    recorded: bool


class NewDecision(Struct, kw_only=True, forbid_unknown_fields=True):
    """A decision that was made outside the program."""

    what: Annotated[str, Meta(min_length=1, max_length=200)]
    reason: Reason


class Export(Struct, kw_only=True):
    """A line of the register of exports."""

    occurred_at: datetime
    what: str
    rows: int
    weight: float
    recipient: str
    purpose: str
    actor: str
    sha256: str


class Exports(Struct, kw_only=True):
    """Newest first."""

    exports: list[Export]
    next_cursor: str | None


class User(Struct, kw_only=True):
    """An operator."""

    name: str
    roles: list[str]
    passkeys: int
    code: bool
    invited: bool
    sessions: int
    seen_at: datetime | None


class SessionShown(Struct, kw_only=True):
    """Somebody who is signed in, and by what."""

    operator: str
    method: str
    begun_at: datetime
    seen_at: datetime
    expires_at: datetime


class Users(Struct, kw_only=True):
    """By name, and the sessions that stand."""

    users: list[User]
    sessions: list[SessionShown]


class Invitation(Struct, kw_only=True):
    """Where an operator enrols a passkey or a code; hand it over in person."""

    link: str


class NewUser(Struct, kw_only=True, forbid_unknown_fields=True):
    """An operator to be."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Roles(Struct, kw_only=True, forbid_unknown_fields=True):
    """Exactly these roles."""

    roles: Annotated[
        list[Annotated[str, Meta(pattern="^(administrator|caseworker|approver|reader|auditor)$")]],
        Meta(max_length=5),
    ]


class NewestStatement(Struct, kw_only=True):
    """The newest statement of a rail that was imported."""

    rail: str
    day: str
    imported_at: datetime


class Health(Struct, kw_only=True):
    """What the case runs on; ``answered_ms``: how long the database took to say so."""

    version: str
    python: str
    now: datetime
    simulated: bool
    server: str
    database_bytes: int
    connections: int
    answered_ms: float
    migrations: int
    shipped_migrations: int
    disk_bytes: int
    disk_free_bytes: int
    audit_entries: int
    audit_head: str
    roster_key: str | None
    statements: list[NewestStatement]


class EvidenceFile(Struct, kw_only=True):
    """A table in custody; ``set_aside``: rows that could not be read. No value of a person."""

    number: int
    role: str
    path: str
    sha256: str
    size_bytes: int
    encoding: str
    rows: int
    kept: int
    set_aside: int
    taken_at: datetime
    taken_by: str
    came_from: str | None


class Evidence(Struct, kw_only=True):
    """Tables of the newest intake by number."""

    files: list[EvidenceFile]
    next_cursor: str | None


class EvidenceColumn(Struct, kw_only=True):
    """How a column was read, and why."""

    column: str
    field: str
    because: str


class EvidenceShown(Struct, kw_only=True):
    """A table with its columns."""

    file: EvidenceFile
    columns: list[EvidenceColumn]


class EvidenceRows(Struct, kw_only=True):
    """The first rows of a table by field, each value with its middle hidden."""

    rows: list[dict[str, str]]


class Stage(Struct, kw_only=True):
    """How far a stage is: ``not_yet``, ``under_way`` or ``done``; ``waits_for``: proposals."""

    stage: str
    state: str
    told: str
    last_at: datetime | None
    waits_for: list[str]


class Stages(Struct, kw_only=True):
    """In the order in which they run."""

    stages: list[Stage]


class PrintRun(Struct, kw_only=True):
    """What was written to people: of which kind, by whom; ``details`` is canonical JSON."""

    number: int
    occurred_at: datetime
    what: str
    details: str
    actor: str


class PrintRuns(Struct, kw_only=True):
    """Newest first."""

    print_runs: list[PrintRun]
    next_cursor: str | None


class StageRun(Struct, kw_only=True):
    """A run of a stage that somebody asked for; ``notes``: what it says at its end."""

    run: int
    stage: str
    asked_by: str
    asked_at: datetime
    state: str
    taken_at: datetime | None
    ended_at: datetime | None
    doing: str
    counts: dict[str, int]
    notes: list[str]
    code: str


class StageRuns(Struct, kw_only=True):
    """Newest first."""

    runs: list[StageRun]
    next_cursor: str | None


class Asking(Struct, kw_only=True, forbid_unknown_fields=True):
    """A second factor now, where the stage owes, publishes, writes to people or pays."""

    proof: Annotated[str, Meta(max_length=20_000)] = ""
