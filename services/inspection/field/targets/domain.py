"""An institution as inspection sees it: somebody to visit, somewhere."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.field.grids.domain import BlindSpot, Placement
from services.inspection.field.grids.successions import Successors
from services.inspection.orm import Base, Followed
from shared.data.database import key_check
from shared.domain.refusals import Conflict, NotFound
from shared.events.inspection.targets import TargetPlaced

MERGED: Final = "merged"
"""The status of an entry that was another one twice."""


class TargetNotFound(NotFound):
    """There is no such institution in inspection (yet), or you may not see it."""

    code = "target-not-found"
    zh = "检查系统中（尚）没有此机构，或不在您的权限范围内。"


class TargetMerged(Conflict):
    """This institution was merged into another. Start new work at the institution `merged_into`."""

    code = "institution-merged"
    zh = "该机构条目已并入另一条目，新的检查工作须在保留的条目（merged_into）下进行。"


class Target(Base, Followed):
    """A local copy of a ledger entry, fed by the registry's events; `version` counts its placements."""

    __tablename__ = "target"
    __table_args__ = (
        Index("uq_target_external_ref", "external_ref", unique=True, postgresql_where=text("external_ref IS NOT NULL")),
        key_check("external_ref"),
        Index("ix_target_grid_changed_in_institution_id", "grid", "changed_in", "institution_id"),
        Index("ix_target_blind_spot", "blind_spot", "institution_id", postgresql_where=text("blind_spot IS NOT NULL")),
        Index("ix_target_last_visited_on", "last_visited_on", "institution_id"),
        Index(
            "ix_target_left_grids", "left_grids", postgresql_using="gin", postgresql_where=text("left_grids <> '{}'")
        ),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    merged_into: Mapped[UUID | None]
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    uscc: Mapped[str | None] = mapped_column(Text)
    permit_no: Mapped[str | None] = mapped_column(Text)
    external_ref: Mapped[str | None] = mapped_column(Text)
    grid: Mapped[str | None] = mapped_column(Text)
    left_grids: Mapped[list[str]] = mapped_column(
        ARRAY(Text),
        server_default=text("'{}'"),
        comment="grids it lay in before; phones of these grids are told that it left",
    )
    blind_spot: Mapped[str | None] = mapped_column(Text)
    last_visited_on: Mapped[date | None]
    visits: Mapped[int]

    @property
    def merged(self) -> bool:
        """Whether the ledger merged this entry into another: nothing new may begin here, but what is under way
        continues."""
        return self.status == MERGED

    def check_not_merged(self) -> None:
        """Raises `TargetMerged`, which names the surviving entry if it is known."""
        if self.merged:
            raise TargetMerged(**({"merged_into": str(self.merged_into)} if self.merged_into else {}))


class Cause(StrEnum):
    """Why an institution stands where it does."""

    REGISTERED = "registered"
    RELOCATED = "relocated"
    GRIDS_CHANGED = "grids_changed"
    SUCCEEDED = "succeeded"


_POINTLESS: Final = frozenset({BlindSpot.NO_COORDINATES, BlindSpot.ZERO_COORDINATES})


def stayed(found: Placement, grid: str | None) -> Placement:
    """An entry that loses its coordinates but keeps its address keeps its grid, so its team goes on visiting it."""
    return replace(found, grid=grid) if found.blind_spot in _POINTLESS else found


def succeeded(found: Placement, grid: str | None, successors: Successors) -> tuple[Placement, Cause]:
    """The placement in a new set: by coordinates, or else by the only successor of the former grid."""
    if found.blind_spot not in _POINTLESS:
        return found, Cause.GRIDS_CHANGED
    after = successors.of(grid) if grid is not None else []
    if len(after) > 1:
        return Placement(None, BlindSpot.SEVERAL_SUCCESSORS), Cause.SUCCEEDED
    return replace(found, grid=after[0] if after else None), Cause.SUCCEEDED


def left(before: Sequence[str], grid: str | None, *, now: str | None) -> list[str]:
    return sorted({*before, *([grid] if grid else [])} - {now})


def placed(
    institution_id: UUID, placement: Placement, *, moved_from: str | None, cause: Cause, at: datetime
) -> TargetPlaced:
    return TargetPlaced(
        institution_id=institution_id,
        grid=placement.grid,
        blind_spot=placement.blind_spot,
        at=at,
        moved_from=moved_from,
        cause=cause,
    )
