"""What goes over the wire, as OpenAPI describes it: amounts in minor units, times RFC 3339."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Cursor = Annotated[
    str, Meta(pattern=r"^[0-9]{1,10}(\.[0-9]{1,5}(\.[0-9]{1,16})?)?$", max_length=40)
]
Word = Annotated[str, Meta(max_length=100)]
_ClaimNumber = Annotated[int, Meta(ge=1, le=2**31 - 1)]
ViewPath = Annotated[str, Meta(pattern="^/[a-z]{1,40}$")]
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


class Run(Struct, kw_only=True):
    """A determination."""

    run: int
    finished_at: datetime
    input_digest: str
    result_digest: str
    counts: dict[str, int]


class Runs(Struct, kw_only=True):
    """All of them, oldest first."""

    runs: list[Run]


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


class Funding(Struct, kw_only=True):
    """Funds against obligations, in minor units."""

    currency: str
    level: str
    funds_minor: int
    obligations_minor: int
    free_minor: int
    settled_minor: int
    in_flight_minor: int
    owed_minor: int
    released_minor: int


class Release(Struct, kw_only=True, forbid_unknown_fields=True):
    """A part of the earmarked money that is to be released: ``CNY 5000.00``."""

    amount: Annotated[str, Meta(pattern=r"^[A-Z]{3} [0-9]{1,12}(\.[0-9]{1,3})?$")]


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


class Halt(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why payments are halted; everybody reads it."""

    reason: Reason


class StateCount(Struct, kw_only=True):
    """How many payments of a rail are in a state."""

    rail: str
    state: str
    payments: int
    amount_minor: int


class Payouts(Struct, kw_only=True):
    """Where the money is."""

    counted_at: datetime
    halted: bool
    halted_because: str | None
    states: list[StateCount]


class Payment(Struct, kw_only=True):
    """One payment."""

    number: str
    award: int
    generation: int
    rail: str
    amount_minor: int
    currency: str
    state: str
    reason: str | None
    attempts: int
    provider_reference: str | None
    sent_at: datetime | None
    settled_at: datetime | None


class Payments(Struct, kw_only=True):
    """In the order of awards; ``next_cursor`` until the end, also past awards without a match."""

    payments: list[Payment]
    next_cursor: str | None


class Step(Struct, kw_only=True):
    """Something that happened to a payment."""

    at: datetime
    kind: str
    told: str
    digest: str


class Story(Struct, kw_only=True):
    """One payment from the decision to the books."""

    payment: Payment
    person_id: str
    awarded_at: datetime
    plan: int
    planned_at: datetime
    approved_at: datetime | None
    steps: list[Step]
    transfers: list[str]


class Exceptional(Struct, kw_only=True):
    """What a person has to explain."""

    id: str
    kind: str
    rail: str
    number: str | None
    amount_minor: int
    found_at: datetime
    cleared_at: datetime | None


class Exceptions(Struct, kw_only=True):
    """Oldest first."""

    exceptions: list[Exceptional]
    next_cursor: str | None


class Claim(Struct, kw_only=True):
    """A claim of a later loss."""

    claim: int
    person_id: str
    kind: str
    state: str
    given_minor: int | None


class Claims(Struct, kw_only=True):
    """By number."""

    claims: list[Claim]
    next_cursor: str | None


class ClaimDecision(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which claims are granted what the tariff gives, or refused."""

    claims: Annotated[list[_ClaimNumber], Meta(min_length=1, max_length=1000)]
    grant: bool
    because: Reason


class Person(Struct, kw_only=True):
    """A person, masked."""

    person_id: str
    sentences: list[str]
    masked: dict[str, str]
    looks: int


class Look(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a person's values have to be seen; the person reads the ground."""

    ground: Annotated[str, Meta(pattern="^(person_asked|payment_failed|claim|correction|audit)$")]
    reason: Reason


class Revealed(Struct, kw_only=True):
    """A person's values, after the look was written down."""

    person_id: str
    values: dict[str, str]


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
    """By time."""

    decisions: list[Decision]


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
    """Oldest first."""

    exports: list[Export]


class User(Struct, kw_only=True):
    """An operator."""

    name: str
    roles: list[str]
    passkeys: int
    code: bool
    sessions: int


class Users(Struct, kw_only=True):
    """By name."""

    users: list[User]


class NewUser(Struct, kw_only=True, forbid_unknown_fields=True):
    """An operator to be."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Roles(Struct, kw_only=True, forbid_unknown_fields=True):
    """Exactly these roles."""

    roles: Annotated[
        list[Annotated[str, Meta(pattern="^(administrator|caseworker|approver|reader|auditor)$")]],
        Meta(max_length=5),
    ]


class Health(Struct, kw_only=True):
    """What runs."""

    version: str
    now: datetime
    simulated: bool
    audit_entries: int


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


class Report(Struct, kw_only=True):
    """A text that leaves the case; the register of exports has its digest."""

    name: str
    media_type: str
    sha256: str
    text: str


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
