"""The announcement as pages: for the web and for paper. Pure.

Static HTML that names no third party and holds no script; its style stands in the page, and the
page's own policy (Content-Security-Policy) allows that style by its hash and nothing else.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files

from amends.announcement.model import Section, Words
from amends.announcement.texts import APOLOGY_PLACE
from amends.kernel.saying import Language

_LANG = {"zh": "zh-Hans", "en": "en"}
_WEB, _PRINT = "announcement_web.css", "announcement_print.css"
CHECKING: Mapping[Language, str] = {
    "zh": (
        "任何人都可以核对：下载 announcement.json，用 amends_verify 检验签名和各项数字，"
        "再与下面的指纹和公钥对照。"
    ),
    "en": (
        "Anyone can check it: download announcement.json, have amends_verify check signatures and "
        "figures, and compare with the digest and the keys below."
    ),
}
"""How anybody checks it: said on every channel, over digest and keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What stands under the text so that it can be checked.

    ``earlier``: numbers of the versions before. ``log_key``: the roster's verifier key.
    """

    version: int
    document_sha256: str
    keys: tuple[str, ...]
    log_key: str
    published: str
    earlier: tuple[int, ...] = ()
    draft: bool = False


def web_page(words: Words, proof: Proof) -> bytes:
    """The page for the web, phone first."""
    chinese = words.language == "zh"
    other = ("en.html", "en", "English") if chinese else ("index.html", "zh-Hans", "中文")
    skip = "跳到正文" if chinese else "Skip to the text"
    label = "语言" if chinese else "Language"
    body = f"""<a class="skip" href="#text">{skip}</a>
<header><nav aria-label="{label}"><a href="{other[0]}" lang="{other[1]}" hreflang="{other[1]}">\
{other[2]}</a></nav></header>
<main id="text">
{_banners(words, proof)}<h1>{_title(words.title)}</h1>
<p class="day">{escape(words.day)}</p>
{_lead(words)}
{_facts(words)}
{_changes(words)}{_sections(words)}
</main>
{_footer(words, proof)}"""
    return _document(words, body, style=_style(_WEB))


def print_page(words: Words, proof: Proof) -> bytes:
    """The page for paper: A4, black on white."""
    body = f"""<main>
{_banners(words, proof)}<h1>{_title(words.title)}</h1>
<p class="day">{escape(words.day)}</p>
{_lead(words)}
{_facts(words)}
{_changes(words)}{_sections(words)}
</main>
{_paper_footer(words, proof)}"""
    return _document(words, body, style=_style(_PRINT))


def _style(name: str) -> str:
    return files("amends.announcement").joinpath(name).read_text(encoding="utf-8")


def _document(words: Words, body: str, *, style: str) -> bytes:
    style = f"\n{style}"
    hashed = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"
    return f"""<!doctype html>
<html lang="{_LANG[words.language]}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="description" content="{escape(" ".join(words.lead))}">
<title>{escape(words.title)}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
""".encode()


def _banners(words: Words, proof: Proof) -> str:
    lines = [words.exercise] if words.exercise else []
    if proof.draft:
        lines.append(
            "草稿：没有签署，没有发布。"
            if words.language == "zh"
            else "Draft: not signed, not out."
        )
    return "".join(f'<p class="banner">{escape(line)}</p>\n' for line in lines)


def _title(title: str) -> str:
    """The title, which Chinese breaks at this place before any other."""
    return escape(title).replace("的致歉", "的<wbr>致歉")


def _shown(text: str) -> str:
    """*text* as HTML, in which no line ends between a currency and its amount."""
    return re.sub(r"\b([A-Z]{3}) (?=[0-9])", "\\1&nbsp;", escape(text))


def _lead(words: Words) -> str:
    return "\n".join(f'<p class="lead">{_shown(line)}</p>' for line in words.lead)


def _facts(words: Words) -> str:
    rows = "\n".join(
        f"<div><dt>{escape(label)}</dt><dd>{_shown(value)}</dd></div>"
        for label, value in words.facts
    )
    return f"<dl>\n{rows}\n</dl>"


def _changes(words: Words) -> str:
    if not words.changes:
        return ""
    heading = "与上一版相比" if words.language == "zh" else "What changed since the last version"
    return f'<section class="changes"><h2>{heading}</h2>\n{_list(words.changes)}</section>\n'


def _sections(words: Words) -> str:
    before, after = words.sections[:APOLOGY_PLACE], words.sections[APOLOGY_PLACE:]
    return "\n".join([*map(_section, before), _apology(words), *map(_section, after)])


def _section(section: Section) -> str:
    paragraphs = "\n".join(f"<p>{_shown(line)}</p>" for line in section.paragraphs)
    return (
        f"<section><h2>{escape(section.heading)}</h2>\n{paragraphs}\n"
        f"{_list(section.items)}</section>"
    )


def _list(items: Sequence[str]) -> str:
    if not items:
        return ""
    return "<ul>" + "".join(f"<li>{_shown(item)}</li>" for item in items) + "</ul>\n"


def _apology(words: Words) -> str:
    paragraphs = "\n".join(f"<p>{escape(line)}</p>" for line in words.apology.paragraphs)
    signed = "\n".join(_signatory(one, words) for one in words.signatures)
    return (
        f'<section class="apology"><h2>{escape(words.apology.heading)}</h2>\n{paragraphs}\n'
        f'<ul class="signatures">{signed}</ul></section>'
    )


def _signatory(signature: tuple[str, str, str], words: Words) -> str:
    """A name, and under it role and company."""
    company, role, name = signature
    office = f"{company} {role}" if words.language == "zh" else f"{role}, {company}"
    return f'<li><span class="name">{escape(name)}</span> <span>{escape(office)}</span></li>'


def _footer(words: Words, proof: Proof) -> str:
    chinese, language = words.language == "zh", words.language
    links = (
        (f"print.{language}.html", "打印版" if chinese else "Print"),
        (f"press.{language}.txt", "新闻稿（文本）" if chinese else "Press text"),
        (f"press.{language}.md", "新闻稿（Markdown）" if chinese else "Press text (Markdown)"),
        ("announcement.json", "数据与签名（JSON）" if chinese else "Figures and signatures (JSON)"),
    )
    listed = "\n".join(f'<li><a href="{to}">{name}</a></li>' for to, name in links)
    heading = "核对这份公告" if chinese else "Check this announcement"
    return f"""<footer>
<h2>{heading}</h2>
<p>{CHECKING[language]}</p>
{_proof(proof, language)}
<ul class="links">
{listed}{_earlier(proof, language)}
</ul>
</footer>"""


def _earlier(proof: Proof, language: Language) -> str:
    page = "index.html" if language == "zh" else "en.html"
    label = "第{}版" if language == "zh" else "Version {}"
    return "".join(
        f'\n<li><a href="v{number}/{page}">{label.format(number)}</a></li>'
        for number in proof.earlier
    )


def _proof(proof: Proof, language: Language) -> str:
    chinese = language == "zh"
    rows = [
        (
            "版本" if chinese else "Version",
            f"{proof.version}（{proof.published}）"
            if chinese
            else f"{proof.version} ({proof.published})",
        ),
        ("指纹（SHA-256）" if chinese else "Digest (SHA-256)", proof.document_sha256),
        *(("签署公钥" if chinese else "Signing key", key) for key in proof.keys),
        ("名册公钥" if chinese else "Roster key", proof.log_key),
    ]
    shown = "\n".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows
    )
    return f'<dl class="proof">\n{shown}\n</dl>'


def _paper_footer(words: Words, proof: Proof) -> str:
    heading = "核对这份公告" if words.language == "zh" else "Check this announcement"
    checking, proved = CHECKING[words.language], _proof(proof, words.language)
    return f"<footer><h2>{heading}</h2>\n<p>{checking}</p>\n{proved}</footer>"
