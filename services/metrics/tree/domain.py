"""An indicator: what it counts, in which words, and who answers for it.

An indicator's rule is a version of its definition; a changed definition is a new version, never a silent change.
"""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, replace
from enum import StrEnum
from typing import Final

from services.metrics.projections.domain import Mark
from services.metrics.tree.nouns import LEVELS, NOUNS, PARTS
from shared.domain.refusals import NotFound


class IndicatorNotFound(NotFound):
    """There is no such indicator."""

    code = "indicator-not-found"
    zh = "没有此指标。"


class Unit(StrEnum):
    COUNT = "count"
    PLACES = "places"
    PEOPLE = "people"
    MINUTES = "minutes"
    RATIO = "ratio"
    FEN = "fen"


class Direction(StrEnum):
    """Whether more of it is better, or less, or neither."""

    MORE = "more"
    LESS = "less"
    NEUTRAL = "neutral"


class Source(StrEnum):
    """Whether a number is counted from events, or reported by an office with evidence and approved."""

    EVENTS = "events"
    REPORTED = "reported"


@dataclass(frozen=True)
class Words:
    """The same in both languages."""

    zh: str
    en: str


class Office(StrEnum):
    """The office that answers for an indicator."""

    SUPERVISION = "supervision"
    BASIC_EDUCATION = "basic_education"
    TEACHERS = "teachers"
    FINANCE = "finance"

    @property
    def words(self) -> Words:
        return _OFFICES[self]


_OFFICES: Final = {
    Office.SUPERVISION: Words("校外教育培训监管科", "Supervision section"),
    Office.BASIC_EDUCATION: Words("基础教育科", "Basic education section"),
    Office.TEACHERS: Words("教师工作科", "Teachers section"),
    Office.FINANCE: Words("财务科", "Finance section"),
}


@dataclass(frozen=True)
class Target:
    """The value to be reached, the year or day of which its source speaks, and the source."""

    value: float
    as_of: str
    source: Words


REPORT: Final = Words("2021年大同市“双减”工作报道", "Press report of 2021 on Datong")


def of_the_report(value: float) -> Target:
    """The figure that the founding report prints."""
    return Target(value, "2021", REPORT)


@dataclass(frozen=True)
class Selection:
    """Members of one noun, narrowed by state, kind, mark and grid; `zh` and `en` say in words which ones.

    The empty state ("not announced yet") is never counted. `placed` asks for those in some grid, or in none. With
    `by_level`, the state is the level of the scope.
    """

    noun: str
    zh: str
    en: str
    _: KW_ONLY
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    placed: bool | None = None
    mark: Mark | None = None
    sums_amounts: bool = False
    by_level: bool = False

    @property
    def words(self) -> Words:
        return Words(self.zh, self.en)

    def at(self, dimension: str | None) -> "Selection":
        """The selection for a scope of that dimension."""
        return replace(self, states=(LEVELS[dimension],)) if self.by_level else self

    def takes(self, state: str, kind: str, marks: str, *, placed: bool) -> bool:
        """Whether it counts the members of a cell with these coordinates, whose state is not empty."""
        return (
            (not self.states or state in self.states)
            and (not self.kinds or kind in self.kinds)
            and (self.mark is None or self.mark in marks)
            and self.placed in (None, placed)
        )

    def is_part_of(self, whole: "Selection") -> bool:
        """Whether it is a part of what `whole` counts, in every scope and along every dimension."""
        if self.noun != whole.noun and PARTS.get(self.noun) != whole.noun:
            return False
        counts_alike = self.sums_amounts == whole.sums_amounts and (self.noun == whole.noun) != self.sums_amounts
        narrower = all(
            not wide or (narrow and set(narrow) <= set(wide))
            for narrow, wide in ((self.states, whole.states), (self.kinds, whole.kinds))
        )
        marked = whole.mark in (None, self.mark) and whole.placed in (None, self.placed)
        return bool(counts_alike and narrower and marked and self.by_level == whole.by_level)


@dataclass(frozen=True)
class Indicator:
    """A number with its meaning. A ratio has a denominator and is between 0 and 1; null where that is zero.

    Of a ratio the numerator is a part of the denominator, so it is one in every scope and along every dimension. One of
    two different nouns is `undivided`: it exists for the city as a whole, and is null for any part of it. An `average`
    is a sum of amounts per member, and has the unit of the amounts.

    A reported indicator has no numerator: `reported` says in words what its figure is. One that is `public` may be seen
    by anybody, small numbers of people excepted.
    """

    code: str
    zh: str
    en: str
    parent: str
    owner: Office
    numerator: Selection | None = None
    denominator: Selection | None = None
    _: KW_ONLY
    direction: Direction = Direction.NEUTRAL
    target: Target | None = None
    rule_version: int = 1
    counts: Unit = Unit.COUNT
    undivided: bool = False
    average: bool = False
    reported: Words | None = None
    public: bool = False

    def __post_init__(self) -> None:
        if (self.numerator is None) == (self.reported is None):
            raise TypeError(f"{self.code}: is either counted or reported")
        if self.numerator is None or self.denominator is None:
            return
        if self.average:
            if self.numerator.noun != self.denominator.noun or not self.numerator.sums_amounts:
                raise TypeError(f"{self.code}: is no sum per member")
        elif not (self.undivided or self.numerator.is_part_of(self.denominator)):
            raise TypeError(f"{self.code}: what is counted is no part of what it is a share of")

    @property
    def source(self) -> Source:
        return Source.EVENTS if self.reported is None else Source.REPORTED

    @property
    def unit(self) -> Unit:
        return self.counts if self.denominator is None or self.average else Unit.RATIO

    @property
    def grain(self) -> str | None:
        """The noun whose members it counts; None of a reported figure."""
        return None if self.numerator is None else self.numerator.noun

    @property
    def counts_people(self) -> bool:
        """Whether children or their answers are counted, or those of their families."""
        return any(NOUNS[one.noun].people for one in self.selections)

    @property
    def selections(self) -> tuple[Selection, ...]:
        return tuple(one for one in (self.numerator, self.denominator) if one is not None)

    @property
    def counted(self) -> Words:
        """The numerator in words."""
        if self.numerator is not None:
            return self.numerator.words
        assert self.reported is not None, "it is either counted or reported"
        return self.reported

    @property
    def dimensions(self) -> frozenset[str]:
        """The dimensions along which it has numbers; of any other it is null."""
        if self.undivided:
            return frozenset()
        if not self.selections:
            return frozenset({"district"})
        return frozenset.intersection(*(NOUNS[one.noun].dimensions for one in self.selections))

    @property
    def topics(self) -> frozenset[str]:
        """The topics of the log on which its number rests; none of a reported figure."""
        return frozenset().union(*(NOUNS[one.noun].topics for one in self.selections))

    def exists_for(self, dimension: str | None) -> bool:
        """Whether it has a number for scopes of a dimension; None is the city."""
        return dimension is None or dimension in self.dimensions

    @property
    def definition(self) -> Words:
        """One sentence that says what the number is."""
        part = self.counted
        if self.reported is not None:
            return Words(
                f"{part.zh}，由责任单位填报、附佐证并经他人审核。",
                f"{_first(part.en)}, reported with evidence and approved.",
            )
        if self.denominator is None:
            counted = {
                Unit.FEN: Words("的金额（分）", "The amount, in fen, of "),
                Unit.MINUTES: Words("的分钟数", "The minutes of "),
                Unit.PLACES: Words("的学位数", "The number of places of "),
                Unit.PEOPLE: Words("的人次", "The number of "),
            }.get(self.counts, Words("的数量", "The number of "))
            return Words(f"{part.zh}{counted.zh}。", f"{counted.en}{part.en}.")
        whole = self.denominator.words
        if self.average:
            return Words(f"{part.zh}除以{whole.zh}的数量。", f"{_first(part.en)}, divided by the number of {whole.en}.")
        return Words(f"{part.zh}占{whole.zh}的比例。", f"The share of {part.en} among {whole.en}.")


def _first(text: str) -> str:
    return text[0].upper() + text[1:]


def topics_of(indicators: Iterable[Indicator]) -> frozenset[str]:
    """The topics on which any of these numbers rests."""
    return frozenset().union(*(one.topics for one in indicators))


@dataclass(frozen=True)
class Branch:
    """A node of the tree that has no number of its own."""

    code: str
    zh: str
    en: str
    parent: str | None
