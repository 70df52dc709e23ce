"""Headers of columns that say nothing of a person stay so, however many words are known."""

import random

from amends.evidence.categories.claims import Sample
from amends.evidence.categories.detect import decide
from amends.evidence.model import Role
from amends.kernel.categories import CATEGORIES, code_of

_TECHNICAL = """
    pk uuid_key seq_no order_num_sort display_order node_id depth level updated_at deleted_at
    modify_time gmt_modified insert_time load_time batch_no job_id job_group cron_expression
    task_name task_status retry_count timeout_ms duration_ms latency_ms response_time http_status
    error_msg error_message exception logger class_name function_name file_path file_type charset
    encoding version branch tag build_number schema_version table_name column_name data_type
    is_nullable primary_key index_name host hostname uri path query_string referer user_agent
    request_id cache_key cache_ttl expire_at ttl load_average bytes_in uptime zone pod_name
    replica_count param_name param_value setting_value option_name dict_sort is_active is_deleted
    del_flag state type category kind remark remarks title_bar menu_type icon component perms
    role_type dept_sort app_id client_type platform device_type device_brand screen_width language
    timezone currency exchange_rate product_code spu_id brand_name category_name unit price
    cost_price discount_rate tax_rate tax_amount qty stock_qty shelf_no bin_no supplier_name model
    color weight_unit width thickness shop_id shop_name store_id merchant_name mall_id channel
    source utm_source utm_medium utm_campaign impression_count clicks ctr cpc page_url page_title
    page_views uv bounce_rate event_id event_name metric_name metric_value coupon_id coupon_type
    points point_type score rank total_price shipping_fee pay_status pay_method payment_type
    order_status order_amount finish_time delivery_type delivery_fee room_type room_count floor_no
    building_no area_size rent_price contract_type contract_status start_time end_time due_date
    cycle year quarter day_of_week holiday_flag pm25 temperature_sensor sensor_id voltage
    current_ma energy frequency signal_strength rssi battery_level station_id station_name
    line_name line_no train_type flight_status cabin_class terminal_building vehicle_type
    vehicle_model vehicle_color toll_fee road_name direction heading school_code school_name
    subject_name semester credit_hours exam_name exam_date question_id correct_option difficulty
    textbook book_id author_count library_id hospital_code hospital_name department_code
    department_name ward_code equipment_model reagent_name reference_range fee_type triage_level
    queue_no branch_name branch_code account_type account_status currency_type interest_rate
    fee_rate open_date close_date risk_control_rule rule_id rule_name rule_version
    model_score_threshold feature_name label_type sample_count train_loss accuracy epoch
    game_id_server server_id zone_id guild_id gold_cost skill_level equip_level win_rate
    level_up_time topic_id thread_id board_id view_count like_count share_count comment_count
    collect_num is_hot audit_status audit_time publish_time template_name sms_template_code
    read_flag attachment_id attachment_name attachment_size image_height banner_url logo_url
    link_url redirect_url webhook_url crypto_algorithm encryption_type key_version key_size
    cert_serial ssl_enabled cookie_expire token_type token_count pwd_expire_days login_fail_count
    lock_status lock_time register_time register_source verify_status sms_count phone_verified
    is_verified mobile_verified phone_status phone_type phone_model gender_required min_age
    name_length name_rule birth_rate card_type card_level id_type education_fund marriage_rate
    编号规则 状态 类型 备注 说明 更新时间 删除标志 是否删除 启用状态 版本号 父级id 部门编号
    机构名称 岗位数量 菜单名称 字典类型 参数值 任务名称 任务状态 耗时 错误码 错误信息 日志级别
    请求方法 响应时间 商品价格 型号 单价 金额 总价 税率 税额 库存数量 仓库名称 批次号 生产日期
    生产厂家 产地 颜色 尺寸 长度 净重 运费 门店名称 商户名称 渠道 活动名称 优惠金额 积分 等级
    订单状态 订单类型 订单金额 支付方式 发货时间 收货时间 配送方式 退款状态 退款金额 退款原因
    开始时间 结束时间 到期日 月份 周次 小时 湿度 设备类型 设备型号 设备状态 电压 频率 固件版本
    电量 站点名称 线路名称 车次 座位等级 登机口 车型 车身颜色 车道 速度 方向 学校代码 学校名称
    班级名称 课程编号 学期 学分 成绩 分数 题目 选项 难度 出版社 书名 图书编号 应还日期 归还日期
    科室 科室名称 挂号类型 收费项目 收费类别 医保类型 仪器编号 单位符号 药品单价 排队号 窗口号
    币种 利率 手续费 开户日期 产品类型 产品代码 样本数量 服务器编号 技能等级 装备等级 胜率
    在线时长 帖子编号 浏览数 点赞数 分享数 收藏数 评论数 模板名称 推送状态 发送状态 附件大小
    视频时长 图片宽度 封面图 跳转链接 加密算法 密码强度 密码修改时间 登录次数 登录方式 锁定状态
    注册时间 认证状态 认证时间 手机验证状态 卡类型 卡状态 地址类型 性别要求 姓名长度 合同类型
    合同状态 审批状态 审批意见 审批时间 流程编号
"""


def _codes(header: str) -> tuple[str, ...]:
    chance = random.Random(header)  # noqa: S311  # made-up values
    return tuple(f"{chance.choice('ABCD')}{chance.randint(100, 999)}" for _ in range(24))


def test_technical_headers_are_nobodys() -> None:
    """Statuses, types, times and settings are no category, also of things that are personal."""
    told: dict[str, str] = {}
    for header in _TECHNICAL.split():
        sample = Sample(position=0, header=header, values=_codes(header))
        (decision,) = decide([sample], {}, {}, Role.EVIDENCE)
        told[header] = code_of(decision.field)
    assert {header: code for header, code in told.items() if code in CATEGORIES} == {}
