"""Words that the tables of the ninth set choose from, all made up."""

from corpora.values import one_of

RELIGION_WEST = one_of("Catholic", "None", "Muslim", "Jewish", "Hindu", "Agnostic", "Baptist")

RELIGION_DE = one_of("ev", "rk", "rk", "ohne", "ev", "alt", "isl")

RELIGION_ZH = one_of("无", "佛教", "基督教", "伊斯兰教", "天主教", "道教", "不信教")

RELIGION_HK = one_of("Nil", "Christian", "Buddhist", "Catholic", "Taoist", "Nil")

MARITAL_US = one_of("married", "single", "divorced", "widowed", "separated", "domestic partner")

MARITAL_ZH = one_of("已婚", "未婚", "离异", "丧偶", "再婚")

MARITAL_TW = one_of("已婚", "未婚", "離婚", "喪偶")

MARITAL_DE = one_of("ledig", "verh.", "gesch.", "verw.", "eingetr. LP")

MARITAL_CODE = one_of("10", "20", "21", "22", "30", "40", "90")

ORIENTATION = one_of("straight", "gay", "lesbian", "bisexual", "asexual", "don't know", "pansexual")

ORIENTATION_ZH = one_of("同性恋", "异性恋", "双性恋", "不确定", "同性恋", "无性恋")

ROLE = one_of("1", "0", "0.5", "偏1", "偏0", "不是1不是0")

KINKS = one_of(
    "bondage;role play", "threesomes", "vanilla", "voyeurism;toys", "light kinky fun", "no limits"
)

RACE = one_of("White", "Black", "Hispanic", "Asian", "Native American", "Two or more", "Unknown")

RACE_CODE = one_of("W", "B", "H", "A", "I", "M", "U")

ETHNIC_ZH = one_of("汉族", "汉", "汉族", "苗族", "壮族", "回族", "彝族", "土家族", "侗族", "瑶族")

ETHNIC_CODE = one_of("01", "01", "01", "03", "08", "11", "15", "04")

CITIZEN = one_of("China", "USA", "Canada", "Philippines", "GBR", "India", "Viet Nam", "Nigeria")

CITIZEN_CODE = one_of("CN", "DE", "TR", "PL", "SY", "DE", "DE", "IT")

CITIZEN_DE = one_of("deutsch", "türkisch", "polnisch", "deutsch", "syrisch", "rumänisch")

CITIZEN_ZH = one_of("中国", "美国", "日本", "韩国", "俄罗斯", "马来西亚", "英国")

CITIZEN_HK = one_of("Chinese", "British", "Chinese", "Indian", "Filipino", "Canadian")

BORN_ZH = one_of("安徽阜阳", "湖南隆回", "四川达州", "河北邢台", "山东临沂", "江西赣州", "吉林四平")

BORN_EN = one_of("Tulsa, OK", "El Paso, TX", "Manila", "Dayton, OH", "San Juan, PR", "Fargo, ND")

BORN_DE = one_of("Kassel", "Izmir", "Görlitz", "Bottrop", "Kattowitz", "Landshut", "Aleppo")

SCHOOL_ZH = one_of(
    "样本理工大学",
    "虚构师范学院",
    "城东职业技术学院",
    "滨海示例大学",
    "某某农业大学",
    "江州第三中学",
)

MAJOR = one_of("会计学", "机械设计", "护理", "汉语言文学", "软件工程", "国际贸易", "土木工程")

DEGREE_ZH = one_of("本科", "大专", "硕士", "高中", "中专", "博士", "初中")

DEGREE_LOW = one_of("小学", "初中", "文盲", "高中", "初中", "大专", "半文盲")

DEGREE_CODE = one_of("1", "2", "3", "4", "5")

DEGREE_TW = one_of("大學", "專科", "高中職", "研究所", "國中")

DEGREE_EN = one_of("High School", "Some college", "BA", "B.Sc.", "MBA", "Trade school", "PhD")

POST_ZH = one_of("出纳", "锅炉工", "保安", "行政专员", "车间主任", "叉车司机", "销售代表", "护士")

POST_TW = one_of("家管", "軍公教", "服務業", "科技業工程師", "自由業", "學生", "退休")

POST_OFFICE = one_of("副科长", "科员", "四级调研员", "局党组成员、副局长", "主任", "工勤人员")

POST_EN = one_of("Plumber", "Registered Nurse", "Sales Rep", "Retired", "Line Cook", "Homemaker")

POST_WORK = one_of("Sr. Buyer", "VP Finance", "Office Manager", "Plant Engineer", "Controller")

POST_DE = one_of("Schlosser", "Erzieherin", "Rentner", "Bürokauffrau", "Kraftfahrer", "Lehrer")

POST_RISK = one_of("0001001 机关内勤", "0802003 出租车司机", "0301006 农夫", "1103001 家庭主妇")

FIRM_ZH = one_of(
    "样例机械有限公司", "虚构商贸有限责任公司", "城北示例小学", "某某物业服务公司", "假设电子厂",
    "自由职业", "示例县人民医院",
)  # fmt: skip

FIRM_EN = one_of(
    "Acme Paving Inc", "Self-employed", "Sample County Schools", "Northwind Foods", "Foo & Bar LLP"
)

PARTY_US = one_of("DEM", "REP", "NPA", "LIB", "GRN", "REP", "DEM", "IND")

PARTY_ZH = one_of("中共党员", "群众", "共青团员", "群众", "预备党员", "民盟盟员", "无党派人士")

PARTY_CODE = one_of("01", "13", "03", "13", "02", "12")

VIEWS = one_of("Conservative", "Liberal", "Moderate", "Libertarian", "Apathetic", "Green", "Other")

UNION_EN = one_of("UNISON", "GMB", "Unite", "RMT", "NEU", "none", "not a member")

UNION_CODE = one_of("IBEW 0047", "SEIU 721", "AFGE 1812", "NONE", "UAW 600", "IBEW 0011")

UNION_DE = one_of("ver.di", "IG Metall", "keine", "GEW", "EVG", "keine")

UNION_POST = one_of("工会小组长", "无", "会员", "女工委员", "分会主席", "会员")

SECRECY = one_of("一般涉密人员", "重要涉密人员", "核心涉密人员", "非涉密", "一般涉密人员")

SECRECY_SHORT = one_of("一般", "重要", "核心", "非密", "脱密期")

CLEARANCE = one_of("TS/SCI", "Secret", "Top Secret", "Q", "None", "L", "Interim Secret")

COVERT = one_of("HUMINT case officer", "source handler", "surveillance team", "technical ops")

SECRET_POST = one_of("缉毒侦查", "技侦", "国安外勤", "驻外情报联络", "反恐特勤", "无")

INFORMANT = one_of("CI", "CHS", "UCO", "none", "CHS", "CI")

IMPAIRED = one_of("肢体", "视力", "听力", "智力", "精神", "言语", "多重", "无")

IMPAIRED_CODE = one_of("1", "2", "3", "4", "5", "6", "7")

GRADE_ZH = one_of("一级", "二级", "三级", "四级", "未评")

IMPAIRED_DE = one_of("50", "30", "0", "80", "100", "60 G", "50 aG")

IMPAIRED_EN = one_of("05", "30 blind", "16 deaf", "01", "60 partial paralysis", "05", "90")

ILL_ZH = one_of("高血压", "糖尿病", "健康", "脑梗后遗症", "慢性支气管炎", "尘肺", "良好", "肝炎")

ILL_PAST = one_of("否认", "阑尾炎术后", "高血压5年", "乙肝小三阳", "剖宫产史", "甲状腺结节")

FOUND_ZH = one_of(
    "脂肪肝（轻度）", "未见明显异常", "窦性心动过缓", "尿酸偏高", "左肾结石，建议复查"
)

TOLD_ZH = one_of("全部否", "有高血压史", "曾住院手术", "吸烟20年", "父亲患糖尿病", "全部否")

SURGERY_BEAUTY = one_of("全切双眼皮", "假体隆鼻", "水光针", "吸脂(腰腹)", "热玛吉", "自体脂肪填充")

HIV = one_of("阴性", "阳性", "未检测", "阴性（3月内）", "阳性(U=U)")

BLOOD = one_of("A", "B", "O", "AB", "O型", "A型", "Rh阴性B", "不详")

ALLERGEN = one_of("无", "花生", "牛奶", "芒果", "尘螨", "海鲜", "无")

GENOTYPE = one_of("A/A", "A/G", "G/G", "C/T", "T/T", "C/C", "ins/del", "未检出")

HAPLO_Y = one_of("R-M269", "O-M134", "J-P58", "I-M253", "E-V13", "Q-M3", "C-M217")

HAPLO_MT = one_of("H1c", "U5b1", "D4a", "B4b1a", "K1a1b1a", "L3e2b", "T2b")

OFFENCE_ZH = one_of(
    "盗窃罪", "诈骗罪", "故意伤害罪", "危险驾驶罪", "开设赌场罪", "帮信罪", "寻衅滋事罪"
)

SENTENCE_ZH = one_of(
    "有期徒刑三年", "拘役四个月", "有期徒刑一年缓刑二年", "管制六个月", "罚金五千元", "无期徒刑"
)

RECORD_ZH = one_of(
    "无", "2011年因盗窃判处有期徒刑一年", "吸毒前科", "2016年赌博行政拘留10日", "曾因诈骗服刑"
)

OFFENCE_EN = one_of(
    "BURGLARY 2ND DEG", "DUI-1ST", "AGG ASSAULT", "POSS CONT SUBST", "THEFT>$1500", "FRAUD"
)

SENTENCE_EN = one_of("36 MOS DOC", "TIME SERVED", "5 YRS PROB", "LIFE", "180 DAYS", "12 MOS SUSP")

ARRESTS = one_of("none", "DUI 2009, dismissed", "petty theft 1998", "none", "assault 2014 conv.")

LATE = one_of("近24个月逾期2次", "无逾期", "当前逾期1期", "连三累六", "无逾期", "呆账1笔")

CHAT_ZH = one_of(
    "今晚几点到家？我把饭热着", "钱收到了，谢谢哥", "别告诉我妈", "明天面试在几楼", "哈哈哈笑死",
    "你到底还爱不爱我", "妈住院了，你快回来", "上次说的那个房子还租吗",
)  # fmt: skip

CHAT_EN = one_of(
    "hey are you still up?", "Can u send me the photos from sat", "I told her everything. sorry",
    "lol no way", "Meet me at the usual place at 8", "please dont call this number again",
    "Thanks for the offer, would you take 40?", "my mum is in hospital, talk later",
)  # fmt: skip

QUESTION_EN = one_of(
    "Mother's maiden name?", "First pet", "What city were you born in?", "Name of first school"
)

ANSWER_EN = one_of("rex", "Pontypridd", "mrs hill", "gonzalez", "Biscuit", "st marys", "blue")

QUESTION_ZH = one_of(
    "我爸爸的名字", "我的出生城市", "最喜欢的歌手", "我的小学名字", "我的宠物叫什么"
)

ANSWER_ZH = one_of("豆豆", "阜阳", "实验小学", "周某某", "旺财", "李建国", "123")

TOLL = one_of("示例北", "样本东枢纽", "某某机场", "虚构新城", "柳河", "大洼南", "临江互通")

CONTENT = one_of("文件", "衣服", "手机壳", "茶叶", "药品", "化妆品", "生鲜（樱桃）", "日用品")

CONTENT_EN = one_of("cotton dress", "phone case x2", "books", "vitamins", "toy drone", "spare part")

SCAN_EN = one_of("OUT FOR DELIVERY 08:12", "Delivered - left in porch", "HELD AT CUSTOMS", "Sorted")

CALLED = one_of("主叫", "被叫", "呼转", "主叫", "被叫")

CALL_KIND = one_of("MOC", "MTC", "CF", "MOC", "MTC")

INCOME_ZH = one_of("5000以下", "5001-8000", "8001-12000", "12000-20000", "2万以上")

INCOME_EN = one_of("under $25k", "$25k-50k", "$50k-75k", "$75k-100k", "$150k+")

ITEM_ZH = one_of(
    "内六角螺栓 M8x30", "PVC线槽 25x20", "儿童雨衣 黄色", "不锈钢保温杯", "男士皮带 120cm"
)

COLOR = one_of("黑", "白色", "藏青", "均色", "银灰")

REMARK_ZH = one_of(
    "已核对", "资料待补", "重复导入", "", "同上", "见附件2", "系统自动生成", "作废重录"
)

REMARK_EN = one_of("dup?", "see ticket", "migrated", "ok", "", "needs review", "imported 2nd batch")

SOURCE_ZH = one_of("线上广告", "老客介绍", "地推", "400电话", "抖音投放", "自然到店")

SOURCE_EN = one_of("Web Site", "Cold Call", "Trade Show", "Partner", "Campaign", "Other")
