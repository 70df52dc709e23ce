"""Words and forms that values of a field have, Chinese and English. Pure.

Lists of common words, written for this project; names, surnames and places by frequency are the
kernel's facts.
"""

from typing import Final


def _words(table: str) -> frozenset[str]:
    return frozenset(table.split())


EMAIL: Final = r"[^\s@,;]+@[^\s@,;]+\.[A-Za-z\u{3400}-\u{9fff}]{2,}"
DAY: Final = (
    r"^(?:\d{4}[\-/.年]\d{1,2}[\-/.月]\d{1,2}日?(?:[ T]00:00(?::00(?:\.0+)?)?)?"
    r"|\d{1,2}[\-/.]\d{1,2}[\-/.](?:1\d|20)\d{2}|(?:1\d|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d"
    r"|3[01])"
    r"|\d{1,2}[ \-][A-Za-z]{3,9}[ \-]\d{4}|[A-Za-z]{3,9} \d{1,2},? \d{4})$"
)
MOMENT: Final = (
    r"^(?:\d{4}[\-/.年]\d{1,2}[\-/.月]\d{1,2}日?[ T]\d{1,2}:\d{2}.*|1[0-9]{9}(?:\d{3})?(?:\.\d+)?"
    r"|\d{1,2}[\-/]\d{1,2}[\-/]\d{4} \d{1,2}:\d{2}.*|\d{1,2}:\d{2}(?::\d{2})?)$"
)
SESSION: Final = r"eyJ[\w\-]+\.[\w\-]+\.[\w\-]*|(?:ghp|sk|pk|xox[bp])[_\-][\w\-]{16,}"
POINT: Final = (
    r"[(\[]?-?\d{1,3}\.\d{3,},? ?[,， ] ?-?\d{1,3}\.\d{3,}[)\]]?|POINT ?\(-?\d+\.\d+ -?\d+\.\d+\)"
)
UUID: Final = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
PASSPORT: Final = r"[EGDSPK]\d{8}|E[A-HJ-NP-Z]\d{7}"
PERMIT: Final = r"[HMC]\d{8}(?:\d{2})?|C[A-Z]\d{7}"
POSTCODE: Final = (
    r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}"  # United Kingdom
    r"|[0-8]\d{5}"  # China
    r"|\d{5}-\d{4}|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d|\d{3}-\d{4}"  # United States, Canada, Japan
)
ETHNICITY: Final = (
    r"\p{Han}{1,6}族|汉|回|满|壮|苗|藏|蒙古|维吾尔|(?i:asian|white|caucasian"
    r"|(?:non-)?hispanic(?: or latino)?|latino"
    r"|black(?: or african american)?|african american|native american|american indian.{0,20}"
    r"|(?:native hawaiian.{0,30}|pacific islander)"
    r"|two or more races|multiracial|mixed race|white british|asian british|middle eastern)"
)
EMPLOYER: Final = (
    r".{2,30}(?:公司|集团|大学|学院|学校|中学|小学|医院|银行|研究所|研究院|局|委员会|中心|厂"
    r"|事务所|支行|分行)"
    r"|(?i).{2,40}\b(?:ltd|inc|llc|corp|co|gmbh|plc|university|college|hospital|bank|group"
    r"|school)\.?"
)
HEALTH: Final = (
    r".{0,12}(?:高血压|糖尿病|冠心病|感冒|肿瘤|癌|骨折|哮喘|过敏|抑郁|肝炎|肺炎|胃炎|炎|综合征|症"
    r"|病|结石|贫血|怀孕|妊娠)"
    r"|(?i).{0,30}\b(?:diabetes|hypertension|asthma|cancer|fracture|depression|allergy|anemia"
    r"|anaemia"
    r"|arthritis|hepatitis|pneumonia|migraine|epilepsy|pregnan\w+|influenza|bronchitis"
    r"|obesity).{0,30}"
)

RELIGION: Final = (
    r"(?:信仰)?(?:佛教|道教|伊斯兰教|基督教|天主教|东正教|犹太教|印度教|喇嘛教|藏传佛教|萨满教"
    r"|新教)(?:徒|信徒)?"
    r"|(?i:(?:roman )?catholic(?:ism)?|christian(?:ity)?|protestant|orthodox|muslim|islam(?:ic)?"
    r"|sunni|shia|buddhis[tm]|hindu(?:ism)?"
    r"|jewish|judaism|sikh(?:ism)?|taois[tm]|atheist|agnostic|baptist|lutheran|methodist|anglican"
    r"|presbyterian|mormon|quaker|shinto)"
)
NO_RELIGION: Final = (
    r"无宗教信仰|不信教|无信仰|(?i:no religion|non[- ]?religious|none|secular|unaffiliated)"
)
DISABILITY: Final = (
    r"(?:视力|听力|言语|肢体|智力|精神|多重)(?:残疾|障碍)?(?:[（(]?[一二三四1-4]级[）)]?)?"
    r"|(?:残疾|伤残)[一二三四五六七八九十1-9]+级"
    r"|(?i:(?:visual|hearing|physical|intellectual|speech|learning|mobility|mental|cognitive"
    r"|multiple) (?:impairment|disability|disabilities)"
    r"|deaf|blind|wheelchair user)"
)
CRIME: Final = (
    r"\p{Han}{1,16}罪(?:[、,，;；]\p{Han}{1,16}罪)*|(?:社区|强制隔离)戒毒|.{0,12}(?:有期徒刑|拘役|缓刑|行政拘留"
    r"|无期徒刑).{0,16}"
    r"|(?i:.{0,24}\b(?:burglary|larceny|felony|misdemeanou?r|manslaughter|homicide|robbery"
    r"|fraud conviction|dui|dwi)\b.{0,24})"
)
ORIENTATION: Final = (
    r"(?:异|同|双|泛|无)性恋者?|男同性恋|女同性恋|(?i:hetero(?:sexual)?|homo(?:sexual)?"
    r"|bi(?:sexual)?|gay|lesbian|straight|asexual"
    r"|pansexual|queer|demisexual)"
)
QUESTION: Final = (
    r".{0,10}(?:母亲|父亲|爸爸|妈妈|小学|中学|初中|高中|大学|宠物|出生|班主任|配偶|最喜欢|最爱"
    r"|最好的朋友|初恋|偶像|座右铭|童年|外号|学号|工号"
    r"|第一[个位次台部]).{0,14}(?:什么|谁|哪[里个所儿年]?|名字|姓名|叫啥|多少|几号|生日|名称|全名"
    r"|[?？])[?？]?"
    r"|(?i:(?:what|who|where|which|in what|when)\b.{4,80}(?:mother|father|pet|school|teacher"
    r"|maiden|born|city|street|friend|car|color|colour"
    r"|movie|book|food|nickname|spouse|childhood|favou?rite|first).{0,40}\??)"
)
ICD: Final = (
    r"[A-TV-Z]\d{2}(?:\.[\dxX]{1,4}(?:\+?\d{0,3})?)(?:[,;|、 ][A-Z]\d{2}(?:\.[\dxX]{1,4})?)*"
)
GENOTYPE: Final = (
    r"[ACGT][/|]?[ACGT]|--|[ACGTDI]{2}|\*\d+[A-Z]?/\*\d+[A-Z]?|ε[234]/ε[234]"
    r"|c\.[\d+\-_*]+(?:[ACGT]+>[ACGT]+|del\w*|dup\w*|ins\w*)"
    r"|p\.[A-Z][a-z]{2}\d+\w+|rs\d{3,12}"
)
PARCEL: Final = (
    r"SF\d{12,15}|YT\d{13}|JT\d{13}|JD[A-Z]{0,2}\d{10,14}|STO\d{12}|(?:7[2-9]|37|68)\d{12,13}"
    r"|[A-Z]{2}\d{9}(?:CN|US|GB|HK|JP)|1Z[0-9A-Z]{16}"
    r"|DPK\d{9,12}|YD\d{13}|ZTO\d{12}"
)
CARD_END: Final = r"(?:0[1-9]|1[0-2])/(?:20)?\d{2}"

GENDERS: Final = _words(
    """
    male female m f man woman 男 女 男性 女性 男士 女士 先生 未说明的性别
    """
)
EDUCATION: Final = _words(
    """
    小学 初中 高中 中专 中技 职高 技校 大专 专科 本科 大学 大学本科 大学专科 硕士 博士 研究生
    硕士研究生 博士研究生 博士后 文盲 学士 高职 普高 中职 职业高中 中等专科 技工学校 普通高中
    大专以上 本科以上 初中及以下 高中及以下
    小学及以下 大专及以上 本科及以上 硕士及以上 中专/高中 高中/中专 大学专科和专科学校 专科(高职)
    成人高等教育 半文盲 文盲或半文盲 学龄前
    小学毕业 初中毕业 高中毕业 中专毕业 大专毕业 本科毕业 大学毕业 硕士毕业 博士毕业 研究生毕业
    在读 博士学位 硕士学位 学士学位
    primary secondary bachelor bachelors bachelor's master
    masters master's phd doctorate diploma undergraduate postgraduate graduate associate
    high_school highschool college mba
    """
) | {"high school", "middle school", "primary school", "bachelor degree", "master degree"}
MARITAL: Final = _words(
    """
    已婚 未婚 离异 离婚 丧偶 再婚 初婚 复婚 单身 married single divorced widowed separated
    unmarried 有配偶 无配偶 未婚已育 已婚已育 已婚未育 离异未育 离异有孩 已离婚 分居 离异未再婚
    丧偶未再婚 从未结婚 widow widower
    never_married partnered cohabiting engaged
    """
)
POLITIC: Final = _words(
    """
    群众 中共党员 党员 共青团员 团员 预备党员 中共预备党员 民革党员 民盟盟员 民建会员
    九三学社社员 无党派人士 中国共产党党员 中国共产党预备党员 中国共产主义青年团团员 共青团 无党派
    民主党派 民进会员 农工党党员
    致公党党员 台盟盟员 九三社员 入党积极分子 中共党员(含预备党员) 普通公民 democrat republican
    democratic independent libertarian
    """
)
NATIONS: Final = _words(
    """
    中国 美国 英国 日本 韩国 法国 德国 俄罗斯 印度 加拿大 澳大利亚 新加坡 马来西亚 泰国 越南
    意大利 西班牙 巴西 china usa uk japan korea france germany russia india canada australia
    singapore malaysia thailand vietnam italy spain brazil chinese american british japanese
    korean french german russian indian canadian australian italian spanish cn us gb jp kr fr de
    ru in ca au sg my th vn it es br chn gbr jpn kor fra deu rus ind can aus sgp
    """
) | {"united states", "united kingdom", "south korea", "new zealand"}

OCCUPATION_HAN: Final = (
    r"^(?:\p{Han}{0,6}(?:员|师|工人|家|经理|司机|主任|医生|护士|干部|职员|警察|军人|律师|总监"
    r"|秘书|会计|出纳|助理|厨师|店长"
    r"|编辑|记者|导演|演员|教授|讲师|销售|客服|工程师|设计师)|学生|农民|退休|自由职业|个体户|个体"
    r"|公务员|无业|待业|工人|务农|其他职业)$"
)
OCCUPATION_LATIN: Final = (
    r"\b(?:accountant|actor|actress|architect|artist|author|baker|banker|barrister|businessperson"
    r"|butcher"
    r"|carpenter|cashier|chef|clerk|composer|consultant|cook|cricketer|dentist|designer|developer"
    r"|director"
    r"|diplomat|doctor|driver|economist|editor|electrician|engineer|explorer|farmer|footballer"
    r"|geologist"
    r"|historian|journalist|judge|lawyer|lecturer|librarian|manager|mechanic|merchant|musician"
    r"|nurse"
    r"|officer|painter|pharmacist|photographer|physician|pilot|plumber|poet|politician|player"
    r"|priest"
    r"|producer|professor|programmer|receptionist|researcher|retired|rower|sailor|salesperson"
    r"|scientist"
    r"|secretary|singer|soldier|solicitor|student|surgeon|teacher|technician|translator|waiter"
    r"|waitress"
    r"|writer|analyst|assistant|supervisor|specialist|administrator|coordinator|unemployed)s?\b"
)
LEAST_LATIN_NAMES: Final = 0.2
LATIN_NAMES: Final = _words(
    """
    james john robert michael william david richard joseph thomas charles christopher daniel
    matthew anthony mark donald steven paul andrew joshua kenneth kevin brian george edward
    ronald timothy jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin
    scott brandon benjamin samuel frank gregory raymond alexander patrick jack dennis jerry tyler
    aaron henry douglas peter adam nathan zachary walter kyle harold carl arthur roger lawrence
    albert joe christian philip martin simon mary patricia jennifer linda elizabeth barbara susan
    jessica sarah karen lisa nancy betty margaret sandra ashley kimberly emily donna michelle
    carol amanda melissa deborah stephanie rebecca laura helen sharon cynthia kathleen amy angela
    shirley anna brenda pamela emma nicole samantha katherine christine catherine virginia rachel
    janet maria diane julie joyce victoria kelly christina joan evelyn judith megan alice jane
    ann anne grace rose sophie olivia charlotte lucy smith johnson williams brown jones garcia
    miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson taylor moore jackson
    lee perez thompson white harris sanchez clark ramirez lewis robinson walker young allen king
    wright torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell
    carter roberts müller schmidt schneider fischer weber meyer wagner hans hughes edwards evans
    wood turner cooper morris ward watson bell murphy kim park tanaka sato suzuki ahmed mohammed
    ali khan singh kumar patel ivan olga pierre jean luis carlos
    """
)
CITIES: Final = _words(
    """
    london york bath bristol manchester liverpool leeds edinburgh glasgow oxford cambridge
    birmingham boston chicago houston phoenix dallas seattle denver austin miami atlanta toronto
    sydney melbourne paris berlin madrid rome vienna tokyo osaka seoul singapore dublin belfast
    cardiff exeter norwich lincoln portland detroit memphis baltimore milwaukee philadelphia
    moscow mumbai delhi beijing shanghai guangzhou shenzhen hangzhou nanjing chengdu wuhan
    tianjin chongqing suzhou
    """
) | {"new york", "los angeles", "san francisco", "san diego", "hong kong", "las vegas", "san jose"}
COMMON_PASSWORDS: Final = _words(
    """
    123456 123456789 12345678 password qwerty 12345 111111 1234567 123123 000000 abc123 654321
    666666 888888 qwerty123 1q2w3e4r iloveyou admin welcome monkey dragon password1 a123456
    123456a 5201314 11111111 88888888 woaini 1314520 qwe123 zxcvbnm asdfgh 123qwe 112233
    147258369 987654321 a123456789 letmein football sunshine master superman 1qaz2wsx woaini1314
    123321 7758521 aa123456 taobao wang1234 zhang123 passw0rd p@ssw0rd test123 qq123456 1234
    121212 asd123 123abc 520520 0123456789 1234567890
    """
)
