"""A person's story in words, Chinese or English. Pure; every value in it is masked already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from amends.kernel.saying import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTold:
    """An account, and by what it is the person's: ``first``, ``key``, ``row`` or ``weighing``."""

    account: str
    how: str
    probability: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTold:
    """A key that joins accounts, or does not for a reason; ``in_all`` accounts carry it."""

    kind: str
    key: str
    accounts: tuple[str, ...]
    reason: str
    in_all: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTold:
    """A leaked row of the person, or one that may be."""

    where: str
    outcome: str
    method: str
    reason: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is told of one person. ``tranche`` is None where the person is not affected."""

    person_id: str
    run_no: int
    categories: tuple[str, ...]
    tranche: int | None
    earlier_ids: tuple[str, ...]
    accounts: tuple[AccountTold, ...]
    joins: tuple[KeyTold, ...]
    refused: tuple[KeyTold, ...]
    rows: tuple[RowTold, ...]
    rows_in_all: int


_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "idno": ("证件号码", "national number"),
    "phone": ("手机号", "mobile"),
    "email": ("电子邮箱", "mail address"),
    "device": ("设备号", "device"),
    "component": ("一组共同的键", "a group of keys"),
    "bridge": ("一条泄露记录", "a leaked row"),
}
_HOW: Final[Mapping[str, tuple[str, str]]] = {
    "first": ("唯一账户", "the only account"),
    "key": ("由共同的键合并", "joined by a common key"),
    "row": ("由泄露记录中的键合并", "joined by keys in a leaked row"),
    "weighing": ("由资料相似度合并", "joined by how alike the records are"),
}
_WHY: Final[Mapping[str, tuple[str, str]]] = {
    "on_too_many_accounts": ("账户过多", "it is on too many accounts"),
    "with_several_numbers": ("对应多个证件号码", "it goes with several national numbers"),
    "with_unlike_names": ("姓名不符", "it goes with unlike names"),
    "contradicts": ("合并后资料互相矛盾", "what is joined would contradict itself"),
}
_METHODS: Final[Mapping[str, tuple[str, str]]] = {
    "exact": ("键完全一致", "an exact key"),
    "probabilistic": ("资料相似度", "how alike the records are"),
    "clerical": ("人工判断", "readers' decision"),
}
_OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    "matched": ("认定", "counts"),
    "review": ("待人工判断", "waits for a reader"),
}


def told(story: Story, language: Language) -> list[str]:
    """The lines of a story."""
    zh = language == "zh"
    side = 0 if zh else 1
    lines = [_head(story, zh=zh)]
    if story.earlier_ids:
        ids = ", ".join(story.earlier_ids)
        lines.append(f"曾用编号：{ids}" if zh else f"Earlier ids: {ids}.")
    lines.append(f"账户 {len(story.accounts)} 个：" if zh else f"Accounts: {len(story.accounts)}.")
    for account in story.accounts:
        sure = "" if account.probability is None else f" ({account.probability:.1%})"
        lines.append(f"  {account.account}: {_HOW[account.how][side]}{sure}")
    for key in story.joins:
        kind, names = _word(_KINDS, key.kind, side), ", ".join(key.accounts)
        lines.append(
            f"  同一{kind} {key.key}：{names}" if zh else f"  the same {kind} {key.key}: {names}"
        )
    lines += [_refused(key, side) for key in story.refused]
    lines.append(
        f"泄露记录 {story.rows_in_all} 条：" if zh else f"Leaked rows: {story.rows_in_all}."
    )
    for row in story.rows:
        outcome = _word(_OUTCOMES, row.outcome, side)
        method, detail = _word(_METHODS, row.method, side), _detail(row.reason, side)
        lines.append(
            f"  {row.where}: {outcome}，依据{method}{detail}，概率 {row.probability:.1%}"
            if zh
            else f"  {row.where}: {outcome}, by {method}{detail}, probability {row.probability:.1%}"
        )
    if story.rows_in_all > len(story.rows):
        more = story.rows_in_all - len(story.rows)
        lines.append(f"  另有 {more} 条" if zh else f"  and {more} more")
    return lines


def _head(story: Story, *, zh: bool) -> str:
    """Who, and whether affected."""
    codes = ", ".join(code for code in story.categories if code)
    if story.tranche is None:
        return (
            f"{story.person_id}：第 {story.run_no} 次认定中未受影响"
            if zh
            else f"{story.person_id}: not affected by determination {story.run_no}."
        )
    return (
        f"{story.person_id}：第 {story.run_no} 次认定中受影响（第 {story.tranche} 批发现）；"
        f"泄露类别：{codes}"
        if zh
        else f"{story.person_id}: affected by determination {story.run_no} (find "
        f"{story.tranche}). What leaked: {codes}."
    )


def _refused(key: KeyTold, side: int) -> str:
    """A join that was refused, and why."""
    kind, why = _word(_KINDS, key.kind, side), _word(_WHY, key.reason, side)
    names = ", ".join(key.accounts)
    if side == 0:
        return f"  未合并：{kind}也指向他人的 {key.in_all} 个账户（{names}），因为{why}"
    return f"  not joined: {kind} leads to {key.in_all} accounts of others ({names}), because {why}"


def _detail(reason: str, side: int) -> str:
    """The kind of key of an exact match."""
    kind = reason.removeprefix("key:")
    return f" ({_KINDS[kind][side]})" if reason.startswith("key:") and kind in _KINDS else ""


def _word(words: Mapping[str, tuple[str, str]], key: str, side: int) -> str:
    return words[key][side] if key in words else key
