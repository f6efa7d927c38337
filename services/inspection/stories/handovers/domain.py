"""What of a team's work can change hands, and to whom."""

from collections import Counter
from dataclasses import dataclass

from services.inspection.field.teams.domain import Team
from shared.domain.refusals import Conflict

Cell = tuple[str | None, str | None, str]
"""Grid, team, state: where something counts in a campaign's tally."""


class SuccessorUnfit(Conflict):
    """The successor must be another active team of the same district."""

    code = "heir-unfit"
    zh = "只能移交给同一区县的另一在任检查组。"


@dataclass(frozen=True, slots=True)
class Handover:
    """How much went over."""

    visits: int
    targets: int
    violations: int
    complaints: int


def check_successor(team: Team, successor: Team | None) -> Team:
    """Check that the successor may take over; raises `SuccessorUnfit`."""
    if successor is None or not successor.active or successor.id == team.id or successor.district != team.district:
        raise SuccessorUnfit
    return successor


def moved_cells(grids: "Counter[str | None]", *, team: str, successor: str, state: str) -> "Counter[Cell]":
    cells: Counter[Cell] = Counter()
    for grid, number in grids.items():
        cells[grid, team, state] -= number
        cells[grid, successor, state] += number
    return cells
