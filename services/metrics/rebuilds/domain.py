"""A rebuild from request to verdict."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import BigInteger, Column, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.metrics.orm import Base
from services.metrics.projections.domain import DIMENSIONS
from shared.data.database import Aggregate, new_id
from shared.domain.refusals import Conflict, NotFound
from shared.events.metrics.alerts import ProofFailed


class RebuildNotFound(NotFound):
    """There is no such rebuild."""

    code = "rebuild-not-found"
    zh = "没有此重建任务。"


class RebuildRunning(Conflict):
    """Another rebuild is still queued or running."""

    code = "rebuild-running"
    zh = "已有重建任务尚未结束。"


class RebuildState(StrEnum):
    """`matched` and `drifted` are verdicts. `swapped` means that the shadow copy replaced the live numbers."""

    QUEUED = "queued"
    RUNNING = "running"
    MATCHED = "matched"
    DRIFTED = "drifted"
    SWAPPED = "swapped"
    FAILED = "failed"


barrier = Table(
    "barrier",
    Base.metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next", BigInteger, nullable=False),
)
"""Where the live consumer stood when its numbers were put down: the shadow reads so far, and then both are compared."""

barrier_cell = Table(
    "barrier_cell",
    Base.metadata,
    *(Column(name, Text, primary_key=True) for name in ("noun", *DIMENSIONS)),
    Column("members", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
)
"""The live numbers at the barrier."""


OPEN = (RebuildState.QUEUED, RebuildState.RUNNING)


class Rebuild(Base, Aggregate):
    """One replay of the log into the shadow generation."""

    __tablename__ = "rebuild"

    state: Mapped[str] = mapped_column(Text)
    swap: Mapped[bool]
    requested_by: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    events: Mapped[int] = mapped_column(BigInteger)
    differences: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    error: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def request(cls, *, swap: bool, by: str, at: datetime) -> Self:
        return cls(
            id=new_id(),
            version=1,
            state=RebuildState.QUEUED,
            swap=swap,
            requested_by=by,
            requested_at=at,
            finished_at=None,
            events=0,
            differences=[],
            error=None,
        )

    def begin(self) -> None:
        self.state = RebuildState.RUNNING

    def conclude(
        self, differences: Sequence[dict[str, Any]], *, events: int, swapped: bool, at: datetime
    ) -> ProofFailed | None:
        """Record the result. Drift means that counting went wrong and somebody must explain it, even after a swap."""
        verdict = RebuildState.DRIFTED if differences else RebuildState.MATCHED
        self.state = RebuildState.SWAPPED if swapped else verdict
        self.differences, self.events, self.finished_at = list(differences), events, at
        return ProofFailed(rebuild_id=self.id, cells=len(differences), at=at) if differences else None

    def fail(self, error: str, *, at: datetime) -> None:
        self.state, self.error, self.finished_at = RebuildState.FAILED, error, at
