"""What became of a grid's code when the streets were reformed: which old codes a set takes over, and by which new ones.

A code that is in both sets and is not spoken of succeeds itself.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from shared.domain.refusals import NotFound
from shared.domain.wording import Key


class GridNotFound(NotFound):
    """No version of the grids has this code."""

    code = "grid-not-found"
    zh = "历次网格中均无此代码。"


class Succession(BaseModel):
    """An earlier code and its successors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Key
    successors: Annotated[list[Key], Field(min_length=1, max_length=500)]


class SuccessionFault(StrEnum):
    """Why a succession is not possible."""

    CODE_UNKNOWN = "succession-code-unknown"
    CODE_REPEATED = "succession-code-repeated"
    SUCCESSOR_UNKNOWN = "succession-successor-unknown"
    SUCCESSOR_REPEATED = "succession-successor-repeated"


@dataclass(frozen=True, slots=True)
class SuccessionFinding:
    """One fault of one entry; `succession` counts from 0."""

    succession: int
    fault: SuccessionFault


class GridSuccession(Base):
    """One old code, one of its successors in the set."""

    __tablename__ = "grid_succession"
    __table_args__ = (Index("ix_grid_succession_code", "code"),)

    grid_set_id: Mapped[UUID] = mapped_column(ForeignKey("grid_set.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    successor: Mapped[str] = mapped_column(Text, primary_key=True)


def faults_of(
    successions: Sequence[Succession], *, old: Iterable[str], new: Iterable[str]
) -> Sequence[SuccessionFinding]:
    """Check each entry against both sets: its old code was in the former set, and every successor is in the new set."""
    before, after = set(old), set(new)
    times = Counter(one.code for one in successions)
    findings: list[SuccessionFinding] = []
    for number, one in enumerate(successions):
        checks = (
            (one.code not in before, SuccessionFault.CODE_UNKNOWN),
            (times[one.code] > 1, SuccessionFault.CODE_REPEATED),
            (not after.issuperset(one.successors), SuccessionFault.SUCCESSOR_UNKNOWN),
            (len(set(one.successors)) < len(one.successors), SuccessionFault.SUCCESSOR_REPEATED),
        )
        findings += [SuccessionFinding(number, fault) for fails, fault in checks if fails]
    return findings


@dataclass(frozen=True)
class Successors:
    """Which codes of a set follow which of the one before."""

    codes: frozenset[str]
    told: Mapping[str, Sequence[str]]

    def of(self, code: str) -> Sequence[str]:
        """The successors of a code, in order; empty if the code vanished and no succession was given."""
        return self.told.get(code) or ([code] if code in self.codes else [])

    def vanished(self, old: Iterable[str]) -> Sequence[str]:
        return sorted(code for code in old if not self.of(code))

    def walked(self, grids: Sequence[str]) -> list[str]:
        """The grids that a team now walks: each code that is still there, or else its only successor.

        A vanished code stays on the team's list, because a later set may have it again. A code with several successors
        is dropped: somebody has to decide who walks them.
        """
        kept: list[str] = []
        for grid in grids:
            successors = self.of(grid)
            if grid in successors or not successors:
                kept.append(grid)
            elif len(successors) == 1:
                kept.append(successors[0])
        return list(dict.fromkeys(kept))


def uncontested(before: Mapping[UUID, Sequence[str]], after: Mapping[UUID, Sequence[str]]) -> dict[UUID, list[str]]:
    """Settle grids that two teams now claim: the team that walked the grid before keeps it; if neither did, nobody gets
    it."""
    claims = Counter(grid for grids in after.values() for grid in grids)
    return {
        team: [grid for grid in grids if claims[grid] == 1 or grid in before[team]] for team, grids in after.items()
    }


@dataclass(frozen=True, slots=True)
class Version:
    """A set of grids, as far as its codes go."""

    number: int
    valid_from: date
    successors: Successors


@dataclass(frozen=True, slots=True)
class Followed:
    """The codes that the area of an old one has on a day, and every step there and beyond."""

    current: Sequence[str]
    steps: Sequence[tuple[Version, str, Sequence[str]]]


def followed(code: str, versions: Sequence[Version], *, on: date) -> Followed:
    """Follow a code through the versions after the first one that had it; raises `GridNotFound`."""
    having = [place for place, version in enumerate(versions) if code in version.successors.codes]
    if not having:
        raise GridNotFound
    steps: list[tuple[Version, str, Sequence[str]]] = []
    codes = [code]
    current = codes if versions[having[0]].valid_from <= on else []
    for version in versions[having[0] + 1 :]:
        successors = {former: version.successors.of(former) for former in codes}
        steps += [(version, former, after) for former, after in successors.items() if list(after) != [former]]
        codes = sorted({successor for after in successors.values() for successor in after})
        if version.valid_from <= on:
            current = codes
    return Followed(current, steps)
