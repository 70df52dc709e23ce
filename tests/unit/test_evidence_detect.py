from collections.abc import Mapping, Sequence

import polars as pl
import pyarrow as pa
import pytest

from amends.evidence.categories.bits import MASK_BITS, codes_of, within_mask
from amends.evidence.categories.checksums import citizen_number
from amends.evidence.categories.claims import Sample
from amends.evidence.categories.detect import (
    asks_for_overlap,
    decide,
    resolve_overrides,
)
from amends.evidence.categories.formats import is_date
from amends.evidence.checks import RowChecks, require_columns
from amends.evidence.masks import masks_of
from amends.evidence.model import ColumnDecision, How, Reason, Role
from amends.evidence.readers.heading import has_header
from amends.evidence.readers.table import Batch, no_quarantine
from amends.kernel.errors import InputFileError


def told(
    columns: Mapping[str, Sequence[str]] | Sequence[Sequence[str]],
    *,
    overlaps: Mapping[int, Mapping[str, float]] | None = None,
    overrides: Mapping[int, str] | None = None,
    role: Role = Role.EVIDENCE,
) -> list[tuple[str, str]]:
    """Field and how, column by column; a list of columns has no headers."""
    named: list[tuple[str | None, Sequence[str]]]
    if isinstance(columns, Mapping):
        named = [(header, values) for header, values in columns.items()]  # widens the type
    else:
        named = [(None, values) for values in columns]
    samples = [
        Sample(position=at, header=header, values=tuple(values))
        for at, (header, values) in enumerate(named)
    ]
    decisions = decide(samples, overrides or {}, overlaps or {}, role)
    return [(decision.field, str(decision.how)) for decision in decisions]


MOBILES = ("13800009999", "+86 138-0000-9998", "0086 13800009997")
IDS = ("11010519491231002X", "360426199101010071", "110105491231002")


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("姓名", "name"),
        ("Full Name", "name"),
        ("手机号码", "phone"),
        ("mobilePhone", "phone"),
        ("TEL", "phone"),
        ("身份证号", "idno"),
        ("id_card", "idno"),
        ("E-mail", "email"),
        ("邮箱", "email"),
        ("Post code", "postcode"),
        ("邮编", "postcode"),
        ("Born", "birth"),
        ("dob", "birth"),
        ("出生日期", "birth"),
        ("籍贯", "birth_place"),
        ("Sex", "gender"),
        ("性别", "gender"),
        ("Profession", "occupation"),
        ("job", "occupation"),
        ("住址", "address"),
        ("user name", "username"),
        ("DeviceId", "device"),
        ("银行卡号", "bankcard"),
        ("UID", "account_id"),
        ("ＵＩＤ", "account_id"),
        ("surname", "surname"),
        ("first name", "given_name"),
        ("死亡日期", "died_on"),
        ("监护人姓名", "guardian_name"),
        ("聯絡電話", "phone"),
        ("Name (Passport)", "name"),
        ("bindqq", "username"),
        ("lastip", "ip"),
        ("BIRT_PLAC", "birth_place"),
        ("SURN", "surname"),
        ("UNION_AFFIL", "union"),
        ("secansw", "secqa"),
        ("pass_digest", "pwdhash"),
        ("DonorRef", "account_id"),
        ("rs4988235_genotype", "gene"),
        ("AMH(ng/mL)", "health"),
        ("身心障礙類別", "disability"),
    ],
)
def test_header_word_tells_the_field(header: str, field: str) -> None:
    """Chinese and English headers, in any case and spacing, tell their field."""
    assert told({header: ["x", "y"]}) == [(field, How.HEADER)]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (("佛教", "基督教", "伊斯兰教", "无宗教信仰"), "religion"),
        (("肢体二级", "听力残疾三级", "视力残疾"), "disability"),
        (("盗窃罪", "诈骗罪", "危险驾驶罪"), "crime"),
        (("异性恋", "双性恋", "同性恋"), "sex"),
        (("您母亲的姓名是什么？", "您小学班主任叫什么", "你的第一个宠物叫什么名字"), "secqa"),
        (("J18.9", "E11.9", "I10.x", "K29.5"), "health"),
        (("AG", "CT", "GG", "TT"), "gene"),
        (("SF1234567890123", "YT1234567890123", "JT1234567890123"), "logistics"),
        (("08/27", "11/26", "02/29"), "cvv"),
    ],
)
def test_values_tell_rare_categories_under_any_header(values: tuple[str, ...], field: str) -> None:
    """Words and forms that hardly anything else has tell a column whose header nobody knows."""
    assert told({"qwv": values * 9}) == [(field, How.CONTENT)]


def test_values_tell_columns_without_header() -> None:
    """Mobile numbers, identity numbers, e-mail addresses, days and names are told by their form."""
    columns = (MOBILES, IDS, ("a@b.cn", "c@d.com"), ("1990-01-02", "1991.2.3"), ("张三", "欧阳修"))
    assert told(columns) == [
        (field, How.CONTENT) for field in ("phone", "idno", "email", "birth", "name")
    ]


def test_order_numbers_are_no_identity_numbers() -> None:
    """18 digits with a day in them are no identity numbers where their check digits are chance."""
    numbers = [f"1101051990010100{n:02d}" for n in range(40)]
    wrong = pl.Series(numbers).filter(~citizen_number(pl.Series(numbers))).to_list()
    assert told([wrong]) == [("column_1", How.OWN)]


def test_values_of_a_registry_field_tell_a_column() -> None:
    """A column whose values a registry's field has is that field; the larger share wins."""
    overlaps = {0: {"birth_place": 0.8, "name": 0.2}, 1: {"occupation": 0.1}}
    assert told([["york"], ["zzz"]], overlaps=overlaps) == [
        ("birth_place", How.OVERLAP),
        ("column_2", How.OWN),
    ]


def test_header_of_several_meanings_is_settled_by_values() -> None:
    """`from`, `member` and `account` mean what their values are; alone, what they mostly mean."""
    assert told({"from": ["york"]}) == [("birth_place", How.HEADER)]
    assert told({"from": ["1 High St"]}, overlaps={0: {"address": 0.4}}) == [
        ("address", How.OVERLAP)
    ]
    assert told({"Member": ["anna smith", "bob jones"]}) == [("name", How.HEADER)]
    assert told({"Member": ["xx99", "yy_1"]}) == [("username", How.HEADER)]
    assert told({"account": MOBILES}) == [("phone", How.CONTENT)]
    assert told({"account": MOBILES}, role=Role.REGISTRY) == [("account_id", How.HEADER)]


def test_case_toml_goes_before_everything() -> None:
    """What case.toml says about a column holds against header and values."""
    assert told({"姓名": ["张三"], "x": MOBILES}, overrides={0: "username", 1: "device"}) == [
        ("username", How.OVERRIDE),
        ("device", How.OVERRIDE),
    ]


def test_of_two_columns_of_one_field_the_better_keeps_it() -> None:
    """The stronger header keeps the field; the other column becomes a word of its own."""
    assert told({"phone": ["01012345678"], "mobile": MOBILES}) == [
        ("phone_2", How.OWN),
        ("phone", How.HEADER),
    ]


def test_columns_of_another_person_are_no_fields_of_this_one() -> None:
    """An emergency contact's number is not the number of the account's holder."""
    assert told({"emergency phone": MOBILES, "紧急联系人电话": MOBILES}) == [
        ("emergency_phone", How.OWN),
        ("紧急联系人电话", How.OWN),
    ]


def test_days_of_registration_are_no_days_of_birth() -> None:
    """A header of its own keeps its column, whatever the format of its values."""
    days = ("2020-01-02", "2021-02-03")
    assert told({"registered_at": days, "seen on": days}) == [
        ("registered_at", How.OWN),
        ("seen_on", How.OWN),
    ]


def test_words_that_the_room_needs_are_not_taken() -> None:
    """A column called row or product does not collide with the room's own."""
    fields = [field for field, _ in told({"row": ["1"], "record": ["2"], "product": ["im"]})]
    assert not set(fields) & {"row", "record", "product"}


def test_header_that_is_a_value_is_never_a_word() -> None:
    """A value that stands where a header should is not repeated anywhere."""
    sample = Sample(position=2, header="13800009999", values=("x",))
    (decision,) = decide([sample], {}, {}, Role.EVIDENCE)
    assert (decision.column, decision.field) == ("column_3", "column_3")


def test_only_untold_columns_are_compared_with_registries() -> None:
    """Columns with a clear header, or a header of another thing, need no comparison."""
    asked = [
        asks_for_overlap(Sample(position=0, header=header, values=("x",)), {})
        for header in (None, "from", "mystery", "phone", "registered_at", "紧急联系人")
    ]
    assert asked == [True, True, True, False, False, False]


def test_overrides_go_by_header_or_number() -> None:
    """case.toml may name a column by its header, in any spelling, or by its number."""
    headers = ("Mobile No", "Name")
    assert resolve_overrides(headers, {"mobile_no": "phone"}, "a.csv", Role.EVIDENCE) == {
        0: "phone"
    }
    assert resolve_overrides((None, None), {"2": "name"}, "a.txt", Role.EVIDENCE) == {1: "name"}


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"Telephone": "phone"}, 'case.toml names a column "Telephone"'),
        ({"3": "phone"}, 'case.toml names a column "3"'),
        ({"Name": "name", "Mobile": "name"}, "two columns the field name"),
        ({"Name": "record"}, "keeps for itself"),
    ],
)
def test_override_that_cannot_be_is_refused(overrides: dict[str, str], says: str) -> None:
    """An override of a column that is not there, or of one field twice, is refused with its key."""
    with pytest.raises(InputFileError, match=f"^a.csv: .*{says}"):
        resolve_overrides(("Name", "Mobile"), overrides, "a.csv", Role.EVIDENCE)


@pytest.mark.parametrize(
    ("first", "rest", "usual", "answer"),
    [
        (["姓名", "手机号"], [["张三", "13800009999"]], False, True),
        (["wally charleton", "", "1619-02-02", ""], [["a b", "", "1700-01-01", "x"]], True, False),
        (["张三", "13800009999"], [["李四", "13800009998"]], True, False),
        (["Sitter", "Locale"], [["anna smith", "york"]], True, True),
        (["Sitter", "Locale"], [["anna smith", "york"]], False, False),
        (["x_code", "x_when"], [["a", "1990-01-01"]], False, True),
        (["york", "london"], [["york", "bath"]], True, False),
    ],
)
def test_header_is_told_from_a_row(
    first: list[str],
    rest: list[list[str]],
    *,
    usual: bool,
    answer: bool,
) -> None:
    """A first row of known words, or unlike those below it, is a header; a person's is none."""
    assert has_header(first, rest, [], usual=usual) is answer


def test_days_are_told_from_numbers() -> None:
    """Days count with impossible months, as leaks have them; mobile numbers are no days."""
    assert is_date("19900102")
    assert is_date("1862-87-22")
    assert not is_date("13800009999")


def test_registry_without_account_id_is_refused() -> None:
    """A registry in which no column is the account id is refused with what to write."""
    decisions = [ColumnDecision(position=0, column="x", field="name", how=How.HEADER)]
    with pytest.raises(InputFileError, match=r"^im.csv: no column is the account id.*account_id"):
        require_columns(decisions, Role.REGISTRY, "im.csv")
    with pytest.raises(InputFileError, match=r"^deaths.csv: its rows name nobody"):
        require_columns(decisions, Role.PEOPLE, "deaths.csv")


def table(columns: list[list[str | None]]) -> pa.Table:
    """Columns as a reader gives them."""
    return pa.table(
        {f"c{at}": pa.array(cells, pa.large_string()) for at, cells in enumerate(columns)}
    )


def test_mask_has_a_bit_per_category() -> None:
    """Parts of a name share a bit, the account id has none, and a null sets nothing."""
    decisions = [
        ColumnDecision(position=at, column=field, field=field, how=How.HEADER)
        for at, field in enumerate(("account_id", "surname", "given_name", "phone"))
    ]
    codes = codes_of([decision.field for decision in decisions])
    assert codes == ("NAME", "PHONE")
    rows = table([["1", "2"], [None, "张"], [None, "三"], ["138", None]])
    assert masks_of(rows, decisions, codes).tolist() == [2, 1]


def test_categories_beyond_a_mask_are_other() -> None:
    """More categories than bits share the last one."""
    codes = within_mask([f"C{number:03d}" for number in range(100)])
    assert len(codes) == MASK_BITS
    assert codes[-1] == "OTHER"
    decisions = [
        ColumnDecision(position=at, column=f"c{at:03d}", field=f"c{at:03d}", how=How.OWN)
        for at in range(100)
    ]
    row = table([["x" if at in {0, 99} else None] for at in range(100)])
    assert masks_of(row, decisions, codes).tolist() == [1 | 1 << 62]


def test_account_id_counts_once_in_the_whole_file() -> None:
    """A second row of one account id waits, also when the first came many rows before."""
    decisions = [ColumnDecision(position=0, column="id", field="account_id", how=How.HEADER)]
    checks = RowChecks(decisions, Role.REGISTRY)
    kept: list[str] = []
    waiting: list[tuple[int, str]] = []
    parts: list[list[str | None]] = [["a", "b", "a"], [None, "c", "b"], ["b", "d", None, "c"]]
    row = 1
    for ids in parts:
        numbers = list(range(row, row + len(ids)))
        row += len(ids)
        rows = pl.DataFrame(
            {"row": numbers, "byte_offset": numbers, "c0": ids}, schema_overrides={"c0": pl.String}
        )
        batch = checks.look(Batch(rows=rows, quarantined=no_quarantine()))
        assert batch.records == len(ids)
        kept.extend(batch.rows["c0"])
        waiting.extend(batch.quarantined.select("row", "reason").rows())
    assert kept == ["a", "b", "c", "d"]
    assert waiting == [
        (3, Reason.DUPLICATE_ACCOUNT_ID),
        (4, Reason.MISSING_ACCOUNT_ID),
        (6, Reason.DUPLICATE_ACCOUNT_ID),
        (7, Reason.DUPLICATE_ACCOUNT_ID),
        (9, Reason.MISSING_ACCOUNT_ID),
        (10, Reason.DUPLICATE_ACCOUNT_ID),
    ]
