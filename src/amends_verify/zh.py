"""用中文核对：由 verify.py 核对，这里只把它的话译成中文。 verify.py in Chinese; it judges nothing.

    python zh.py receipt FILE --policy POLICY
    python zh.py all DIRECTORY --policy POLICY [--claims]

What it has no words for stays as verify.py says it. Its exit code is verify.py's.
"""

import io
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

if __name__ == "__main__":  # the files beside this one are the package, wherever they lie
    package = sys.modules["amends_verify"] = type(sys)("amends_verify")
    package.__path__, sys.dont_write_bytecode = [str(Path(__file__).parent)], True

from amends_verify import verify

SENTENCES = {
    "Verified: award {} of case {}, {}, class {}, leaked: {}, is entry {} of {} in the log whose "
    "key the policy holds. ": "核对通过：案件 {1} 的第 {0} 项赔偿，{2}，类别 {3}，泄露的信息：{4}；"
    "在策略文件认可的名册里，是全部 {6} 条记录中的第 {5} 条。",
    "Verified: case {}, {} awards of {}, as promised; {} entries lead to the signed root, every "
    "file is covered, no commitment stands twice. ": "核对通过：案件 {0}，{1} 项赔偿，共 {2}，"
    "与承诺一致；{3} 条记录得出签名的根，每个文件都有出处，没有两项赔偿共用一个承诺值。",
    "Verified: case {}, {} awards of {}, as promised; {} entries lead to the signed root, every "
    "file is covered. ": "核对通过：案件 {0}，{1} 项赔偿，共 {2}，与承诺一致；"
    "{3} 条记录得出签名的根，每个文件都有出处。",
    "Verified: {} entries and all tiles are those that {} has signed. ": "核对通过：{0} 条记录和"
    "所有 tile 文件就是 {1} 签过名的。",
    "Not checked: what the entries say, and {} other files.": "没有核对：这些记录的内容，"
    "以及另外 {0} 个文件。",
    "CORRECTED to {}: {}, entry {}. ": "已更正为 {0}：{1}，见第 {2} 条记录。",
    "CORRECTED: {}; in all {}. ": "有更正：{0}；合计 {1}。",
    "Opened by its person: {} {}. ": "本人公开：{0} {1}。",
    "Payments published: {} of {}, in {} batch; epoch {}: {}. ": "已公布付款：{0} 笔，共 {1}，"
    "分 {2} 个批次；第 {3} 期：{4}。",
    "Payments published: {} of {}, in {} batches; epoch {}: {}. ": "已公布付款：{0} 笔，共 {1}，"
    "分 {2} 个批次；第 {3} 期：{4}。",
    "OVERDUE since {}: {} awards of {} are not shown as arrived. ": "自 {0} 起已逾期："
    "{1} 项赔偿、共 {2}，没有显示到账。",
    "SEALED: {} awards of {}; arrived {} of {}; deposited {} of {}. ": "已封存：{0} 项赔偿，"
    "共 {1}；到账 {2} 项，共 {3}；提存 {4} 项，共 {5}。",
    "ERASED: two say that the keys behind it are destroyed. ": "已销毁：两人声明，"
    "名册背后的密钥已经销毁。",
    "THE CASE IS SIMULATED. ": "【模拟演练】不涉及真实的人和钱。",
    "THE CASE IS SIMULATED: {}. ": "【模拟演练】其中 {0} 是模拟的。",
    "THIS CASE SHOWS COUNTS ALONE: {} entries are hidden. NOT CHECKED for that: single awards, "
    "their commitments, corrections, states and moves. Ask the auditor, who has the key of {}. ": (
        "本案只公布数量：{0} 条记录没有公开。因此没有核对：单项赔偿及其承诺值、更正、状态和变动。"
        "请问持有 {1} 之密钥的审计人。"
    ),
    "Not checked: that the money arrived.": "没有核对：钱是否到账。",
    "Not checked: that banks paid, and that everybody affected is in it.": (
        "没有核对：银行是否付款，受影响的人是否都在名册里。"
    ),
    " This log publishes no claim buckets.": "这份名册不公布凭证分桶。",
    " Claim buckets: {} of 32 KiB, read.": "凭证分桶：{0} 个，各 32 KiB，已读。",
    " Claim buckets: {} of 32 KiB, their sizes checked; --claims reads them.": (
        "凭证分桶：{0} 个，各 32 KiB，核对了大小；加 --claims 则逐个读取。"
    ),
    "NOT VERIFIED: ": "核对没有通过：",
    "malformed, {}: ": "内容残缺（{0}）：",
}
"""Of each sentence of verify.py and report.py, the Chinese; an empty pair of braces is a value."""
REASONS = {
    "[Errno 2] No such file or directory: {}": "没有这个文件：{0}",
    "No module named {}": "缺少程序文件：{0}",
    # verify.py
    "a point is not encoded canonically": "有一个点不是规定的写法",
    "an encoding is no point of the curve": "有一个点不在曲线上",
    "a signature does not have its length": "有一个签名的长度不对",
    "base64 is not canonical": "有一段 base64 不是规定的写法",
    "a value does not have its length": "有一项的长度不对",
    "a number is not written as one": "有一个数字不是规定的写法",
    "a key of the policy is of another kind, or its id is not its own": "策略文件里有一个密钥"
    "种类不对，或编号不是它的",
    "the policy names a log twice": "策略文件两次写了同一份名册",
    "the policy uses a name twice": "策略文件里有一个名称用了两次",
    "a group is not made of earlier names": "策略文件里有一组不是由前面的名称组成",
    "the policy needs one quorum": "策略文件需要且只能有一个 quorum",
    "a strange line in the policy": "策略文件里有一行看不懂",
    "log or quorum is missing": "策略文件缺少名册或 quorum",
    "one key stands twice in the policy": "策略文件里有一个密钥写了两次",
    "witnesses are missing: {}": "缺少见证人的签名：{0}",
    "it is not plain text": "签名页里有控制字符或者乱码",
    "it was cut off, or something was added at its end": "结尾被截断了，或者多了东西",
    "the checkpoint has not three lines": "名册的签名页不是三行",
    "the checkpoint is of a log that the policy does not name": "签名页属于策略文件没有写的名册",
    "a line is no signature": "有一行不是签名",
    "the log's key has not signed": "名册的密钥没有签名",
    "the log's key has signed more than once": "名册的密钥签了不止一次",
    "the log's signature is wrong": "名册的签名不对",
    "a cosignature is wrong: {}": "见证人的签名不对：{0}",
    "the checkpoint is older than the entry, or the index is wrong": "签名页比这一条记录旧，"
    "或者位置不对",
    "the proof is too long": "证明太长",
    "the proof is too short": "证明太短",
    "JSON is not canonical": "JSON 不是规定的写法",
    "JSON is of another version": "JSON 是另一个版本的",
    "hexadecimal is not canonical": "有一项十六进制不是规定的写法",
    "it is too long": "内容太长",
    "this is no receipt, or not all of it": "这不是凭证，或者没有复制完整",
    "the opening has other fields": "内容的项目不对",
    "the digests are not seven, in order": "摘要不是七项，或顺序不对",
    "other fields are opened": "公开的项目不对",
    "a field is not the award's": "有一项内容与登记的不一致",
    "an opened field says something else": "公开的内容前后不一致",
    "the person root is not that of the digests": "各项摘要合起来不对",
    "the award's number does not fit its place in the log": "序号与名册中的位置不符",
    "the award is of another case": "这是另一个案件的凭证",
    "the award is not in the log": "这笔赔偿不在名册里",
    "corrections have another form": "更正记录的写法不对",
    "corrections lack their order or reason": "更正记录的顺序或原因不对",
    "a correction is not in the log": "更正记录不在名册里",
    # audit.py
    "the entries do not lead to the signed root": "各条记录得不出签名的根",
    "the log holds no awards": "名册里没有赔偿",
    "covered by nothing in the log: {}": "名册里没有出处的文件：{0}",
    "the log does not begin with its case": "名册不是以案件开头",
    "an entry of a new kind, or out of place": "有一条记录种类未知，或位置不对",
    "the log does not end with SEAL and ERASED": "名册不是以 SEAL 和 ERASED 结尾",
    "case and log differ on whether this is simulated": "是否为模拟演练，案件与名册说法不一",
    "case.json names another log key than the policy": "case.json 里的名册密钥与策略文件不同",
    "the tariff is out of range": "赔偿标准超出范围",
    "an entry is empty, and the case hides no rows": "有一条记录是空的，而本案并不隐藏记录",
    "COUNTS differs from its file": "COUNTS 与其文件不符",
    "COUNTS is of other entries than there are": "COUNTS 与现有记录不符",
    "COUNTS differs from its entries": "COUNTS 与各条记录之和不符",
    "a class is not by the tariff": "有一个类别不合赔偿标准",
    "an AWARD out of place or not by the tariff": "有一项赔偿位置不对，或不合赔偿标准",
    "an AWARD has no amount of its own": "有一项单独定额的赔偿没有金额",
    "the promise is not the SCOPE's": "承诺与 SCOPE 不一致",
    "publications of claims are not numbered from 1": "凭证分桶的公布次数不是从 1 起编号",
    "more or less is hidden than COUNTS says": "隐藏的记录与 COUNTS 所说的数量不符",
    "the awards are not as many as SCOPE says": "赔偿的项数与 SCOPE 不符",
    "the awards do not add up to what SCOPE says": "赔偿的合计与 SCOPE 不符",
    "two awards have one commitment": "两项赔偿共用一个承诺值",
    "a CORRECTION is of an award that the log does not hold": "有一项更正所指的赔偿不在名册里",
    "a CORRECTION gives an amount a second class": "有一项更正给同一金额另立类别",
    "a CORRECTION is not by the amount of its class": "有一项更正的金额与其类别不符",
    "a CORRECTION changes nothing, or for no reason": "有一项更正没有改动，或没有原因",
    "corrections are not in order": "更正的顺序不对",
    "decisions are not numbered from 1": "决定不是从 1 起编号",
    "SEAL and SCOPE say different things": "SEAL 与 SCOPE 说法不一",
    "a SEAL, and awards are not at their end": "已封存，而有的赔偿尚未了结",
    "a SEAL says that more arrived than was paid": "封存时所说的到账多于付款",
    "a SEAL's totals are not those of the states": "封存时的合计与各状态不符",
    "a BATCH differs from its file": "有一个批次与其文件不符",
    "a batch is in another currency": "有一个批次是另一种货币",
    "the batches are not numbered from 1": "批次不是从 1 起编号",
    "the epochs are not numbered from 1": "各期不是从 1 起编号",
    "the states are not of every class": "状态没有包括每个类别",
    "the states of a class are not by its amount": "有一个类别的状态与其金额不符",
    "the states are not of all awards": "状态没有包括全部赔偿",
    "a state of few people is shown": "公布了人数过少的状态",
    "more are open than small groups make": "显示为未结的多于小组合并所能有的",
    "a STATE differs from its array": "有一期的合计与各项状态不符",
    "few are shown": "公布了人数过少的退回",
    "batches, returns and states do not agree": "批次、退回与状态的笔数不一致",
    "their sums do not agree": "批次、退回与状态的金额不一致",
    "a stats file differs from the state array": "统计文件与各项状态不符",
    "an award made a move that no award can make": "有一项赔偿的状态发生了不可能的变动",
    "an annulled award is not shown as open": "有一项已撤销的赔偿没有显示为未结",
    # tiles.py
    "a state file is wrong": "有一个状态文件不对",
    "a state file holds a code of no state": "状态文件里有未知的状态",
    "a decision has other fields": "决定的项目不对",
    "the {} was approved of other figures": "所批准的数字不是这些（{0}）",
    "an approval is not signed": "有一项批准没有签名",
    "the {} was not approved by two": "没有经两人批准（{0}）",
    "there is no such directory": "没有这个文件夹",
    "a tile is missing": "缺少一个 tile 文件",
    "{} is missing": "缺少 {0}",
    "{} is missing, or is not of 32 KiB": "缺少 {0}，或大小不是 32 KiB",
    "{} is not what the log says": "{0} 与名册所记的不符",
    "{} is not what the entries lead to": "{0} 与各条记录得出的不符",
    "the states are in more or fewer parts than they have": "状态文件的份数不对",
    "claims.json differs from its CLAIMS": "claims.json 与 CLAIMS 记录不符",
    "an entry bundle has a wrong length": "有一个记录文件的长度不对",
    "{} does not belong": "{0} 不该在这里",
    "{} is no ordinary file": "{0} 不是普通文件",
}
"""Of each reason for which a receipt or a log is refused."""
WORDS = {
    "amount_wrong": "金额有误",
    "two_were_one": "两人实为一人",
    "one_was_two": "一人实为两人",
    "tariff_error": "标准有误",
    "court_decision": "法院判决",
    "agreed": "双方同意",
    "not_affected": "未受影响",
    "promised": "已承诺",
    "sent": "已发出",
    "settled": "已到账",
    "returned": "已退回",
    "needs_person": "待本人处理",
    "disputed": "有争议",
    "waived": "本人放弃",
    "open": "未结",
    "rails": "付款",
    "time": "时间",
    "not opened": "没有公开",
    "no states yet": "尚无状态",
    "name": "姓名",
    "phone": "手机号",
    "idno": "证件号",
    "correction": "更正",
    "seal": "封存",
    "erase": "销毁",
}


def patterns(table: Mapping[str, str]) -> list[tuple[re.Pattern[str], str]]:
    """The sentences of a table as what they look like once their values are in them."""
    forms = [re.escape(sentence).replace(r"\{\}", "(.*?)") for sentence in table]
    return [(re.compile(form), its) for form, its in zip(forms, table.values(), strict=True)]


SPOKEN, REFUSED = patterns(SENTENCES), patterns(REASONS)


def word(value: str) -> str:
    """A value in Chinese where it is a word, or a list of words and numbers."""
    if value in WORDS:
        return WORDS[value]
    parts = [part.partition(" ") for part in value.split(", ")]
    if not all(part[0] in WORDS for part in parts):
        return value
    return "、".join(WORDS[name] + blank + number for name, blank, number in parts)


def spoken(text: str) -> str:
    """*text* in Chinese: sentence after sentence, as far as there are words; then a reason."""
    for form, its in SPOKEN:
        if begins := form.match(text):
            return its.format(*map(word, begins.groups())) + spoken(text[begins.end() :])
    for form, its in REFUSED:
        if whole := form.fullmatch(text.rstrip("\n")):
            return its.format(*map(word, whole.groups())) + "\n"
    return text


def main(
    arguments: Sequence[str] | None = None,
    judge: Callable[[list[str] | None], int] = verify.main,
) -> int:
    """Run verify.py, or another *judge*, and say in Chinese what it says."""
    told, refused, code = io.StringIO(), io.StringIO(), 2
    try:
        with redirect_stdout(told), redirect_stderr(refused):
            code = judge(None if arguments is None else [*arguments])
    finally:
        print(spoken(told.getvalue()), end="")
        print(spoken(refused.getvalue()), end="", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
