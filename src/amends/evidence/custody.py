"""The chain of custody as people read it: Chinese first, English beside it. Pure.

It holds names of files, digests, counts and times, and never a value from a file.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from amends.evidence.model import HeldFile, Original, OriginalNo, Role, UnreadMember
from amends.kernel.case import Text


class Seal(StrEnum):
    """What became of the sealed copy of an original."""

    WHOLE = "whole"  # it opens, and has the digest that was recorded
    BROKEN = "broken"  # it does not open, is missing, or has another digest
    NONE = "none"  # none was kept
    DESTROYED = "destroyed"  # with the evidence room


@dataclass(frozen=True, slots=True, kw_only=True)
class InCustody:
    """An original with what was read from it, and whether it belongs to the newest intake."""

    original_no: OriginalNo
    original: Original
    seal: Seal
    counts_now: bool
    tables: tuple[HeldFile, ...]
    unread: tuple[UnreadMember, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What was done with the evidence: a line of the audit trail."""

    occurred_at: datetime
    actor: str
    action: str
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that the report says."""

    case_id: str
    controller: Text
    written_at: datetime
    written_by: str
    simulated: bool
    files: tuple[InCustody, ...]
    events: tuple[Event, ...]
    audit_entries: int
    audit_head: str
    audit_whole: bool


_ROLE = {
    Role.REGISTRY: "登记表 registry",
    Role.EVIDENCE: "泄露文件 leaked file",
    Role.PEOPLE: "人员文件 people file",
}
_SEAL = {
    Seal.WHOLE: "完好，摘要一致 whole, digest as recorded",
    Seal.BROKEN: "**已损坏或缺失 BROKEN OR MISSING**",
    Seal.NONE: "未留存 none kept",
    Seal.DESTROYED: "已随证据室销毁 destroyed with the evidence room",
}


def written(report: Report) -> str:
    """The report as Markdown."""
    lines = [
        "# 证据保管链报告 · Chain-of-custody report",
        "",
        f"- 案件 case: {report.case_id}",
        f"- 责任方 controller: {report.controller.zh} · {report.controller.en}",
        f"- 出具 written: {_time(report.written_at)}, {report.written_by}",
        *(["- **模拟时钟 simulated time**"] if report.simulated else []),
        f"- 审计日志 audit trail: {report.audit_entries} 条 entries, "
        + ("完整 whole" if report.audit_whole else "**已被改动 CHANGED**")
        + f", {report.audit_head}",
        "",
        "摘要均为 SHA-256。封存副本以 AES-256-GCM 加密，逐字节与原件相同。",
        "Digests are SHA-256. Sealed copies: AES-256-GCM, byte for byte as the files came.",
    ]
    for number, file in enumerate(report.files, start=1):
        lines += ["", f"## {number}. {_plain(file.original.path)}", "", *_about(file)]
    lines += ["", "## 经手记录 · Events", ""]
    lines += ["| 时间 time | 经手人 who | 事项 what | 详情 details |", "|---|---|---|---|"]
    lines += [
        f"| {_time(event.occurred_at)} | {_plain(event.actor)} | {event.action} | "
        f"`{_plain(event.details)}` |"
        for event in report.events
    ]
    return "\n".join(lines) + "\n"


def _about(file: InCustody) -> list[str]:
    original = file.original
    now = file.tables[0] if file.tables else None
    received = now.received_at if now else None
    lines = [
        f"- 类别 role: {_ROLE[original.role]}",
        f"- SHA-256: `{original.sha256}`",
        f"- 大小 size: {original.size_bytes:,} bytes",
        f"- 收到 received: {_time(received) if received else '未注明 not stated'}",
        f"- 来源 source: {_plain(now.came_from) if now and now.came_from else '未注明 not stated'}",
        f"- 入室 taken: {_time(original.taken_at)}, {_plain(original.taken_by)}",
        f"- 封存副本 sealed copy: {_SEAL[file.seal]}",
    ]
    if not file.counts_now:
        lines.append("- 已由后来的文件取代 superseded: 不再计入 no longer counted")
    if file.tables:
        lines += ["", "| 读作 read as | 格式 format | 编码 encoding | 记录 records |"]
        lines[-1] += " 收下 kept | 隔离 quarantined | SHA-256 |"
        lines.append("|---|---|---|---:|---:|---:|---|")
    for table in file.tables:
        custody = table.custody
        lines.append(
            f"| {_plain(custody.path)} | {custody.format} | {custody.encoding} | "
            f"{custody.records:,} | {custody.kept:,} | {custody.quarantined:,} | "
            f"`{custody.sha256}` |"
        )
    if file.unread:
        lines += ["", "不含表的成员 members without a table:", ""]
    lines += [
        f"- {_plain(one.name)} ({one.reason}, {one.size_bytes:,} bytes, `{one.sha256}`)"
        for one in file.unread
    ]
    return lines


def _time(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds")


def _plain(text: str) -> str:
    """Text that is no markup and stays on its line."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text).translate(
        {ord("|"): "\\|", ord("`"): "'", ord("<"): "&lt;"}
    )
