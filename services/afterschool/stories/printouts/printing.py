"""Class lists, session sheets and bills as pages for the printer, in Chinese or English."""

from datetime import datetime, time
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.afterschool.stories.printouts.wording import WORDS
from shared.domain.clock import CHINA


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _hour(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%H:%M}"


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


# Auto-escaping always: names are what people typed.
_pages: Final = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
_pages.filters.update(clock=_clock, moment=_moment, hour=_hour, yuan=_yuan)


def printed(page: str, found: Any, *, by: str, at: datetime, language: str) -> str:
    """A page on A4: `class_list`, `session_sheet` with room for marks and signatures, or `bill`."""
    template = _pages.get_template(f"{page}.html")
    return template.render(found=found, printed_at=at, printed_by=by, say=WORDS[language])
