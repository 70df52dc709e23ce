from email.message import EmailMessage
from pathlib import Path

import polars as pl
import pytest

from amends.evidence.limits import LIMITS
from amends.evidence.model import FileFormat, Reason
from amends.evidence.readers import mail
from amends.evidence.readers.members import Member, members
from amends.evidence.readers.opening import open_content, open_member, open_table
from amends.vault.sealed import Spool

CHAT = (
    "今天开会，大家都到了吗？\n"
    "\n"
    "张伟说他的手机号是13800138000，有事打给他\n"
    "好的，我记下了\n"
    "李娜的邮箱 lina@example.com 请把资料发过去；抄送 13900139000\n"
    "收到。明天见!\n"
)


def read(tmp_path: Path, name: str, content: bytes) -> tuple[FileFormat, pl.DataFrame]:
    """Format and rows (under field words) of a file."""
    (tmp_path / name).write_bytes(content)
    for member in members(open_content(tmp_path / name, name), lambda: Spool(tmp_path)):
        assert isinstance(member, Member)
        with open_member(member, [], lambda _: None) as opened:
            headers = [header or f"c{at}" for at, header in enumerate(opened.table.headers)]
            rows = pl.concat([batch.rows for batch in opened.table.batches()])
            rows.columns = ["row", "byte_offset", *headers]
            return opened.table.format, rows
    raise AssertionError(name)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_lines_of_text_are_records(tmp_path: Path, encoding: str) -> None:
    """Each line of running text is a record with what is found in it; blank lines are none."""
    form, rows = read(tmp_path, "chat.txt", (CHAT * 3).encode(encoding))
    assert form is FileFormat.TEXT
    assert rows.height == 15
    assert rows["row"].to_list() == list(range(1, 16))
    assert rows.select("phone", "email").rows()[:5] == [
        (None, None),
        ("13800138000", None),
        (None, None),
        ("13900139000", "lina@example.com"),
        (None, None),
    ]


def test_no_identifier_of_a_line_is_left_out(tmp_path: Path) -> None:
    """Further numbers of a line are further records of it, numbered through, at its place."""
    line = "通知张伟13800138000、李娜13900139000和13700137000，抄送 lina@example.com\n"
    path = tmp_path / "chat.txt"
    path.write_bytes(line.encode() + b"x\xff\xfe\xfdy\n" + ("好的，收到。\n" + line).encode())
    with open_table(path, "chat.txt", [], lambda _: None) as opened:
        headers = [str(header) for header in opened.table.headers]
        (batch,) = opened.table.batches()
    rows = batch.rows
    rows.columns = ["row", "byte_offset", *headers]
    second = len(line.encode()) + 6 + len("好的，收到。\n".encode())
    assert rows.select("row", "byte_offset", "phone", "email").rows() == [
        (1, 0, "13800138000", "lina@example.com"),
        (2, 0, "13900139000", None),
        (3, 0, "13700137000", None),
        (5, len(line.encode()) + 6, None, None),
        (6, second, "13800138000", "lina@example.com"),
        (7, second, "13900139000", None),
        (8, second, "13700137000", None),
    ]
    assert batch.quarantined["row"].to_list() == [4]


def test_line_of_text_with_bad_bytes_waits(tmp_path: Path) -> None:
    """A line with bytes that are no character is quarantined with its place."""
    path = tmp_path / "chat.txt"
    path.write_bytes((CHAT * 3).encode() + b"x\xff\xfe\xfdy\n")
    with open_table(path, "chat.txt", [], lambda _: None) as opened:
        (batch,) = opened.table.batches()
    assert batch.quarantined.select("row", "reason", "undecodable_bytes").rows() == [
        (16, Reason.UNDECODABLE_BYTES, 3)
    ]


@pytest.mark.parametrize(
    "content",
    [
        "13800138000\n13900139000\n13700137000\n",
        "张伟----13800138000----x\n李娜----13900139000----y\n",
        "lina@example.com\nzhang@example.com\n",
    ],
)
def test_lists_stay_tables(tmp_path: Path, content: str) -> None:
    """One value a line, and lines with separators, are tables, not text."""
    form, _ = read(tmp_path, "list.txt", content.encode())
    assert form is FileFormat.DELIMITED


def message(number: int) -> EmailMessage:
    """A message with an encoded name, two recipients and a text in parts."""
    mail = EmailMessage()
    mail["From"] = f"张伟 <zhang{number}@example.com>"
    mail["To"] = "Li Na <lina@example.com>, wang@example.com"
    mail["Date"] = "Thu, 26 Nov 2026 08:00:00 +0000"
    mail["Subject"] = "资料"
    mail.set_content("您好,\n\n我的手机号是13800138000。\nFrom here on nothing.\n")
    mail.add_alternative("<p>身份证见附件</p>", subtype="html")
    mail.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream")
    return mail


EXPECTED = [
    ("张伟", "zhang0@example.com", None),
    ("Li Na", "lina@example.com", None),
    (None, "wang@example.com", None),
    (None, None, "13800138000"),
]


@pytest.mark.parametrize("ending", [".eml", ".txt"])
def test_message_names_its_people(tmp_path: Path, ending: str) -> None:
    """A message gives its sender and recipients with their names, and who its text mentions."""
    form, rows = read(tmp_path, f"a{ending}", message(0).as_bytes())
    assert form is FileFormat.MAIL
    assert rows.select("name", "email", "phone").rows() == EXPECTED


def test_message_keeps_every_number_of_a_line(tmp_path: Path) -> None:
    """Three numbers in one line of a message are three records."""
    mail = EmailMessage()
    mail["From"] = "a@example.com"
    mail.set_content("请联系 13800138000、13900139000、13700137000\n")
    _, rows = read(tmp_path, "a.eml", mail.as_bytes())
    assert rows["phone"].to_list() == [None, "13800138000", "13900139000", "13700137000"]


def test_mailbox_is_all_of_its_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mailbox gives the people of every message, in their order, numbered through."""
    monkeypatch.setattr(mail, "MESSAGES_AT_ONCE", 50)
    content = b"".join(
        b"From x@example.com Thu Nov 26 08:00:00 2026\n"
        + message(number).as_bytes().replace(b"\nFrom here", b"\n>From here")
        + b"\n"
        for number in range(70)
    )
    form, rows = read(tmp_path, "inbox.mbox", content)
    assert form is FileFormat.MAIL
    assert rows.height == 4 * 70
    assert rows["row"].to_list() == list(range(1, 281))
    assert rows["email"].drop_nulls().to_list()[-3] == "zhang69@example.com"


def test_broken_message_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """Headers that are none, an unknown encoding and a cut part raise nothing."""
    content = (
        b"From: =?x-none?q?=E5?= <a@example.com>\nTo: <<>>;;;\nDate: x\n"
        b"Content-Type: text/plain; charset=x-nobody\n\n\xff\xfe 13800138000 call me\n"
    )
    _, rows = read(tmp_path, "a.eml", content)
    assert "a@example.com" in rows["email"].to_list()
    assert LIMITS.message_bytes > len(content)
