"""Layouts of many domains, written to see what the detector does not know; looked at ever since.

Column names are such as stand in published account tables (hotels, clinics, lenders, networks,
personnel, welfare), with labels by the comments beside them. Values are made up. The first run,
before the rules that these layouts led to, gave ``FIRST_RUN`` (with five columns more, which a
reader can doubt as well).
"""

import random
from collections.abc import Sequence

from corpora import values as v
from corpora.columns import OTHER, Column
from corpora.values import mixed, one_of

FIRST_RUN = 0.636
"""Macro F1 of these layouts before anything was learnt from them."""

_FLAG = one_of("0", "1")
_TYPE = one_of("1", "2", "3")
_CITY = one_of("杭州市", "成都市", "武汉市", "青岛市")
_SCHOOL = one_of("虚构大学", "示例师范学院", "样品理工大学", "假想学院")
_COUNTRY = one_of("中国", "美国", "英国", "日本")
_TOWN_EN = one_of("Leeds", "York", "Austin", "Dayton")
_FAITH = one_of("佛教", "基督教", "伊斯兰教", "道教", "无宗教信仰")
_FAITH_EN = one_of("Christian", "Muslim", "none", "Hindu", "Buddhist")
_CRIME = one_of("盗窃罪", "故意伤害罪", "诈骗罪", "危险驾驶罪")
_SAID = one_of("今晚几点到家吃饭", "货到了给我打电话", "明天会议改到下午三点", "钱已经转给你了")
_SAID_EN = one_of("see you at eight", "did you get the money", "call me when you land")
_DISABLED = one_of("视力残疾", "听力残疾", "肢体残疾", "一级", "二级", "四级")
_RELATION = one_of("父亲", "母亲", "配偶", "子女", "朋友")
_BRANCH = one_of("示例银行城东支行", "虚构银行营业部", "某某银行科技园支行")
_DEPARTMENT = one_of("财务部", "人事部", "技术部", "心内科", "骨科")
_HOTEL = one_of("示例大酒店", "虚构商务酒店", "假想度假村")


def _hexadecimal(chance: random.Random, _row: int) -> str:
    return "".join(v.pick(chance, "0123456789ABCDEF") for _ in range(96))


def _uuid(chance: random.Random, row: int) -> str:
    return v.idfa(chance, row).lower()


def _imsi(chance: random.Random, _row: int) -> str:
    return "460" + v.pick(chance, ("00", "01", "11")) + v.digits(chance, 10)


def _iccid(chance: random.Random, _row: int) -> str:
    return "898600" + v.digits(chance, 14)


def _latitude(chance: random.Random, _row: int) -> str:
    return f"{chance.uniform(20, 45):.6f}"


def _longitude(chance: random.Random, _row: int) -> str:
    return f"{chance.uniform(80, 130):.6f}"


def _seconds(chance: random.Random, _row: int) -> str:
    return str(int(chance.expovariate(1 / 90)) + 1)


def _card_end(chance: random.Random, _row: int) -> str:
    return f"{chance.randrange(1, 13):02d}/{chance.randrange(25, 33)}"


def _three_digits(chance: random.Random, _row: int) -> str:
    return v.digits(chance, 3)


def _score(chance: random.Random, _row: int) -> str:
    return str(chance.randrange(350, 950))


def _room(chance: random.Random, _row: int) -> str:
    return str(chance.randrange(2, 30) * 100 + chance.randrange(1, 40))


def _flight(chance: random.Random, _row: int) -> str:
    return v.pick(chance, ("CA", "MU", "CZ", "HU")) + str(chance.randrange(1000, 9999))


def _record_locator(chance: random.Random, _row: int) -> str:
    return "".join(v.pick(chance, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6))


def _jwt(chance: random.Random, row: int) -> str:
    return f"eyJhbGciOiJIUzI1NiJ9.{v.sha1(chance, row)}.{v.md5(chance, row)}"


def _picture(chance: random.Random, row: int) -> str:
    return f"/upload/2021/{row:05d}{v.digits(chance, 4)}.jpg"


BY_DOMAIN: dict[str, Sequence[Column]] = {
    "guests of a hotel": (
        ("checkInPerson", "NAME", v.name_zh),
        ("phoneNumber", "PHONE", v.mobile),
        ("guest_id_card", "IDNO", v.idno),
        ("room_no", "LODGE", _room),
        ("check_in_date", "LODGE", v.recent),
        ("check_out_date", "LODGE", v.recent),
        ("payPrice", OTHER, v.amount),
        ("orderStatus", OTHER, _TYPE),
        ("plate_no", "PLATE", v.plate),
    ),
    "hotel, Chinese": (
        ("酒店名称", "LODGE", _HOTEL),
        ("入住人姓名", "NAME", v.name_zh),
        ("入住人证件号", "IDNO", v.idno),
        ("入住时间", "LODGE", v.moment),
        ("离店时间", "LODGE", v.moment),
        ("房间号", "LODGE", _room),
        ("联系电话", "PHONE", v.mobile),
        ("操作员", OTHER, v.name_zh),
    ),
    "personnel, prefixed": (
        ("human_name", "NAME", v.name_zh),
        ("human_address", "ADDRESS", v.address_zh),
        ("human_postcode", "POSTCODE", v.postcode_zh),
        ("human_telephone", "PHONE", v.line_zh),
        ("human_mobilephone", "PHONE", v.mobile),
        ("human_bank", OTHER, _BRANCH),
        ("human_account", "BANKCARD", v.bankcard),
        ("human_qq", "USERNAME", v.username),
        ("human_religion", "RELIGION", _FAITH),
        ("human_party", "POLITIC", v.politic),
        ("human_nationality", "NATIONALITY", _COUNTRY),
        ("human_race", "ETHNICITY", v.ethnicity_zh),
        ("human_birthday", "BIRTH", v.birth),
        ("human_age", "AGE", v.age),
        ("human_educated_degree", "EDUCATION", v.education_zh),
        ("human_society_security_id", "IDNO", v.idno),
        ("register", OTHER, v.name_zh),
        ("checker", OTHER, v.name_zh),
    ),
    "interns, joined": (
        ("sfyname", "NAME", v.name_zh),
        ("sfysex", "GENDER", v.gender_zh),
        ("sfynativeplace", "BIRTH_PLACE", v.native_place),
        ("sfynation", "ETHNICITY", v.ethnicity_zh),
        ("sfypolitical", "POLITIC", v.politic),
        ("sfyfamtype", OTHER, _TYPE),
        ("sfylanguage", OTHER, one_of("英语", "日语", "法语")),
        ("sfytel", "PHONE", v.mobile),
        ("sfyidcard", "IDNO", v.idno),
    ),
    "health records": (
        ("patient_name", "NAME", v.name_zh),
        ("id_card", "IDNO", v.idno),
        ("medical_insurance_no", "IDNO", v.idno),
        ("chief_complaint", "HEALTH", v.illness_zh),
        ("present_illness", "HEALTH", v.illness_zh),
        ("past_history", "HEALTH", v.illness_zh),
        ("family_disease_history", "HEALTH", v.illness_zh),
        ("personal_history", "HEALTH", one_of("吸烟", "饮酒", "无特殊")),
        ("blood_pressure", "HEALTH", one_of("120/80", "135/90", "150/95")),
        ("temperature", "HEALTH", one_of("36.5", "36.8", "37.9", "38.6")),
        ("pulse", "HEALTH", one_of("72", "80", "91", "66")),
        ("dept_name", OTHER, _DEPARTMENT),
        ("doctor_name", OTHER, v.name_zh),
        ("visit_date", OTHER, v.moment),
    ),
    "laboratory": (
        ("patientid", "ACCOUNT_ID", v.account("P")),
        ("patname", "NAME", v.name_zh),
        ("patsex", "GENDER", v.gender_zh),
        ("patage", "AGE", v.age),
        ("barcode", OTHER, v.account("88")),
        ("itemname", OTHER, one_of("血常规", "尿常规", "肝功能")),
        ("test_value", "HEALTH", one_of("5.6", "7.1", "12.3", "4.4")),
        ("clinical_diag", "HEALTH", v.illness_zh),
        ("reporter", OTHER, v.name_zh),
    ),
    "hospital, initials": (
        ("hzxm", "NAME", v.name_zh),
        ("zyh", "ACCOUNT_ID", v.account("Z")),
        ("hzxb", "GENDER", v.gender_zh),
        ("zjhm", "IDNO", v.idno),
        ("lxrxm", OTHER, v.name_zh),
        ("lxrdh", OTHER, v.mobile),
        ("ryzd", "HEALTH", v.illness_zh),
        ("gms", "HEALTH", v.illness_zh),
        ("zzys", OTHER, v.name_zh),
        ("jtdz", "ADDRESS", v.address_zh),
        ("ksmc", OTHER, _DEPARTMENT),
    ),
    "borrowers": (
        ("cust_no", "ACCOUNT_ID", v.account("C")),
        ("borrower", "NAME", v.name_zh),
        ("cert_no", "IDNO", v.idno),
        ("reserved_mobile", "PHONE", v.mobile),
        ("bank_card_number", "BANKCARD", v.bankcard),
        ("loan_amt", "LOAN", v.amount),
        ("remaining_principal", "LOAN", v.amount),
        ("overdue_days", "CREDIT", one_of("0", "0", "3", "31")),
        ("credit_score", "CREDIT", _score),
        ("monthly_income", "INCOME", v.amount),
        ("guarantorname", OTHER, v.name_zh),
        ("guarantormobile", OTHER, v.mobile),
        ("contact1_relation", OTHER, _RELATION),
        ("apply_time", OTHER, v.moment),
    ),
    "lender, Chinese": (
        ("借款人", "NAME", v.name_zh),
        ("借款金额(元)", "LOAN", v.amount),
        ("剩余本金", "LOAN", v.amount),
        ("逾期天数", "CREDIT", one_of("0", "5", "31")),
        ("征信查询次数", "CREDIT", one_of("1", "2", "9")),
        ("第一联系人姓名", OTHER, v.name_zh),
        ("第一联系人电话", OTHER, v.mobile),
        ("与本人关系", OTHER, _RELATION),
        ("单位名称", "EMPLOYER", v.employer_zh),
        ("单位地址", OTHER, v.address_zh),
        ("居住地址", "ADDRESS", v.address_zh),
    ),
    "calls of a network": (
        ("calling_number", "PHONE", v.mobile),
        ("called_number", "CALLLOG", v.mobile),
        ("call_start_time", "CALLLOG", v.moment),
        ("call_duration", "CALLLOG", _seconds),
        ("call_type", "CALLLOG", one_of("主叫", "被叫")),
        ("imsi", "DEVICE", _imsi),
        ("iccid", "DEVICE", _iccid),
        ("imei", "DEVICE", v.imei),
        ("cell_id", "TRACK", one_of("46001-1234", "46001-2345", "46001-8812")),
        ("longitude", "TRACK", _longitude),
        ("latitude", "TRACK", _latitude),
    ),
    "messages of a network": (
        ("sender_number", "PHONE", v.mobile),
        ("msg_text", "COMMS", _SAID),
        ("send_time", OTHER, v.moment),
        ("status", OTHER, _FLAG),
    ),
    "chat, English": (
        ("user_id", "ACCOUNT_ID", v.account("")),
        ("screen_name", "USERNAME", v.username),
        ("message_body", "COMMS", _SAID_EN),
        ("chat_id", OTHER, _uuid),
        ("sent_at", OTHER, v.moment),
        ("ip", "IP", v.ip),
    ),
    "verified users": (
        ("real_name", "NAME", v.name_zh),
        ("id_number", "IDNO", v.idno),
        ("id_card_front", "IDPHOTO", _picture),
        ("id_card_back", "IDPHOTO", _picture),
        ("handheld_id_card", "IDPHOTO", _picture),
        ("face_data", "FACE", _hexadecimal),
        ("fingerprint_template", "FINGER", _hexadecimal),
        ("voiceprint_feature", "VOICE", _hexadecimal),
        ("verify_status", OTHER, _TYPE),
        ("auditor", OTHER, v.name_zh),
    ),
    "cards": (
        ("card_holder_name", "NAME", v.name_en),
        ("card_number", "BANKCARD", v.bankcard_spaced),
        ("expiry", "CVV", _card_end),
        ("cvc_code", "CVV", _three_digits),
        ("billing_zip", "POSTCODE", v.postcode_uk),
        ("amount", OTHER, v.amount),
        ("currency", OTHER, one_of("USD", "GBP", "CNY")),
    ),
    "accounts with questions": (
        ("login_name", "USERNAME", v.username),
        ("passwd_hash", "PWDHASH", v.sha1),
        ("question", "SECQA", one_of("你的小学叫什么", "你母亲的姓名", "你的宠物叫什么")),
        ("answer", "SECQA", one_of("虚构小学", "小花", "王芳", "旺财")),
        ("refresh_token", "TOKEN", _jwt),
        ("login_fail_count", OTHER, one_of("0", "1", "3")),
        ("last_login_device", "DEVICE", _uuid),
        ("password_updated_at", OTHER, v.moment),
        ("email_verified", OTHER, _FLAG),
    ),
    "welfare": (
        ("户主姓名", "NAME", v.name_zh),
        ("身份证", "IDNO", v.idno),
        ("残疾类别", "DISABILITY", _DISABLED),
        ("残疾证号", "DISABILITY", v.idno),
        ("是否党员", "POLITIC", one_of("是", "否")),
        ("宗教", "RELIGION", _FAITH),
        ("家庭年收入", "INCOME", v.amount),
        ("致贫原因", OTHER, one_of("因病", "因学", "缺劳力")),
        ("健康状况", "HEALTH", one_of("健康", "患病", "残疾")),
        ("帮扶人", OTHER, v.name_zh),
        ("帮扶人电话", OTHER, v.mobile),
        ("银行账号", "BANKCARD", v.bankcard),
    ),
    "offenders": (
        ("prisonerName", "NAME", v.name_zh),
        ("crime_facts", "CRIME", _CRIME),
        ("prisonTerm", "CRIME", one_of("三年", "五年六个月", "十年")),
        ("home_place", "BIRTH_PLACE", v.native_place),
        ("id_card", "IDNO", v.idno),
        ("health", "HEALTH", one_of("良好", "高血压", "残疾")),
    ),
    "union members": (
        ("姓名", "NAME", v.name_zh),
        ("工会会员证号", "UNION", v.account("GH")),
        ("是否加入工会", "UNION", one_of("是", "否")),
        ("所属部门", OTHER, _DEPARTMENT),
        ("岗位", "OCCUPATION", v.job_zh),
        ("入职日期", OTHER, v.recent),
        ("工资卡号", "BANKCARD", v.bankcard),
        ("应发合计", "INCOME", v.amount),
    ),
    "dating": (
        ("uname", "USERNAME", v.username),
        ("orientation", "SEX", one_of("straight", "gay", "bisexual")),
        ("faith", "RELIGION", _FAITH_EN),
        ("body_height", "HEALTH", v.height),
        ("marry_status", "MARITAL", v.marital_en),
        ("self_intro", OTHER, v.memo),
        ("lat", "TRACK", _latitude),
        ("lng", "TRACK", _longitude),
        ("hobbies", OTHER, one_of("reading", "running", "music")),
    ),
    "genes": (
        ("sample_id", OTHER, v.account("S")),
        ("donor_name", "NAME", v.name_en),
        ("date_of_birth", "BIRTH", v.birth),
        ("genotype", "GENE", one_of("AA", "AG", "GG", "CT")),
        ("dna_sequence", "GENE", one_of("ATGCGTAC", "GGCATTAC", "TTAGGCAT")),
        ("ethnic_background", "ETHNICITY", one_of("Asian", "European", "African")),
    ),
    "passengers": (
        ("PNR", "ORDER", _record_locator),
        ("TicketNumber", "ORDER", v.account("784")),
        ("PaxSurname", "NAME", v.last_en),
        ("PaxGivenName", "NAME", v.first_en),
        ("DocNumber", "PASSPORT", v.passport),
        ("DocIssueCountry", OTHER, one_of("CHN", "USA", "GBR")),
        ("DocExpiry", OTHER, one_of("2029-01-31", "2030-07-15", "2031-11-02")),
        ("FlightNo", OTHER, _flight),
        ("SeatNo", OTHER, one_of("12A", "12B", "30F")),
        ("FFPNumber", "ACCOUNT_ID", v.account("CA")),
        ("ContactTel", "PHONE", v.mobile),
        ("DepartureCity", OTHER, _CITY),
    ),
    "waybills": (
        ("mailno", "LOGISTICS", v.order),
        ("s_name", "NAME", v.name_zh),
        ("s_mobile", "PHONE", v.mobile),
        ("s_address", "ADDRESS", v.address_zh),
        ("r_name", "NAME", v.name_zh),
        ("r_mobile", "PHONE", v.mobile),
        ("r_address", "ADDRESS", v.address_zh),
        ("courier_name", OTHER, v.name_zh),
        ("item_weight", OTHER, v.amount),
    ),
    "accounts of a bank": (
        ("CIF", "ACCOUNT_ID", v.account("10")),
        ("CLNT_NM", "NAME", v.name_zh),
        ("CERT_TP", OTHER, _TYPE),
        ("CERT_ID", "IDNO", v.idno),
        ("ACCT_BAL", "BALANCE", v.amount),
        ("CRDT_LMT", "CREDIT", v.amount),
        ("MBL_NO", "PHONE", v.mobile),
        ("RSDNC_ADDR", "ADDRESS", v.address_zh),
        ("OPN_BRNCH", OTHER, _BRANCH),
        ("OPN_DT", OTHER, v.recent),
        ("CUST_MGR_NM", OTHER, v.name_zh),
    ),
    "claims": (
        ("insured_person_name", "NAME", v.name_zh),
        ("insured_cert_no", "IDNO", v.idno),
        ("policy_number", "ORDER", v.order),
        ("beneficiary_name", OTHER, v.name_zh),
        ("accident_reason", "HEALTH", v.illness_zh),
        ("hospital_name", OTHER, one_of("虚构市人民医院", "示例中医院")),
        ("claim_amount", OTHER, v.amount),
        ("bank_acct_no", "BANKCARD", v.bankcard),
        ("surveyor", OTHER, v.name_zh),
    ),
    "people of an app": (
        ("uuid", "ACCOUNT_ID", _uuid),
        ("wx_openid", "ACCOUNT_ID", v.account("oX")),
        ("wx_nickname", "USERNAME", v.username),
        ("headimgurl", OTHER, v.url),
        ("idfa", "DEVICE", v.idfa),
        ("device_model", OTHER, one_of("iPhone 13", "Mate 60", "Mi 14")),
        ("os_version", OTHER, one_of("14.1", "15.0", "16.2")),
        ("push_token", "TOKEN", v.sha1),
        ("last_login_city", OTHER, _CITY),
        ("wallet_balance", "BALANCE", v.amount),
        ("invite_code", OTHER, _record_locator),
    ),
    "address books": (
        ("owner_phone", "PHONE", v.mobile),
        ("contact_list", "CONTACTS", mixed(v.name_zh, v.mobile)),
        ("friends", "CONTACTS", mixed(v.name_zh, v.username)),
        ("upload_time", OTHER, v.moment),
    ),
    "people, standard English": (
        ("given_name", "NAME", v.first_en),
        ("family_name", "NAME", v.last_en),
        ("preferred_username", "USERNAME", v.username),
        ("birthdate", "BIRTH", v.birth),
        ("zoneinfo", OTHER, one_of("Europe/London", "Asia/Shanghai")),
        ("phone_number", "PHONE", v.phone_us),
        ("phone_number_verified", OTHER, _FLAG),
        ("streetAddress", "ADDRESS", v.address_en),
        ("addressLocality", OTHER, _TOWN_EN),
        ("postalCode", "POSTCODE", v.postcode_uk),
        ("jobTitle", "OCCUPATION", v.job_en),
        ("worksFor", "EMPLOYER", v.employer_en),
        ("taxID", "IDNO", v.ssn),
    ),
    "directory of a company": (
        ("givenName", "NAME", v.first_en),
        ("sAMAccountName", "USERNAME", v.username),
        ("mail", "EMAIL", v.email),
        ("telephoneNumber", "PHONE", v.phone_uk),
        ("homePostalAddress", "ADDRESS", v.address_en),
        ("employeeNumber", "ACCOUNT_ID", v.account("E")),
        ("title", "OCCUPATION", v.job_en),
        ("manager", OTHER, v.name_en),
        ("userPassword", "PWDHASH", v.sha1),
        ("department", OTHER, one_of("Sales", "Finance", "Legal")),
    ),
    "patients, standard English": (
        ("PatientName", "NAME", v.name_last_first),
        ("PatientBirthDate", "BIRTH", v.birth_compact),
        ("PatientSex", "GENDER", v.gender_letter),
        ("PatientAddress", "ADDRESS", v.address_en),
        ("PatientTelephoneNumbers", "PHONE", v.phone_us),
        ("ReferringPhysicianName", OTHER, v.name_last_first),
        ("AdmittingDiagnosesDescription", "HEALTH", v.illness_en),
        ("MedicalRecordNumber", "ACCOUNT_ID", v.account("M")),
        ("StudyDate", OTHER, v.recent),
        ("InsuranceCompany", OTHER, v.employer_en),
        ("NextOfKinName", OTHER, v.name_en),
    ),
    "pupils": (
        ("xsxm", "NAME", v.name_zh),
        ("xh", "ACCOUNT_ID", v.account("20")),
        ("jhrxm", OTHER, v.name_zh),
        ("jhrdh", OTHER, v.mobile),
        ("sfzjh", "IDNO", v.idno),
        ("jtzz", "ADDRESS", v.address_zh),
        ("bjmc", OTHER, one_of("一班", "二班", "三班")),
        ("xxmc", "EDUCATION", _SCHOOL),
        ("hkxz", OTHER, one_of("农业", "非农业")),
        ("jkzk", "HEALTH", one_of("健康", "一般", "残疾")),
    ),
    "tables of an office, joined": (
        ("cserial", OTHER, v.row_number),
        ("cusername", "USERNAME", v.username),
        ("crealname", "NAME", v.name_zh),
        ("cbalance", "BALANCE", v.amount),
        ("cphone", "PHONE", v.mobile),
        ("cidcard", "IDNO", v.idno),
        ("caddtime", OTHER, v.moment),
    ),
    "withdrawals": (
        ("user_id_wsh", "ACCOUNT_ID", v.account("")),
        ("bank_name_wsh", OTHER, _BRANCH),
        ("bank_card_wsh", "BANKCARD", v.bankcard),
        ("account_name_wsh", "NAME", v.name_zh),
        ("amount_wsh", OTHER, v.amount),
        ("status_wsh", OTHER, _TYPE),
        ("remark_wsh", OTHER, v.memo),
    ),
    "teachers alone": (
        ("teacher_no", "ACCOUNT_ID", v.account("T")),
        ("teacher_name", "NAME", v.name_zh),
        ("sex", "GENDER", v.gender_zh),
        ("birthday", "BIRTH", v.birth),
        ("phone", "PHONE", v.mobile),
        ("professional_title", "OCCUPATION", one_of("教授", "副教授", "讲师", "助教")),
        ("graduate_from", "EDUCATION", _SCHOOL),
        ("create_by", OTHER, v.name_zh),
    ),
    "doctors": (
        ("doctor_name", "NAME", v.name_zh),
        ("doctor_phone", "PHONE", v.mobile),
        ("doctor_idcard", "IDNO", v.idno),
        ("doctor_sex", "GENDER", v.gender_zh),
        ("hospital_name", OTHER, one_of("虚构市人民医院", "示例中医院")),
        ("dept", OTHER, _DEPARTMENT),
    ),
    "permits": (
        ("中文姓名", "NAME", v.name_zh),
        ("英文姓名", "NAME", v.name_pinyin),
        ("港澳居民来往内地通行证", "PERMIT", v.permit),
        ("签发机关", OTHER, one_of("公安局出入境", "移民局")),
        ("有效期至", OTHER, one_of("2029-01-31", "2030-07-15", "2031-11-02")),
        ("涉密岗位", "SECRETJOB", one_of("是", "否")),
        ("现住址", "ADDRESS", v.address_zh),
    ),
}
