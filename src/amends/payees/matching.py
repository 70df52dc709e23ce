"""Whom the rows of people files are about, and what is wrong with what they tell. Pure.

Kept true: a row is about one person, or it is uncertain: an uncertain row settles nothing and is
told with its reason. A row about nobody who is affected is counted and not looked at.
"""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from amends.kernel import births
from amends.kernel.accounts import AccountKind
from amends.payees.accounts import Accounts
from amends.payees.columns import identities, names, wallets
from amends.payees.model import Doubt
from amends.payees.reading import place_of, proved_births, wallet_limit, wrong_digits

KEY = ["product", "account_id"]
DOUBTS = {
    "doubt": pl.String,
    "person": pl.UInt32,
    "file": pl.String,
    "path": pl.String,
    "row": pl.Int64,
}
"""The columns of doubts: what is wrong, whom it concerns, and where it stands."""

_TEXT = (
    *("product", "account_id", "idno", "name", "died_on"),
    *("guardian_name", "guardian_idno", "guardian_account", "capacity"),
    *("payout_account", "wallet", "account", "phone", "email", "address"),
    *("wallet_limit", "wallet_class", "rank"),
)
_KEPT = (*KEY, "name", "phone", "email", "address")
_GUARDIAN = ("guardian_account", "guardian_kind", "guardian_name", "guardian")
_WHERE = {"path": pl.String, "row": pl.Int64}
_INCAPABLE = (
    r"(?i)^\s*(?:none|limited|incapable|无|限制|无民事行为能力|限制民事行为能力)(?:人)?\s*$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the files of people tell, as read (text columns, any of them may be missing)."""

    deaths: pl.DataFrame | None = None
    guardianships: pl.DataFrame | None = None
    payout_accounts: pl.DataFrame | None = None
    contacts: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the files tell of affected people. A row per person, but for doubts and contacts.

    ``deaths``: person, died (yyyymmdd). ``guardians``: person, guardian_account, _kind,
    _name, guardian (identity key), incapable. ``chosen``: person, chosen_account, _kind,
    _limit, _name. ``further``: person, place, account, account_kind, row_name: accounts after the
    chosen one, in their order.
    ``reviewed``: person, surely_dead: people whom a person looks at first. ``strangers``: path,
    rows: how many rows of each file are about nobody who is affected.
    """

    deaths: pl.DataFrame
    guardians: pl.DataFrame
    chosen: pl.DataFrame
    further: pl.DataFrame
    contacts: pl.DataFrame
    reviewed: pl.DataFrame
    doubts: pl.DataFrame
    strangers: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All rows of all files, numbered and made comparable; and the identities of their dead.

    ``naming``: by product the rows that name one of its accounts: place, account_id.
    """

    rows: pl.DataFrame
    dead: pl.DataFrame
    naming: dict[str, pl.DataFrame]


def named(accounts: pa.RecordBatch, files: Rows) -> pl.DataFrame:
    """The rows (``place``) that name one of *accounts*, and whose it is (``person``)."""
    own = pl.DataFrame(accounts.select(["person", *KEY]))
    found = [
        own.filter(pl.col("product") == product)
        .join(files.naming[product], on="account_id")
        .select("place", "person")
        .drop_nulls()
        for product in own["product"].unique().cast(pl.String)
        if product in files.naming
    ]
    return pl.concat([pl.DataFrame(schema={"place": pl.UInt32, "person": pl.UInt32}), *found])


def match(
    everybody: Accounts, by_account: pl.DataFrame, files: Rows, *, day: int, majority: int
) -> Told:
    """What the files tell of affected people.

    ``by_account``: :func:`named` of all accounts. ``day`` and ``majority`` (who is born later is a
    minor) as yyyymmdd.
    """
    numbers = pl.concat([files.rows["identity"], files.rows["guardian"].alias("identity")])
    owners = everybody.whose(numbers.drop_nulls().unique())
    accounts = everybody.of_people(pl.concat([by_account["person"], owners]))
    matched = placed(accounts, by_account, files.rows)
    sure, unsure = matched.filter(pl.col("doubt").is_null()), matched.drop_nulls("doubt")
    deaths, death_doubts = _deaths(sure, day)
    guardians, guardian_doubts = _guardians(sure, accounts, deaths, files.dead, majority=majority)
    chosen, further, account_doubts = _chosen(sure)
    doubts = pl.concat(
        _as_doubts(frame) for frame in (unsure, death_doubts, guardian_doubts, account_doubts)
    )
    stopping = doubts.filter(pl.col("file").is_in(["death", "payout_account"]))
    settled = deaths.select("person", pl.lit(value=True).alias("surely_dead"))
    reviewed = (
        stopping.select("person")
        .unique()
        .join(settled, on="person", how="left")
        .fill_null(value=False)
    )
    return Told(
        deaths=deaths,
        guardians=guardians,
        chosen=chosen,
        further=further,
        contacts=sure.filter(pl.col("file") == "contact"),
        reviewed=reviewed,
        doubts=doubts.unique(),
        strangers=_strangers(files.rows, matched),
    )


def placed(accounts: pl.DataFrame, by_account: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """*rows* with the ``person`` that each may be about, once for each, and the ``doubt`` of that.

    ``accounts``: person (a number), identity, name. ``by_account``: the place of each row that
    names an account, and its person. ``rows``: place, identity, wrong_digit, row_name, and others.
    A row about nobody of *accounts* is left out.
    """
    return _judged(_matched(accounts, by_account, rows), accounts)


def _of_kinds(
    account: pl.Series, kind: pl.Series, kinds: frozenset[AccountKind]
) -> tuple[pl.Series, pl.Series]:
    """Accounts that are written as one of *kinds*, and as which; the others are null."""
    taken = kind.is_in([one.value for one in kinds])
    return account.set(~taken, None), kind.set(~taken, None)


def read(
    circumstances: Circumstances,
    *,
    mainland: bool,
    kinds: frozenset[AccountKind] = frozenset(AccountKind),
) -> Rows:
    """What the files tell, made comparable; *mainland* as for accounts.

    An account that is written as none of *kinds* is none that the case can pay to.
    """
    frames = [
        frame.select(
            pl.lit(kind).alias("file"),
            *(_or_null(frame, name, pl.String) for name in _TEXT),
            *(_or_null(frame, name, dtype) for name, dtype in _WHERE.items()),
        )
        for kind, frame in (
            ("death", circumstances.deaths),
            ("guardianship", circumstances.guardianships),
            ("payout_account", circumstances.payout_accounts),
            ("contact", circumstances.contacts),
        )
        if frame is not None
    ]
    empty = pl.DataFrame(schema={"file": pl.String, **dict.fromkeys(_TEXT, pl.String), **_WHERE})
    text = pl.concat([empty, *frames]).with_row_index("place")
    words = ("payout_account", "wallet", "account", "phone", "email")
    named = text.select(pl.coalesce(*words)).to_series()
    guardian, guardian_kind = _of_kinds(
        *wallets(text["guardian_account"].to_arrow(), mainland=mainland), kinds
    )
    chosen, chosen_kind = _of_kinds(*wallets(named.to_arrow(), mainland=mainland), kinds)
    identity = identities(text["idno"].to_arrow())
    limit, unreadable = wallet_limit(pl.col("wallet_limit"), pl.col("wallet_class"))
    limits = text.select(limit.alias("limit"), unreadable.alias("unreadable"))
    rank = text.select(place_of(pl.col("rank"))).to_series()
    chosen = chosen.set(rank.is_null(), None)
    read = {
        "identity": identity,
        "wrong_digit": wrong_digits(text["idno"], identity),
        "row_name": pl.Series(names(text["name"].to_arrow())),
        "died": births.told(text["died_on"]),
        "guardian": identities(text["guardian_idno"].to_arrow()),
        "guardian_name": pl.Series(names(text["guardian_name"].to_arrow())),
        "guardian_account": guardian,
        "guardian_kind": guardian_kind,
        "names_account": named.str.contains(r"\S").fill_null(value=False),
        "chosen_account": chosen,
        "chosen_kind": chosen_kind,
        "chosen_rank": rank,
        "chosen_limit": limits["limit"],
        "limit_unreadable": limits["unreadable"].fill_null(value=False),
        "incapable": text["capacity"].str.contains(_INCAPABLE).fill_null(value=False),
    }
    rows = text.drop(name for name in _TEXT if name not in _KEPT).with_columns(**read)
    dead = rows.filter((pl.col("file") == "death") & pl.col("identity").is_not_null())
    by_product = rows.select("place", *KEY).drop_nulls().group_by("product")
    return Rows(
        rows=rows,
        dead=dead.select("identity").unique(),
        naming={str(product): own.drop("product") for (product,), own in by_product},
    )


def _or_null(frame: pl.DataFrame, name: str, dtype: type[pl.DataType]) -> pl.Expr:
    """The column, or nothing where a file has none."""
    told = pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype)
    return told.alias(name)


def _matched(accounts: pl.DataFrame, by_account: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """*rows* with the people each may be about: by product and account, else by number."""
    numbered = rows.select("place", "identity").drop_nulls("identity")
    wanted = numbered.select("identity").unique()
    owners = accounts.select("person", "identity").join(wanted, on="identity", how="semi").unique()
    by_number = numbered.join(owners, on="identity").select("place", "person")
    other = by_number.join(by_account, on=["place", "person"], how="anti")
    unnamed = by_number.join(by_account, on="place", how="anti")
    several = pl.concat(
        [
            other.join(by_account, on="place", how="semi").select("place"),
            unnamed.group_by("place").len().filter(pl.col("len") > 1).select("place"),
        ]
    ).unique()
    both = pl.concat([by_account, unnamed, other.join(several, on="place", how="semi")]).unique()
    two = several.with_columns(pl.lit(value=True).alias("several"))
    return rows.join(both, on="place").join(two, on="place", how="left")


def _strangers(rows: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """How many rows of each file are about nobody who is affected: path, rows."""
    others = rows.join(matched.select("place").unique(), on="place", how="anti")
    return others.group_by("path").agg(pl.len().cast(pl.Int64).alias("rows")).sort("path")


def _judged(matched: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """*matched* with the ``doubt`` whether a row is about its person."""
    named = matched.drop_nulls("row_name").select("place", "person", "row_name")
    theirs = (
        accounts.select("person", "name")
        .drop_nulls("name")
        .join(named.select("person").unique(), on="person", how="semi")
    )
    known = named.join(theirs, on="person")
    agrees = pl.col("row_name").str.to_lowercase() == pl.col("name").str.to_lowercase()
    differs = (
        known.group_by("place", "person")
        .agg(agrees.any().alias("agrees"))
        .filter(~pl.col("agrees"))
        .select("place", "person", pl.lit(value=True).alias("differs"))
    )
    doubt = (
        pl.when(pl.col("several").fill_null(value=False))
        .then(pl.lit(Doubt.TWO_PEOPLE.value))
        .when("wrong_digit")
        .then(pl.lit(Doubt.CHECK_DIGIT.value))
        .when(pl.col("differs").fill_null(value=False))
        .then(pl.lit(Doubt.NAME_DIFFERS.value))
        .otherwise(None)
    )
    return matched.join(differs, on=["place", "person"], how="left").with_columns(
        doubt.alias("doubt")
    )


def _deaths(sure: pl.DataFrame, day: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Per person who has died the day; and rows with a day to come, without a day, with two."""
    rows = sure.filter(pl.col("file") == "death")
    future = pl.col("died") > day
    past = rows.filter(~future.fill_null(value=False))
    deaths = past.group_by("person").agg(pl.col("died").min(), pl.col("died").max().alias("last"))
    differ = deaths.filter(pl.col("died") < pl.col("last")).select("person")
    undated = deaths.filter(pl.col("died").is_null()).select("person")
    doubts = pl.concat(
        [
            _doubted(rows.filter(future), Doubt.DEATH_IN_FUTURE),
            _doubted(past.join(differ, on="person", how="semi"), Doubt.DEATH_DATES_DIFFER),
            _doubted(past.join(undated, on="person", how="semi"), Doubt.DEATH_WITHOUT_DATE),
        ]
    )
    return deaths.drop("last"), doubts


def _guardians(
    sure: pl.DataFrame,
    accounts: pl.DataFrame,
    deaths: pl.DataFrame,
    nobody: pl.DataFrame,
    *,
    majority: int,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Per ward a guardian who can act, usable accounts first; and the rows with one who cannot."""
    rows = sure.filter(pl.col("file") == "guardianship")
    theirs = accounts.select("person", "identity").join(deaths, on="person", how="semi")
    dead = pl.concat([nobody, theirs.select("identity").drop_nulls()]).unique()
    doubt = (
        pl.when(pl.col("place").is_in(_in_circles(rows, accounts).implode()))
        .then(pl.lit(Doubt.GUARDIAN_IN_CIRCLE.value))
        .when((pl.col("born") > majority).fill_null(value=False))
        .then(pl.lit(Doubt.GUARDIAN_IS_MINOR.value))
        .when(pl.col("guardian").is_in(dead["identity"].implode()).fill_null(value=False))
        .then(pl.lit(Doubt.GUARDIAN_IS_DEAD.value))
        .otherwise(None)
    )
    judged = rows.with_columns(proved_births(rows["guardian"]).alias("born")).with_columns(
        doubt.alias("doubt")
    )
    usable = pl.col("guardian_account").is_not_null() & pl.col("guardian_name").is_not_null()
    acting = judged.with_columns(
        (usable & pl.col("doubt").is_null()).alias("able"),
        pl.col("incapable").any().over("person"),
    )
    several = acting["person"].is_duplicated()
    first = (
        acting.filter(several)
        .sort("able", *_GUARDIAN, descending=[True, *(False for _ in _GUARDIAN)])
        .unique("person", keep="first", maintain_order=True)
    )
    guardians = pl.concat([acting.filter(~several), first]).select(
        "person",
        *(pl.when("able").then(pl.col(name)).otherwise(None).alias(name) for name in _GUARDIAN),
        "incapable",
        pl.lit(value=True).alias("ward"),
    )
    return guardians, judged.drop_nulls("doubt")


def _in_circles(rows: pl.DataFrame, accounts: pl.DataFrame) -> pl.Series:
    """The places of rows whose guardians are each other's wards, or lead to such.

    A guardian who is nobody's ward ends a chain; what is left when all these are taken away,
    again and again, goes round.
    """
    guarded = rows.select("place", "person", "guardian").drop_nulls("guardian")
    wanted = guarded.select(pl.col("guardian").alias("identity")).unique()
    people = (
        accounts.select("person", "identity")
        .join(guarded.select("person").unique(), on="person", how="semi")
        .join(wanted, on="identity", how="semi")
        .unique()
        .rename({"person": "guardian_person"})
    )
    edges = guarded.join(people, left_on="guardian", right_on="identity")
    wards: dict[int, list[tuple[int, int]]] = {}
    guardians: dict[int, int] = {}
    for ward, guardian, place in edges.select("person", "guardian_person", "place").iter_rows():
        wards.setdefault(guardian, []).append((ward, place))
        guardians[ward] = guardians.get(ward, 0) + 1
    left = {place for many in wards.values() for _, place in many}
    ends = [guardian for guardian in wards if guardian not in guardians]
    while ends:
        for ward, place in wards.get(ends.pop(), ()):
            left.discard(place)
            guardians[ward] -= 1
            if not guardians[ward]:
                ends.append(ward)
    return pl.Series(sorted(left), dtype=pl.UInt32)


def _chosen(sure: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Per person the account named for the payment; those after it; and the doubtful rows.

    These name an account for two people, or two at one place for one person, or none that can be
    read: nobody guesses where money goes.
    """
    named = sure.filter((pl.col("file") == "payout_account") & pl.col("names_account"))
    unreadable = pl.col("chosen_account").is_null()
    rows = named.filter(~unreadable)
    claimed = pl.col("person").n_unique().over("chosen_account") > 1
    differ = pl.col("chosen_account").n_unique().over("person", "chosen_rank") > 1
    first = pl.col("chosen_rank") == pl.col("chosen_rank").min().over("person")
    chosen = (
        rows.filter(~claimed & first)
        .with_columns(pl.col("chosen_limit").min().over("person"))
        .select(
            *("person", "chosen_account", "chosen_kind", "chosen_limit"),
            pl.col("row_name").alias("chosen_name"),
        )
        .sort("person", "chosen_account", "chosen_name", nulls_last=True)
        .unique("person", keep="first", maintain_order=True)
    )
    doubts = pl.concat(
        [
            _doubted(rows.filter(claimed), Doubt.ACCOUNT_OF_TWO),
            _doubted(rows.filter(differ), Doubt.ACCOUNTS_DIFFER),
            _doubted(named.filter(unreadable), Doubt.ACCOUNT_UNREADABLE),
            _doubted(rows.filter("limit_unreadable"), Doubt.LIMIT_UNREADABLE),
        ]
    )
    return chosen, _further(rows.filter(~claimed & ~first & ~differ), chosen), doubts


def _further(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Accounts after the chosen one: each of a person's once, at its first place."""
    first = chosen.select("person", pl.col("chosen_account").alias("account"))
    return (
        rows.select(
            "person",
            pl.col("chosen_rank").alias("place"),
            pl.col("chosen_account").alias("account"),
            pl.col("chosen_kind").alias("account_kind"),
            "row_name",
        )
        .join(first, on=["person", "account"], how="anti")
        .sort("person", "place", "account", "row_name", nulls_last=True)
        .unique(["person", "account"], keep="first", maintain_order=True)
    )


def _doubted(rows: pl.DataFrame, doubt: Doubt) -> pl.DataFrame:
    """The rows, with that doubt."""
    return rows.with_columns(pl.lit(doubt.value).alias("doubt"))


def _as_doubts(rows: pl.DataFrame) -> pl.DataFrame:
    """What is told of doubtful rows."""
    return rows.select(pl.col(name).cast(dtype) for name, dtype in DOUBTS.items())
