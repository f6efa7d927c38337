"""What a subsidy run posts: for each class the target of each programme, minus what was posted before. No I/O.

The amounts are for a school year; each of its two terms has half. A junior class divides its share of the principal's
fund into a part for late service and the rest. Both divisions keep every fen: the largest remainder decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.afterschool.roster.classes.domain import stage_of
from services.afterschool.roster.schools.domain import Stage

WHOLE_BP: Final = 10_000
FIRST_MONTH: Final = 8
"""A term that begins in this month or later is the first of its school year."""


class Programme(StrEnum):
    """What the city pays for. `principal_fund_junior` is the part of the fund for late service in junior high."""

    PRIMARY_CLASS = "primary_class"
    PRINCIPAL_FUND = "principal_fund"
    PRINCIPAL_FUND_JUNIOR = "principal_fund_junior"


@dataclass(frozen=True, slots=True)
class Rule:
    """A version of a norm: its id, and its value."""

    id: UUID
    value: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The norms of one district that are in force on the first day of the term. Later ones do not change the term."""

    primary_class: Rule
    principal_fund: Rule
    junior_share: Rule
    least_days: Rule
    least_minutes: Rule
    end_minute: Rule


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class of a term: the days on which it met the rules of a day, and the sessions of these days."""

    class_id: UUID
    school_id: UUID
    grade: int
    days: int
    sessions: int


@dataclass(frozen=True, slots=True)
class Posting:
    """What a run posts for a class under a programme, in fen, and why."""

    facts: ClassFacts
    programme: Programme
    amount: Rule
    rules: Rules
    target: int
    posted: int

    @property
    def share(self) -> Rule | None:
        """The norm by which the fund of a junior class was divided."""
        return self.rules.junior_share if stage_of(self.facts.grade) is Stage.JUNIOR else None

    @property
    def fen(self) -> int:
        """Below zero it takes back what was posted before."""
        return self.target - self.posted


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide an amount by weights to the fen; what is left goes to the largest remainders, the first of equals."""
    if amount < 0:
        return [-part for part in split(-amount, weights)]
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(amount * weights[place] % whole))
    for place in by_remainder[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def is_first_half(starts_on: date) -> bool:
    """Whether a term is the first of its school year."""
    return starts_on.month >= FIRST_MONTH


def entitlements(grade: int, rules: Rules, *, first_half: bool) -> Mapping[Programme, int]:
    """What a class of this grade gets for a term if it counts."""
    fund = _of_term(rules.principal_fund.value, first_half=first_half)
    if stage_of(grade) is Stage.PRIMARY:
        amount = _of_term(rules.primary_class.value, first_half=first_half)
        return {Programme.PRIMARY_CLASS: amount, Programme.PRINCIPAL_FUND: fund}
    late, rest = split(fund, [rules.junior_share.value, WHOLE_BP - rules.junior_share.value])
    return {Programme.PRINCIPAL_FUND: rest, Programme.PRINCIPAL_FUND_JUNIOR: late}


def postings(
    classes: Iterable[ClassFacts],
    rules: Rules,
    *,
    first_half: bool,
    posted: Mapping[tuple[UUID, Programme], int],
) -> list[Posting]:
    """The postings of a district, by class and programme. `posted` is the sum of all locked runs of the term."""
    found = []
    for facts in classes:
        entitled = entitlements(facts.grade, rules, first_half=first_half)
        counts = facts.days >= rules.least_days.value
        found += [
            Posting(
                facts=facts,
                programme=programme,
                amount=rules.primary_class if programme is Programme.PRIMARY_CLASS else rules.principal_fund,
                rules=rules,
                target=entitled[programme] if counts else 0,
                posted=posted.get((facts.class_id, programme), 0),
            )
            for programme in entitled
        ]
    return found


def _of_term(amount: int, *, first_half: bool) -> int:
    first, second = split(amount, [1, 1])
    return first if first_half else second
