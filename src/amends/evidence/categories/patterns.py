r"""What identifiers look like inside running text, Chinese and English. Pure.

Two kinds of pattern: *tokens* tell themselves by their form (an e-mail address, a number with a
check digit); *led* values are told by the words before them (``密码：``, ``order no.``). All are
of the syntax of Rust's regular expressions: linear time on any text, no looking around, so that a
boundary is an ASCII one (``(?-u:\b)``): Han characters may touch a number, Latin letters not.
"""

from functools import cache
from typing import Final

from amends.kernel import facts

EDGE: Final = r"(?-u:\b)"
IS: Final = r"[\s:：=是为#]{0,4}(?:is\s)?[\s\"“'‘《【\[(]{0,2}"
"""What may stand between leading words and the value."""

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PHONE: Final = (
    r"(?:(?:\+|00)86[ \-]?|86[ \-]?)?1[3-9]\d[ \-]?\d{4}[ \-]?\d{4}"  # a mainland mobile
    r"|(?:\+86[ \-]?)?\(?0\d{2,3}\)?[ \-]\d{7,8}(?:[\-转]\d{1,5})?"  # a mainland line
    r"|\+\d{1,3}[ \-.]?\(?\d{1,4}\)?(?:[ \-.]?\d{2,4}){2,4}"  # with its country
    r"|\(\d{3}\) ?\d{3}[\-. ]\d{4}|\d{3}[\-.]\d{3}[\-.]\d{4}"  # North America
    r"|0\d{4} \d{6}|0\d{3} \d{3} \d{4}|07\d{3} ?\d{6}"  # United Kingdom
)
DATE: Final = (
    r"\d{4}[\-/.年]\d{1,2}[\-/.月]\d{1,2}日?|\d{1,2}[\-/.]\d{1,2}[\-/.]\d{4}"
    r"|\d{1,2} [A-Z][a-z]{2,8},? \d{4}|[A-Z][a-z]{2,8} \d{1,2},? \d{4}"
)

# kind → pattern, the first that fits at a place wins; kinds that begin with _ are only swallowed
TOKENS: Final = {
    "_url": r"https?://[^\s?#<>\"'，。；、）)]+",
    "email": r"[A-Za-z0-9_](?:[A-Za-z0-9_+]|[.\-][A-Za-z0-9_])*@"
    r"[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}",
    "device_uuid": EDGE + r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}" + EDGE,
    "device_mac": EDGE + r"[0-9A-Fa-f]{2}(?:[:\-][0-9A-Fa-f]{2}){5}" + EDGE,
    "ip_6": EDGE + r"(?:[0-9A-Fa-f]{1,4}:){1,7}:?[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6}",
    "ip_4": EDGE + r"\d{1,3}(?:\.\d{1,3}){3}" + EDGE,
    "location": r"-?\d{1,3}\.\d{4,9}[,，] ?-?\d{1,3}\.\d{4,9}",
    "_time": EDGE + r"\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{2}(?::\d{2})?",
    "_date": EDGE + r"(?:\d{4}[\-/.年]\d{1,2}[\-/.月]\d{1,2}日?)",
    "idno_18": EDGE + r"[1-9]\d{5} ?(?:18|19|20)\d{6} ?\d{3}[\dXx]" + EDGE,
    "phone": r"(?:" + EDGE + r"(?:" + PHONE + r")|(?:" + PHONE + r"))" + EDGE,
    "number": EDGE + r"\d{4}(?:[ \-]\d{4}){2,3}(?:[ \-]\d{1,3})?" + EDGE,
    "digits": EDGE + r"\d{13,19}" + EDGE,
    "idno_us": EDGE + r"\d{3}-\d{2}-\d{4}" + EDGE,
    "idno_kr": EDGE + r"\d{6}-[1-4]\d{6}" + EDGE,
    "idno_hk": EDGE + r"[A-Z]{1,2}\d{6}[(（][\dA][)）]",
    "idno_tw": EDGE + r"[A-Z][1289]\d{8}" + EDGE,
    "idno_uk": EDGE + r"[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]" + EDGE,
    "iban": EDGE + r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?" + EDGE,
    "company": EDGE + r"[1-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}" + EDGE,
    "pwdhash": (
        r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|\$argon2[id]{1,2}\$[\w$=,+/.\-]{20,}"
        r"|\$[156y]\$[./A-Za-z0-9$=]{20,}|" + EDGE + r"[0-9A-Fa-f]{32,128}" + EDGE
    ),
    "plate": rf"[{PROVINCES}][A-HJ-NP-Z][·•\- ]?[A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳领]",
    "postcode": EDGE + r"[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}" + EDGE,
}

# field → (leading words, value)
LED: Final = {
    "passport": (
        r"护照|通行证|回乡证|台胞证|(?i:passport)",
        r"(?:[A-Z]{1,2}\d{6,9}|[A-Z]\d{7}[A-Z]|\d{8,9})",
    ),
    "birth": (
        "出生日期|出生年月日|出生年月|出生于|生日|(?i:date of birth|birth ?date|birthday|born|dob)",
        rf"(?:{DATE}|(?:19|20)\d{{6}})",
    ),
    "bankcard": (
        r"银行卡号?|卡号|银行账号|储蓄卡|(?i:card (?:no\.?|number)|bank account|account number)",
        r"\d(?:[ \-]?\d){11,18}",
    ),
    "idno": (r"(?i:ssn|social security(?: number| no\.?)?)", r"\d{9}"),
    "device": (r"(?i:imei|idfa|oaid|device id)|设备号", r"[0-9A-Za-z]{14,40}"),
    "pwd": (
        r"(?:密码|口令)(?:已?\p{Han}{0,4}为)?|(?i:password|passwd|pwd)",
        r"[!-~]{4,40}",
    ),
    "order": (
        r"订单编号|订单号|订单|(?i:order (?:no\.?|number|id)|order)",
        r"[A-Za-z]{0,4}[\-]?\d[\dA-Za-z\-]{4,31}",
    ),
    "logistics": (
        r"运单号?|快递单号|物流单号|快递|(?i:tracking (?:no\.?|number|id))",
        r"[A-Z]{0,4}\d{8,20}",
    ),
    "username": (
        r"(?i:qq|wechat|weixin|user ?name|user id|login|nick ?name)|微信号?|用户名|昵称|登录名",
        r"[A-Za-z0-9_][A-Za-z0-9_.\-]{3,31}",
    ),
    "postcode": (
        r"邮政编码|邮编|(?i:post ?code|postal code|zip code|zip)",
        r"(?:\d{5}-\d{4}|\d{5,6}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)",
    ),
    "plate": (r"车牌号码?|车牌|(?i:licen[cs]e plate|plate no\.?)", r"[A-Z0-9][A-Z0-9\- ]{3,8}"),
}
MARKED: Final = frozenset({"pwd", "username"})
"""Kinds whose value is like any word: only behind a mark is it one."""
MARK: Final = r"\s?(?:[:：=]|是|为|(?:is|was)\s)\s?[\"“'‘]?"
LED_MORE: Final = r"(?:号码|号|编号|no\.?|number|num)?"

NAME_WORDS: Final = (
    "姓名|收件人|收货人|寄件人|联系人|申请人|持卡人|当事人|被保险人|投保人|患者|病人|客户|会员|户主|户名|乘客|旅客"
    "|住客|员工|学生|名叫|我叫|本人|车主|业主|房东|租客|房客|学员|考生|用户|买家|卖家"
    "|法人|负责人|经办人|报警人|受害人|嫌疑人|原告|被告|家属|家长|司机|快递员|老板|同事|朋友"
)
NAME_ACTS: Final = (
    "反映|反馈|投诉|来电|致电|表示|声称|称|申请|办理|购买|预订|预约|提交"
    "|签收|手机|电话|身份证|联系|居住|要求|咨询|报案"
)
"""What a sentence goes on with after a name that it begins with."""
NAME_TITLES: Final = "先生|女士|小姐|同志|老师|经理|医生|主任|律师|教授|同学|阿姨|师傅"
# what follows a name where nothing separates it
NAME_ENDS: Final = (
    "手机|电话|联系|身份|证件|住|家|地址|邮|性别|男|女|出生|生日|银行|卡号|工号|账|密码|微信|订单|购买|预订|预约|提交|反映"
    "|反馈|投诉|来电|致电|表示|办理|申请|签收|收|寄|的|在|于|和|与|及|已|将|说|称|向|从|对|把|被|是|为|你|您|我|他|她"
    "|" + NAME_TITLES
)
_NO_NAMES = """
    谢谢 感谢 您好 你好 再见 抱歉 请问 麻烦 好的 万分 严禁 白费 高温 平均 全天 明年 何时 何地
    安好 祝好 祝您 高中 高级 高兴 高度 方便 方式 方法 方面 安全 安排 安装 白天 白色 马上 金额
    金融 黄金 黄色 时间 成功 成都 成本 成员 成立 常用 常见 项目 任务 任何 周一 周二 周三 周四
    周五 周六 周日 周末 周期 年龄 年级 年月 车牌 车辆 平台 平时 路由 华为 华东 华北 江苏 江西
    江苏省 江西省 云南 云南省 海南 海南省 河南 河北 河南省 河北省 湖南 湖北 温馨 温度 于是 关于
    关系 关闭 应用 应该 应当 管理 管理员 支付 支持 明天 明细 明显 向上 向下 全部 全国 全体 严重
    严格 古代 包括 包裹 包装 单位 单价 单号 荣誉 计算 计划 经理 国家 国际 文件 文化 文字 权限
    强制 水平 水果 钱包 毛利 万元 石油 汤姆 雷达 贺卡 易购 和平 相关 相同 牛奶 花费 花园 农业
    农村 商品 商家 商务 越来越 党员 师傅 解决 解释 终于 查询 查看 连接 连续 曾经 容易 容量 封面
    冷链 党委 宁波 宁夏 双方 充值 别名 段落 路线 东方 东城区 西城区 通知 通过 通话 黑色 红色 蓝色
    绿色 邮箱 邮件 地址 电话 手机 号码 姓名 性别 密码 备注 客服 客户 用户 会员 顾客 申请 银行
    费用
"""
NO_NAMES: Final = frozenset(_NO_NAMES.split())
"""Words that have the form of a name and are none."""

NAME_EN_WORDS: Final = (
    r"(?i:full name|customer name|name|customer|recipient|contact person|contact|attn|dear|client"
    r"|patient|employee|card ?holder|account holder|holder|passenger|guest|signed by|signed"
    r"|i am|i'm|my name|called)"
)
NAME_EN: Final = (
    r"[A-Z][a-zA-Z'’\-]+"
    r"(?:[ ]+(?:[A-Z]\.? |(?:de|van|von|der|da|bin|al|la|le) )?[A-Z][a-zA-Z'’\-]+){1,3}"
)
NAME_EN_TITLES: Final = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Madam)\.?"
_NO_NAMES_EN = """
    Phone Tel Telephone Mobile Cell Email E-mail Mail Address ID Id DOB Date Card Passport Order
    Account Password Bank IP SSN Sir Madam Customer Team Support Service User Client Please Your
    Our The This Number No Fax Postcode Zip Gender Male Female Age Name Contact Birth Username
    Login
"""
NO_NAMES_EN: Final = tuple(_NO_NAMES_EN.split())
"""Words of forms that stand before or behind English names."""

ADDRESS_WORDS: Final = (
    "收货地址|家庭住址|家庭地址|联系地址|通讯地址|居住地址|户籍地址|详细地址|收件地址"
    "|住址|地址|家住|现住|住在|寄到|寄往|送到|送至"
)
ADDRESS_MARK: Final = r"[\s:：=是为在]{0,3}"
ADDRESS_RUN: Final = (
    rf"(?:(?:{ADDRESS_WORDS})[\s:：=]{{1,2}}|[\p{{Han}}0-9A-Za-z（）()#\-—·－]){{5,80}}"
)
"""Text without punctuation, and the words that lead to an address with theirs."""
ADDRESS_PARTS: Final = "[路街道巷弄村镇乡号室楼栋幢组队寨屯]|小区|大厦|花园|单元|公寓|广场|新村"
ADDRESS_ENDS: Final = (
    "(?:电话|手机|联系|邮编|邮政|收件人|收货人|姓名|身份证|微信|邮箱|订单|请|已|的|收$).*$"
)
STREET_EN: Final = (
    r"Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Square|Sq|Place|Pl|Way"
    r"|Terrace|Close|Crescent|Highway|Hwy|Parkway|Pkwy|Gardens|Grove|Hill|Row|Mews|Circle|Trail"
)
ADDRESS_EN: Final = (
    r"(?:(?:Apt|Apartment|Suite|Unit|Flat|Room)\.? ?[\w\-]+,? )?"
    + EDGE
    + r"\d{1,5}[A-Za-z]?,? (?:[NSEW]\.? )?(?:[A-Z][\w'’.]*\s){1,4}(?:"
    + STREET_EN
    + r")"
    + EDGE
    + r"\.?(?:,? (?:Apt|Apartment|Suite|Unit|Flat|#)\.? ?[\w\-]+)?"
    r"(?:,? [A-Z][a-z]+(?: [A-Z][a-z]+){0,2}){0,3}"
    r"(?:,? [A-Z]{2} \d{5}(?:-\d{4})?|,? [A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})?"
)


@cache
def places() -> tuple[str, ...]:
    """Names that an address begins with: provinces and cities, with and without their ending."""
    names: set[str] = set()
    for code, name in facts.divisions().items():
        if "辖" in name or name == "县" or "直辖" in name:
            continue
        names.add(name)
        if len(code) <= _CITY:
            short = name
            for ending in _ENDINGS:
                short = short.removesuffix(ending)
            if len(short) >= _SHORTEST_PLACE:
                names.add(short)
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def families(*, least_per_million: float) -> str:
    """A pattern of the surnames with at least that many bearers, after all of two characters."""
    table = facts.surnames()
    chosen = sorted(name for name, bearers in table.items() if bearers >= least_per_million)
    double = sorted(name for name in table if len(name) > 1)  # each is rare, and hardly a word
    return f"(?:{'|'.join(double)}|[{''.join(name for name in chosen if len(name) == 1)}])"


_CITY: Final = 4
_SHORTEST_PLACE: Final = 2
_ENDINGS: Final = (
    *(
        "维吾尔自治区",
        "回族自治区",
        "壮族自治区",
        "自治区",
        "特别行政区",
        "自治州",
        "地区",
        "省",
        "市",
        "盟",
    ),
)
