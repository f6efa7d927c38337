"""Draws: committed, revealed, listed."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events import Event


class DrawEvent(Event):
    """Every fact of a draw."""

    topic: ClassVar[str] = "inspection.draws.v1"

    draw_id: UUID
    at: datetime


class DrawCommitted(DrawEvent):
    """A draw was committed to: the hashes of its secret seed, its terms and both lists."""

    type: ClassVar[str] = "inspection.draw.committed.v1"

    name: str
    district: str | None
    targets: int
    inspectors: int
    seed_sha256: str
    terms_sha256: str
    targets_sha256: str
    inspectors_sha256: str


class DrawRevealed(DrawEvent):
    """A draw was revealed: its seed, and the number of targets drawn."""

    type: ClassVar[str] = "inspection.draw.revealed.v1"

    seed: str
    result_sha256: str
    drawn: int


class DrawAssignment(BaseModel):
    """An institution that was drawn, and the certificate numbers of its inspectors (null means no certificate)."""

    model_config = ConfigDict(frozen=True)

    institution_id: UUID
    stratum: str
    certificates: list[str | None]


class DrawResultListed(DrawEvent):
    """A part (at most 500) of a revealed draw's result.

    `unvisited` says, by institution, why no visit was planned: the institution closed or was merged after the
    commitment, or no active team can take the visit.
    """

    type: ClassVar[str] = "inspection.draw.result_listed.v1"

    assignments: list[DrawAssignment]
    unvisited: dict[UUID, str] = Field(default_factory=dict)


class DrawCancelled(DrawEvent):
    """A draw was cancelled before it was revealed."""

    type: ClassVar[str] = "inspection.draw.cancelled.v1"

    reason: str
