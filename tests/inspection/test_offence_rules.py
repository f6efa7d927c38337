"""Versions of an offence follow one another; what the catalogue begins with is complete."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from services.inspection.rulebook.offences import seed
from services.inspection.rulebook.offences.domain import (
    Offence,
    OffenceBeginsPast,
    OffenceContent,
    OffenceEndPast,
    OffenceEndsAlready,
    OffenceOverlaps,
    PenaltyRule,
    columns,
    unbroken,
)
from shared.data.database import new_id
from shared.domain.dated import Withdrawn
from shared.events.inspection.offences import OffenceContinued, OffenceRepealed, OffenceWithdrawn

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)


def content(**more: Any) -> OffenceContent:
    body: dict[str, Any] = {
        "code": "x.y", "title": "x", "law": "《x》", "article": "第一条", "text": "x", "severity": "low", "days": 3,
        "source": "x", "valid_from": TODAY,
    }  # fmt: skip
    return OffenceContent.model_validate(body | more)


def version(since: date, until: date | None = None) -> Offence:
    return Offence(id=new_id(), version=0, valid_to=until, **columns(content(valid_from=since)))


def test_a_version_begins_today_or_later() -> None:
    offence, fact = Offence.enact(content(), at=AT)
    assert (fact.code, fact.clause, fact.days, offence.penal) == ("x.y", "《x》第一条", 3, False)
    with pytest.raises(OffenceBeginsPast):
        Offence.enact(content(valid_from=date(2026, 3, 1)), at=AT)


def test_the_one_before_ends_the_day_before() -> None:
    before = version(date(2021, 1, 1))
    fact = before.give_way(version(date(2026, 4, 1)), at=AT)
    assert isinstance(fact, OffenceRepealed)
    assert (fact.valid_to, before.reaches(date(2026, 3, 31)), before.reaches(date(2026, 4, 1))) == (
        date(2026, 3, 31), True, False,
    )  # fmt: skip
    assert version(date(2021, 1, 1), date(2022, 1, 1)).give_way(version(date(2026, 4, 1)), at=AT) is None
    with pytest.raises(OffenceOverlaps):
        version(date(2026, 4, 1)).give_way(version(date(2026, 4, 1)), at=AT)


@pytest.mark.parametrize("until", [None, date(2026, 12, 31)])
def test_a_withdrawn_version_hands_the_last_day_back(until: date | None) -> None:
    before, after = version(date(2021, 1, 1), until), version(date(2026, 4, 1))
    before.give_way(after, at=AT)
    fact = after.withdraw("录入有误", by="b", at=AT)
    assert isinstance(fact, OffenceWithdrawn)
    assert (fact.code, after.reaches(date(2026, 4, 1))) == ("x.y", False)
    told = before.continue_after(after, at=AT)
    assert isinstance(told, OffenceContinued)
    assert (told.valid_to, before.valid_to) == (until, until)
    with pytest.raises(Withdrawn):
        after.repeal(date(2026, 5, 1), at=AT)


def test_a_last_day_that_was_decided_since_stays() -> None:
    before, after = version(date(2021, 1, 1)), version(date(2026, 4, 1))
    before.give_way(after, at=AT)
    before.repeal(date(2026, 3, 10), at=AT)
    after.withdraw("录入有误", by="b", at=AT)
    assert before.continue_after(after, at=AT) is None
    assert before.valid_to == date(2026, 3, 10)


def test_a_version_gets_its_last_day() -> None:
    offence = version(date(2021, 1, 1))
    with pytest.raises(OffenceEndPast):
        offence.repeal(date(2026, 3, 1), at=AT)
    assert offence.repeal(TODAY, at=AT).valid_to == TODAY
    with pytest.raises(OffenceEndsAlready):
        offence.repeal(date(2026, 3, 3), at=AT)


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "fine"},
        {"kind": "warning", "max_fen": 1},
        {"kind": "fine", "max_fen": 1, "max_times": 1},
        {"kind": "fine", "min_fen": 2, "max_fen": 1},
        {"kind": "fine", "min_fen": 1, "max_times": 1},
    ],
)
def test_a_fine_has_one_range_and_nothing_else_has_one(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PenaltyRule.model_validate({"gravities": ["serious"], "basis": "x", **rule})


def test_codes_are_words_with_dots() -> None:
    for wrong in ("a..b", "ä", "1a", "a-b"):
        with pytest.raises(ValidationError):
            content(code=wrong)


def test_the_catalogue_begins_whole() -> None:
    rows = list(seed.rows())
    assert len({(row["code"], row["valid_from"]) for row in rows}) == len(rows)
    by_code: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_code.setdefault(row["code"], []).append(row)
    for versions in by_code.values():
        *earlier, latest = versions
        assert latest["valid_to"] is None
        assert all(one["valid_to"] == date(2023, 10, 14) and not one["penalties"] for one in earlier)
    assert {"training.forbidden_day", "prepayment.limit", "scope.unlicensed", "advertising.any"} <= set(by_code)
    verified = {row["code"] for row in rows if row["status"] == "verified"}
    assert verified == {"scope.unlicensed", "scope.disguised"}


@pytest.mark.parametrize(
    ("spans", "lasts"),
    [
        ([], False),
        ([(1, None)], True),
        ([(5, None)], False),
        ([(1, 9)], False),
        ([(6, None), (1, 5)], True),
        ([(1, 5), (7, None)], False),
        ([(1, 2), (3, 8), (9, None)], True),
    ],
)
def test_an_offence_is_in_force_on_every_day_from_one_on(spans: list[tuple[int, int | None]], lasts: bool) -> None:
    versions = [version(date(2026, 3, first), date(2026, 3, last) if last else None) for first, last in spans]
    assert unbroken(versions, since=date(2026, 3, 3)) is lasts


def test_a_checklist_with_a_last_day_needs_the_offence_until_then() -> None:
    versions = [version(date(2026, 3, 3), date(2026, 3, 31))]
    assert unbroken(versions, since=date(2026, 3, 3), until=date(2026, 3, 31))
    assert not unbroken(versions, since=date(2026, 3, 3), until=date(2026, 4, 1))
