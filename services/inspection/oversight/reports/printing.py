"""A campaign's report as a page for the printer."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.inspection.rounds.campaigns.domain import CampaignState
from shared.domain.clock import CHINA

_STATES: Final = {
    CampaignState.DRAFT: "未启动",
    CampaignState.OPEN: "进行中",
    CampaignState.CLOSED: "已结束",
    CampaignState.WITHDRAWN: "已撤回",
}
_REASONS: Final = {
    "inspected": "已检查",
    "closed_door": "闭门",
    "moved": "已搬迁",
    "duplicate": "重复",
    "refused": "拒绝检查",
}
_SEVERITIES: Final = {"high": "高", "moderate": "中", "low": "低"}

# Auto-escaping always: names of campaigns and institutions are what people typed.
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=False
)


def printed(report: Any, *, by: str, at: datetime) -> str:
    """The report as HTML that prints on A4; times are Beijing's."""
    return _pages.get_template("page.html").render(
        report=report,
        state=_STATES[report.state],
        percent=_percent,
        reasons=_REASONS,
        severities=_SEVERITIES,
        printed_at=f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}",
        printed_by=by,
    )


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"
