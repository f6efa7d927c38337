"""An institution as inspection sees it: somebody to visit, somewhere."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.grids.domain import Placement
from services.inspection.orm import Base
from shared.events.inspection import TargetPlaced
from shared.refusals import NotFound


class TargetNotFound(NotFound):
    """Inspection knows no such institution (yet)."""

    code = "target-not-found"
    zh = "检查系统中（尚）没有此机构。"


class Target(Base):
    """A local copy of a ledger entry, fed by the registry's events; `version` counts its placements."""

    __tablename__ = "target"
    __table_args__ = (
        Index("uq_target_external_ref", "external_ref", unique=True, postgresql_where=text("external_ref IS NOT NULL")),
        Index("ix_target_grid", "grid"),
        Index("ix_target_blind_spot", "blind_spot", "institution_id", postgresql_where=text("blind_spot IS NOT NULL")),
        Index("ix_target_last_visited_on", "last_visited_on", "institution_id"),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    uscc: Mapped[str | None] = mapped_column(Text)
    external_ref: Mapped[str | None] = mapped_column(Text)
    grid: Mapped[str | None] = mapped_column(Text)
    blind_spot: Mapped[str | None] = mapped_column(Text)
    last_visited_on: Mapped[date | None]
    visits: Mapped[int]


def placed(institution_id: UUID, placement: Placement, *, at: datetime) -> TargetPlaced:
    """The fact that an institution stands in this grid, or in none."""
    return TargetPlaced(institution_id=institution_id, grid=placement.grid, blind_spot=placement.blind_spot, at=at)
