"""Subsidies without a database: splits, entitlements, postings, late facts, and the states of a run."""

import os
import random
from uuid import UUID, uuid4

import pytest

from services.afterschool.finance.subsidies.domain import (
    ReviewerComputed,
    SubsidyRun,
    SubsidyRunState,
    SubsidyRunStateUnfit,
    line_of,
)
from services.afterschool.finance.subsidies.postings import (
    ClassFacts,
    Posting,
    Programme,
    Rule,
    Rules,
    entitlements,
    is_first_half,
    postings,
    split,
)
from shared.domain.clock import china_date, utc_now

NOW = utc_now()
TODAY = china_date(NOW)
SCHOOL = uuid4()
HISTORIES = int(os.environ.get("SUBSIDY_HISTORIES", "100"))


def rules(*, primary: int = 1_000_000, fund: int = 3_000_000, share: int = 5_000, days: int = 60) -> Rules:
    return Rules(*(Rule(uuid4(), value) for value in (primary, fund, share, days, 120, 18 * 60)))


def a_class(*, grade: int = 3, days: int = 60, sessions: int = 90, class_id: UUID | None = None) -> ClassFacts:
    return ClassFacts(class_id or uuid4(), SCHOOL, grade, days, sessions)


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, [1, 1], [50, 50]),
        (101, [1, 1], [51, 50]),
        (-101, [1, 1], [-51, -50]),
        (10, [1, 1, 1], [4, 3, 3]),
        (1_500_001, [3_333, 6_667], [499_950, 1_000_051]),
        (0, [3, 4], [0, 0]),
        (7, [0, 1], [0, 7]),
    ],
)
def test_a_split_loses_no_fen(amount: int, weights: list[int], parts: list[int]) -> None:
    assert split(amount, weights) == parts


def test_partial_claw_backs_sum_exactly() -> None:
    """lago-api PR 2643: four credit notes of an invoice of 334.99 came to 335.00."""
    notes = split(-33_499, [1, 1, 1, 1])
    assert notes == [-8_375, -8_375, -8_375, -8_374]
    assert sum(notes) == -33_499
    posted, target = 33_499, 33_499
    for note in notes:
        target += note
        posting = Posting(a_class(), Programme.PRIMARY_CLASS, Rule(uuid4(), 33_499), rules(), target, posted)
        posted += posting.fen
    assert posted == target == 0


@pytest.mark.parametrize(
    ("grade", "first_half", "expected"),
    [
        (1, True, {Programme.PRIMARY_CLASS: 501, Programme.PRINCIPAL_FUND: 2_001}),
        (6, False, {Programme.PRIMARY_CLASS: 500, Programme.PRINCIPAL_FUND: 2_000}),
        (7, True, {Programme.PRINCIPAL_FUND: 1_401, Programme.PRINCIPAL_FUND_JUNIOR: 600}),
        (9, False, {Programme.PRINCIPAL_FUND: 1_400, Programme.PRINCIPAL_FUND_JUNIOR: 600}),
    ],
)
def test_what_a_class_gets_for_a_term(grade: int, first_half: bool, expected: dict[Programme, int]) -> None:
    assert entitlements(grade, rules(primary=1_001, fund=4_001, share=3_000), first_half=first_half) == expected


def test_both_terms_are_the_amount_of_the_year() -> None:
    for grade in range(1, 10):
        known = rules(primary=1_000_001, fund=3_000_001, share=3_333)
        year = [sum(entitlements(grade, known, first_half=half).values()) for half in (True, False)]
        assert sum(year) == 3_000_001 + (1_000_001 if grade <= 6 else 0)


def test_a_class_counts_from_the_least_number_of_days_on() -> None:
    short, enough = a_class(days=59), a_class(days=60)
    found = postings([short, enough], rules(), first_half=True, posted={})
    assert {(one.facts.class_id, one.programme): one.fen for one in found} == {
        (short.class_id, Programme.PRIMARY_CLASS): 0,
        (short.class_id, Programme.PRINCIPAL_FUND): 0,
        (enough.class_id, Programme.PRIMARY_CLASS): 500_000,
        (enough.class_id, Programme.PRINCIPAL_FUND): 1_500_000,
    }


def test_a_posting_names_its_rule_versions() -> None:
    known = rules()
    found = postings([a_class(), a_class(grade=7)], known, first_half=True, posted={})
    assert [one.amount for one in found] == [
        known.primary_class, known.principal_fund, known.principal_fund, known.principal_fund,
    ]  # fmt: skip
    assert [one.share for one in found] == [None, None, known.junior_share, known.junior_share]
    lines = [line_of(uuid4(), one, starts_on=TODAY, ends_on=TODAY) for one in found]
    assert [known.junior_share.id in line for line in lines] == [False, False, True, True]
    assert all(known.least_days.id in line and known.least_minutes.id in line for line in lines)
    assert all(known.end_minute.id in line for line in lines)


def test_the_first_term_of_a_school_year_begins_in_autumn() -> None:
    assert is_first_half(TODAY.replace(month=9, day=1))
    assert not is_first_half(TODAY.replace(month=2, day=16))


def test_after_each_locked_run_what_is_posted_is_the_target() -> None:
    """Random histories of late facts: days are added and corrected away between runs, and some runs are discarded."""
    for seed in range(HISTORIES):
        chance = random.Random(seed)
        known = rules(
            primary=chance.randrange(10**7),
            fund=chance.randrange(10**7),
            share=chance.randrange(10_001),
            days=chance.randrange(1, 90),
        )
        first_half = chance.random() < 0.5
        classes = {uuid4(): (chance.randrange(1, 10), chance.randrange(100)) for _ in range(chance.randrange(1, 9))}
        posted: dict[tuple[UUID, Programme], int] = {}
        for _ in range(chance.randrange(1, 8)):
            for class_id in chance.sample(sorted(classes), k=chance.randrange(len(classes) + 1)):
                grade, days = classes[class_id]
                classes[class_id] = grade, max(0, days + chance.randrange(-50, 51))
            facts = [a_class(class_id=one, grade=grade, days=days) for one, (grade, days) in classes.items()]
            found = postings(facts, known, first_half=first_half, posted=posted)
            if chance.random() < 0.3:
                continue
            for one in found:
                key = one.facts.class_id, one.programme
                posted[key] = posted.get(key, 0) + one.fen
            for class_id, (grade, days) in classes.items():
                due = entitlements(grade, known, first_half=first_half)
                for programme, amount in due.items():
                    assert posted[class_id, programme] == (amount if days >= known.least_days.value else 0), seed
            again = postings(facts, known, first_half=first_half, posted=posted)
            assert [one.fen for one in again] == [0] * len(again), seed


def computed() -> SubsidyRun:
    run = SubsidyRun.ask("2025-autumn", "140213", by="a", at=NOW)
    with pytest.raises(SubsidyRunStateUnfit):
        run.review(by="b", at=NOW)
    found = postings([a_class()], rules(), first_half=True, posted={})
    event = run.finish(found, at=NOW)
    assert (run.total, run.lines, event.total_fen, event.district) == (2_000_000, 2, 2_000_000, "140213")
    with pytest.raises(SubsidyRunStateUnfit):
        run.finish(found, at=NOW)
    return run


def test_a_run_is_computed_reviewed_and_locked() -> None:
    run = computed()
    with pytest.raises(ReviewerComputed):
        run.review(by="a", at=NOW)
    assert run.review(by="b", at=NOW).run_id == run.id
    assert run.lock(by="a", at=NOW).total_fen == 2_000_000
    assert (run.state, run.reviewed_by, run.locked_by) == (SubsidyRunState.LOCKED, "b", "a")


def test_what_a_state_does_not_allow() -> None:
    run = computed()
    with pytest.raises(SubsidyRunStateUnfit):
        run.lock(by="b", at=NOW)
    run.review(by="b", at=NOW)
    with pytest.raises(SubsidyRunStateUnfit):
        run.review(by="b", at=NOW)
    run.lock(by="b", at=NOW)
    with pytest.raises(SubsidyRunStateUnfit):
        run.discard("x", at=NOW)
    other = computed()
    assert other.discard("录入有误", at=NOW).run_id == other.id
    assert SubsidyRun.ask("2025-autumn", None, by="a", at=NOW).discard("不再需要", at=NOW).lines == 0
    with pytest.raises(SubsidyRunStateUnfit):
        other.review(by="b", at=NOW)
