"""Clerical review: what waits, an item with both sides of its questions, a reader's answer."""

from msgspec import Struct

from amends.access.model import Right
from amends.linkage.review import service as review
from amends.linkage.review.answers import Answer
from amends.linkage.review.service import ShownItem
from amends.linkage.review.showing import Shown, ShownQuestion
from amends.web import keyset
from amends.web.api import model
from amends.web.api.calls import Desk
from amends.web.api.operations import asks, does
from amends.web.api.parameters import Item, Limit, Place
from amends.web.keyset import Key


class ReviewSide(Struct, kw_only=True):
    """One record: where it is from, its values as they were found."""

    where: str
    values: dict[str, str]


class ReviewWeight(Struct, kw_only=True):
    """What a comparison says for or against, in bits."""

    comparison: str
    level: str
    bits: float


class ReviewOther(Struct, kw_only=True):
    """Somebody else whom the row resembles."""

    side: ReviewSide
    probability: float


class ReviewQuestion(Struct, kw_only=True):
    """Two records that may be of one person; ``rest_bits``: what no comparison explains."""

    question: str
    one: ReviewSide
    other: ReviewSide
    probability: float | None
    weights: list[ReviewWeight]
    rest_bits: float | None
    others: list[ReviewOther]


class ReviewShown(Struct, kw_only=True):
    """An item with leaked values; ``left_out`` of its questions are not shown."""

    item: str
    kind: str
    waits_for: int
    told: dict[str, str] | None
    questions: list[ReviewQuestion]
    left_out: int


class ReviewNext(Struct, kw_only=True):
    """The item whose answer by this reader is worth most; null where nothing waits for them."""

    shown: ReviewShown | None


@asks("/review", Right.READ_LEAK)
def queue(
    desk: Desk, place: Place = "", limit: Limit = 100, *, sample: bool = False
) -> model.Review:
    """What waits for readers, most valuable first; no value of a person."""
    items = review.listed(desk.opened, sample=sample)
    report = review.report(desk.opened)
    page = keyset.page(items, _worth, after=place, most=limit, down=True)
    return model.Review(
        items=[
            model.ReviewItem(
                item=one.item_id,
                kind=one.kind.value,
                questions=one.questions,
                probability=one.probability,
                waits_for=one.waits_for,
            )
            for one in page.rows
        ],
        next_cursor=page.following or None,
        open_items=report.open_items,
        answers=report.answers,
        agreement=report.agreement.rate,
        kappa=report.agreement.kappa,
        wait_for_second=report.waiting_for_second,
        wait_for_third=report.conflicts,
    )


def _worth(one: review.Item) -> Key:
    return -1 if one.money is None else one.money.amount_minor, one.item_id


@does("/review/openings", Right.READ_LEAK, secret=True)
def following(desk: Desk) -> ReviewNext:
    """Open the item whose answer by this reader is worth most; the look is in the trail."""
    found = review.next_item(desk.opened, desk.session.operator)
    return ReviewNext(shown=None if found is None else _shown(found))


@does("/review/{item:str}/openings", Right.READ_LEAK, secret=True)
def opened(desk: Desk, item: Item) -> ReviewShown:
    """Open an item of clerical review; the look is in the trail."""
    return _shown(review.show(desk.opened, item, desk.session.operator))


def _shown(found: ShownItem) -> ReviewShown:
    return ReviewShown(
        item=found.item.item_id,
        kind=found.item.kind.value,
        waits_for=found.item.waits_for,
        told=found.told,
        questions=[_question(one) for one in found.questions],
        left_out=found.left_out,
    )


def _question(one: ShownQuestion) -> ReviewQuestion:
    return ReviewQuestion(
        question=one.question_id,
        one=_side(one.one),
        other=_side(one.other),
        probability=one.probability,
        weights=[
            ReviewWeight(comparison=each.comparison, level=each.level, bits=each.bits)
            for each in one.weights
        ],
        rest_bits=one.rest_bits,
        others=[ReviewOther(side=_side(side), probability=share) for side, share in one.others],
    )


def _side(one: Shown) -> ReviewSide:
    return ReviewSide(where=one.where, values=one.values)


@does("/review/{item:str}/answers", Right.READ_LEAK)
def answer(desk: Desk, item: Item, given: model.GivenAnswer) -> model.Answered:
    """Answer an item of clerical review."""
    done = review.decide(
        desk.opened, item, Answer(given.answer), desk.session.operator, reason=given.reason
    )
    return model.Answered(
        item=done.item_id, answered=done.answered, settled=done.settled, conflicts=done.conflicts
    )
