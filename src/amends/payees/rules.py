"""Decide who is paid for each affected person. Columns in, columns out; pure.

Kept true: every affected person gets exactly one decision, whatever the data looks like; the same
input in any order gives the same decision; a person is paid into an account only under a name.

Order of the questions: has the person died; is the person a minor (Civil Code art. 17: under 18,
on the day of the announcement); is there an account; is there a name; do too many people share it.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from amends.payees.model import AccountKind, PayeeKind, PayeeState, Reason

FIELDS = ("name", "surname", "given_name", "phone", "idno", "birth")
"""Registry fields that the decision needs."""

SELF_LIMIT = 5
"""More people than this on one wallet are no family phone: a person looks first."""

WARD_LIMIT = 10
"""More wards than this for one guardian's wallet: likewise (conflict of interest, art. 35)."""

PART = 1_000_000
"""Accounts that are worked on at a time: bounds memory."""

_AGE_OF_MAJORITY = 18
_MAINLAND = r"^1[3-9]\d{9}$"
_INTERNATIONAL = r"^\+[1-9]\d{6,14}$"
_LOCAL = r"^\d{7,15}$"
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
_WALLET_NUMBER = r"^2088\d{12}$"
_CJK = r"\p{Han}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the files of people tell, as read (text columns, any of them may be missing)."""

    deaths: pl.DataFrame | None = None
    guardianships: pl.DataFrame | None = None
    payout_accounts: pl.DataFrame | None = None


def decide(
    accounts: pl.DataFrame, circumstances: Circumstances, *, day: date, mainland: bool
) -> pl.DataFrame:
    """One row per person of *accounts*, by ``person_id``.

    Args:
        accounts: person_id, product, account_id and :data:`FIELDS`, a row per account.
        circumstances: deaths, guardianships and payout accounts.
        day: the day on which ages are counted.
        mainland: whether a number without country code is one of mainland China.

    Returns:
        person_id, state, reason, kind, account, account_kind, name.
    """
    parts = -(-accounts.height // PART) or 1
    part = pl.col("person_id").hash() % parts
    judged = [
        _judge_part(accounts.filter(part == number), circumstances, day=day, mainland=mainland)
        for number in range(parts)
    ]
    return _guard_shared(pl.concat(judged)).sort("person_id")


def _judge_part(
    accounts: pl.DataFrame, circumstances: Circumstances, *, day: date, mainland: bool
) -> pl.DataFrame:
    """The answers for some people, of whom all accounts are given."""
    clean = _clean(accounts, mainland=mainland)
    people = (
        clean.select("person_id")
        .unique()
        .join(_own_account(clean), on="person_id", how="left")
        .join(_births(clean, day), on="person_id", how="left")
        .join(_dead(clean, circumstances.deaths), on="person_id", how="left")
        .join(_guardians(clean, circumstances, mainland=mainland), on="person_id", how="left")
        .join(_chosen(clean, circumstances, mainland=mainland), on="person_id", how="left")
    )
    return _judge(people, day)


def mobile(column: pl.Expr, *, mainland: bool) -> pl.Expr:
    """The number without formatting; null when it is none (a landline, a damaged value)."""
    bare = (
        column.str.normalize("NFKC")
        .str.replace(r"\.0$", "")
        .str.replace_all(r"[\s\-‐-―().·_/]", "")
        .str.replace(r"^00", "+")
    )
    domestic = bare.str.replace(r"^\+?86", "")
    known = pl.when(domestic.str.contains(_MAINLAND) & (mainland | bare.str.contains(r"^\+?86")))
    foreign = bare.str.contains(_INTERNATIONAL) & ~bare.str.starts_with("+86")
    if not mainland:
        foreign |= bare.str.contains(_LOCAL)
    return known.then(domestic).when(foreign).then(bare).otherwise(None)


def person_name(column: pl.Expr) -> pl.Expr:
    """The name with one kind of middle dot (U+00B7) and without stray spaces; '' is null."""
    tidy = (
        column.str.replace_all(r"[\s\u3000]+", " ")
        .str.strip_chars()
        .str.replace_all(r"[・•‧．･∙]", "·")
        .str.replace_all(rf"({_CJK}) (?:({_CJK}))", "$1$2")
        .str.replace_all(rf"({_CJK}) (?:({_CJK}))", "$1$2")
    )
    return pl.when(tidy.str.contains(r"\p{L}")).then(tidy).otherwise(None)


def identity_key(column: pl.Expr) -> pl.Expr:
    """A national number to join by: 15 and 18 digits of one citizen give the same 17 digits."""
    bare = column.str.normalize("NFKC").str.to_uppercase().str.replace_all(r"[^0-9A-Z]", "")
    old = bare.str.slice(0, 6) + pl.lit("19") + bare.str.slice(6)
    key = (
        pl.when(bare.str.contains(r"^\d{17}[0-9X]$"))
        .then(bare.str.slice(0, 17))
        .when(bare.str.contains(r"^\d{15}$"))
        .then(old)
        .otherwise(bare)
    )
    return pl.when(key.str.len_chars() > 0).then(key).otherwise(None)


def birth_number(column: pl.Expr) -> pl.Expr:
    """A date of birth as the number yyyymmdd; null when it is no day of a calendar."""
    text = column.str.normalize("NFKC")
    parts = text.str.extract_groups(r"^\s*(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?:\D.*)?$")
    year, month, dom = (
        parts.struct.field(name).cast(pl.Int32, strict=False) for name in ("1", "2", "3")
    )
    return (
        pl.when(month.is_between(1, 12) & dom.is_between(1, 31))
        .then(year * 10_000 + month * 100 + dom)
        .otherwise(None)
    )


def _clean(accounts: pl.DataFrame, *, mainland: bool) -> pl.DataFrame:
    """Per account: mobile, name, identity key and birth, each usable or null."""
    surname, given = (person_name(pl.col(name)) for name in ("surname", "given_name"))
    parts = (
        pl.when((surname + given).str.contains(_CJK))
        .then(surname + given)
        .otherwise(given + pl.lit(" ") + surname)
    )
    return accounts.select(
        "person_id",
        pl.col("product").cast(pl.String),
        "account_id",
        mobile(pl.col("phone"), mainland=mainland).alias("mobile"),
        pl.coalesce(person_name(pl.col("name")), parts, surname, given).alias("name"),
        identity_key(pl.col("idno")).alias("identity"),
        birth_number(pl.col("birth")).alias("birth"),
    )


def _own_account(clean: pl.DataFrame) -> pl.DataFrame:
    """Per person: the mobile of an account that also has a name, most frequent first; the name.

    The name is the one that most of the person's accounts carry, and among equals the one that
    stands beside the chosen mobile; all remaining ties fall to the lowest product and account.
    """
    tie = ["product", "account_id"]
    mobiles = (
        clean.filter(pl.col("mobile").is_not_null())
        .with_columns(
            pl.len().over("person_id", "mobile").alias("often"),
            pl.col("name").is_not_null().alias("named"),
        )
        .sort(["named", "often", *tie], descending=[True, True, False, False])
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", "mobile", pl.col("name").alias("beside"))
    )
    names = (
        clean.filter(pl.col("name").is_not_null())
        .join(mobiles.select("person_id", "beside"), on="person_id", how="left")
        .with_columns(
            pl.len().over("person_id", "name").alias("often"),
            (pl.col("name") == pl.col("beside")).fill_null(value=False).alias("here"),
        )
        .sort(["often", "here", *tie], descending=[True, True, False, False])
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", "name")
    )
    return mobiles.select("person_id", "mobile").join(
        names, on="person_id", how="full", coalesce=True
    )


def _births(clean: pl.DataFrame, day: date) -> pl.DataFrame:
    """Per person: the birth that the national number says, else the registry's; most frequent."""
    written = pl.col("identity").str.extract(r"^\d{6}(\d{8})\d{3}$").alias("written")
    return (
        clean.with_columns(written)
        .with_columns(birth_number(pl.col("written")).alias("proved"))
        .with_columns(
            pl.coalesce("proved", "birth").alias("born"),
            pl.col("proved").is_not_null().alias("by_number"),
        )
        .filter(pl.col("born") <= _as_number(day))
        .with_columns(pl.len().over("person_id", "born").alias("often"))
        .sort(["by_number", "often", "born"], descending=[True, True, False])
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", "born")
    )


def _keyed(
    clean: pl.DataFrame, rows: pl.DataFrame | None, columns: tuple[str, ...]
) -> pl.DataFrame:
    """*rows* with the person each is about: by product and account, else by national number.

    A row whose account is nobody's here is looked for by its number too.
    """
    empty = pl.DataFrame(schema=dict.fromkeys(("person_id", *columns), pl.String))
    if rows is None or rows.is_empty():
        return empty
    wanted = ("product", "account_id", "idno", *columns)
    text = rows.select(
        (pl.col(name).cast(pl.String) if name in rows.columns else pl.lit(None, pl.String)).alias(
            name
        )
        for name in wanted
    ).with_columns(identity_key(pl.col("idno")).alias("identity"))
    key = ["product", "account_id"]
    by_account = text.join(clean.select("person_id", *key), on=key)
    by_number = text.join(clean.select(key), on=key, how="anti").join(
        clean.select("person_id", "identity").filter(pl.col("identity").is_not_null()).unique(),
        on="identity",
    )
    return pl.concat([frame.select("person_id", *columns) for frame in (by_account, by_number)])


def _dead(clean: pl.DataFrame, deaths: pl.DataFrame | None) -> pl.DataFrame:
    """The people whose death is on file."""
    return (
        _keyed(clean, deaths, ())
        .select("person_id")
        .unique()
        .with_columns(pl.lit(value=True).alias("dead"))
    )


def _guardians(
    clean: pl.DataFrame, circumstances: Circumstances, *, mainland: bool
) -> pl.DataFrame:
    """Per ward: the guardian's account, its kind and the guardian's name; usable ones first."""
    rows = _keyed(clean, circumstances.guardianships, ("guardian_account", "guardian_name"))
    account, kind = _wallet(pl.col("guardian_account"), mainland=mainland)
    return (
        rows.select(
            "person_id",
            account.alias("guardian_account"),
            kind.alias("guardian_kind"),
            person_name(pl.col("guardian_name")).alias("guardian_name"),
            pl.lit(value=True).alias("ward"),
        )
        .with_columns(
            (pl.col("guardian_account").is_not_null() & pl.col("guardian_name").is_not_null())
            .not_()
            .alias("unusable")
        )
        .sort("person_id", "unusable", "guardian_account", "guardian_name")
        .unique("person_id", keep="first", maintain_order=True)
        .drop("unusable")
    )


def _chosen(clean: pl.DataFrame, circumstances: Circumstances, *, mainland: bool) -> pl.DataFrame:
    """Per person: the account named for the payment, which wins over the default."""
    words = ("payout_account", "wallet", "account", "phone", "email")
    rows = _keyed(clean, circumstances.payout_accounts, (*words, "name"))
    account, kind = _wallet(pl.coalesce(*words), mainland=mainland)
    return (
        rows.select(
            "person_id",
            account.alias("chosen_account"),
            kind.alias("chosen_kind"),
            person_name(pl.col("name")).alias("chosen_name"),
        )
        .filter(pl.col("chosen_account").is_not_null())
        .sort("person_id", "chosen_account", "chosen_name", nulls_last=True)
        .unique("person_id", keep="first", maintain_order=True)
    )


def _wallet(column: pl.Expr, *, mainland: bool) -> tuple[pl.Expr, pl.Expr]:
    """What names a wallet, and which kind of name it is; both null when it is none."""
    text = column.str.normalize("NFKC").str.strip_chars()
    number = mobile(text, mainland=mainland)
    is_wallet, is_email = text.str.contains(_WALLET_NUMBER), text.str.contains(_EMAIL)
    account = (
        pl.when(is_wallet).then(text).when(is_email).then(text.str.to_lowercase()).otherwise(number)
    )
    kind = (
        pl.when(is_wallet)
        .then(pl.lit(AccountKind.WALLET.value))
        .when(is_email)
        .then(pl.lit(AccountKind.EMAIL.value))
        .when(number.is_not_null())
        .then(pl.lit(AccountKind.PHONE.value))
        .otherwise(None)
    )
    return account, kind


def _judge(people: pl.DataFrame, day: date) -> pl.DataFrame:
    """The answer for each person, before wallets are compared with one another.

    A ward is a minor, or someone of unknown age for whom there is a guardianship. Who is known to
    be of age is paid in person, also when a guardianship is still on file.
    """
    majority = _as_number(day) - _AGE_OF_MAJORITY * 10_000
    born = pl.col("born")
    ward = (born > majority).fill_null(value=False) | (
        born.is_null() & pl.col("ward").fill_null(value=False)
    )
    chosen = pl.col("chosen_account").is_not_null()
    phone = pl.when(pl.col("mobile").is_not_null()).then(pl.lit(AccountKind.PHONE.value))
    account = (
        pl.when(ward).then("guardian_account").otherwise(pl.coalesce("chosen_account", "mobile"))
    )
    kind = (
        pl.when(ward)
        .then("guardian_kind")
        .otherwise(pl.when(chosen).then("chosen_kind").otherwise(phone.otherwise(None)))
    )
    name = pl.when(ward).then("guardian_name").otherwise(pl.coalesce("chosen_name", "name"))
    judged = people.with_columns(
        pl.when(ward)
        .then(pl.lit(PayeeKind.GUARDIAN.value))
        .otherwise(pl.lit(PayeeKind.SELF.value))
        .alias("kind"),
        account.alias("account"),
        kind.alias("account_kind"),
        name.alias("payee_name"),
        ward.alias("is_ward"),
    )
    missing = pl.col("account").is_null() | pl.col("payee_name").is_null()
    reason = (
        pl.when(pl.col("dead").fill_null(value=False))
        .then(pl.lit(Reason.DECEASED.value))
        .when(pl.col("is_ward") & missing)
        .then(pl.lit(Reason.MINOR_WITHOUT_GUARDIAN_ACCOUNT.value))
        .when(pl.col("account").is_null())
        .then(pl.lit(Reason.NO_ACCOUNT.value))
        .when(pl.col("payee_name").is_null())
        .then(pl.lit(Reason.NO_NAME.value))
        .otherwise(None)
    )
    return judged.select(
        "person_id",
        reason.alias("reason"),
        "kind",
        "account",
        "account_kind",
        pl.col("payee_name").alias("name"),
    )


def _guard_shared(judged: pl.DataFrame) -> pl.DataFrame:
    """Stop wallets on which too many awards would arrive; blank what will not be paid.

    A few people with one wallet are a family with one phone. All stay payable: the rail compares
    the name with the wallet's holder, and refuses those whose name differs.
    """
    payable = pl.col("reason").is_null()
    sharing = payable.sum().over("account", "kind")
    limit = (
        pl.when(pl.col("kind") == PayeeKind.GUARDIAN.value)
        .then(pl.lit(WARD_LIMIT))
        .otherwise(pl.lit(SELF_LIMIT))
    )
    reason = (
        pl.when(payable & (sharing > limit))
        .then(pl.lit(Reason.MANY_ON_ONE_ACCOUNT.value))
        .otherwise("reason")
    )
    stopped = judged.with_columns(reason.alias("reason"))
    details = [
        pl.when(payable).then(name).otherwise(None).alias(name)
        for name in ("kind", "account", "account_kind", "name")
    ]
    state = (
        pl.when(payable)
        .then(pl.lit(PayeeState.PAYABLE.value))
        .otherwise(pl.lit(PayeeState.NEEDS_PERSON.value))
    )
    return stopped.select("person_id", state.alias("state"), "reason", *details)


def _as_number(day: date) -> int:
    """The day as yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day
