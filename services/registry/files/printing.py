"""An institution's file as a page for the printer."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.registry.files.wording import details, title
from services.registry.institutions.domain import Institution
from shared.clock import CHINA

_LABELS: Final = {
    "kind": {"subject": "学科类", "non_subject": "非学科类"},
    "mode": {"offline": "线下", "online": "线上", "both": "线上线下"},
    "profit": {"for_profit": "营利性", "non_profit": "非营利性"},
    "status": {
        "applying": "申请中", "active": "正常", "suspended": "停业", "closed": "关闭", "unlicensed": "无证",
        "merged": "已并入其他档案",
    },
    "stages": {"preschool": "学前", "primary": "小学", "junior": "初中", "senior": "高中"},
}  # fmt: skip
_ENTRY: Final = {
    "permit_no": "办学许可证号",
    "status": "状态",
    "kind": "类别",
    "mode": "方式",
    "profit": "性质",
    "stages": "学段",
    "district": "区县",
    "street": "街道",
    "address": "地址",
    "legal_representative": "法定代表人",
    "phone": "电话",
    "capacity": "核定人数",
}
_SOURCES: Final = {"/registry": "台账与许可", "/inspection": "监督检查", "/afterschool": "课后服务", "/metrics": "统计"}

# Auto-escaping always: names and notes in a file are what people typed.
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=False
)


def printed(institution: Institution, entries: Sequence[Any], *, by: str, at: datetime) -> str:
    """The file as HTML that prints on A4; times are Beijing's."""
    return _pages.get_template("page.html").render(
        institution=institution,
        entry=[(label, _said(name, getattr(institution, name))) for name, label in _ENTRY.items()],
        entries=[
            {
                "at": _time(entry.at),
                "title": title(entry.type),
                "source": _SOURCES.get(entry.source, entry.source),
                "details": details(entry.facts),
                "reason": entry.reason,
                "actor": entry.actor,
            }
            for entry in entries
        ],
        printed_at=_time(at),
        printed_by=by,
    )


def _time(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _said(name: str, value: Any) -> str:
    if value is None or value == []:
        return "—"
    words = _LABELS.get(name, {})
    said = [str(words.get(one, one)) for one in (value if isinstance(value, list) else [value])]
    return "、".join(said)
