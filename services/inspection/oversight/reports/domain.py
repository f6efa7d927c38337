"""The figures of a report: the whole, each team, each grid, each day."""

from collections.abc import Mapping
from datetime import date

from pydantic import BaseModel, Field

from services.inspection.rounds.campaigns.domain import Coverage


class Figures(Coverage):
    """Coverage with its details: visits, closed doors and attempts, violations, first and last day.

    `targets_tried` counts targets with at least one closed door, `tries` counts all closed doors, and `closed_doors`
    counts the targets closed with that reason.
    """

    visits: int = 0
    targets_tried: int = 0
    tries: int = 0
    closed_doors: int = 0
    violations: dict[str, int] = Field(default_factory=dict)
    first_visit_on: date | None = None
    last_visit_on: date | None = None

    def add_visits(self, number: int, first: date | None, last: date | None) -> None:
        self.visits += number
        days = [day for day in (self.first_visit_on, first) if day is not None]
        self.first_visit_on = min(days, default=None)
        days = [day for day in (self.last_visit_on, last) if day is not None]
        self.last_visit_on = max(days, default=None)

    def add_tries(self, tried: int, tries: int, closed_doors: int) -> None:
        self.targets_tried += tried
        self.tries += tries
        self.closed_doors += closed_doors

    def add_violations(self, severity: str, number: int) -> None:
        self.violations[severity] = self.violations.get(severity, 0) + number


class TeamFigures(Figures):
    """The figures of one team; a null team holds targets without a team."""

    team: str | None


class GridFigures(Figures):
    """The figures of one grid; a null grid holds targets outside every grid."""

    grid: str | None


class DayFigures(BaseModel):
    """The work done on one day in China."""

    day: date
    visits: int = 0
    closed: int = 0


class Reported:
    """Figures as they are counted together: each count goes to the whole, to its team and to its grid."""

    def __init__(self) -> None:
        self.whole = Figures()
        self.teams: dict[str | None, TeamFigures] = {}
        self.grids: dict[str | None, GridFigures] = {}
        self.days: dict[date, DayFigures] = {}

    def of(self, team: str | None, grid: str | None) -> tuple[Figures, Figures, Figures]:
        return (
            self.whole,
            self.teams.setdefault(team, TeamFigures(team=team)),
            self.grids.setdefault(grid, GridFigures(grid=grid)),
        )

    def day(self, day: date) -> DayFigures:
        return self.days.setdefault(day, DayFigures(day=day))

    def by_team(self) -> list[TeamFigures]:
        return [self.teams[code] for code in _in_order(self.teams)]

    def by_grid(self) -> list[GridFigures]:
        return [self.grids[code] for code in _in_order(self.grids)]

    def by_day(self) -> list[DayFigures]:
        return [self.days[day] for day in sorted(self.days)]


def _in_order(codes: Mapping[str | None, object]) -> list[str | None]:
    return sorted(codes, key=lambda code: (code is None, code or ""))
