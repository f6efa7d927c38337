"""An institution's file as a page for the printer."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.registry.ledger.institutions.domain import Institution
from services.registry.overview.files.domain import Entry
from services.registry.overview.files.wording import ENTRY, details, in_words, title
from shared.domain.clock import CHINA

_SOURCES: Final = {"/registry": "台账与许可", "/inspection": "监督检查", "/afterschool": "课后服务", "/metrics": "统计"}

# Auto-escaping always: names and notes in a file are what people typed.
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=False
)


def printed(institution: Institution, entries: Sequence[Entry], *, by: str, at: datetime) -> str:
    """The file as HTML that prints on A4; times are Beijing's."""
    return _pages.get_template("page.html").render(
        institution=institution,
        entry=[(label, in_words(getattr(institution, name)) or "—") for name, label in ENTRY.items()],
        entries=[
            {
                "at": _time(entry.at),
                "title": title(entry.type),
                "source": _SOURCES.get(entry.source, entry.source),
                "details": details(entry.facts),
                "reason": entry.reason,
                "actor": _actor(entry.actor),
            }
            for entry in entries
        ],
        printed_at=_time(at),
        printed_by=by,
    )


def _time(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _actor(actor: str) -> str:
    """Who acted. If a service reacted to another's event, the name of that service."""
    service = actor.removeprefix("consumer:")
    return actor if service == actor else f"系统（{_SOURCES.get(f'/{service}', service)}）"
