from pathlib import Path

import pytest

from amends.evidence.model import Encoding, Reason
from amends.evidence.readers.opening import open_table
from amends.evidence.readers.text import tell_spelling

SIMPLIFIED = (
    "姓名,手机号,地址\n张伟,13800009999,北京市朝阳区建国路八十八号\n"
    "王芳,13800009998,广东省深圳市南山区科技园\n欧阳娜娜,13800009997,四川省成都市武侯区天府大道\n"
)
TRADITIONAL = (
    "姓名,電話,地址\n陳美玲,0912345678,臺北市信義區市府路一號\n"
    "林志豪,0912345679,高雄市左營區博愛二路\n黃淑惠,0912345670,新北市板橋區縣民大道\n"
)
JAPANESE = (
    "氏名,電話番号,住所\n佐藤太郎,09012345678,東京都新宿区西新宿二丁目\n"
    "鈴木ひろこ,09012345679,大阪府大阪市北区梅田\nタナカ ケンジ,09012345670,神奈川県横浜市中区\n"
)
KOREAN = (
    "이름,전화번호,주소\n김민준,01012345678,서울특별시 강남구 테헤란로\n"
    "이서연,01012345679,부산광역시 해운대구 우동\n박지훈,01012345670,경기도 수원시 영통구\n"
)
FRENCH = (
    "nom,téléphone,ville\nHélène Lefèvre,0612345678,Besançon\n"
    "François Müller,0612345679,Genève\nAndré Núñez,0612345670,Orléans\n"
)
TEXTS = {
    Encoding.GB18030: SIMPLIFIED,
    Encoding.BIG5: TRADITIONAL,
    Encoding.SHIFT_JIS: JAPANESE,
    Encoding.EUC_KR: KOREAN,
    Encoding.LATIN1: FRENCH,
}
SHORT = {
    Encoding.GB18030: "姓名,手机号\n李娜,13800009999\n",
    Encoding.BIG5: "姓名,電話\n陳美玲,0912345678\n",
    Encoding.SHIFT_JIS: "名前,電話\nすずき,0312345678\n",
    Encoding.EUC_KR: "이름,전화\n김민준,01012345678\n",
    Encoding.LATIN1: "name,phone\nJosé Müller,1\n",
}


def values(path: Path) -> list[tuple[str | None, ...]]:
    """The values of a file's rows."""
    with open_table(path, path.name, [], lambda _: None) as opened:
        return [row[2:] for batch in opened.table.batches() for row in batch.rows.iter_rows()]


@pytest.mark.parametrize("encoding", TEXTS)
@pytest.mark.parametrize("times", [0, 1, 500])
def test_encoding_is_told_by_everyday_characters(encoding: Encoding, times: int) -> None:
    """A table in each encoding is told from the others, long, short and very short."""
    text = TEXTS[encoding] * times if times else SHORT[encoding]
    assert tell_spelling(text.encode(encoding), "a.csv").encoding is encoding


@pytest.mark.parametrize("encoding", TEXTS)
def test_values_come_back_in_every_encoding(tmp_path: Path, encoding: Encoding) -> None:
    """What was written in an encoding is read as it was, also beside bytes like backslashes."""
    path = tmp_path / "a.csv"
    path.write_bytes(TEXTS[encoding].encode(encoding))
    wanted = [tuple(line.split(",")) for line in TEXTS[encoding].splitlines()[1:]]
    assert values(path) == wanted


@pytest.mark.parametrize("main", [Encoding.UTF8, *TEXTS])
@pytest.mark.parametrize("other", [Encoding.UTF8, *TEXTS])
def test_lines_in_another_encoding_are_read_in_theirs(
    tmp_path: Path, main: Encoding, other: Encoding
) -> None:
    """Whatever encoding some lines of a file are in, no other line suffers, and none is lost."""
    body = (TEXTS.get(main) or SIMPLIFIED).splitlines()
    few = (TEXTS.get(other) or SIMPLIFIED).splitlines()[1:]
    lines = [*body, *body[1:] * 20]
    content = "\n".join(lines).encode(main) + b"\n" + "\n".join(few).encode(other) + b"\n"
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with open_table(path, path.name, [], lambda _: None) as opened:
        batches = list(opened.table.batches())
    rows = [row[2:] for batch in batches for row in batch.rows.iter_rows()]
    wanted = [tuple(line.split(",")) for line in lines[1:]]
    assert rows[: len(wanted)] == wanted
    assert sum(batch.records for batch in batches) == len(wanted) + len(few)


@pytest.mark.parametrize("other", [Encoding.GB18030, Encoding.BIG5, Encoding.EUC_KR])
def test_utf8_with_lines_of_another_encoding(tmp_path: Path, other: Encoding) -> None:
    """In a file of UTF-8, lines of another encoding come back as they were written."""
    few = TEXTS[other].splitlines()[1:]
    path = tmp_path / "a.csv"
    path.write_bytes((SIMPLIFIED * 9).encode() + "\n".join(few).encode(other) + b"\n")
    assert values(path)[-len(few) :] == [tuple(line.split(",")) for line in few]


def test_gb18030_with_lines_of_utf8(tmp_path: Path) -> None:
    """In a file of GB18030, lines of UTF-8 come back, though they are right in GB18030 too."""
    path = tmp_path / "a.csv"
    few = "张三,13800000001,上海市徐汇区\n李四,13800000002,杭州市西湖区\n"
    path.write_bytes((SIMPLIFIED * 9).encode("gb18030") + few.encode())
    assert values(path)[-2:] == [
        ("张三", "13800000001", "上海市徐汇区"),
        ("李四", "13800000002", "杭州市西湖区"),
    ]


@pytest.mark.parametrize("damage", ["张伟,1380000,北京".encode()[:-1], b"\xff\xfe\xfd,1,2"])
def test_damaged_line_is_not_guessed_at(tmp_path: Path, damage: bytes) -> None:
    """A line of UTF-8 that is cut inside a character, or no text, waits and is read as nothing."""
    path = tmp_path / "a.csv"
    path.write_bytes((SIMPLIFIED * 9).encode() + damage + b"\n")
    with open_table(path, path.name, [], lambda _: None) as opened:
        batches = list(opened.table.batches())
    reasons = [reason for batch in batches for reason in batch.quarantined["reason"]]
    assert reasons == [Reason.UNDECODABLE_BYTES]


def test_wide_text_without_a_mark_is_told(tmp_path: Path) -> None:
    """UTF-16 without a mark is told, whichever byte comes first."""
    for encoding in ("utf-16-le", "utf-16-be"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(SIMPLIFIED.encode(encoding))
        assert values(path)[0][0] == "张伟"
