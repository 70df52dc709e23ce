"""Decide who is paid for each affected person. Columns in, columns out; pure.

Kept true: every affected person gets exactly one decision, whatever the data looks like; the same
input in any order gives the same decision; a person is paid into an account only under a name.

Order of the questions: has the person died; do the files contradict each other about the person;
how old is the person on the day of the act (Civil Code 17 to 20: an adult is paid; from 8 to 17 the
account named for the payment, else the guardian's, else the minor's own, because accepting a pure
benefit needs nobody's consent, 19 and 145; under 8 the guardian); is there an account; is there a
name; do too many people share it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl
import pyarrow as pa

from amends.kernel.accounts import AccountKind
from amends.kernel.ahead import worked_ahead
from amends.kernel.births import day_number
from amends.kernel.memory import give_back
from amends.payees.accounts import Accounts, comparable
from amends.payees.matching import DOUBTS, Circumstances, Rows, Told, match, named, read
from amends.payees.model import (
    ADULT_YEARS,
    LIMITED_YEARS,
    Doubt,
    PayeeKind,
    PayeeState,
    Reason,
    Situation,
)

FIELDS = ("name", "surname", "given_name", "phone", "idno", "birth")
"""Registry fields that the decision needs."""

SELF_LIMIT = 5
"""More people than this on one wallet are no family phone: a person looks first."""

WARD_LIMIT = 10
"""More wards than this for one guardian: likewise (conflict of interest, Civil Code 35).

Families with more than ten children are rare; a home or a school has more, and an employee who
collects for many wards is what the flag is for.
"""

_YEAR = 10_000
_WORDS = {
    words: pl.Enum([word.value for word in words])
    for words in (PayeeState, PayeeKind, Reason, Situation, AccountKind)
}
_DOUBT_ORDER = ("person_id", "doubt", "file", "path", "row")
_DETAILS = ("kind", "account", "account_kind", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a case may set: days on which things are counted, and how many may share.

    ``day``: the day of the act, on which ages count. ``leaked_on``: who died before it had no part
    in the leak's claim (Civil Code 994), who died later left one (1122); None is ``day``.
    ``least``: what everybody gets at the least, in whole units: a wallet that cannot take so much
    is too low for its holder. ``at_once``: how many people are looked at together, for the sake of
    memory; changes nothing.
    """

    day: date
    leaked_on: date | None = None
    people_per_wallet: int = SELF_LIMIT
    wards_per_guardian: int = WARD_LIMIT
    least: int = 0
    at_once: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Decisions, and what a person has to look at.

    ``decisions``: person_id, state, reason, kind, account, account_kind, name, situation; a row per
    person, by person. ``doubts``: the columns of ``matching.DOUBTS``. ``contacts``: rows of contact
    files that are surely somebody's. ``further``: person_id, place, account, account_kind, name of
    accounts after the one that is paid to. ``strangers``: as of
    :class:`amends.payees.matching.Told`.
    """

    decisions: pl.DataFrame
    doubts: pl.DataFrame
    contacts: pl.DataFrame
    further: pl.DataFrame
    strangers: pl.DataFrame

    def named(self, ids: pl.Series) -> "Settled":
        """The same with the *ids* of people in place of their places."""
        return Settled(
            decisions=self.decisions.drop("person").insert_column(0, ids.alias("person_id")),
            doubts=_named(self.doubts, ids).sort(list(_DOUBT_ORDER)),
            contacts=_named(self.contacts, ids),
            further=_named(self.further, ids),
            strangers=self.strangers,
        )


def decide(
    accounts: pl.DataFrame, circumstances: Circumstances, limits: Limits, *, mainland: bool
) -> Settled:
    """Who is paid for every person of *accounts*.

    Args:
        accounts: person_id, product, account_id and :data:`FIELDS`, a row per account.
        circumstances: deaths, guardianships, payout accounts and contacts.
        limits: days and thresholds.
        mainland: whether a number without country code is one of mainland China.
    """
    ids, numbered = _numbered(accounts)
    files = read(circumstances, mainland=mainland)
    batch = pa.RecordBatch.from_struct_array(numbered.to_struct().to_arrow())
    part = prepared(batch, files, limits, mainland=mainland)
    return decide_in_parts(len(ids), [part], files, limits).named(ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Some accounts made comparable, and the rows of files that name one of them."""

    accounts: pa.RecordBatch
    named: pl.DataFrame


def prepared(accounts: pa.RecordBatch, files: Rows, limits: Limits, *, mainland: bool) -> Prepared:
    """Some accounts for :func:`decide_in_parts`; may be done in any thread.

    Args:
        accounts: person (UInt32, the place; null: nobody's), product, account_id and
            :data:`FIELDS`.
        files: :func:`amends.payees.matching.read` of them.
        limits: as for :func:`decide`.
        mainland: as for :func:`decide`.
    """
    return Prepared(
        accounts=comparable(accounts, day_number(limits.day), mainland=mainland),
        named=named(accounts, files),
    )


def decide_in_parts(people: int, parts: Iterable[Prepared], files: Rows, limits: Limits) -> Settled:
    """The same for so many *people* by their places, accounts in any order and some at a time.

    Returns:
        what :meth:`Settled.named` names: ``person`` is in the place of ``person_id``.
    """
    day = day_number(limits.day)
    leaked = day_number(limits.leaked_on or limits.day)
    accounts, by_account = _together(parts, people)
    told = match(accounts, by_account, files, day=day, majority=day - ADULT_YEARS * _YEAR)

    def judged(begin: int) -> pl.DataFrame:
        some = accounts.told(begin, min(begin + limits.at_once, people))
        return _judge(_with_told(some, told), day=day, leaked=leaked, least=limits.least)

    begins = range(0, max(people, 1), limits.at_once)  # of nobody a table without rows
    everybody = [one for _, one in worked_ahead(begins, judged)]
    give_back()
    decisions, many = _guard_shared(pl.concat(everybody), limits)
    return Settled(
        decisions=decisions,
        doubts=pl.concat([told.doubts, many]),
        contacts=told.contacts,
        further=_further(told.further, decisions),
        strangers=told.strangers,
    )


def _further(further: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Further accounts under the name in the row, else that of the person; of others none."""
    holders = decisions.select("person", pl.col("name").alias("holder"))
    name = pl.coalesce("row_name", "holder").alias("name")
    return (
        further.join(holders, on="person", how="left")
        .select("person", "place", "account", "account_kind", name)
        .drop_nulls("name")
    )


def _together(parts: Iterable[Prepared], people: int) -> tuple[Accounts, pl.DataFrame]:
    """All accounts, and all rows that name one."""
    accounts, by_account = [], []
    for part in parts:
        accounts.append(part.accounts)
        by_account.append(part.named)
        del part
    return Accounts.of(accounts, people), pl.concat(by_account)


def _with_told(people: pl.DataFrame, told: Told) -> pl.DataFrame:
    """*people*, in their order, beside what the files tell of them."""
    for few in (told.deaths, told.reviewed, told.guardians, told.chosen):
        people = people.join(few, on="person", how="left", maintain_order="left")
    return people


def _word(word: PayeeState | PayeeKind | Reason | Situation | AccountKind) -> pl.Expr:
    """A word among all of its kind: a number for each of millions of people, not a text."""
    return pl.lit(word.value, _WORDS[type(word)])


def _numbered(accounts: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """All people in order, and *accounts* in that order with the number of each one's person.

    Numbers are compared many times faster than ids.
    """
    order = accounts["person_id"].arg_sort()
    ids = accounts["person_id"].gather(order)
    begins = (ids != ids.shift(1)).fill_null(value=True)
    person = (begins.cum_sum() - 1).cast(pl.UInt32).alias("person").set_sorted()
    return ids.filter(begins), accounts.drop("person_id")[order].insert_column(0, person)


def _named(frame: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """*frame* with the ids of people in place of their numbers."""
    named = ids.gather(frame["person"]).alias("person_id")
    return frame.drop("person").insert_column(0, named)


def _judge(people: pl.DataFrame, *, day: int, leaked: int, least: int) -> pl.DataFrame:
    """The answer for each person, before wallets are compared with one another.

    Someone of unknown age for whom there is a guardianship counts as under 8: money that goes to
    a guardian in error can be handed on. Who is known to be of age is paid in person, also when a
    guardianship is still on file, unless it says that a court found no or limited capacity.
    """
    born = pl.col("born")
    majority, eight = (day - age * _YEAR for age in (ADULT_YEARS, LIMITED_YEARS))
    ward = pl.col("ward").fill_null(value=False)
    child = (born > eight).fill_null(value=False) | (born.is_null() & ward)
    minor = (born > majority).fill_null(value=False) & ~child
    incapable = pl.col("incapable").fill_null(value=False) & ~child & ~minor
    guarded = pl.col("guardian_account").is_not_null()
    chosen = pl.col("chosen_account").is_not_null()
    by_guardian = child | incapable | (minor & ~chosen & guarded)
    dead = pl.col("died").is_not_null() | pl.col("surely_dead").fill_null(value=False)
    reviewed = pl.col("surely_dead").is_not_null()
    low = (pl.col("chosen_limit") < least).fill_null(value=False) & ~by_guardian
    judged = people.with_columns(
        *(expression.alias(name) for name, expression in (("by_guardian", by_guardian),)),
        child.alias("child"),
        minor.alias("minor"),
        incapable.alias("incapable"),
        guarded.alias("guarded"),
        chosen.alias("chosen"),
        dead.alias("dead"),
        reviewed.alias("reviewed"),
        low.alias("low"),
    )
    return judged.with_columns(_receiving()).select(
        "person",
        "guardian",
        _reason().alias("reason"),
        _situation(leaked).alias("situation"),
        *_DETAILS,
    )


def _receiving() -> list[pl.Expr]:
    """Kind of payee, account, its kind, and name; what is missing is null."""
    guardian, chosen = pl.col("by_guardian"), pl.col("chosen")
    phone = pl.when(pl.col("mobile").is_not_null()).then(_word(AccountKind.PHONE))
    own = pl.when("minor").then(_word(PayeeKind.MINOR)).otherwise(_word(PayeeKind.SELF))
    return [
        pl.when(guardian).then(_word(PayeeKind.GUARDIAN)).otherwise(own).alias("kind"),
        pl.when(guardian)
        .then("guardian_account")
        .otherwise(pl.coalesce("chosen_account", "mobile"))
        .alias("account"),
        pl.when(guardian)
        .then(pl.col("guardian_kind").cast(_WORDS[AccountKind]))
        .when(chosen)
        .then(pl.col("chosen_kind").cast(_WORDS[AccountKind]))
        .otherwise(phone)
        .alias("account_kind"),
        pl.when(guardian)
        .then("guardian_name")
        .otherwise(pl.coalesce("chosen_name", "name"))
        .alias("name"),
    ]


def _reason() -> pl.Expr:
    """Why nobody can be paid yet; null where somebody can."""
    no_account, no_name = pl.col("account").is_null(), pl.col("name").is_null()
    return (
        pl.when("dead")
        .then(_word(Reason.DECEASED))
        .when("reviewed")
        .then(_word(Reason.IN_REVIEW))
        .when(pl.col("incapable") & (no_account | no_name))
        .then(_word(Reason.NO_CAPACITY))
        .when((pl.col("child") | pl.col("minor")) & (no_account | no_name))
        .then(_word(Reason.MINOR_WITHOUT_GUARDIAN_ACCOUNT))
        .when(no_account)
        .then(_word(Reason.NO_ACCOUNT))
        .when(no_name)
        .then(_word(Reason.NO_NAME))
        .when("low")
        .then(_word(Reason.WALLET_TOO_LOW))
        .otherwise(None)
    )


def _situation(leaked: int) -> pl.Expr:
    """The state in which the files put a person."""
    complete = pl.col("account").is_not_null() & pl.col("name").is_not_null()

    def either(guarded: Situation, unguarded: Situation) -> pl.Expr:
        lit = map(_word, (guarded, unguarded))
        return pl.when("guarded").then(next(lit)).otherwise(next(lit))

    return (
        pl.when("reviewed")
        .then(_word(Situation.IN_REVIEW))
        .when(pl.col("dead") & (pl.col("died") < leaked))
        .then(_word(Situation.DIED_BEFORE))
        .when("dead")
        .then(_word(Situation.DIED_AFTER))
        .when("child")
        .then(either(Situation.UNDER_8_GUARDED, Situation.UNDER_8))
        .when("incapable")
        .then(either(Situation.INCAPABLE_GUARDED, Situation.INCAPABLE))
        .when("by_guardian")
        .then(_word(Situation.AGED_8_TO_17_GUARDED))
        .when(~complete)
        .then(_word(Situation.NO_ACCOUNT))
        .when("low")
        .then(_word(Situation.WALLET_TOO_LOW))
        .when("minor")
        .then(_word(Situation.AGED_8_TO_17))
        .otherwise(_word(Situation.ADULT))
    )


def _guard_shared(judged: pl.DataFrame, limits: Limits) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Stop wallets and guardians to whom too many awards would go; blank what will not be paid.

    A few people with one wallet are a family with one phone. All stay payable: the rail compares
    the name with the wallet's holder, and refuses those whose name differs.
    """
    guardian = pl.col("kind") == PayeeKind.GUARDIAN.value
    group = judged.select(
        "person", "account", "guardian", guardian.fill_null(value=False).alias("ward")
    ).filter(judged["reason"].is_null())
    most = pl.when("ward").then(limits.wards_per_guardian).otherwise(limits.people_per_wallet)
    often = group.select(pl.col("account").hash()).to_series()
    shared = group.filter(often.is_duplicated())  # equal hashes: nearly all that are equal
    wallets = shared.group_by("account", "ward").len().filter(pl.col("len") > most)
    wards = group.filter("ward").drop_nulls("guardian")
    guardians = wards.group_by("guardian").len().filter(pl.col("len") > limits.wards_per_guardian)
    crowded = pl.concat(
        [
            shared.join(wallets, on=["account", "ward"], how="semi"),
            wards.join(guardians, on="guardian", how="semi"),
        ]
    ).unique("person")
    stopped = judged
    if crowded.height:
        mark = crowded.select("person", pl.lit(value=True).alias("crowded"))
        stopped = judged.join(mark, on="person", how="left", maintain_order="left").with_columns(
            *(
                pl.when("crowded").then(_word(value)).otherwise(name).alias(name)
                for name, value in (
                    ("reason", Reason.MANY_ON_ONE_ACCOUNT),
                    ("situation", Situation.IN_REVIEW),
                )
            )
        )
    many = crowded.filter("ward").select(
        pl.lit(Doubt.MANY_WARDS.value).alias("doubt"),
        "person",
        pl.lit("guardianship").alias("file"),
        *(pl.lit(None, DOUBTS[name]).alias(name) for name in ("path", "row")),
    )
    return _blanked(stopped), many


def _blanked(judged: pl.DataFrame) -> pl.DataFrame:
    """State and details: none of them for who will not be paid."""
    payable = pl.col("reason").is_null()
    state = (
        pl.when(payable).then(_word(PayeeState.PAYABLE)).otherwise(_word(PayeeState.NEEDS_PERSON))
    )
    details = [pl.when(payable).then(pl.col(name)).otherwise(None).alias(name) for name in _DETAILS]
    return judged.select("person", state.alias("state"), "reason", *details, "situation")
