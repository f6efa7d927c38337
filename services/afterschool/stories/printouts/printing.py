"""Class lists and session sheets as pages for the printer."""

from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.afterschool.delivery.sessions.domain import AttendanceState
from services.afterschool.stories.printouts.usecases import ClassList, SessionSheet
from shared.domain.clock import CHINA

DAYS: Final = ("", "周一", "周二", "周三", "周四", "周五", "周六", "周日")
STATES: Final[Mapping[str, str]] = {
    AttendanceState.PRESENT: "出勤",
    AttendanceState.ABSENT: "缺勤",
    AttendanceState.EXCUSED: "请假",
    AttendanceState.LATE: "迟到",
    AttendanceState.LEFT_EARLY: "早退",
    AttendanceState.NOT_TAKEN: "",
}


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _hour(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%H:%M}"


# Auto-escaping always: names are what people typed.
_pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
_pages.globals.update(days=DAYS, states=STATES)
_pages.filters.update(clock=_clock, moment=_moment, hour=_hour)


def printed_list(found: ClassList, *, by: str, at: datetime) -> str:
    """The class list on A4."""
    return _pages.get_template("class_list.html").render(found=found, printed_at=at, printed_by=by)


def printed_sheet(found: SessionSheet, *, by: str, at: datetime) -> str:
    """The session sheet on A4, with room for marks and signatures."""
    return _pages.get_template("session_sheet.html").render(found=found, printed_at=at, printed_by=by)
