from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.case import Text
from amends.kernel.categories import CATEGORIES
from amends.kernel.money import Money
from amends.kernel.saying import Language
from amends.notices.model import NoticeFacts
from amends.notices.rules import lint
from amends.notices.texts import notice_text
from amends.payees.model import PayeeKind, Reason

FACTS = st.builds(
    NoticeFacts,
    controller=st.just(Text(zh="智政集团", en="Zhizheng Group")),
    discovered=st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2099, 1, 1))),
    announced=st.dates(date(2000, 1, 1), date(2099, 1, 1)),
    categories=st.sets(st.one_of(st.sampled_from(sorted(CATEGORIES)), st.text(max_size=20))).map(
        lambda codes: tuple(sorted(codes))
    ),
    payment=st.sampled_from([*PayeeKind, *Reason]),
    amount=st.builds(
        Money,
        amount_minor=st.integers(1, 10**13),
        currency=st.sampled_from(["CNY", "GBP", "JPY", "KWD"]),
    ),
    pay_by=st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2099, 1, 1))),
    mainland=st.booleans(),
    simulated=st.booleans(),
    coded=st.booleans(),
)


@given(FACTS, st.sampled_from(["zh", "en"]))
def test_no_combination_of_facts_makes_a_text_that_breaks_a_rule(
    facts: NoticeFacts, language: Language
) -> None:
    """Any fields, any amount, any day, any payee: the text passes the lint."""
    assert lint(notice_text(facts, language)) == []
