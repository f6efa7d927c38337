"""Rounds of re-checks and their results."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class RechecksDrawn(Event):
    """A share of a team's finished visits was drawn for re-checks by `by_team`, or by officers if it is null."""

    type: ClassVar[str] = "inspection.recheck_round.drawn.v1"
    topic: ClassVar[str] = "inspection.rechecks.v1"

    round_id: UUID
    team: str
    by_team: str | None
    first_day: date
    last_day: date
    share_bp: int
    population: int
    drawn: int
    seed: str
    at: datetime


class RecheckConcluded(Event):
    """A re-check ended: it agrees with the visit, or differs in the outcome or by violations that the visit missed.

    `district` is that of the team whose visit was re-checked. Older facts lack it.
    """

    type: ClassVar[str] = "inspection.recheck.concluded.v1"
    topic: ClassVar[str] = "inspection.rechecks.v1"

    recheck_id: UUID
    round_id: UUID
    visit_id: UUID
    institution_id: UUID | None
    team: str
    by_team: str | None
    agrees: bool
    differences: list[str]
    outcome_before: str
    outcome_found: str
    missed: list[str]
    at: datetime
    district: str | None = None


class RecheckAttempted(Event):
    """A re-check met a closed door although the visit had got in. It has no result and stays open."""

    type: ClassVar[str] = "inspection.recheck.attempted.v1"
    topic: ClassVar[str] = "inspection.rechecks.v1"

    recheck_id: UUID
    round_id: UUID
    visit_id: UUID
    institution_id: UUID | None
    team: str
    by_team: str | None
    attempts: int
    at: datetime
