import polars as pl
import pyarrow as pa
import pytest

from amends.evidence.categories.bits import codes_of
from amends.evidence.categories.claims import Sample
from amends.evidence.categories.detect import decide
from amends.evidence.categories.groups import bare_words
from amends.evidence.categories.masking import LONGEST, masked, masked_samples
from amends.evidence.categories.placeholders import NOTHING, says_something
from amends.evidence.categories.tells import CERTAIN, LIKELY, NOBODYS
from amends.evidence.categories.texts import RULES, question, why
from amends.evidence.categories.words import field_by_ending
from amends.evidence.masks import masks_of
from amends.evidence.model import ASK_BELOW, ColumnDecision, How, Role


def decision(header: str | None, values: list[str], role: Role = Role.EVIDENCE) -> ColumnDecision:
    """What a single column is told to be."""
    (told,) = decide([Sample(position=0, header=header, values=tuple(values))], {}, {}, role)
    return told


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("plate", ["京A12345", "沪B·D1234", "粤BD12345"]),
        ("ip", ["192.0.2.1", "2001:db8::1", "198.51.100.7"]),
        (
            "device",
            ["490154203237518", "00:1A:2B:3C:4D:5E"],
        ),
        ("pwdhash", ["5f4dcc3b" * 4, "e10adc39" * 4]),
        ("bankcard", ["6228480402564890018", "4111 1111 1111 1111"]),
        ("location", ["39.9042,116.4074", "31.2304,121.4737"]),
        ("gender", ["男", "女", "男"]),
        ("education", ["本科", "大专", "硕士研究生"]),
        ("marital", ["已婚", "未婚", "离异"]),
        ("ethnicity", ["汉族", "回族", "维吾尔族"]),
        ("blood_type", ["A型", "O型", "AB型"]),
        ("occupation", ["工程师", "教师", "售货员"]),
        ("politic", ["群众", "中共党员", "共青团员"]),
        ("employer", ["示例科技有限公司", "示例市第一中学"]),
        ("health", ["高血压", "2型糖尿病", "急性胃炎"]),
        ("address", ["北京市朝阳区建国路88号", "成都市武侯区人民南路四段1号"]),
        ("address", ["12 Baker Street, London", "9 High Road, Leeds"]),
        ("birth_place", ["湖南省", "江苏南京市", "四川省成都市"]),
        ("passport", ["E12345678", "G87654321", "EA1234567"]),
        ("order", ["20240115123456789", "20240116987654321"]),
        ("time", ["2024-01-15 12:30:01", "2023-11-02 08:00:59"]),
        ("url", ["https://example.test/a", "http://example.test/b"]),
    ],
)
def test_values_without_a_header_tell_their_field(field: str, values: list[str]) -> None:
    """Formats, check digits, dictionaries and distributions tell columns that have no header."""
    told = decision(None, values)
    assert (told.field, told.how) == (field, How.CONTENT)


def test_a_header_that_lies_is_found_out() -> None:
    """Where nearly all values are surely another thing, the values go before the header."""
    told = decision("邮箱", [f"1380000{n:04d}" for n in range(40)])
    assert (told.field, told.how) == ("phone", How.CONTENT)
    assert told.instead == ("email",)


@pytest.mark.parametrize(
    ("header", "values", "field"),
    [
        ("nativeaddr", ["湖南长沙", "江苏南京", "四川成都"], "birth_place"),
        ("landline", ["010-62345678", "021-52345678", "0571-88234567"], "phone"),
        ("webchat", ["lihua_77", "wang.fang9", "zhao88"], "username"),
        ("soc_sec_id", ["5304218", "4066625", "4365168"], "idno"),
        ("nativeaddr", ["a1", "b2", "c3"], "nativeaddr"),
        ("fluent", ["en", "zh", "fr"], "fluent"),
    ],
)
def test_parts_of_headers_and_slips_hint(header: str, values: list[str], field: str) -> None:
    """A part of a header counts where the values agree, a slip of one letter where none object."""
    assert decision(header, values).field == field


def test_second_person_is_told_by_the_first() -> None:
    """Name and number with a beginning of their own are another's, once the row's own stand."""
    names = ("张伟", "李娜", "王芳")
    phones = ("13800138000", "13900139000", "13700137000")
    headers = ("name", "phone", "sms_name", "sms_phone")

    def fields(*headers: str) -> list[str]:
        samples = [
            Sample(position=at, header=header, values=names if "name" in header else phones)
            for at, header in enumerate(headers)
        ]
        return [told.field for told in decide(samples, {}, {}, Role.EVIDENCE)]

    assert fields(*headers) == ["name", "phone", "sms_name", "sms_phone"]
    assert fields("sms_name", "sms_phone") == ["name", "phone"]
    assert fields("phone", "consignee_name", "consignee_phone") == ["phone", "name", "phone_2"]


def test_town_beside_a_street_is_no_place_of_birth() -> None:
    """A town is where an address lies if street or postcode stand beside it."""
    town = Sample(position=0, header="town", values=("成都市", "武汉市", "杭州市"))
    street = Sample(position=1, header="street", values=("人民路1号", "解放路2号", "中山路3号"))
    beside = decide([town, street], {}, {}, Role.EVIDENCE)
    (alone,) = decide([town], {}, {}, Role.EVIDENCE)
    assert (beside[0].field, alone.field) == ("town", "birth_place")
    assert decision("city", ["成都市", "武汉市", "杭州市"]).field == "city"


def test_a_password_that_is_hashed_is_a_hash() -> None:
    """A column called password that holds digests leaked digests."""
    assert decision("password", ["5f4dcc3b" * 4, "e10adc39" * 4]).field == "pwdhash"
    assert decision("password", ["hunter2", "abc123"]).field == "pwd"


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("buyer_mobile", "phone"),
        ("客户手机号码", "phone"),
        ("cust_email_1", "email"),
        ("收货人详细地址", "address"),
        ("file_name", None),
        ("商品编号", None),
        ("total", None),
    ],
)
def test_endings_of_headers_tell(header: str, field: str | None) -> None:
    """The last part of an unknown header tells its field, unless it is too common a word."""
    assert field_by_ending(header) == field


def test_a_second_column_of_a_kind_keeps_its_kind() -> None:
    """Two columns of mobile numbers are both of mobile numbers, so that both count as leaked."""
    numbers = tuple(f"1380000{n:04d}" for n in range(30))
    samples = [Sample(position=at, header=None, values=numbers) for at in range(2)]
    assert [one.field for one in decide(samples, {}, {}, Role.EVIDENCE)] == ["phone", "phone_2"]


def test_account_ids_are_guessed_in_registries_alone() -> None:
    """Numbers that stand once are a registry's key where no header speaks, and no leaked row's."""
    numbers = [f"QX{n * 37 % 1000:06d}" for n in range(100)]
    told = decision(None, numbers, Role.REGISTRY)
    assert (told.field, told.rule) == ("account_id", "key")
    assert told.asks
    assert decision(None, numbers).field == "column_1"
    assert decision("batch_no", numbers).field == "batch_no"


def test_doubt_is_a_question() -> None:
    """What nothing tells is a category of its own, and the operator is asked, without a value."""
    told = decision(None, ["qzv", "wpl", "xkd"])
    assert (told.field, told.how) == ("column_1", How.OWN)
    assert told.confidence < ASK_BELOW
    for language in ("zh", "en"):
        asked = question(told, "evidence/a.txt", language)
        assert asked is not None
        assert "evidence/a.txt" in asked
        assert "qzv" not in asked
    assert question(decision("手机号", ["13800009999"] * 30), "a", "zh") is None


def test_every_rule_has_words() -> None:
    """Whatever can tell a column is explained in both languages."""
    rules = {tell.rule for tell in (*CERTAIN, *LIKELY, *NOBODYS)}
    assert rules <= set(RULES)
    assert all(zh and en for zh, en in RULES.values())
    assert why(decision("手机号", ["13800009999"] * 30), "zh") == "表头是已知的词；100% 的取值相符"


def test_placeholders_leak_nothing() -> None:
    """A cell of ``null`` or ``无`` sets no bit of a mask, zeros none where they are no value."""
    decisions = [
        ColumnDecision(position=at, column=field, field=field, how=How.HEADER)
        for at, field in enumerate(("phone", "balance"))
    ]
    codes = codes_of(["phone", "balance"])
    assert codes == ("BALANCE", "PHONE")
    cells = [None, *NOTHING, "0", "00000000", "11111111111", "13800009999"]
    rows = pa.table({name: pa.array(cells, pa.large_string()) for name in ("c0", "c1")})
    masks = masks_of(rows, decisions, codes).tolist()
    assert masks == [0] * (1 + len(NOTHING)) + [1, 1, 1, 3]


@pytest.mark.parametrize("word", ["null", "N/A", "无", "-", r"\N", "NULL", "None", "未知"])
def test_spellings_of_nothing(word: str) -> None:
    """What programs and people write for nothing says nothing, in any field."""
    row = pl.DataFrame({"x": [word]})
    assert not row.select(says_something(pl.col("x"), "loyalty_points")).item()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("张伟", "张*"),
        ("13800009999", "1##########"),
        ("a@b.cn", "a@*.**"),
        ("男", "*"),
        ("5", "#"),
        ("", ""),
        ("x" * 40, "x" + "*" * (LONGEST - 1) + "…"),
    ],
)
def test_masks_show_form_and_one_character(value: str, shown: str) -> None:
    """A masked value is its form and its first character, and of one character its class alone."""
    assert masked(value) == shown


def test_samples_do_not_depend_on_order() -> None:
    """The same values in another order give the same samples."""
    values = pl.Series("x", ["张伟", "李娜", "张三", "欧阳修", None])
    assert masked_samples(values) == masked_samples(values.reverse()) == ("张*", "李*", "欧**")


REAL_NAMES = [f"{family}{given}" for family in "王李张刘陈" for given in ("晓明", "建国", "丽")]


@pytest.mark.parametrize(
    ("header", "values", "field"),
    [
        ("user_name", REAL_NAMES * 4, "name"),
        ("nick_name", REAL_NAMES * 4, "username"),
        ("user_name", [f"night_owl{n}" for n in range(60)], "username"),
        ("nationality", ["汉族", "回族", "满族"] * 20, "ethnicity"),
        ("contacts", REAL_NAMES * 4, "contact_person"),
        ("annual_ctc_inr", [f"{n * 1000}.50" for n in range(60)], "income"),
        ("ship_track_no", [f"SF{10**9 + n * 7919}" for n in range(60)], "logistics"),
        ("post", ["软件工程师", "护士", "会计"] * 20, "occupation"),
        ("post", [f"{100000 + n * 13}" for n in range(60)], "postcode"),
    ],
)
def test_values_choose_between_the_meanings_of_a_header(
    header: str, values: list[str], field: str
) -> None:
    """Where a header is used for two things, or says it only in part, the values tell which."""
    sample = Sample(position=0, header=header, values=tuple(values))
    assert decide([sample], {}, {}, Role.EVIDENCE)[0].field == field


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("cust_nm", "name"),
        ("stutel", "phone"),
        ("customer_age", "age"),
        ("name_cn", "name"),
        ("patient_uuid", "account_id"),
        ("city_name", None),
        ("课程名称", None),
        ("graduate_school", "education"),
        ("useragent", None),
        ("house_age", None),
    ],
)
def test_headers_in_short_and_of_people_are_spelled_out(header: str, field: str | None) -> None:
    """Short parts and a person in front are read; names of places and things are nobody's."""
    assert field_by_ending(header) == field


def test_names_are_no_list_of_a_few_values() -> None:
    """A column of four words that look like names is no column of names, in a small file either."""
    values = ("白云", "黄山", "江山", "金玉") * 40
    told = decide([Sample(position=0, header="x_9", values=values)], {}, {}, Role.EVIDENCE)
    assert told[0].field != "name"


def fields_of(*headers: str, values: tuple[str, ...] = ("a1", "b2", "c3")) -> list[str]:
    """What the columns of one table with these headers are told to be."""
    samples = [
        Sample(position=at, header=header, values=values) for at, header in enumerate(headers)
    ]
    return [told.field for told in decide(samples, {}, {}, Role.EVIDENCE)]


def test_what_a_tables_headers_share_is_taken_off() -> None:
    """A beginning or an ending that most headers have says which table it is, not which column."""
    told = fields_of("qzname", "qzphone", "qzidcard", "qzbirthday", "created_at")
    assert told == ["name", "phone", "idno", "birth", "created_at"]
    assert fields_of("real_name_wsh", "bank_card_wsh", "mobile_wsh", "status_wsh") == [
        *("name", "bankcard", "phone", "status")
    ]
    assert fields_of("emergency_name", "emergency_phone", "emergency_email", "emergency_zip") == [
        *("emergency_name", "emergency_phone", "emergency_email", "emergency_zip")
    ]


def test_a_role_is_the_rows_own_where_nobody_else_is_named() -> None:
    """A table of teachers is about teachers; one of pupils names them beside somebody else."""
    assert fields_of("teacher_name", "teacher_phone", "sex") == ["name", "phone", "gender"]
    assert fields_of("name", "teacher_name", "teacher_phone")[1:] == [
        *("teacher_name", "teacher_phone")
    ]


def test_names_under_a_header_that_nobody_knows_may_be_anybodys() -> None:
    """Beside a column that a header calls a name, more names are told nobody's and asked."""
    names = ("张伟", "李娜", "王芳", "刘洋")
    assert fields_of("name", "qzx", values=names) == ["name", "qzx"]
    assert fields_of("qzx", values=names) == ["name"]


@pytest.mark.parametrize(
    ("header", "values", "field"),
    [
        ("photo", ["https://example.test/1.jpg", "/upload/2.png"], "picture"),
        ("face_photo", ["https://example.test/1.jpg", "/upload/2.png"], "face"),
        ("doc_no", ["E12345678", "G87654321"], "passport"),
        ("expiry", ["03/27", "11/29"], "cvv"),
        ("expiry", ["2027-03-01", "2029-11-30"], "valid_until"),
        ("mb_name", ["lihua_77", "wang.fang9", "zhao88"], "username"),
        ("sender_number", ["13800138000", "13900139000"], "phone"),
        ("batch_id", ["c95176c3-cc5b-6c03-f5de-d5122c8305d7"] * 3, "batch_id"),
        ("graduate_from", ["虚构大学", "示例师范学院"], "education"),
        ("单位", ["虚构大学", "示例师范学院"], "employer"),
        ("event_date", ["2019-01-02", "2020-03-04"], "event_date"),
    ],
)
def test_values_settle_what_a_header_leaves_open(
    header: str, values: list[str], field: str
) -> None:
    """Links are no faces, passports no identity numbers, row keys no devices."""
    assert decision(header, values).field == field


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("shrdz", "address"),
        ("khsfzh", "idno"),
        ("lxrdh", None),
        ("帮扶人电话", None),
        ("乘机人证件号", "idno"),
        ("handheld_id_card", "idphoto"),
        ("证件正面照片", "idphoto"),
        ("working_company", "employer"),
        ("next_of_kin_phone", None),
        ("item_weight", None),
    ],
)
def test_heads_and_whom_they_speak_of(header: str, field: str | None) -> None:
    """Initials, doers and photographs of papers are told by their parts."""
    told = decision(header, ["a1", "b2", "c3"])
    assert told.field == (field or header)


def test_a_message_with_an_order_is_a_wish() -> None:
    """What a buyer writes with an order is no correspondence."""
    assert fields_of("order_no", "message") == ["order", "message"]
    assert fields_of("user_id", "message") == ["account_id", "comms"]


@pytest.mark.parametrize(
    ("header", "values", "field"),
    [
        ("staff_religion_kind", ["a1", "b2", "c3"], "religion"),
        ("人脸比对数据", ["a1", "b2", "c3"], "face"),
        ("disability_verified", ["0", "1", "1"], "disability_verified"),
        ("huiyuankahao", ["a1", "b2", "c3"], "account_id"),
        ("gerennianshouru", ["a1", "b2", "c3"], "income"),
        ("nric_pic2_img_url", ["a1", "b2", "c3"], "idphoto"),
    ],
)
def test_rare_parts_and_pinyin_tell(header: str, values: list[str], field: str) -> None:
    """A part that no other header has, and Chinese headers in pinyin, tell their field."""
    assert decision(header, values).field == field


def test_words_of_a_short_list_tell_against_any_header() -> None:
    """Political statuses under ``face`` are political statuses; the operator sees both."""
    told = decision("face", ["群众", "中共党员", "共青团员"] * 10)
    assert (told.field, told.how, told.instead) == ("politic", How.CONTENT, ("face",))


def test_headers_of_a_very_wide_table_cost_little() -> None:
    """What headers share is found in time that grows with their number, not with its square."""
    words = [f"qz_{'abcdefghij'[at % 10]}{at}_number_{at}" for at in range(16_000)]
    assert len(bare_words(words)) == len(words)


def commented(header: str, comment: str, values: list[str]) -> str:
    """What a column with a comment is told to be."""
    sample = Sample(position=0, header=header, values=tuple(values), comment=comment)
    (told,) = decide([sample], {}, {}, Role.EVIDENCE)
    assert told.column == header
    return told.field


def test_a_comment_is_heard_before_a_header() -> None:
    """Its first words are; where they are no words for a column, the header is heard."""
    codes = [f"Q{at}x" for at in range(40)]
    assert commented("f_17", "政治面貌(1党员 2团员)", codes) == "politic"
    assert commented("f_17", "用户手机号码，登录用", codes) == "phone"
    assert commented("name", "商品名称", codes) not in {"name", "surname"}
    assert commented("mobile", "紧急联系人电话", codes) != "phone"
    assert commented("mobile", "see the wiki", codes) == "phone"
    assert commented("is_deleted", "是否删除 0否1是", codes) == "is_deleted"
