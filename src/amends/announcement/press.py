"""The announcement for the press: plain text and Markdown, with what checks it. Pure."""

import re

from amends.announcement.model import Words
from amends.announcement.pages import CHECKING, Proof
from amends.announcement.texts import numbered, plain_text

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|])")


def press_text(words: Words, proof: Proof) -> bytes:
    """``press.….txt``: UTF-8, LF."""
    return f"{plain_text(words)}\n{_proof(words, proof)}".encode()


def press_markdown(words: Words, proof: Proof) -> bytes:
    """``press.….md``."""
    colon = "：" if words.language == "zh" else ": "
    lines = [f"# {_plain(words.title)}", "", words.day, ""]
    if words.exercise:
        lines = [f"**{_plain(words.exercise)}**", "", *lines]
    for paragraph in words.lead:
        lines += [f"**{_plain(paragraph)}**", ""]
    lines += [f"- {label}{colon}{_plain(value)}" for label, value in words.facts] + [""]
    if words.changes:
        heading = (
            "与上一版相比" if words.language == "zh" else "What changed since the last version"
        )
        lines += [f"## {heading}", "", *(f"- {_plain(one)}" for one in words.changes), ""]
    for section in numbered(words):
        lines += [f"## {_plain(section.heading)}", ""]
        for paragraph in section.paragraphs:
            lines += [_plain(paragraph), ""]
        if section.items:
            lines += [*(f"- {_plain(item)}" for item in section.items), ""]
    lines += ["---", "", *(f"- {_plain(line)}" for line in _proof(words, proof).splitlines())]
    return ("\n".join(lines) + "\n").encode()


def _plain(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def _proof(words: Words, proof: Proof) -> str:
    chinese = words.language == "zh"
    version, digest, key, log = (
        ("版本", "指纹（SHA-256）", "签署公钥", "名册公钥")
        if chinese
        else ("Version", "Digest (SHA-256)", "Signing key", "Roster key")
    )
    colon, opened, closed = ("：", "（", "）") if chinese else (": ", " (", ")")
    lines = [
        CHECKING[words.language],
        f"{version}{colon}{proof.version}{opened}{proof.published}{closed}",
        f"{digest}{colon}{proof.document_sha256}",
        *(f"{key}{colon}{one}" for one in proof.keys),
        f"{log}{colon}{proof.log_key}",
    ]
    return "\n".join(lines) + "\n"
