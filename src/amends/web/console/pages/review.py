"""Clerical review by keyboard: one item at a time, both sides, weights, 1, 2 or 3."""

from amends.access.model import Right
from amends.kernel.saying import said
from amends.linkage.review import service as review
from amends.linkage.review.answers import Answer as Verdict
from amends.linkage.review.showing import ShownQuestion
from amends.web.console import lists
from amends.web.console.desk import Desk
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Cell,
    Column,
    Elsewhere,
    Facts,
    Field,
    Filters,
    Form,
    Note,
    Pair,
    Part,
    Table,
    View,
    code,
)
from amends.web.console.words import choices, kind_of_data
from amends.web.keyset import Key

_LEVELS = {"same": said("equal"), "else": said("nothing in common")}
"""Levels of comparison that have no words of their own."""
_KINDS = {"row": said("rows of one person"), "accounts": said("two accounts")}
_WORDS = {
    Verdict.SAME: said("same"),
    Verdict.DIFFERENT: said("different"),
    Verdict.CANNOT_TELL: said("cannot tell"),
}
_KEYS = {Verdict.SAME: "1", Verdict.DIFFERENT: "2", Verdict.CANNOT_TELL: "3"}


def queue(desk: Desk) -> View:
    """What waits for readers, most valuable first, and how well readers agree."""
    sample = desk.word("of") == "sample"
    items = review.listed(desk.opened, sample=sample)
    report = review.report(desk.opened)
    agreement = report.agreement
    kind = desk.word("kind")
    page = lists.page(
        desk,
        (one for one in items if kind in {"", one.kind.value}),
        {
            "worth": _worth,
            "questions": lambda one: (one.questions, one.item_id),
            "probability": lambda one: (round((one.probability or 0) * 1e9), one.item_id),
            "reader": lambda one: (one.waits_for, one.item_id),
        },
        first="-worth",
    )
    rows: list[tuple[str, Cell]] = [
        (desk.say(said("Items that wait")), len(items)),
        (desk.say(said("Answers given")), report.answers),
        (desk.say(said("Wait for a second reader")), report.waiting_for_second),
        (desk.say(said("Wait for a third reader")), report.conflicts),
        (
            desk.say(said("Readers agree")),
            ""
            if agreement.rate is None
            else f"{agreement.rate:.1%} ({agreement.agreed:,} / {agreement.twice_answered:,})",
        ),
        (
            desk.say(said("Cohen's kappa")),
            "" if agreement.kappa is None else f"{agreement.kappa:.2f}",
        ),
    ]
    return View(
        title=desk.say(said("Clerical review")),
        lead=desk.say(
            said(
                "Leaked values are shown one item at a time; every look is in the audit trail. "
                "Nobody sees another reader's answer."
            )
        ),
        parts=[
            Facts(title=desk.say(said("How far it is")), rows=rows),
            *(Note(text=desk.say(one)) for one in report.sentences),
            *_begin(desk, bool(items)),
            _filters(desk),
            Table(
                caption=desk.say(said("Items, those first whose answer is worth most")),
                columns=(
                    Column(label=desk.say(said("Item"))),
                    Column(label=desk.say(said("Kind"))),
                    lists.column(desk, said("Questions"), "questions", figures=True),
                    lists.column(desk, said("Probability"), "probability", figures=True),
                    lists.column(desk, said("Worth"), "worth", figures=True, first="-worth"),
                    lists.column(desk, said("Reader"), "reader", figures=True),
                ),
                rows=[
                    (
                        code(one.item_id, f"/review/{one.item_id}"),
                        desk.say(_KINDS.get(one.kind.value, one.kind.value)),
                        one.questions,
                        "" if one.probability is None else f"{one.probability:.1%}",
                        "" if one.money is None else one.money.display(),
                        one.waits_for,
                    )
                    for one in page.rows
                ],
                empty=desk.say(said("Nothing waits for readers.")),
                following=lists.following(desk, page),
                following_text=desk.say(said("More")),
            ),
        ],
    )


def _filters(desk: Desk) -> Filters:
    return lists.filters(
        desk,
        Field(
            name="kind",
            label=desk.say(said("Kind")),
            value=desk.word("kind"),
            choices=choices(desk, _KINDS, said("every kind")),
        ),
        Field(
            name="of",
            label=desk.say(said("Of")),
            value=desk.word("of"),
            choices=choices(
                desk, {"sample": said("the newest sample")}, said("everything that waits")
            ),
        ),
    )


def _worth(one: review.Item) -> Key:
    """What an answer is worth; items without a sum stand at the end."""
    return -1 if one.money is None else one.money.amount_minor, one.item_id


def _begin(desk: Desk, waiting: bool) -> list[Part]:  # noqa: FBT001
    if not waiting:
        return []
    return [
        Form(
            title=desk.say(said("Read")),
            text=desk.say(said("Keys: 1 the same, 2 different, 3 cannot tell.")),
            action="/review/next",
            fields=(),
            buttons=(Button(label=desk.say(said("Begin")), key="b"),),
        )
    ]


def begin(desk: Desk) -> Answer:
    """Go to the item whose answer by this reader is worth most."""
    found = review.next_item(desk.opened, desk.session.operator)
    if found is None:
        return Elsewhere(to="/review", told=desk.say(said("Nothing waits for you.")))
    return Elsewhere(to=f"/review/{found.item.item_id}")


def item(desk: Desk) -> View:
    """One item with both sides of its questions."""
    found = review.show(desk.opened, desk.named["item"], desk.session.operator)
    parts: list[Part] = []
    if found.told is not None:
        parts.append(
            Facts(
                title=desk.say(said("Somebody says that they were missed, and shows")),
                rows=list(found.told.items()),
            )
        )
    parts += [_pair(desk, one) for one in found.questions]
    if found.left_out:
        parts.append(
            Note(
                text=desk.say(
                    said("and {number:,} more questions of the same item", number=found.left_out)
                )
            )
        )
    if found.item.waits_for:
        parts.insert(0, _verdict(desk, found.item.item_id))
    return View(
        title=desk.say(said("Item {item}", item=found.item.item_id)),
        up=("/review", desk.say(said("Clerical review"))),
        lead=desk.say(
            said(
                "{what}; waits for reader {reader}",
                what=_KINDS.get(found.item.kind.value, found.item.kind.value),
                reader=found.item.waits_for,
            )
        ),
        parts=parts,
    )


def _pair(desk: Desk, one: ShownQuestion) -> Pair:
    fields = list(dict.fromkeys([*one.one.values, *one.other.values]))
    weights = [
        (f"{weight.bits:+.1f}", desk.say(weight.comparison), _level(desk, weight.level))
        for weight in one.weights
        if weight.bits
    ]
    if one.rest_bits is not None:
        weights.append(
            (
                f"{one.rest_bits:+.1f}",
                desk.say(said("how rare the values are")),
                desk.say(said("and how many others it resembles")),
            )
        )
    others = "; ".join(
        f"{share:.1%} {shown.where}: " + ", ".join(shown.values.values())
        for shown, share in one.others
    )
    told = (
        []
        if one.probability is None
        else [desk.say(said("probability {probability:.1%}", probability=one.probability))]
    )
    if others:
        told.append(desk.say(said("or else: {others}", others=others)))
    return Pair(
        title=desk.say(said("Question {number}", number=one.question_id)),
        left=one.one.where,
        right=one.other.where,
        rows=[_compared(desk, name, one) for name in fields],
        weights=weights,
        text=" · ".join(told),
    )


def _level(desk: Desk, level: str) -> str:
    """How far two values agree."""
    return desk.say(_LEVELS.get(level, level))


def _compared(desk: Desk, name: str, one: ShownQuestion) -> tuple[str, str, str, bool]:
    left, right = one.one.values.get(name, ""), one.other.values.get(name, "")
    differs = bool(left) and bool(right) and left != right
    return kind_of_data(desk, name), left, right, differs


def _verdict(desk: Desk, item_id: str) -> Form:
    return Form(
        title=desk.say(said("Are they the same person?")),
        action=f"/review/{item_id}",
        fields=(
            Field(
                name="reason",
                label=desk.say(said("What decided it")),
                value=desk.form.get("reason") or desk.say(said("by the fields shown")),
                hint=desk.say(said("In a few words; kept encrypted.")),
                required=True,
                wide=True,
            ),
        ),
        buttons=[
            Button(
                label=desk.say(_WORDS[verdict]),
                name="answer",
                value=verdict.value,
                key=_KEYS[verdict],
                tone="" if verdict is Verdict.SAME else "plain",
            )
            for verdict in (Verdict.SAME, Verdict.DIFFERENT, Verdict.CANNOT_TELL)
        ],
    )


def decide(desk: Desk) -> Answer:
    """Answer, and go to the next item."""
    item_id = desk.named["item"]
    chosen = desk.form.get("answer", "")
    if chosen not in set(Verdict):
        return item(desk)
    done = review.decide(
        desk.opened,
        item_id,
        Verdict(chosen),
        desk.session.operator,
        reason=desk.form.get("reason", ""),
    )
    told = desk.say(
        said(
            "{item}: {answered:,} answered, {settled:,} settled, {conflicts:,} for a third reader",
            item=item_id,
            answered=done.answered,
            settled=done.settled,
            conflicts=done.conflicts,
        )
    )
    found = review.next_item(desk.opened, desk.session.operator)
    to = "/review" if found is None else f"/review/{found.item.item_id}"
    return Elsewhere(to=to, told=told)


PAGES = (
    Page(path="/review", right=Right.READ_LEAK, show=queue),
    Page(path="/review/{item:str}", right=Right.READ_LEAK, show=item),
)
ACTIONS = (
    Action(path="/review/next", right=Right.READ_LEAK, act=begin, show=queue),
    Action(path="/review/{item:str}", right=Right.READ_LEAK, act=decide, show=item),
)
