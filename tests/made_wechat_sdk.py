"""A public SDK of WeChat Pay against a simulator: only its gateway's address is set.

It keeps that in a private place, and signs with the machine's time.
"""

import json
from pathlib import Path
from typing import Any

from wechatpayv3 import WeChatPay, WeChatPayType

from made_wechat import WechatProcess

PAYEE = "oTEST-13800000000"
REPORTS = [{"info_type": "赔付原因", "info_content": "测试"}]


def sdk(
    process: WechatProcess,
    keys: Path | None = None,
    *,
    gateway: str | None = None,
    timeout_s: float = 30.0,
    given: dict[str, str] | None = None,
) -> Any:  # noqa: ANN401  # it has no types
    """The SDK as a merchant has it; *given*: in place of what it is given."""
    directory = keys or process.keys
    names = json.loads((process.keys / "merchant.json").read_text(encoding="utf-8"))
    words: dict[str, Any] = {
        "wechatpay_type": WeChatPayType.MINIPROG,
        "mchid": names["mchid"],
        "appid": names["appid"],
        "cert_serial_no": names["serial_no"],
        "private_key": (directory / "merchant_private_key.pem").read_text(encoding="ascii"),
        "apiv3_key": (process.keys / "apiv3_key.txt").read_text(encoding="ascii"),
        "public_key": (process.keys / "platform_public_key.pem").read_text(encoding="ascii"),
        "public_key_id": names["public_key_id"],
        "timeout": (10, timeout_s),
    }
    client = WeChatPay(**words | (given or {}))
    client._core._gate_way = gateway or process.url
    return client


def told(client: Any, number: str, **change: object) -> tuple[int, str | bytes]:  # noqa: ANN401
    """What the SDK hands over of a transfer: status, and what came."""
    words = {
        "transfer_scene_id": "1011",
        "openid": PAYEE,
        "transfer_amount": 10_000,
        "transfer_remark": "测试",
        "user_name": "测试甲",
        "transfer_scene_report_infos": REPORTS,
        **change,
    }
    status, text = client.mch_transfer_bills(out_bill_no=number, **words)
    return int(status), text


def transfer(process: WechatProcess, number: str, **change: object) -> tuple[int, dict[str, Any]]:
    """Send a transfer by the SDK; status and answer."""
    status, text = told(sdk(process), number, **change)
    return status, json.loads(text)
