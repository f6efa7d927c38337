"""The part of the city that a number is about, and the number itself."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Self
from uuid import UUID

from services.metrics.reported.domain import ReportedFigure
from services.metrics.tree.domain import Indicator
from shared.domain.refusals import Invalid, NotFound
from shared.http.policies import Principal


class CampaignNotFound(NotFound):
    """There is no such campaign (yet), or you may not see it."""

    code = "campaign-not-found"
    zh = "没有此专项行动。"


class ScopeOutOfReach(NotFound):
    """There is no such scope, or you may not see its figures."""

    code = "scope-not-found"
    zh = "没有此范围，或不在您的权限范围内。"


class ScopeMalformed(Invalid):
    """A scope is `city`, or `district:`, `street:`, `grid:`, `school:` or `campaign:` and a code."""

    code = "scope-malformed"
    zh = "范围应为 city，或 district:、street:、grid:、school:、campaign: 加代码。"


SCOPES: Final = ("district", "street", "grid", "school", "campaign")


@dataclass(frozen=True)
class Scope:
    """The part of the city a number is about; `city` is all of it."""

    dimension: str | None = None
    value: str = ""

    @classmethod
    def parse(cls, words: str) -> Self:
        if words == "city":
            return cls()
        dimension, separator, value = words.partition(":")
        if dimension not in SCOPES or not separator or not value or len(value) > 64:
            raise ScopeMalformed(pointer="/scope")
        return cls(dimension, value)

    def within(self, caller: Principal) -> "Scope":
        """This scope, if the caller may see it: district officers their district and its streets, school staff
        their school."""
        if caller.covers():
            return self
        own = (
            Scope("school", caller.school or "")
            if "school_staff" in caller.roles
            else Scope("district", caller.district or "")
        )
        if own.value and self.is_street_of(own):
            return self
        if not own.value or (self.dimension is not None and self != own):
            raise ScopeOutOfReach
        return own

    def is_street_of(self, whole: "Scope") -> bool:
        """Whether it is a street of that district: the code of a street is its district's and three digits."""
        streets = (whole.dimension, self.dimension) == ("district", "street")
        return streets and self.value.startswith(whole.value) and len(self.value) == len(whole.value) + 3

    def __str__(self) -> str:
        return "city" if self.dimension is None else f"{self.dimension}:{self.value}"


@dataclass(frozen=True)
class Approved:
    """The approved figure behind a value: its id, the day of which it speaks, and when it was approved."""

    id: UUID
    as_of: date
    approved_at: datetime


@dataclass(frozen=True)
class Value:
    """A number and what it was made of. One that is not `known` does not exist for its scope, or nobody reported it."""

    numerator: int
    denominator: int | None
    known: bool = True
    average: bool = False
    figure: Approved | None = None

    @classmethod
    def of(cls, indicator: Indicator, numerator: int, denominator: int | None) -> Self:
        return cls(numerator, denominator, average=indicator.average)

    @classmethod
    def reported(cls, figure: ReportedFigure) -> Self:
        assert figure.decided_at is not None, "it is approved"
        return cls(figure.value, None, figure=Approved(figure.id, figure.as_of, figure.decided_at))

    @classmethod
    def unknown(cls, indicator: Indicator) -> Self:
        return cls(0, None if indicator.denominator is None else 0, known=False)

    @property
    def value(self) -> float | int | None:
        """The number, an average, or a ratio from 0 to 1. Null without a whole, or while it is unknown: a receipt can
        arrive before the notice that it confirms."""
        if not self.known:
            return None
        if self.denominator is None:
            return self.numerator
        if self.denominator == 0 or (self.numerator > self.denominator and not self.average):
            return None
        return self.numerator / self.denominator
