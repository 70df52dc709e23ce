"""Entries of a camt file as columns.

An entry is looked at as libxml2 writes it once more: no comments, no blanks between elements, no
prefixes, and no sign ``<`` but where an element begins or ends. Every entry was held against its
schema by then, so all stands in one order (the same in versions 02 to 14) and a pattern finds it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

import polars as pl

from amends.kernel.money import exponent
from amends.kernel.saying import said
from amends.statements.lines import LINES
from amends.statements.values import UnreadableError, day, minor_units

_HEAD: Final = (
    r"^<Ntry[^>]*>(?:<NtryRef>(?P<own>[^<]*)</NtryRef>)?"
    r'<Amt Ccy="(?P<currency>[^"]*)">(?P<amount>[^<]*)</Amt>'
    r"<CdtDbtInd>(?P<direction>[^<]*)</CdtDbtInd>"
    r"(?:<RvslInd>(?P<reversed>[^<]*)</RvslInd>)?"
    r"<Sts>(?:<(?:Cd|Prtry)>)?(?P<status>[^<]*)(?:</(?:Cd|Prtry)>)?</Sts>"
    r"(?:<BookgDt><(?:Dt|DtTm)>(?P<booked>[^<]*)</(?:Dt|DtTm)></BookgDt>)?"
    r"(?:<ValDt><(?:Dt|DtTm)>[^<]*</(?:Dt|DtTm)></ValDt>)?"
    r"(?:<AcctSvcrRef>(?P<reference>[^<]*)</AcctSvcrRef>)?(?:<Avlbty>.*?</Avlbty>)*"
    r"<BkTxCd/?>(?:<Domn><Cd>[^<]*</Cd><Fmly><Cd>(?P<family>[^<]*)</Cd>"
    r"<SubFmlyCd>(?P<sub_family>[^<]*)</SubFmlyCd>)?"
)
_USUAL_HEAD: Final = (
    r"^<Ntry[^>]*><(?:NtryRef>(?P<own>[^<]*)</NtryRef><)?"
    r'Amt Ccy="(?P<currency>[^"]*)">(?P<amount>[^<]*)</Amt>'
    r"<CdtDbtInd>(?P<direction>[^<]*)</CdtDbtInd><"
    r"(?:RvslInd>(?P<reversed>[^<]*)</RvslInd><)?"
    r"Sts>(?:<(?:Cd|Prtry)>)?(?P<status>[^<]+)</(?:Cd></|Prtry></)?Sts>"
    r"<BookgDt><Dt(?:Tm)?>(?P<booked>[^<]*)</Dt(?:Tm)?></BookgDt><"
    r"(?:ValDt><Dt(?:Tm)?>[^<]*</Dt(?:Tm)?></ValDt><)?"
    r"(?:AcctSvcrRef>(?P<reference>[^<]*)</AcctSvcrRef><)?"
    r"BkTxCd/?>(?:<Domn><Cd>[^<]*</Cd><Fmly><Cd>(?P<family>[^<]*)</Cd>"
    r"<SubFmlyCd>(?P<sub_family>[^<]*)</SubFmlyCd>)?"
)
"""The same of most entries. No two ways through it begin with one sign, so that it is read in one
pass, in half the time."""
_REFERENCES: Final = (
    r"<Refs>(?:<MsgId>[^<]*</MsgId>)?(?:<AcctSvcrRef>(?P<its_reference>[^<]*)</AcctSvcrRef>)?"
    r"(?:<PmtInfId>[^<]*</PmtInfId>)?(?:<InstrId>[^<]*</InstrId>)?"
    r"(?:<EndToEndId>(?P<number>[^<]*)</EndToEndId>)?"
)
_PART: Final = (
    r'^<TxDtls>(?:<Refs>.*?</Refs>)?<Amt Ccy="(?P<part_currency>[^"]*)">'
    r"(?P<part_amount>[^<]*)</Amt>"
)
_PART_IN_DETAIL: Final = (
    r"^<TxDtls>(?:<Refs>.*?</Refs>)?(?:<CdtDbtInd>[^<]*</CdtDbtInd>)?"
    r"<AmtDtls>(?:<InstdAmt>.*?</InstdAmt>)?"
    r'<TxAmt><Amt Ccy="(?P<part_currency>[^"]*)">(?P<part_amount>[^<]*)</Amt>'
)
"""The only place for it in version 02."""
_REASON: Final = (
    r"<RtrInf>(?:<OrgnlBkTxCd>.*?</OrgnlBkTxCd>)?(?:<Orgtr>.*?</Orgtr>)?"
    r"<Rsn><(?:Cd|Prtry)>([^<]*)<"
)
_FEES: Final = ("CHRG", "FEES", "COMM")
_RETURNS: Final = ("RRTN", "RPCR")
"""Sub-families of bank transactions: reversal of a payment that was returned, or called back."""
_NONE: Final = ("", "NONREF", "NOTPROVIDED")
_ESCAPED: Final = {
    "&lt;": "<",
    "&gt;": ">",
    "&#13;": "\r",
    "&quot;": '"',
    "&apos;": "'",
    "&amp;": "&",
}
"""What stands for signs that would be read as something else."""
_TRUE: Final = ("true", "1")


class Counted(NamedTuple):
    """How many entries are booked, how many are not, and what those come to."""

    booked: int
    others: int = 0
    others_minor: int = 0

    def plus(self, more: "Counted") -> "Counted":
        """With more of them."""
        return Counted(*(one + other for one, other in zip(self, more, strict=True)))


NOTHING: Final = Counted(0)


class MisplacedError(UnreadableError):
    """Something stands where its schema has something else: the schema says what, at the end."""


def columns_of(
    entries: pl.Series, currency: str | None, *, apart: bool, texts: bool
) -> tuple[pl.DataFrame, str | None, Counted]:
    """Lines of entries that are booked, their currency, and how many entries there are.

    *currency*: that of entries before; None where there are none. *apart*: each transaction of an
    entry is a line. *texts*: what is written for people is wanted.

    Raises:
        UnreadableError: a value cannot be read, or one is in another currency.
    """
    read = pl.DataFrame({"entry": entries, "head": _heads(entries)})
    is_booked = pl.col("status").str.strip_chars() == "BOOK"
    booked = read.unnest("head").filter(is_booked)
    if read["head"].struct.field("amount").null_count():
        raise MisplacedError(said("an entry is not as its schema has it"))
    counted = Counted(booked.height)
    if booked.height < read.height:
        counted = _with_others(counted, read.unnest("head").filter(~is_booked))
    if not booked.height:
        return pl.DataFrame(schema=LINES), currency, counted
    currency = currency or booked.item(0, "currency")
    if (booked["currency"] != currency).any():
        raise other_currency(currency)
    booked = booked.with_columns(pl.col("entry").str.extract_groups(_REFERENCES).alias("first"))
    parted = _with_parts(booked, currency) if apart else _whole(booked)
    return _lines(parted, currency, apart=apart, texts=texts), currency, counted


def _with_others(counted: Counted, others: pl.DataFrame) -> Counted:
    """With entries that are not booked; amounts that are none come to nothing."""
    minor = _plain_minors(others["amount"], others.item(0, "currency")).sum()
    return Counted(counted.booked, others.height, int(minor))


def _heads(entries: pl.Series) -> pl.Series:
    """What entries begin with."""
    heads = entries.str.extract_groups(_USUAL_HEAD)
    usual = heads.struct.field("amount").is_not_null()
    return heads if usual.all() else heads.zip_with(usual, entries.str.extract_groups(_HEAD))


def other_currency(currency: str) -> UnreadableError:
    """That amounts are in several currencies."""
    return UnreadableError(
        said("an amount is not in {currency}, as the closing balance is", currency=currency)
    )


def _with_parts(booked: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Entries of one transaction as they are; those of several once for each, in their order."""
    several = booked["entry"].str.count_matches("<TxDtls>", literal=True) > 1
    if not several.any():
        return _whole(booked)
    placed = booked.with_row_index("place")
    one = _whole(placed.filter(~several))
    parts = (
        placed.filter(several)
        .with_columns(details=pl.col("entry").str.split("<TxDtls>").list.slice(1))
        .explode("details")
        .with_columns(details=pl.lit("<TxDtls>") + pl.col("details"))
        .with_columns(
            pl.col("details").str.extract_groups(_REFERENCES).alias("its"),
            pl.col("details").str.extract_groups(_PART).alias("part"),
            pl.int_range(1, pl.len() + 1).over("place").cast(pl.String).alias("nth"),
        )
    )
    if parts["part"].struct.field("part_amount").null_count():
        detail = parts["details"].str.extract_groups(_PART_IN_DETAIL)
        plain = parts["part"].struct.field("part_amount").is_not_null()
        parts = parts.with_columns(part=parts["part"].zip_with(plain, detail))
    written_in = parts["part"].struct.field("part_currency")
    if (written_in.fill_null(currency) != currency).any():
        raise other_currency(currency)
    amounts = parts["part"].struct.field("part_amount").fill_null("")
    parts = parts.with_columns(minor=_minors(amounts, currency)).drop("part")
    made = parts.group_by("place").agg(pl.col("minor").sum(), pl.col("amount").first())
    if (made["minor"] != _minors(made["amount"], currency)).any():
        raise UnreadableError(said("the transactions of an entry are not its amount"))
    return pl.concat((one, parts.select(one.columns))).sort("place", maintain_order=True)


def _whole(booked: pl.DataFrame) -> pl.DataFrame:
    """Entries, each with its one transaction, where there is one."""
    return booked.with_columns(
        details=pl.col("entry"),
        its=pl.col("first"),
        nth=pl.lit(None, pl.String),
        minor=pl.lit(None, pl.Int64),
    )


def _lines(read: pl.DataFrame, currency: str, *, apart: bool, texts: bool) -> pl.DataFrame:
    """What entries say and, where they stand *apart*, transactions."""
    told = read["booked"].str.strip_chars()
    if told.null_count():
        raise UnreadableError(
            said("the date of a balance or an entry ({tag}) is missing", tag="BookgDt")
        )
    came = pl.col("direction").str.strip_chars() == "CRDT"
    first, its = (pl.col(name).struct for name in ("first", "its"))
    chosen = _given(
        pl.coalesce(
            *(
                pl.when(one.str.strip_chars() != "").then(one)
                for one in (pl.col("reference"), first.field("its_reference"), pl.col("own"))
            )
        )
    )
    back = came & (pl.col("reversed").str.strip_chars().is_in(_TRUE) | _among(_RETURNS))
    if apart:
        numbered = (
            pl.when(pl.col("nth").is_null()).then(chosen).otherwise(chosen + "/" + pl.col("nth"))
        )
        chosen = pl.coalesce(_given(its.field("its_reference")), numbered)
        back = back.fill_null(value=False) | pl.col("details").str.contains(
            "<RtrInf>", literal=True
        )
    reason = _given(pl.col("details").str.extract(_REASON))
    minor = pl.coalesce("minor", pl.lit(_minors(read["amount"], currency)))
    return read.select(
        reference=chosen,
        moved_minor=pl.when(came).then(minor).otherwise(-minor),
        booked_on=pl.lit(_each(told, day, pl.Date())),
        is_fee=_among(_FEES),
        end_to_end_id=_given(its.field("number")),
        text=_text() if texts else pl.lit(None, pl.String),
        came_back=back.fill_null(value=False),
        return_reason=reason if apart else pl.lit(None, pl.String),
        booked_at=pl.lit(_moments(told)),
        own_funds=pl.lit(value=False),
    )


def _among(codes: tuple[str, ...]) -> pl.Expr:
    """Whether the bank's code of an entry is one of these."""
    family, sub = (pl.col(name).str.strip_chars() for name in ("family", "sub_family"))
    return family.is_in(codes).fill_null(value=False) | sub.is_in(codes).fill_null(value=False)


def _given(text: pl.Expr) -> pl.Expr:
    """A reference as it was meant; null where the bank's word is that there is none."""
    found = text.str.replace_many(_ESCAPED).str.strip_chars()
    return pl.when(~found.is_in(_NONE)).then(found)


def _text() -> pl.Expr:
    """What is written for people, of all transactions of an entry."""
    found = pl.col("entry").str.extract_all("<Ustrd>[^<]*")
    stripped = found.list.eval(
        pl.element().str.strip_prefix("<Ustrd>").str.replace_many(_ESCAPED).str.strip_chars()
    )
    return stripped.list.join(" ")


def _minors(amounts: pl.Series, currency: str) -> pl.Series:
    """Minor units of amounts.

    Raises:
        UnreadableError: one is not an amount of the currency.
    """
    found = _plain_minors(amounts, currency)
    if not found.null_count():
        return found
    return _each(amounts.str.strip_chars(), lambda one: minor_units(one, currency), pl.Int64())


def _plain_minors(amounts: pl.Series, currency: str) -> pl.Series:
    """Minor units of amounts that are written plainly; null for others."""
    digits, text = exponent(currency), amounts.str.strip_chars()
    plain = text.str.contains(rf"^[0-9]{{1,13}}(?:\.[0-9]{{0,{digits}}})?$")
    exact = text.cast(pl.Decimal(18, digits), strict=False) * 10**digits
    found: pl.Series = exact.cast(pl.Int64, strict=False).set(~plain, None)
    return found


def _each(texts: pl.Series, read: Callable[[str], object], kind: pl.DataType) -> pl.Series:
    """What *read* makes of texts: they come again and again."""
    unique = texts.unique()
    return texts.replace_strict(unique, pl.Series([read(one) for one in unique], dtype=kind))


def _moments(texts: pl.Series) -> pl.Series:
    """Times in UTC; null where there is only a day.

    Raises:
        UnreadableError: one is no time.
    """
    usual = texts.str.contains(r"^[0-9-]{10}T[0-9:]{8}[+-][0-9]{2}:[0-9]{2}$")
    if usual.all():
        found = texts.str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_unit="us", strict=False)
        if not found.null_count():
            return found.dt.convert_time_zone("UTC")
    return _each(texts, _moment, LINES["booked_at"])


def _moment(text: str) -> datetime | None:
    """A time with its zone, in UTC; None where the bank gives a day, or a time in no zone."""
    if "T" not in text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        raise UnreadableError(said("a time is not written as ISO 8601 does")) from None
