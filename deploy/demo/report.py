"""The founding report as data: each figure as printed, the indicators that count it, and the value of either size.

The figures are those of the press report of 2021 on Datong. The small size tells the same story with numbers of its
own. Everything behind the figures is synthetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final


class SizeName(StrEnum):
    SMALL = "small"
    FULL = "full"


@dataclass(frozen=True)
class Asked:
    """The answers to a survey: `people` answered, and the first `unfavourable` of them were not satisfied.

    They are of one school, because results hide numbers below five, and whatever would give these away.
    """

    people: int
    unfavourable: int

    @property
    def share(self) -> Fraction:
        return Fraction(self.people - self.unfavourable, self.people)


@dataclass(frozen=True)
class Size:
    """How much of everything is played.

    `teaching` schools teach on the day that is played; their classes meet the rules of the subsidy, and of the first
    `asked_schools` of them children and guardians answer the survey: `seats` children of each class have a seat there,
    one child of each class elsewhere.
    """

    name: SizeName
    institutions: int
    recipients: int
    advertisements: int
    violations: int
    revocations: int
    pupils: int
    teachers: int
    schools: int
    classes_of_a_school: int
    teaching: int
    asked_schools: int
    seats: int
    students_asked: Asked
    guardians_asked: Asked
    patience: float
    """Seconds until the scorecard has to have caught up."""

    @property
    def subsidised_classes(self) -> int:
        return self.teaching * self.classes_of_a_school


SMALL: Final = Size(
    name=SizeName.SMALL,
    institutions=31,
    recipients=15,
    advertisements=48,
    violations=46,
    revocations=1,
    pupils=1_000,
    teachers=74,
    schools=4,
    classes_of_a_school=6,
    teaching=4,
    asked_schools=4,
    seats=10,
    students_asked=Asked(221, 5),
    guardians_asked=Asked(238, 5),
    patience=60,
)
FULL: Final = Size(
    name=SizeName.FULL,
    institutions=311,
    recipients=154,
    advertisements=488,
    violations=461,
    revocations=3,
    pupils=196_659,
    teachers=14_510,
    schools=219,
    classes_of_a_school=20,
    teaching=80,
    asked_schools=20,
    seats=3,
    students_asked=Asked(885, 20),
    guardians_asked=Asked(1_000, 21),
    patience=900,
)
SIZES: Final[Mapping[SizeName, Size]] = {size.name: size for size in (SMALL, FULL)}

TERM_OF_A_PRIMARY_CLASS: Final = 2_000_000
"""Fen: half of 10,000 yuan for a primary class, and half of 30,000 yuan of the principal's fund."""


class Equal(StrEnum):
    """When a value of the scorecard is the figure: equal, at least as much, or the same percentage when rounded."""

    EXACTLY = "exactly"
    AT_LEAST = "at_least"
    PERCENT_1 = "percent_1"
    PERCENT_2 = "percent_2"


@dataclass(frozen=True)
class Figure:
    """A line of the closing table: the figure as the report prints it, its indicator, and the value of each size."""

    title: str
    printed: str
    code: str
    small: float
    full: float
    equal: Equal = Equal.EXACTLY
    reported: bool = False

    @property
    def is_share(self) -> bool:
        return self.equal in (Equal.PERCENT_1, Equal.PERCENT_2)

    @property
    def is_sum(self) -> bool:
        return self.equal is Equal.AT_LEAST

    def wanted(self, size: Size) -> float:
        return self.small if size.name is SizeName.SMALL else self.full

    def holds(self, value: float | None, size: Size) -> bool:
        """Whether the scorecard's value is the figure of this size."""
        if value is None:
            return False
        wanted = self.wanted(size)
        if self.equal is Equal.AT_LEAST:
            return value >= wanted
        if self.equal is Equal.EXACTLY:
            return value == wanted
        return as_percent(value, self.equal) == as_percent(wanted, self.equal)


def as_percent(share: float, equal: Equal) -> str:
    """A share as the report prints it: with one decimal, or with two."""
    return f"{100 * share:.{1 if equal is Equal.PERCENT_1 else 2}f} %"


def _x(title: str, printed: str, code: str, value: int) -> Figure:
    """A programme, of which no event tells: an office submits it, and another person approves it."""
    return Figure(title, printed, code, value, value, reported=True)


FIGURES: Final[Sequence[Figure]] = (
    Figure("Street teams", "18", "inspection.teams", 18, 18),
    Figure("Institutions in the ledger", "all", "institutions.total", SMALL.institutions, FULL.institutions),
    Figure("Commitments signed", "311", "commitments.signed", SMALL.institutions, 311),
    Figure("Violations investigated", "461", "violations.investigated", SMALL.violations, 461),
    Figure("Advertisements cleaned up", "488", "advertisements.cleaned_up", SMALL.advertisements, 488),
    Figure("Permits revoked after a case", "3", "permits.revoked", SMALL.revocations, 3),
    Figure("Cases decided", "3", "cases.decided", SMALL.revocations, 3),
    Figure("Ordered to stop for the holiday", "154", "stop_orders.recipients", SMALL.recipients, 154),
    Figure("Verified stopped on an ordered day", "154", "stop_orders.stopped", SMALL.recipients, 154),
    Figure("Coverage of the investigation", "full", "inspection.coverage", 1, 1, Equal.PERCENT_1),
    Figure("Schools with after-school service", "full", "schools.serving_share", 1, 1, Equal.PERCENT_1),
    Figure("Students", "196,659", "students.roll", SMALL.pupils, 196_659),
    Figure("Teachers", "14,510", "teachers.total", SMALL.teachers, 14_510),
    Figure("Items of after-school service", "22", "catalogue.items", 22, 22),
    Figure(
        "Satisfaction of students", "97.74 %", "satisfaction.students", 0.9774, 0.9774, Equal.PERCENT_2
    ),
    Figure("Satisfaction of parents", "97.9 %", "satisfaction.guardians", 0.979, 0.979, Equal.PERCENT_1),
    Figure(
        "Subsidy, yuan",
        "> 30 million",
        "subsidies.posted",
        SMALL.subsidised_classes * TERM_OF_A_PRIMARY_CLASS,
        3_000_000_001,
        Equal.AT_LEAST,
    ),
    _x("Students, by the finance paragraph", "205,000", "students.reported", 205_000),
    _x("Teachers, by the finance paragraph", "17,900", "teachers.reported", 17_900),
    _x("Lessons of the Air Classroom", "1,350", "x.air_classroom_lessons", 1_350),
    _x("Visits of the Air Classroom", "5,000,000", "x.air_classroom_visits", 5_000_000),
    _x("School-district communities", "13", "x.communities", 13),
    _x("Joint teaching-research activities", "70+", "x.joint_research", 70),
    _x("Regional teaching-research activities", "80+", "x.regional_research", 80),
    _x("Model teachers", "1,000", "x.model_teachers", 1_000),
    _x("Gold ideological courses", "100", "x.gold_courses", 100),
    _x("Gold teachers", "100", "x.gold_teachers", 100),
    _x("Bases of labour education", "20", "x.labour_bases", 20),
)  # fmt: skip
