"""Names in two languages, and the grids of a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.metrics.orm import Base


class Kind(StrEnum):
    """Kinds of things with a name of their own. A street is named by the grid that has its code."""

    DISTRICT = "district"
    STREET = "street"
    GRID = "grid"
    SCHOOL = "school"
    INSTITUTION = "institution"
    CLASS = "class"
    OFFERING = "offering"
    CAMPAIGN = "campaign"
    STOP_ORDER = "stop_order"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Words:
    """A name; `en` is None where nobody stated one, and then `zh` stands for it."""

    zh: str
    en: str | None = None


DISTRICTS: Final = {
    "1402": Words("大同市", "Datong"),
    "140212": Words("新荣区", "Xinrong District"),
    "140213": Words("平城区", "Pingcheng District"),
    "140214": Words("云冈区", "Yungang District"),
    "140215": Words("云州区", "Yunzhou District"),
    "140221": Words("阳高县", "Yanggao County"),
    "140222": Words("天镇县", "Tianzhen County"),
    "140223": Words("广灵县", "Guangling County"),
    "140224": Words("灵丘县", "Lingqiu County"),
    "140225": Words("浑源县", "Hunyuan County"),
    "140226": Words("左云县", "Zuoyun County"),
}
"""Source: GB/T 2260, codes for the administrative divisions of China, as amended by the State Council in 2018."""


class Named(Base):
    """The name by which a thing is known now, and its place. Something that was renamed has its newest name."""

    __tablename__ = "named"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    zh: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)


class MapGrid(Base):
    """A grid of one set. Of all sets that have begun and were not withdrawn, the one with the highest number holds."""

    __tablename__ = "map_grid"

    grid_set_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int]
    valid_from: Mapped[date]
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    polygon: Mapped[dict[str, Any]] = mapped_column(JSONB)


class WithdrawnGrids(Base):
    """A set that was withdrawn, whether or not its grids are known yet: facts of different things may change order."""

    __tablename__ = "withdrawn_grids"

    grid_set_id: Mapped[UUID] = mapped_column(primary_key=True)


def in_force(sets: Iterable[tuple[int, date, UUID]], *, on: date) -> UUID | None:
    """The set that holds on a day, of sets as (number, first day, id)."""
    begun = [(number, grid_set_id) for number, valid_from, grid_set_id in sets if valid_from <= on]
    return max(begun)[1] if begun else None
