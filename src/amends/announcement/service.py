"""What the rest of Amends does with the announcement: draft it, have it signed, let it out.

Kept true: what goes out is exactly what every signatory signed; its figures hold, the money is
there, everybody in it has an award and the roster stands beside it; what went out never changes: a
change is a new version that says what changed and why.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from amends.announcement import store
from amends.announcement.document import (
    STATEMENT,
    digest,
    document,
    published_json,
    statement,
    words_of,
)
from amends.announcement.facts import Facts
from amends.announcement.gathering import (
    changes_since,
    facts_of,
    figures_of,
    findings_in,
    source_of,
)
from amends.announcement.model import (
    AnnouncementTextError,
    Draft,
    Figures,
    NotASignatoryError,
    Published,
    Signature,
    UnsignedError,
    Words,
)
from amends.announcement.pages import Proof, print_page, web_page
from amends.announcement.press import press_markdown, press_text
from amends.announcement.texts import announcement_words
from amends.awards.promised import check_promise, findings_of
from amends.governance.decisions import tax_position
from amends.governance.model import JSON, SYSTEM
from amends.governance.service import (
    audit_in,
    operator_keys,
    require_approval,
    sign_statement,
    statement_holds,
)
from amends.kernel.canonical import canonical
from amends.kernel.case import Text
from amends.kernel.saying import LANGUAGES, Said, said
from amends.kernel.summary import StageSummary
from amends.roster.service import published_key
from amends.store.files import written_whole
from amends.vault.opened import OpenCase

FOLDER = "announcement"
"""Beside the roster's ``log`` in the published directory."""


def draft(opened: OpenCase) -> Draft:
    """The announcement as it would go out now, and what stands in its way. Changes nothing.

    Raises:
        NoAnnouncementError: case.toml has no [announcement].
        StageOrderError: nobody is determined, or amounts differ and are not awarded yet.
    """
    source_of(opened)  # first of all there has to be one
    figures, keys = figures_of(opened), _keys(opened)
    with opened.database.reading() as connection:
        out = store.published(connection)
    again = _again(opened, figures, keys, out)
    facts, body = again or _next(opened, figures, keys, out)
    words = (announcement_words(facts, "zh"), announcement_words(facts, "en"))
    sha256 = digest(body)
    signed = _signed(opened, sha256, facts.version)
    return Draft(
        version=facts.version,
        body=body,
        sha256=sha256,
        words=words,
        figures=figures,
        findings=findings_in(opened, figures, words),
        missing=tuple(_missing(opened, facts.version, figures.unawarded, keys, signed)),
        signed=signed,
        same=again is not None,
    )


def _again(
    opened: OpenCase, figures: Figures, keys: Mapping[str, bytes], out: Sequence[Published]
) -> tuple[Facts, str] | None:
    """The newest version that is out, if it would be the same today."""
    if not out:
        return None
    held = out[-1].document["changes"]
    assert isinstance(held, list)  # noqa: S101 - a document lists its changes
    facts = facts_of(opened, figures, out[-1].version, [Text(**change) for change in held])
    body = _body(opened, facts, keys, out[:-1])
    return (facts, body) if digest(body) == out[-1].sha256 else None


def _next(
    opened: OpenCase, figures: Figures, keys: Mapping[str, bytes], out: Sequence[Published]
) -> tuple[Facts, str]:
    """The version after those that are out."""
    changes = changes_since(source_of(opened), out[-1], figures) if out else []
    facts = facts_of(opened, figures, out[-1].version + 1 if out else 1, changes)
    return facts, _body(opened, facts, keys, out)


def _body(
    opened: OpenCase, facts: Facts, keys: Mapping[str, bytes], before: Sequence[Published]
) -> str:
    """The document in the form that is signed; *before*: the versions that it comes after."""
    supersedes = before[-1].sha256 if before else None
    return canonical(document(facts, case_id=opened.case.file.id, keys=keys, supersedes=supersedes))


def sign(
    opened: OpenCase, name: str, *, key_file: Path | None = None, text: str | None = None
) -> Draft:
    """Sign the announcement as it stands, as the operator who signs for a signatory.

    *text*: the beginning of the digest of the text that was read; another text is refused.

    Raises:
        NotASignatoryError: nobody signs by this operator, or the text is not the one that was read.
        AnnouncementTextError: it holds what may not be said so: it would not go out.
        PromiseError: promise or funding does not hold.
        GovernanceError: no such operator, or a wrong key.
    """
    now = draft(opened)
    if name not in {one.operator for one in source_of(opened).signatories}:
        raise NotASignatoryError(
            said(
                "operator {name} signs for nobody in [announcement] signatories of case.toml",
                name=name,
            )
        )
    if text is not None and (len(text) < _SHORTEST or not now.sha256.startswith(text)):
        raise NotASignatoryError(
            said(
                "the text is {now} now, not {read}: read it again (`amends announce CASE`)",
                now=now.sha256[:_SHORT],
                read=text,
            )
        )
    if now.findings:
        raise AnnouncementTextError(now.findings)
    check_promise(opened)
    body = statement(now.sha256, now.version)
    signature = Signature(
        operator=name,
        signature=sign_statement(opened, name, STATEMENT, body, key_file=key_file),
        public_key=_keys(opened)[name],
    )
    with opened.database.unit_of_work() as connection:
        moment_now = opened.clock.now()
        store.add_document(
            connection, sha256=now.sha256, version=now.version, body=now.body, now=moment_now
        )
        if store.add_signature(connection, now.sha256, signature, moment_now):
            audit_in(connection, opened, name, "announcement signed", body)
    signed = _signed(opened, now.sha256, now.version)
    missing = _missing(opened, now.version, now.figures.unawarded, _keys(opened), signed)
    return replace(now, signed=signed, missing=tuple(missing))


def publish(opened: OpenCase) -> StageSummary:
    """Let the signed announcement out beside the roster; again, it mends what is damaged.

    Raises:
        AnnouncementTextError: it holds what may not be said so.
        PromiseError: promise or funding does not hold.
        UnsignedError: awards, the roster, an operator or a signature is missing.
        WaitingForApprovalError: two people have to approve exactly this text.
    """
    now = draft(opened)
    if not now.same:
        if now.findings:
            raise AnnouncementTextError(now.findings)
        check_promise(opened)
        if now.missing:
            raise UnsignedError(now.missing)
        require_approval(opened, "announcement", _proposal(opened, now))
        with opened.database.unit_of_work() as connection:
            store.add_published(
                connection, version=now.version, sha256=now.sha256, now=opened.clock.now()
            )
            details = statement(now.sha256, now.version)
            audit_in(connection, opened, SYSTEM, "announcement published", details)
    written = _write(opened, opened.case.site / FOLDER)
    note = (
        said("version {version} is out already", version=now.version)
        if now.same
        else said("version {version} is out", version=now.version)
    )
    counts = {
        "version": now.version,
        "people": now.figures.people,
        "total_minor": now.figures.total.amount_minor,
        "signatures": len(now.signed),
        "files_written": written,
    }
    return StageSummary(counts=counts, notes=(note, f"SHA-256 {now.sha256}"))


def preview(opened: OpenCase, now: Draft, to: Path) -> int:
    """Write the pages of a draft, marked as one, into a folder; how many files."""
    proof = Proof(
        version=now.version,
        document_sha256=now.sha256,
        keys=(),
        log_key=published_key(opened) or "-",
        published="-",
        draft=True,
    )
    files = dict(_pages(now.words, proof))
    for name, content in files.items():
        _put(to / name, content)
    return len(files)


_SHORT, _SHORTEST = 12, 8


def _proposal(opened: OpenCase, now: Draft) -> dict[str, JSON]:
    return {
        "case": opened.case.file.id,
        "currency": now.figures.total.currency,
        "document_sha256": now.sha256,
        "people": now.figures.people,
        "total_minor": now.figures.total.amount_minor,
        "version": now.version,
    }


def _keys(opened: OpenCase) -> dict[str, bytes]:
    """The public key of each operator by name."""
    return {str(name): key for name, key in operator_keys(opened).items()}


def _signed(opened: OpenCase, sha256: str, version: int) -> tuple[str, ...]:
    """Operators whose signatures verify now, by name."""
    keys, body = operator_keys(opened), statement(sha256, version)
    with opened.database.reading() as connection:
        found = store.signatures(connection, sha256)
    return tuple(
        one.operator
        for one in found
        if statement_holds(opened, keys, one.operator, STATEMENT, body, one.signature)
    )


def _missing(
    opened: OpenCase,
    version: int,
    unawarded: int,
    keys: Mapping[str, bytes],
    signed: tuple[str, ...],
) -> Iterator[Said]:
    """What has to be done before the announcement can go out."""
    for finding in findings_of(opened):
        yield said("the promise does not hold: {finding}", finding=finding.message)
    if (contradiction := tax_position(opened).contradiction) is not None:
        yield contradiction
    if unawarded:
        yield said("{people:,} people have no award yet: run `amends award CASE`", people=unawarded)
    if published_key(opened) is None:
        yield said("the roster is not out: run `amends publish CASE`")
    if version == 1:
        yield from _late(opened)
    source = source_of(opened)
    if version > len(source.changes) + 1:
        yield said(
            "version {version} has no reason: add what changed, and why, to `changes` in "
            "[announcement] of case.toml",
            version=version,
        )
    for signatory in source.signatories:
        if signatory.operator not in keys:
            yield said(
                "there is no operator {name}: `amends operator add CASE {name}` makes one",
                name=signatory.operator,
            )
        elif signatory.operator not in signed:
            yield said(
                "not signed for {company}: `amends announce CASE --sign --as {name}`",
                company=signatory.company,
                name=signatory.operator,
            )


def _late(opened: OpenCase) -> Iterator[Said]:
    """That the promised day has passed before anything was announced."""
    announced = opened.case.file.announced_at
    if announced is not None:
        due = announced + opened.case.file.promise.pay_within
        if opened.clock.now() > due:
            yield said(
                "the promised day has passed ({due}): nothing is announced that is late already; "
                "set case.announced_at",
                due=f"{due:%Y-%m-%d %H:%M%z}",
            )


def _write(opened: OpenCase, folder: Path) -> int:
    """Make the published files from the rows; how many were not there or not right."""
    with opened.database.reading() as connection:
        out = store.published(connection)
    log_key = published_key(opened) or ""
    written = 0
    for version in out:
        files = dict(_files(opened, version, log_key, earlier=()))
        below = folder / f"v{version.version}"
        written += sum(_put(below / name, content) for name, content in files.items())
    earlier = tuple(one.version for one in out[:-1])
    files = dict(_files(opened, out[-1], log_key, earlier=earlier))
    return written + sum(_put(folder / name, content) for name, content in files.items())


def _files(
    opened: OpenCase, version: Published, log_key: str, *, earlier: tuple[int, ...]
) -> Iterator[tuple[str, bytes]]:
    """Every file of a version by name; the JSON last, when all others are there."""
    proof = Proof(
        version=version.version,
        document_sha256=version.sha256,
        keys=tuple(one.public_key.hex() for one in version.signatures),
        log_key=log_key,
        published=version.published_at.astimezone(opened.case.file.zone).strftime(
            "%Y-%m-%d %H:%M %z"
        ),
        earlier=earlier,
    )
    words = (words_of(version.document, "zh"), words_of(version.document, "en"))
    yield from _pages(words, proof)
    yield "announcement.json", published_json(version, log_key)


def _pages(words: tuple[Words, Words], proof: Proof) -> Iterator[tuple[str, bytes]]:
    for language, one in zip(LANGUAGES, words, strict=True):
        yield ("index.html" if language == "zh" else "en.html"), web_page(one, proof)
        yield f"print.{language}.html", print_page(one, proof)
        yield f"press.{language}.txt", press_text(one, proof)
        yield f"press.{language}.md", press_markdown(one, proof)


def _put(path: Path, content: bytes) -> bool:
    """Write a file whole, unless it holds this already; whether it was written."""
    try:
        if not path.is_symlink() and path.read_bytes() == content:
            return False
    except OSError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as part:
        part.write_bytes(content)
    return True
