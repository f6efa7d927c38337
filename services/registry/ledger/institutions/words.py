"""Words that ledgers use for ours. Translations say the same; interpretations say more, and the row's report tells."""

from collections.abc import Mapping
from typing import Final

from services.registry.ledger.institutions.domain import Kind, Mode, Profit, Stage, Status

TRANSLATIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": {"学科": "subject", "学科类": "subject", "非学科": "non_subject", "非学科类": "non_subject"},
    "mode": {"线下": "offline", "线上": "online", "线上线下": "both", "线上+线下": "both"},
    "profit": {
        "营利": "for_profit", "营利性": "for_profit", "非营利": "non_profit", "非营利性": "non_profit",
        "nonprofit": "non_profit", "not_for_profit": "non_profit",
    },
    "status": {
        "正常": "active", "在业": "active", "存续": "active", "营业": "active", "营业中": "active",
        "正常营业": "active",
        "开业": "active", "在营": "active", "正常办学": "active", "停业": "suspended", "暂停": "suspended",
        "暂停营业": "suspended", "暂停办学": "suspended", "关闭": "closed", "已关闭": "closed", "注销": "closed",
        "已注销": "closed", "停办": "closed", "终止办学": "closed", "无证": "unlicensed",
        "open": "active", "operating": "active", "in_operation": "active", "temporarily_closed": "suspended",
        "ceased": "closed", "out_of_business": "closed",
    },
    "stages": {"学前": "preschool", "小学": "primary", "初中": "junior", "高中": "senior", "幼儿": "preschool"},
}  # fmt: skip
INTERPRETATIONS: Final[Mapping[str, str]] = {
    "licensed": "active", "permitted": "active", "current": "active", "issued": "active", "registration": "active",
    "registered": "active", "license": "active", "permit": "active", "pending_revocation": "active",
    "歇业": "suspended", "休业": "suspended", "整顿": "suspended", "停业整顿": "suspended",
    "inactive": "closed", "surrendered": "closed", "cancelled": "closed", "canceled": "closed", "迁出": "closed",
    "expired": "unlicensed", "expired_permit": "unlicensed", "revoked": "unlicensed", "not_permitted": "unlicensed",
    "吊销": "unlicensed", "已吊销": "unlicensed", "吊销未注销": "unlicensed", "撤销": "unlicensed",
    "过期": "unlicensed",
    "证照过期": "unlicensed",
}  # fmt: skip
"""Of statuses: the nearest one of ours. Who lost a permit and is still there is unlicensed; a pending revocation has
not taken effect; 歇业 (市场主体登记管理条例 art. 30) is a pause, which the operator may end."""

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    field: {
        **{word.value: word.value for word in ours},
        **TRANSLATIONS[field],
        **(INTERPRETATIONS if field == "status" else {}),
    }
    for field, ours in {"kind": Kind, "mode": Mode, "profit": Profit, "status": Status, "stages": Stage}.items()
}

DISTRICTS: Final[Mapping[str, str]] = {
    "新荣": "140212", "平城": "140213", "云冈": "140214", "云州": "140215", "阳高": "140221", "天镇": "140222",
    "广灵": "140223", "灵丘": "140224", "浑源": "140225", "左云": "140226",
}  # fmt: skip
"""Districts and counties of Datong by name (GB/T 2260)."""


def district_code(name: str) -> str | None:
    """The code of a district that a ledger names; None if it is unknown."""
    plain = "".join(name.split()).removeprefix("山西省").removeprefix("大同市").removeprefix("大同")
    return DISTRICTS.get(plain[:-1] if plain[-1:] in ("区", "县") else plain)
