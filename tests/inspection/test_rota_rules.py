"""Who is there on which day; every transition of an entry and each refused one."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from services.inspection.field.rotas.domain import (
    AbsenceDetails,
    DutyDetails,
    RotaEntry,
    RotaEntryCancelled,
    RotaOverlap,
    RotaSpanTooLong,
    roster,
)
from services.inspection.field.teams.domain import Inspector
from shared.data.database import new_id

AT = datetime(2026, 3, 2, tzinfo=UTC)
TEAM = new_id()
MONDAY, TUESDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 8)


def person(subject: str, expires_on: date | None = SUNDAY) -> Inspector:
    return Inspector(subject=subject, name=subject, certificate_no="晋1", certificate_expires_on=expires_on)


def said(first: date, last: date, subject: str = "a", **more: Any) -> dict[str, Any]:
    return {"subject": subject, "first_day": first, "last_day": last, **more}


def duty(first: date, last: date, subject: str = "a", beside: Any = (), **more: Any) -> RotaEntry:
    details = DutyDetails(**said(first, last, subject, **more))
    return RotaEntry.assign(TEAM, details, beside, by="leader", at=AT)[0]


def absence(first: date, last: date, subject: str = "a", beside: Any = ()) -> RotaEntry:
    details = AbsenceDetails(**said(first, last, subject, reason="病假"))
    return RotaEntry.note_absence(TEAM, details, beside, by="leader", at=AT)[0]


def test_overlaps_of_one_person_are_refused() -> None:
    standing = [duty(MONDAY, SUNDAY)]
    with pytest.raises(RotaOverlap) as refused:
        duty(SUNDAY, date(2026, 3, 20), beside=standing)
    assert refused.value.facts == {"day": SUNDAY}
    duty(date(2026, 3, 9), date(2026, 3, 20), beside=standing)
    duty(MONDAY, SUNDAY, "b", beside=standing)
    with pytest.raises(RotaOverlap):
        absence(MONDAY, MONDAY, beside=[absence(MONDAY, TUESDAY)])
    absence(MONDAY, MONDAY, beside=standing)


def test_weekdays_may_interlock() -> None:
    standing = [duty(MONDAY, SUNDAY, weekdays=[1, 3, 5])]
    assert duty(MONDAY, SUNDAY, beside=standing, weekdays=[2, 2, 4]).weekdays == [2, 4]
    with pytest.raises(RotaOverlap):
        duty(MONDAY, SUNDAY, beside=standing, weekdays=[4, 5])


@pytest.mark.parametrize(("first", "last"), [(TUESDAY, MONDAY), (MONDAY, date(2027, 3, 3))])
def test_days_in_order_and_a_year_at_most(first: date, last: date) -> None:
    with pytest.raises(ValidationError):
        DutyDetails(**said(first, last))
    with pytest.raises(RotaSpanTooLong):
        roster([], [], keeps_rota=False, first=first, last=last)


def test_cancelled_it_counts_for_nothing_and_only_once() -> None:
    for entry, kind in ((duty(MONDAY, SUNDAY), "DutyCancelled"), (absence(MONDAY, SUNDAY), "AbsenceCancelled")):
        assert type(entry.cancel(at=AT)).__name__ == kind
        assert not entry.holds(MONDAY)
        duty(MONDAY, SUNDAY, beside=[entry])
        with pytest.raises(RotaEntryCancelled):
            entry.cancel(at=AT)


def days(*entries: RotaEntry, keeps_rota: bool = True) -> list[tuple[str, str, bool]]:
    members = [person("a"), person("b", MONDAY), person("c", None)]
    found = roster(members, entries, keeps_rota=keeps_rota, first=MONDAY, last=TUESDAY)
    return [("".join(one.subject for one in day.present), "".join(day.absent), day.two_certified) for day in found]


def test_two_certified_officers_are_there_or_not() -> None:
    assert days(keeps_rota=False) == [("abc", "", True), ("abc", "", False)]
    assert days(absence(MONDAY, MONDAY, "b"), keeps_rota=False) == [("ac", "b", False), ("abc", "", False)]
    assert days(duty(MONDAY, TUESDAY, "a"), duty(MONDAY, MONDAY, "b")) == [("ab", "", True), ("a", "", False)]
    assert days(duty(MONDAY, TUESDAY, "a"), duty(MONDAY, TUESDAY, "gone")) == [("a", "", False)] * 2
    assert days(duty(MONDAY, TUESDAY, "a"), absence(TUESDAY, SUNDAY)) == [("a", "", False), ("", "a", False)]
