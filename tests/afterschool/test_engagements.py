"""Outside institutions and people: who may teach, and what happens when an institution loses its standing."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.afterschool.programme.engagements.domain import (
    CheckDetails,
    FeeAbovePrice,
    Listing,
    ListingDetails,
    OutsidePerson,
    PersonNotChecked,
    PersonOfAnother,
    ProviderNotEngageable,
    ProviderNotListed,
    check_engagement,
    reasons_against,
)
from services.afterschool.programme.providers.domain import Judgement, Reason, Standing
from services.afterschool.stories.suspensions import warden
from services.afterschool.subscriptions import INBOX
from shared.data.database import new_id, open_engine
from shared.domain.clock import CHINA, china_date, utc_now
from shared.domain.dated import Withdrawn
from shared.events import Event
from shared.events.registry.institutions import InstitutionChanged, InstitutionRegistered
from shared.events.registry.permits import PermitGranted
from tests.afterschool.conftest import World
from tests.metrics.deliveries import deliver

AT = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
TODAY = date(2026, 9, 1)
DAY = timedelta(days=1)
GOOD = Judgement(standing=Standing.IN_FORCE, may_be_engaged=True, reasons=[Reason.PERMIT_IN_FORCE])
SUSPENDED = Judgement(standing=Standing.SUSPENDED, may_be_engaged=False, reasons=[Reason.PERMIT_SUSPENDED])
INSTITUTION = uuid4()
MONDAY = {"weekday": 1, "number": 1, "starts_at": "16:30", "ends_at": "17:30"}


def a_listing(**more: Any) -> Listing:
    said: dict[str, Any] = {"institution_id": INSTITUTION, "district": "140213", "price": 5000, "source": "公告"}
    return Listing.enter(ListingDetails(**said | {"valid_from": TODAY} | more), at=AT)[0]


def a_person(institution: UUID = INSTITUTION) -> OutsidePerson:
    person, _ = OutsidePerson.enter(institution, at=AT)
    person.check(CheckDetails(checked_on=TODAY, valid_to=TODAY + 9 * DAY, reference="1"), at=AT)
    return person


def test_an_institution_on_the_list_teaches_up_to_its_price() -> None:
    check_engagement(GOOD, [a_listing()], a_person(), institution_id=INSTITUTION, fee=5000, on=TODAY)
    check_engagement(GOOD, [a_listing(valid_to=TODAY)], None, institution_id=INSTITUTION, fee=0, on=TODAY)


@pytest.mark.parametrize(
    ("judgement", "listings", "person", "fee", "refusal"),
    [
        (SUSPENDED, [a_listing()], None, 0, ProviderNotEngageable),
        (GOOD, [], None, 0, ProviderNotListed),
        (GOOD, [a_listing(valid_from=TODAY + DAY)], None, 0, ProviderNotListed),
        (GOOD, [a_listing(valid_from=TODAY - 2 * DAY, valid_to=TODAY - DAY)], None, 0, ProviderNotListed),
        (GOOD, [a_listing()], None, 5001, FeeAbovePrice),
        (GOOD, [a_listing()], a_person(uuid4()), 0, PersonOfAnother),
        (GOOD, [a_listing()], OutsidePerson.enter(INSTITUTION, at=AT)[0], 0, PersonNotChecked),
    ],
)
def test_what_forbids_an_engagement(
    judgement: Judgement, listings: list[Listing], person: OutsidePerson | None, fee: int, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        check_engagement(judgement, listings, person, institution_id=INSTITUTION, fee=fee, on=TODAY)


def test_all_that_ends_an_engagement_is_named() -> None:
    assert reasons_against(GOOD, [a_listing()], a_person(), on=TODAY) == []
    assert reasons_against(GOOD, [a_listing()], None, on=TODAY + 99 * DAY) == []
    assert reasons_against(SUSPENDED, [a_listing(valid_to=TODAY)], a_person(), on=TODAY + 10 * DAY) == [
        "permit-suspended",
        "provider-not-listed",
        "person-not-checked",
    ]


def test_who_is_struck_is_struck_once() -> None:
    listing = a_listing()
    assert listing.strike("停业", by="bureau-1", at=AT).institution_id == INSTITUTION
    assert not listing.holds(TODAY)
    with pytest.raises(Withdrawn):
        listing.strike("停业", by="bureau-1", at=AT)


async def tell(world: World, *events: tuple[Event, UUID, int]) -> None:
    async with world.service.sessions.begin() as session:
        await INBOX.handle(session, [deliver(event, key=key, sequence=number) for event, key, number in events])


def entry(institution: UUID, status: str = "active") -> dict[str, Any]:
    return {
        "institution_id": institution, "name": "晨光", "uscc": None, "permit_no": None, "kind": "non_subject",
        "mode": "offline", "profit": "non_profit", "stages": [], "status": status, "district": "140213",
        "street": "140213050", "address": "1", "lon": None, "lat": None, "capacity": None, "external_ref": None,
        "at": utc_now(),
    }  # fmt: skip


def permit(institution: UUID) -> PermitGranted:
    today = china_date(utc_now())
    said: dict[str, Any] = {
        "permit_id": new_id(), "institution_id": institution, "number": "1", "kind": "non_subject", "stages": [],
        "subjects": [], "site": "1", "valid_from": today - 9 * DAY, "valid_to": today + 300 * DAY,
        "suspended_from": None, "suspended_until": None, "ended_on": None, "ending": None, "at": utc_now(),
        "district": "140213", "street": None, "application_id": new_id(), "version": 1, "status": "in_force",
    }  # fmt: skip
    return PermitGranted.model_validate({name: said.get(name) for name in PermitGranted.model_fields})


def course(world: World, **more: Any) -> dict[str, Any]:
    return {
        "school_id": world.schools["140213"], "name": "击剑", "category": "sunshine_sports", "term": "2026-autumn",
        "capacity": 2, "opens_at": (utc_now() - DAY).isoformat(), "closes_at": (utc_now() + DAY).isoformat(), **more,
    }  # fmt: skip


async def test_a_suspension_freezes_the_offerings_and_proposes_others(world: World) -> None:
    institution, today = new_id(), china_date(utc_now())
    granted = permit(institution)
    await tell(world, (InstitutionRegistered(**entry(institution)), institution, 1), (granted, granted.permit_id, 1))
    taught: dict[str, Any] = {"provider_id": str(institution), "periods": [MONDAY], "fee": 3000}
    refused = await world.staff().post("/v1/offerings", json=course(world, **taught))
    assert (refused.status_code, refused.json()["code"]) == (409, "provider-not-listed"), refused.text
    listing = {"institution_id": str(institution), "district": "140213", "price": 3000, "valid_from": str(today)}
    officer = world.officer("140213")
    assert (await officer.post("/v1/white-list", json=listing | {"source": "公告"})).status_code == 201
    elsewhere = await officer.post("/v1/white-list", json=listing | {"source": "x", "district": "140214"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "outside-your-county")
    again = await officer.post("/v1/white-list", json=listing | {"source": "公告"})
    assert (again.status_code, again.json()["code"]) == (409, "listed-already")
    offering, other = await world.offering(2, **taught), await world.offering(5, periods=[MONDAY])
    seated = await world.ask(offering["id"], "a")

    await tell(world, (InstitutionChanged(**entry(institution, "suspended"), changed=["status"]), institution, 2))
    frozen = await world.state(offering["id"])
    assert frozen["frozen_for"] == "institution-not-active"
    assert (await world.state(other["id"]))["frozen_at"] is None
    asked = await world.request(offering["id"], "b")
    assert (asked.status_code, asked.json()["code"]) == (409, "offering-frozen")
    told = (await world.staff().get(f"/v1/offerings/{offering['id']}/affected")).json()
    assert told["children"] == [{"id": seated["id"], "student_id": seated["student_id"], "state": "enrolled"}]
    assert told["substitutes"] == [other["id"]]
    await tell(world, (InstitutionChanged(**entry(institution), changed=["status"]), institution, 3))
    opened = await world.staff().post(f"/v1/offerings/{offering['id']}/unfreezing")
    assert (opened.status_code, opened.json()["frozen_at"]) == (200, None)
    twice = await world.staff().post(f"/v1/offerings/{offering['id']}/unfreezing")
    assert (twice.status_code, twice.json()["code"]) == (409, "offering-not-frozen")
    assert (await world.request(offering["id"], "b")).status_code == 201


LAST = china_date(utc_now()) + 9 * DAY
"""The last day of whatever ends in the next tests."""


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ({"permit": LAST}, "permit-expired"),
        ({"listing": LAST}, "provider-not-listed"),
        ({"check": LAST}, "person-not-checked"),
        ({"permit": LAST, "listing": LAST, "check": LAST}, "permit-expired provider-not-listed person-not-checked"),
        ({}, None),
    ],
)
async def test_what_ends_by_its_date_freezes_the_offering_after_its_last_day(
    world: World, monkeypatch: pytest.MonkeyPatch, ends: dict[str, date], code: str | None
) -> None:
    institution, today, later = new_id(), china_date(utc_now()), LAST + 300 * DAY
    granted = permit(institution).model_copy(update={"valid_to": ends.get("permit", later)})
    await tell(world, (InstitutionRegistered(**entry(institution)), institution, 1), (granted, granted.permit_id, 1))
    officer = world.officer("140213")
    listing = {"institution_id": str(institution), "district": "140213", "price": 3000, "valid_from": str(today)}
    listing |= {"valid_to": str(ends.get("listing", later)), "source": "公告"}
    assert (await officer.post("/v1/white-list", json=listing)).status_code == 201
    person = {"institution_id": str(institution), "name": "外聘教师"}
    taught_by = (await world.staff().post("/v1/outside-persons", json=person)).json()["id"]
    check = {"checked_on": str(today), "valid_to": str(ends.get("check", later)), "reference": "1"}
    assert (await officer.post(f"/v1/outside-persons/{taught_by}/check", json=check)).status_code == 200
    engaged = {"provider_id": str(institution), "outside_person_id": taught_by, "periods": [MONDAY]}
    offering, other = await world.offering(2, **engaged), await world.offering(2, periods=[MONDAY])
    seated = await world.ask(offering["id"], "a")

    settings = world.service.app.state.settings
    engine = open_engine(settings)
    try:
        watching = warden.Warden(settings, engine, world.service.sessions)
        midnight = datetime.combine(LAST + DAY, time(), CHINA)
        monkeypatch.setattr(warden, "utc_now", lambda: midnight - timedelta(minutes=1))
        assert await watching.look() == 0
        assert (await world.state(offering["id"]))["frozen_at"] is None
        monkeypatch.setattr(warden, "utc_now", lambda: midnight + timedelta(minutes=1))
        expected = 0 if code is None else 1
        assert await watching.look() == expected
        assert await watching.look() == 0
        again = warden.Warden(settings, engine, world.service.sessions)
        assert await again.look() == 0, "another worker finds nothing left to do"
    finally:
        await engine.dispose()
    assert (await world.state(offering["id"]))["frozen_for"] == code
    assert (await world.state(other["id"]))["frozen_at"] is None
    facts = [kind for kind, _ in await world.facts(offering["id"]) if kind == "afterschool.offering.frozen.v1"]
    assert len(facts) == expected
    told = (await world.staff().get(f"/v1/offerings/{offering['id']}/affected")).json()
    assert [child["id"] for child in told["children"]] == [seated["id"]]


async def test_an_offering_of_a_past_term_is_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    institution, today = new_id(), china_date(utc_now())
    granted = permit(institution)
    await tell(world, (InstitutionRegistered(**entry(institution)), institution, 1), (granted, granted.permit_id, 1))
    listing = {"institution_id": str(institution), "district": "140213", "price": 0, "valid_from": str(today)}
    listed = await world.officer("140213").post("/v1/white-list", json=listing | {"source": "公告"})
    offering = await world.offering(2, provider_id=str(institution))
    struck = await world.officer("140213").post(f"/v1/white-list/{listed.json()['id']}/strike", json={"reason": "停业"})
    assert struck.status_code == 200, struck.text
    settings = world.service.app.state.settings
    engine = open_engine(settings)
    try:
        watching = warden.Warden(settings, engine, world.service.sessions)
        monkeypatch.setattr(warden, "utc_now", lambda: utc_now() + 90 * DAY)
        assert await watching.look() == 0
        monkeypatch.setattr(warden, "utc_now", utc_now)
        assert await watching.look() == 1, "an entry that was struck counts as ended"
    finally:
        await engine.dispose()
    assert (await world.state(offering["id"]))["frozen_for"] == "provider-not-listed"


async def test_a_person_from_outside_is_checked(world: World) -> None:
    institution = new_id()
    await tell(world, (InstitutionRegistered(**entry(institution)), institution, 1))
    person = {"institution_id": str(institution), "name": "外聘教师", "phone": "13800000000"}
    entered = (await world.staff().post("/v1/outside-persons", json=person)).json()
    assert (entered["checked_on"], "外聘教师" in str(entered)) == (None, False)
    today = china_date(utc_now())
    check = {"checked_on": str(today), "valid_to": str(today + 365 * DAY), "reference": "公安查询 2026-1"}
    url = f"/v1/outside-persons/{entered['id']}/check"
    done = await world.officer("140213").post(url, json=check)
    assert (done.status_code, done.json()["reference"]) == (200, "公安查询 2026-1")
    assert (await world.staff().post(url, json=check)).status_code == 403
    alone = await world.staff().post("/v1/offerings", json=course(world, outside_person_id=entered["id"]))
    assert (alone.status_code, alone.json()["code"]) == (422, "provider-missing")


async def test_a_teacher_and_a_room_are_in_one_place(world: World) -> None:
    teacher = {"school_id": world.schools["140213"], "name": "张三", "valid_from": "2026-01-01"}
    one = (await world.staff().post("/v1/teachers", json=teacher)).json()["id"]
    await world.offering(5, periods=[MONDAY], teacher_id=one, room="音乐室")
    for more in ({"teacher_id": one}, {"room": "音乐室"}):
        refused = await world.staff().post("/v1/offerings", json=course(world, periods=[MONDAY], **more))
        assert (refused.status_code, refused.json()["code"]) == (409, "time-clash")
    shifted = MONDAY | {"starts_at": "16:40", "ends_at": "17:40", "number": 2}
    odd = await world.staff().post("/v1/offerings", json=course(world, periods=[shifted]))
    assert (odd.status_code, odd.json()["code"]) == (409, "period-inconsistent")
    missing = await world.staff().post("/v1/offerings", json=course(world, teacher_id=str(uuid4())))
    assert (missing.status_code, missing.json()["code"]) == (404, "teacher-not-found")
