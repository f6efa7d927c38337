"""The copy of the ledger and its permits, and whom a school may engage on which day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.afterschool.programme.providers import queries, routes
from services.afterschool.programme.providers.domain import Provider, ProviderPermit, Reason, Standing, judge
from services.afterschool.subscriptions import INBOX
from shared.events import Event
from shared.events.registry.institutions import InstitutionChanged, InstitutionMerged, InstitutionRegistered
from shared.events.registry.permits import PermitGranted, PermitRevoked, PermitSuspended, status_on
from shared.http.auth import Principal
from tests.afterschool.conftest import World
from tests.metrics.deliveries import deliver

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
HERE = "140213"


def told(institution: UUID, **more: Any) -> dict[str, Any]:
    return {
        "institution_id": institution, "name": "晨光", "uscc": None, "permit_no": None, "kind": "non_subject",
        "mode": "offline", "profit": "for_profit", "stages": [], "status": "active", "district": HERE,
        "street": "140213050", "address": "1", "lon": None, "lat": None, "capacity": None, "external_ref": None,
        "at": AT, **more,
    }  # fmt: skip


def permit(institution: UUID, **more: Any) -> dict[str, Any]:
    return {
        "permit_id": uuid4(), "institution_id": institution, "number": "教民114021370000001号", "kind": "non_subject",
        "stages": ["primary"], "subjects": [], "site": "1", "district": HERE, "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 3, 2), "suspended_from": None, "suspended_until": None, "ended_on": None,
        "ending": None, "at": AT, **more,
    }  # fmt: skip


def granted(institution: UUID, **more: Any) -> PermitGranted:
    return PermitGranted(**permit(institution, **more), application_id=uuid4())


async def hear(world: World, *events: tuple[Event, int]) -> None:
    async with world.service.sessions.begin() as session:
        await INBOX.handle(session, [deliver(event, sequence=sequence) for event, sequence in events])


def clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(routes, "utc_now", lambda: at)


async def seen(world: World, institution: UUID) -> dict[str, Any]:
    answer = await world.bureau.get(f"/v1/providers/{institution}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# -- the rule ----------------------------------------------------------------------------------------


def provider(**more: Any) -> Provider:
    return Provider(**{"kind": "non_subject", "status": "active", **more})


def paper(**days: Any) -> ProviderPermit:
    return ProviderPermit(**{"valid_from": None, "valid_to": None, **days})


BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
ON_THE_DAY: Mapping[str, Mapping[str, Any]] = {
    "in_force": {},
    "in_force from that day": {"valid_from": DAY},
    "in_force to that day": {"valid_to": DAY},
    "in_force until tomorrow": {"ended_on": AFTER, "ending": "revoked"},
    "in_force again": {"suspended_from": BEFORE, "suspended_until": DAY},
    "in_force still": {"suspended_from": AFTER, "suspended_until": AFTER + timedelta(days=9)},
    "pending": {"valid_from": AFTER},
    "expired": {"valid_to": BEFORE},
    "expired while suspended": {"valid_to": BEFORE, "suspended_from": BEFORE, "suspended_until": AFTER},
    "suspended": {"suspended_from": DAY, "suspended_until": AFTER},
    "revoked": {"ended_on": DAY, "ending": "revoked"},
    "cancelled": {"ended_on": BEFORE, "ending": "cancelled"},
}


@pytest.mark.parametrize("case", ON_THE_DAY)
def test_the_days_of_a_permit_say_what_it_is(case: str) -> None:
    assert status_on(paper(**ON_THE_DAY[case]), DAY) == case.split()[0]


@pytest.mark.parametrize(
    ("cases", "standing", "reason"),
    [
        ((), Standing.NONE, "permit-none"),
        (("pending",), Standing.NONE, "permit-pending"),
        (("expired", "pending"), Standing.LAPSED, "permit-expired"),
        (("cancelled", "revoked"), Standing.LAPSED, "permit-revoked"),
        (("revoked", "suspended"), Standing.SUSPENDED, "permit-suspended"),
        (("expired", "suspended", "in_force"), Standing.IN_FORCE, "permit-in-force"),
    ],
)
def test_the_best_permit_decides(cases: tuple[str, ...], standing: Standing, reason: str) -> None:
    judged = judge(provider(), [paper(**ON_THE_DAY[case]) for case in cases], DAY)
    assert (judged.standing, judged.may_be_engaged, judged.reasons) == (
        standing,
        standing is Standing.IN_FORCE,
        [Reason(reason)],
    )


def test_a_permit_is_not_enough() -> None:
    subject = judge(provider(kind="subject"), [paper()], DAY)
    assert (subject.may_be_engaged, subject.reasons) == (False, [Reason.SUBJECT_TRAINING])
    for status in ("applying", "suspended", "closed", "unlicensed", "merged"):
        judged = judge(provider(status=status), [paper()], DAY)
        assert (judged.may_be_engaged, judged.reasons) == (False, [Reason.NOT_ACTIVE])
    worst = judge(provider(kind="subject", status="closed"), [], DAY)
    assert worst.reasons == [Reason.PERMIT_NONE, Reason.SUBJECT_TRAINING, Reason.NOT_ACTIVE]


# -- the copy ----------------------------------------------------------------------------------------


async def test_a_permit_lapses_by_its_date_and_nobody_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one = uuid4()
    await hear(world, (InstitutionRegistered(**told(one)), 1), (granted(one), 1))
    last_minute = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)  # 23:59 in China on its last day
    clock(monkeypatch, last_minute)
    before = await seen(world, one)
    assert (before["may_be_engaged"], before["standing"], before["as_of"]) == (True, "in_force", "2026-03-02")
    clock(monkeypatch, last_minute + timedelta(minutes=1))
    after = await seen(world, one)
    assert (after["may_be_engaged"], after["standing"], after["as_of"]) == (False, "lapsed", "2026-03-03")
    assert [reason["code"] for reason in after["reasons"]] == ["permit-expired"]
    assert after["permits"][0] | {"status": "expired", "valid_to": "2026-03-02"} == after["permits"][0]
    for standing, listed in (("lapsed", 1), ("in_force", 0)):
        answer = await world.bureau.get("/v1/providers", params={"standing": standing})
        assert len(answer.json()["items"]) == listed


async def test_a_revocation_reaches_the_school_and_nothing_older_undoes_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock(monkeypatch, AT)
    one = uuid4()
    await hear(world, (InstitutionRegistered(**told(one)), 1))
    licence = granted(one)
    await hear(world, (licence, 1))
    assert (await seen(world, one))["may_be_engaged"]
    ended = permit(one, permit_id=licence.permit_id, ended_on=DAY, ending="revoked")
    await hear(world, (PermitRevoked(**ended, cause="x", legal_basis="y", notice_id=uuid4()), 2))
    for _ in range(2):
        now = await seen(world, one)
        assert (now["may_be_engaged"], [reason["code"] for reason in now["reasons"]]) == (False, ["permit-revoked"])
        await hear(world, (licence, 1), (InstitutionRegistered(**told(one, name="旧")), 1))
    assert now["name"] == "晨光"


async def test_a_permit_may_be_told_of_before_its_institution(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, AT)
    one = uuid4()
    licence = granted(one)
    resting = permit(one, permit_id=licence.permit_id, suspended_from=DAY, suspended_until=AFTER)
    await hear(world, (licence, 1), (PermitSuspended(**resting, cause="x", legal_basis="y"), 2))
    assert (await world.bureau.get(f"/v1/providers/{one}")).status_code == 404
    changed = InstitutionChanged(**told(one, status="suspended"), changed=["status"])
    await hear(world, (InstitutionRegistered(**told(one)), 1), (changed, 2))
    now = await seen(world, one)
    assert (now["standing"], now["status"], now["may_be_engaged"]) == ("suspended", "suspended", False)
    assert [reason["code"] for reason in now["reasons"]] == ["permit-suspended", "institution-not-active"]


@pytest.mark.parametrize("backwards", [False, True])
async def test_what_is_merged_goes_on_as_another(
    world: World, monkeypatch: pytest.MonkeyPatch, backwards: bool
) -> None:
    """A chain of mergers, told in either order: the file is where it ends."""
    clock(monkeypatch, AT)
    first, second, last = ids = sorted(uuid4() for _ in range(3))
    expired = granted(first, valid_to=BEFORE)
    await hear(world, *((InstitutionRegistered(**told(one)), 1) for one in ids), (expired, 1))
    mergers = [
        (InstitutionMerged(**told(first, status="merged"), merged_into=second), 2),
        (InstitutionMerged(**told(second, status="merged"), merged_into=last), 2),
    ]
    for merger in reversed(mergers) if backwards else mergers:
        await hear(world, merger)
    listed = (await world.bureau.get("/v1/providers")).json()["items"]
    assert [item["institution_id"] for item in listed] == [str(last)]
    assert (await world.bureau.get("/v1/providers", params={"standing": "lapsed"})).json()["items"] == listed
    assert [one["permit_id"] for one in listed[0]["permits"]] == [str(expired.permit_id)]
    gone = await seen(world, first)
    assert (gone["merged_into"], gone["may_be_engaged"]) == (str(last), False)


async def test_the_database_and_the_rule_say_the_same_of_every_pair_of_permits(world: World) -> None:
    events: list[tuple[Event, int]] = []
    for cases in product(["none", *ON_THE_DAY], repeat=2):
        one = uuid4()
        events.append((InstitutionRegistered(**told(one)), 1))
        for case in cases:
            if case != "none":
                days = {"valid_from": None, "valid_to": None, **ON_THE_DAY[case]}
                events.append((granted(one, **days), 1))
    await hear(world, *events)
    caller = Principal("x", frozenset({"bureau"}))
    async with world.service.sessions() as session:
        found: dict[Standing | None, dict[UUID, Provider]] = {}
        for standing in (None, *Standing):
            rows = await queries.providers(
                session, caller, district=None, standing=standing, on=DAY, after=None, limit=999
            )
            found[standing] = {row.institution_id: row for row in rows}
        permits = await queries.permits_of(session, list(found[None]))
        for standing in Standing:
            judged = {one for one, row in found[None].items() if judge(row, permits[one], DAY).standing is standing}
            assert judged == found[standing].keys()
            assert judged


async def test_everybody_sees_what_is_within_reach(world: World) -> None:
    own, other = sorted(uuid4() for _ in range(2))
    await hear(
        world,
        (InstitutionRegistered(**told(own)), 1),
        (InstitutionRegistered(**told(other, district="140214", street=None)), 1),
    )
    reaches = {
        world.bureau: {own, other},
        world.guardian(): {own, other},
        world.staff(): {own, other},
        world.service("auditor"): {own, other},
        world.officer(HERE): {own},
        world.service("district_officer", district=HERE, street="140213050"): {own},
        world.service("district_officer", district=HERE, street="140213051"): set(),
        world.service("district_officer", district="140214", street="140214001"): {other},
        world.service("district_officer", district="140299"): set(),
    }
    for client, expected in reaches.items():
        listed = (await client.get("/v1/providers")).json()["items"]
        assert {UUID(item["institution_id"]) for item in listed} == expected
        for one in (own, other):
            answer = await client.get(f"/v1/providers/{one}")
            assert answer.status_code == (200 if one in expected else 404)
    for role in ("inspector", "operator"):
        assert (await world.service(role).get("/v1/providers")).status_code == 403


async def test_the_list_is_paged_and_filtered(world: World) -> None:
    more = sorted(uuid4() for _ in range(3))
    await hear(world, *((InstitutionRegistered(**told(one, district="140215")), 1) for one in [*more]))
    await hear(world, (InstitutionRegistered(**told(uuid4())), 1))
    asked = {"district": "140215", "standing": "none", "limit": "2"}
    first = (await world.bureau.get("/v1/providers", params=asked)).json()
    rest = (await world.bureau.get("/v1/providers", params={**asked, "cursor": first["next_cursor"]})).json()
    assert [item["institution_id"] for item in first["items"] + rest["items"]] == [str(one) for one in more]
    assert rest["next_cursor"] is None
