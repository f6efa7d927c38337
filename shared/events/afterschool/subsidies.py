"""Subsidy runs: computed, reviewed, locked. The lines stay in after-school; totals are in fen."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class SubsidyRunEvent(Event):
    """Every fact of a run: its term, the number of its lines, and their sum in fen.

    A null `district` is the whole city; older facts lack it.
    """

    topic: ClassVar[str] = "afterschool.subsidy-runs.v1"

    run_id: UUID
    term: str
    district: str | None = None
    lines: int
    total_fen: int
    at: datetime


class SubsidyRunComputed(SubsidyRunEvent):
    """A run was computed. Nothing is posted yet."""

    type: ClassVar[str] = "afterschool.subsidy_run.computed.v1"


class SubsidyRunReviewed(SubsidyRunEvent):
    """Another person reviewed the run."""

    type: ClassVar[str] = "afterschool.subsidy_run.reviewed.v1"


class SubsidyRunLocked(SubsidyRunEvent):
    """The run was locked: its lines are posted and never change."""

    type: ClassVar[str] = "afterschool.subsidy_run.locked.v1"


class SubsidyRunDiscarded(SubsidyRunEvent):
    """The run was discarded before it was locked."""

    type: ClassVar[str] = "afterschool.subsidy_run.discarded.v1"
