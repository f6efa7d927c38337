"""The score: points for each open violation by its severity, and points for the days since the last visit.

Nothing else enters it, and every point has its reason beside it. The weights are norms of the office.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Self

from services.inspection.findings.violations.domain import Severity
from services.inspection.rulebook.norms.domain import NormName


class RiskClass(StrEnum):
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why so many points: a code, how many of it (violations, or days; none where nobody ever came), and the points."""

    code: str
    number: int | None
    points: int


@dataclass(frozen=True, slots=True)
class Risk:
    """The points of one target, their class and their reasons, the weightiest first."""

    points: int
    risk_class: RiskClass
    reasons: Sequence[Reason]


NAMES: Final = tuple(name for name in NormName if name.startswith("risk."))


@dataclass(frozen=True)
class Weights:
    """What each thing weighs on a day."""

    violations: Mapping[Severity, int]
    stale: tuple[int, int]
    long_stale: tuple[int, int]
    moderate_from: int
    high_from: int

    @classmethod
    def of(cls, values: Mapping[NormName, int]) -> Self:
        """The weights by the norms in force; a norm that was never enacted weighs nothing."""

        def value(name: NormName) -> int:
            return values.get(name, 0)

        return cls(
            violations={
                Severity.HIGH: value(NormName.RISK_HIGH_VIOLATION),
                Severity.MODERATE: value(NormName.RISK_MODERATE_VIOLATION),
                Severity.LOW: value(NormName.RISK_LOW_VIOLATION),
            },
            stale=(value(NormName.RISK_STALE_DAYS), value(NormName.RISK_STALE_POINTS)),
            long_stale=(value(NormName.RISK_LONG_STALE_DAYS), value(NormName.RISK_LONG_STALE_POINTS)),
            moderate_from=value(NormName.RISK_FROM_MODERATE),
            high_from=value(NormName.RISK_FROM_HIGH),
        )

    def risk(self, violations: Mapping[str, int], last_visited_on: date | None, *, on: date) -> Risk:
        reasons = [
            Reason(f"open_violations_{severity}", number, number * weight)
            for severity, weight in self.violations.items()
            if (number := violations.get(severity, 0)) and weight
        ]
        reasons += self._staleness(last_visited_on, on)
        reasons.sort(key=lambda reason: -reason.points)
        points = sum(reason.points for reason in reasons)
        return Risk(points, self._class(points), reasons)

    def _staleness(self, last_visited_on: date | None, on: date) -> list[Reason]:
        if last_visited_on is None:
            return [Reason("never_visited", None, self.long_stale[1])]
        days = (on - last_visited_on).days
        for limit, points in (self.long_stale, self.stale):
            if days > limit:
                return [Reason("days_since_visit", days, points)]
        return []

    def _class(self, points: int) -> RiskClass:
        if points >= self.high_from:
            return RiskClass.HIGH
        return RiskClass.MODERATE if points >= self.moderate_from else RiskClass.LOW
