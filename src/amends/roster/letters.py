"""Two printed pages, each one sheet of A4: the one that tells a code, and the receipt on paper.

Both speak Chinese and English, in letters that old people read, and hold no address and no link.
The receipt's square holds the whole receipt: paper alone proves what the file proves. Pure.
"""

import json
import zlib
from base64 import b64decode
from collections.abc import Sequence
from html import escape
from importlib.resources import files

import segno

from amends.kernel.case import CaseFile
from amends.kernel.categories import label
from amends.kernel.money import Money
from amends.roster.codes import scan_text, written

PAPER_PREFIX = "AMR1-"
_BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # RFC 9285, the symbols of QR codes
_NAMED = 12
_FIELDS = {"name": "姓名 · name", "phone": "手机号 · phone", "idno": "证件号 · ID"}
_DRILL = "【模拟演练】不涉及真实的人和钱。 · Simulated exercise: no real people, no real money."


def code_pages(file: CaseFile, origin: str, codes: Sequence[int], *, square: bool) -> bytes:
    """A sheet for each person that tells the code; *square*: with the QR code beside it."""
    sheets = [_code_sheet(file, origin, code, square=square) for code in codes]
    return _page("凭证码 · receipt code", sheets, drill=file.made_up)


def _code_sheet(file: CaseFile, origin: str, code: int, *, square: bool) -> str:
    groups = "".join(f"<b>{group}</b>" for group in written(code).split("-"))
    picture = _square(scan_text(origin, code), "m")
    beside = f"<figure>{picture}<figcaption>{_both(*_SQUARE_HOLDS)}</figcaption></figure>"
    title = _both(escape(file.title.zh), escape(file.title.en))
    return f"""
<h1>{_both("您的凭证码", "Your receipt code")}</h1>
<p class="who">{title}</p>
<p class="code">{groups}</p>
<p class="small">{_both(*_SYMBOLS)}</p>
{beside if square else ""}
{_told(_CODE_TEXTS)}
"""


_SYMBOLS = (
    "没有字母 O、I、L、U：像 O 的是数字 0，像 I 的是数字 1。大小写、横线、空格都不要紧。",
    (
        "There is no letter O, I, L or U: what looks like O is zero, what looks like I is one. "
        "Capitals, dashes and blanks do not matter."
    ),
)
_SQUARE_HOLDS = (
    "方块图里只有凭证码，不是网址，不会打开网页。",
    "The square holds the code alone. It is no address and opens no page.",
)
_CODE_TEXTS = (
    (
        "<strong>没有它，钱也照样付给您。</strong>您什么都不用做。",
        "<strong>You are paid without it.</strong> You do not have to do anything.",
    ),
    (
        (
            "用它可以取得您自己的凭证，证明您的赔偿写在公开的名册里。需要时，在您平时使用的产品里"
            "找名册，或请柜台帮忙。"
        ),
        (
            "It gets you your own receipt, which proves that your award stands in the public "
            "roster. When you want it, look for the roster in the product that you already use, or "
            "ask at a counter."
        ),
    ),
    (
        "<strong>我们绝不打电话、发消息问您要它。</strong>谁来要，谁就是骗子。",
        "<strong>We never call or write to ask for it.</strong> Whoever does is a fraudster.",
    ),
    (
        "丢了，或者被别人看见了，请找客服换一个新的。旧的从此打不开新公布的内容。",
        (
            "If it is lost, or others have seen it, ask customer service for a new one. The old "
            "one opens nothing that is published after that."
        ),
    ),
)


def receipt_page(file: CaseFile, receipt: str) -> bytes:
    """A receipt on paper: what it says, what it proves and what not, and all of it as a square."""
    lines = receipt.split("\n")
    extra = json.loads(b64decode(lines[1].removeprefix("extra ")))
    note = receipt.split("\n\n", 1)[1].split("\n")
    award, currency = extra["award_index"], extra["currency"]
    rows = [
        ("案件 · case", f"{file.title.zh} · {file.title.en}"),
        ("由谁赔偿 · from", f"{file.controller.zh} · {file.controller.en}"),
        ("赔偿序号 · award", f"{award:,}"),
        ("金额 · amount", _money(extra["amount_minor"], currency)),
    ]
    rows += [
        ("更正后 · corrected to", _money(one["amount_minor"], currency))
        for one in extra.get("corrections", ())[-1:]
    ]
    opened = extra["opened"]
    if "categories" in opened:
        rows.append(("泄露的信息 · leaked", _leaked(opened["categories"][1])))
    rows += [(_FIELDS[name], value) for name, (_, value) in opened.items() if name in _FIELDS]
    proof = [
        ("日志 · log", note[0]),
        ("位置 · entry", f"{extra_index(lines):,} / {int(note[1]):,}"),
        ("根 · root", note[2]),
    ]
    body = f"""
<h1>赔偿凭证 <span lang="en">Receipt</span></h1>
<dl>{_rows(rows)}</dl>
<figure>{_square(paper_text(receipt), "l")}</figure>
{_told(_RECEIPT_TEXTS)}
<dl class="proof">{_rows(proof)}</dl>
"""
    return _page("赔偿凭证 · receipt", [body], drill=file.made_up)


_RECEIPT_TEXTS = (
    (
        "<strong>它证明：</strong>这笔赔偿写在公开的名册里，以后不能悄悄改掉。",
        (
            "<strong>It proves</strong> that this award stands in the public roster and cannot be "
            "changed unseen."
        ),
    ),
    (
        "<strong>它不证明：</strong>钱已经到账。名册里有每一笔的进展。",
        (
            "<strong>It does not prove</strong> that the money arrived. The roster shows how far "
            "each award is."
        ),
    ),
    (
        "方块图里是完整的凭证，不是网址。任何人都可以用独立的核对程序检查，不必相信我们。",
        (
            "The square holds the whole receipt and is no address. Anyone can check it with a "
            "verifier of their own, without believing us."
        ),
    ),
)


def extra_index(lines: Sequence[str]) -> int:
    """The place of the award's entry in the log, as a receipt says it."""
    return int(lines[2].removeprefix("index "))


def paper_text(receipt: str) -> str:
    """What the square of a printed receipt holds: base45 of zlib, without base64 inside.

    ``amends_verify paper`` makes the receipt of it again, byte for byte.
    """
    lines = receipt.split("\n")
    lines[1] = b64decode(lines[1].removeprefix("extra ")).decode()
    end = lines.index("")
    lines[3:end] = [b64decode(step).hex() for step in lines[3:end]]
    data = zlib.compress("\n".join(lines).encode(), 9)
    pairs = [data[at : at + 2] for at in range(0, len(data), 2)]
    return PAPER_PREFIX + "".join(_base45(pair) for pair in pairs)


def _base45(pair: bytes) -> str:
    """Three symbols of two bytes, two of one (RFC 9285 §3)."""
    value, symbols = int.from_bytes(pair, "big"), ""
    for _ in range(len(pair) + 1):
        value, digit = divmod(value, 45)
        symbols += _BASE45[digit]
    return symbols


def _square(text: str, error: str) -> str:
    """A QR code as a picture in the page, with the margin that scanners need."""
    code = segno.make_qr(text, error=error, mode="alphanumeric", boost_error=False)
    picture = code.svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None)
    return str(picture).replace("<svg ", '<svg role="img" aria-label="QR" ', 1)


def _money(amount_minor: int, currency: str) -> str:
    return Money(amount_minor=amount_minor, currency=currency).display()


def _leaked(categories: str) -> str:
    """The names of categories in both languages, those that a page has room for."""
    codes = [code for code in categories.split(";") if code]
    named = [f"{label(code, 'zh')} {label(code, 'en')}" for code in codes[:_NAMED]]
    distinct = list(dict.fromkeys(named))
    rest = len(codes) - _NAMED
    return "；".join(distinct) + (f"；…… +{rest}" if rest > 0 else "")


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows
    )


def _told(texts: Sequence[tuple[str, str]]) -> str:
    """Sentences of our own in both languages, one below the other."""
    return "".join(f"<p>{_both(zh, en)}</p>" for zh, en in texts)


def _both(zh: str, en: str) -> str:
    """Chinese, and English below it."""
    return f'{zh}<br><span lang="en">{en}</span>'


def _page(title: str, sheets: Sequence[str], *, drill: bool) -> bytes:
    style = files("amends.roster").joinpath("letters.css").read_text(encoding="utf-8")
    banner = f'<p class="banner">{_DRILL}</p>' if drill else ""
    body = "".join(f"<main>{banner}{sheet}</main>" for sheet in sheets)
    return (
        '<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8">'
        '<meta name="referrer" content="no-referrer">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
        "'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{style}</style></head>"
        f"<body>{body}</body></html>\n"
    ).encode()
