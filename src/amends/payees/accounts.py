"""Accounts of affected people made comparable, and what they tell of each person together. Pure.

Most accounts stand as they should, and most people have one account or accounts that agree: rules
work on the rest alone.
"""

import polars as pl

from amends.payees.matching import KEY
from amends.payees.reading import (
    births,
    identities,
    mobiles,
    names,
    person_name,
    proved_births,
)

_CJK = r"\p{Han}"
_MORE = 1 << 30
"""More than any person has accounts."""
_OF_ACCOUNTS = ("mobile", "name", "proved", "typed")


def comparable(accounts: pl.DataFrame, day: int, *, mainland: bool) -> pl.DataFrame:
    """Per account: mobile, name, identity key, and births up to *day*, each usable or null."""
    identity = identities(accounts["idno"])
    clean = accounts.select("person", "product", "account_id").hstack(
        [
            mobiles(accounts["phone"], mainland=mainland).alias("mobile"),
            names(accounts["name"]).alias("name"),
            identity.alias("identity"),
            proved_births(identity).alias("proved"),
            births(accounts["birth"]).alias("typed"),
        ]
    )
    # A text that stands as it was read holds on to all that was read with it: so it is made anew.
    anew = (pl.col(name) + pl.lit("") for name in ("account_id", "mobile", "name", "identity"))
    past = (
        pl.when(pl.col(name) <= day).then(pl.col(name)).alias(name) for name in ("proved", "typed")
    )
    return _with_parts(clean, accounts).with_columns(*anew, *past)


def _with_parts(clean: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """*clean* with names put together from surname and given name where there is no whole one."""
    parts = accounts.select("surname", "given_name")
    if parts.null_count().sum_horizontal().item() == 2 * parts.height:
        return clean
    surname, given = (person_name(pl.col(name)) for name in ("surname", "given_name"))
    whole = (
        pl.when((surname + given).str.contains(_CJK))
        .then(surname + given)
        .otherwise(given + pl.lit(" ") + surname)
    )
    together = parts.select(pl.coalesce(whole, surname, given).alias("parts")).to_series()
    return clean.with_columns(pl.coalesce("name", together).alias("name"))


def by_person(clean: pl.DataFrame) -> pl.DataFrame:
    """Accounts by person, with ``at``: the place of each before."""
    order = clean["person"].arg_sort()
    return clean[order].with_columns(order.alias("at"), pl.col("person").set_sorted())


def people_of(clean: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Per person, in order: mobile, name, born.

    Most people have accounts that do not contradict each other: what those say needs no weighing.

    Args:
        clean: accounts by person.
        keys: product and account_id, at the places that *clean* tells.
    """
    told = clean.select(
        "person",
        (pl.col("person") != pl.col("person").shift(-1)).fill_null(value=True).alias("last"),
        pl.any_horizontal(_contradicts(name) for name in _OF_ACCOUNTS).alias("contradicts"),
        *(_said_last(name) for name in _OF_ACCOUNTS),
    )
    unlike = told["person"].filter(told["contradicts"]).unique()
    weighed = pl.col("person").is_in(unlike.implode())
    alike = told.filter(pl.col("last") & ~weighed).select(
        "person", "mobile", "name", pl.coalesce("proved", "typed").alias("born")
    )
    if unlike.is_empty():
        return alike
    many = clean.filter(weighed)
    many = many.hstack(keys[many["at"]])
    found = (
        unlike.sort()
        .to_frame()
        .join(_own_account(many), on="person", how="left", maintain_order="left")
        .join(_births(many), on="person", how="left", maintain_order="left")
    )
    return alike.merge_sorted(found, key="person")


def _whose_last(name: str) -> pl.Expr:
    """Up to each account, by person: of whom the last value of a column is."""
    return pl.when(pl.col(name).is_not_null()).then(pl.col("person")).forward_fill()


def _said_last(name: str) -> pl.Expr:
    """What the accounts of a person, up to each, said last in a column; null if they did not."""
    return (
        pl.when(_whose_last(name) == pl.col("person")).then(pl.col(name).forward_fill()).alias(name)
    )


def _contradicts(name: str) -> pl.Expr:
    """Whether an account has another value than an earlier one of the same person."""
    before = pl.col(name).forward_fill().shift(1)
    same = _whose_last(name).shift(1) == pl.col("person")
    return (same & (pl.col(name) != before)).fill_null(value=False)


def _own_account(clean: pl.DataFrame) -> pl.DataFrame:
    """Per person: the mobile of an account that also has a name, most frequent first; the name.

    The name is the one that most of the person's accounts carry, and among equals the one that
    stands beside the chosen mobile; all remaining ties fall to the lowest product and account.
    """
    numbered = clean.with_columns(
        pl.col("mobile", "name").cast(pl.Categorical).to_physical().name.suffix("_no"),
        pl.col("name").is_not_null().alias("named"),
    )
    mobile = _best(
        numbered.filter(pl.col("mobile").is_not_null()).with_columns(
            pl.len().over("person", "mobile_no").alias("often")
        ),
        pl.col("named") * _MORE + pl.col("often"),
        alike=("mobile_no", "name_no"),
    ).select("person", "mobile", beside="name_no")
    name = _best(
        numbered.filter("named")
        .join(mobile.select("person", "beside"), on="person", how="left")
        .with_columns(
            pl.len().over("person", "name_no").alias("often"),
            (pl.col("name_no") == pl.col("beside")).fill_null(value=False).alias("here"),
        ),
        pl.col("often") * 2 + pl.col("here"),
        alike=("name_no",),
    ).select("person", "name")
    return mobile.select("person", "mobile").join(name, on="person", how="full", coalesce=True)


def _best(rows: pl.DataFrame, weight: pl.Expr, *, alike: tuple[str, ...]) -> pl.DataFrame:
    """Per person the row of the greatest weight, and among unlike ones the lowest account's.

    *alike*: what rows have in common that it is indifferent to choose among.
    """
    best = rows.filter(weight == weight.max().over("person"))
    kinds = best.unique(["person", *alike])
    several = pl.len().over("person") > 1
    tied = kinds.filter(several)["person"].unique()
    lowest = (
        best.filter(pl.col("person").is_in(tied.implode()))
        .sort(KEY)
        .unique("person", keep="first", maintain_order=True)
    )
    return pl.concat([kinds.filter(~several), lowest])


def _births(clean: pl.DataFrame) -> pl.DataFrame:
    """Per person: the birth that the national number says, else the registry's; most frequent."""
    return (
        clean.with_columns(
            pl.coalesce("proved", "typed").alias("born"),
            pl.col("proved").is_not_null().alias("by_number"),
        )
        .drop_nulls("born")
        .with_columns(pl.len().over("person", "born").alias("often"))
        .sort(["by_number", "often", "born"], descending=[True, True, False])
        .unique("person", keep="first", maintain_order=True)
        .select("person", "born")
    )
