"""`/v1/grids`: versions, what moves when one comes into force, and answers for a day."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import update

from services.inspection.field.grids.domain import GridSet
from services.inspection.rounds.visits.requests import take_request
from services.inspection.stories.territory.schedule import GridCalendar
from services.inspection.stories.territory.usecases import activate_due
from services.inspection.subscriptions import hear
from shared.domain.clock import china_date, utc_now
from shared.events.registry.applications import SiteVisitRequested
from shared.events.registry.institutions import InstitutionChanged, InstitutionRegistered
from tests.inspection.conftest import World
from tests.inspection.phones import Phone
from tests.inspection.test_grid_rules import BOW_TIE, box, polygon
from tests.metrics.deliveries import deliver_all

TODAY = china_date(utc_now())
OLD = [polygon("o1", box(113, 40, 113.1, 40.1)), polygon("o2", box(113.1, 40, 113.2, 40.1))]
NEW = [
    polygon("n1", box(113, 40, 113.05, 40.1)),
    polygon("n2", box(113.05, 40, 113.1, 40.1)),
    polygon("n3", box(113.1, 40, 113.2, 40.1)),
]
UNFIT = ["succession-successor-unknown", "succession-successor-repeated"]
SUCCESSIONS = [{"code": "o1", "successors": ["n1", "n2"]}, {"code": "o2", "successors": ["n3"]}]


async def imported(world: World, features: list[Any], successions: Any = (), **query: str) -> Any:
    collection = {"type": "FeatureCollection", "features": features, "successions": list(successions)}
    return await world.bureau.post("/v1/grids/import", json=collection, params=query)


async def moves(world: World, institution: UUID) -> list[tuple[Any, ...]]:
    told = [payload for _, _, payload in await world.facts(institution)]
    return [(fact["moved_from"], fact["grid"], fact["blind_spot"], fact["cause"]) for fact in told]


async def test_a_reform_moves_institutions_and_teams(world: World) -> None:
    assert (await imported(world, OLD)).json()["vanished"] == ["g1", "g2", "g3"]
    placed = await world.institution("o1", lon=113.07, lat=40.05)
    pointless = await world.institution("o2", blind_spot="no_coordinates")
    torn = await world.institution("o1", lon=0, lat=0, blind_spot="zero_coordinates")
    for code, grid in (("t1", "o1"), ("t2", "o2")):
        formed = {"code": code, "name": code, "grids": [grid]}
        assert (await world.bureau.post("/v1/teams", json=formed)).status_code == 201
    answer = (await imported(world, NEW, SUCCESSIONS)).json()
    assert (answer["number"], answer["state"], answer["vanished"]) == (3, "in_force", [])
    assert await moves(world, placed) == [("o1", "n2", None, "grids_changed")]
    assert await moves(world, pointless) == [("o2", "n3", "no_coordinates", "succeeded")]
    assert await moves(world, torn) == [("o1", None, "several_successors", "succeeded")]
    teams = (await world.bureau.get("/v1/teams")).json()["items"]
    assert [(team["code"], team["grids"], team["version"]) for team in teams] == [("t1", [], 2), ("t2", ["n3"], 2)]
    assert [payload["grids"] for _, _, payload in await world.facts(teams[1]["id"])] == [["o2"], ["n3"]]
    spots = (await world.bureau.get("/v1/blind-spots")).json()
    assert (spots["grids_without_team"], spots["by_reason"]["several_successors"]) == (["n1", "n2"], 1)
    told = (await world.bureau.get("/v1/grids/successions", params={"code": "o1"})).json()
    assert told["current"] == ["n1", "n2"]
    assert [step["successors"] for step in told["steps"]] == [["n1", "n2"]]
    assert (await world.bureau.get("/v1/grids/successions", params={"code": "zz"})).status_code == 404


async def test_a_set_for_a_day_to_come_waits_for_it(world: World) -> None:
    await imported(world, OLD)
    institution = await world.institution("o1", lon=113.02, lat=40.05)
    first_day = TODAY + timedelta(days=3)
    answer = (await imported(world, NEW, SUCCESSIONS, valid_from=str(first_day))).json()
    assert (answer["state"], answer["valid_from"]) == ("scheduled", str(first_day))
    assert await moves(world, institution) == []
    bureau = world.bureau
    for day, codes, grid in ((TODAY, ["o1", "o2"], "o1"), (first_day, ["n1", "n2", "n3"], "n1")):
        listed = (await bureau.get("/v1/grids", params={"on": str(day)})).json()
        assert [one["code"] for one in listed["items"]] == codes
        point: dict[str, Any] = {"lon": 113.02, "lat": 40.05, "on": str(day)}
        assert (await bureau.get("/v1/grids/locate", params=point)).json()["grid"] == grid
    long_ago = await bureau.get("/v1/grids", params={"on": "2020-01-01"})
    assert (long_ago.status_code, long_ago.json()["code"]) == (404, "grids-not-found")
    early = await imported(world, NEW, valid_from=str(TODAY + timedelta(days=2)))
    assert (early.status_code, early.json()["code"]) == (409, "grid-set-out-of-order")
    versions = (await bureau.get("/v1/grids/versions")).json()
    assert [one["state"] for one in versions] == ["scheduled", "in_force", "superseded"]
    calendar = GridCalendar(world.service.app.state.settings, world.service.app.state.engine, world.sessions)
    assert await calendar.look() == 0
    dawn = datetime.combine(first_day, datetime.min.time(), UTC) - timedelta(hours=8)
    for at, due in ((dawn - timedelta(seconds=1), 0), (dawn, 1), (dawn, 0)):
        async with world.sessions.begin() as session:
            assert await activate_due(session, at=at) == due
    assert await moves(world, institution) == [("o1", "n1", None, "grids_changed")]
    assert [(kind, version) for kind, version, _ in await world.facts(answer["grid_set_id"])] == [
        ("inspection.grid_set.scheduled.v1", 1),
        ("inspection.grid_set.activated.v1", 2),
    ]


async def test_a_grid_says_its_district_version_by_version(world: World) -> None:
    west = [polygon("o1", box(113, 40, 113.1, 40.1), district="140213"), OLD[1]]
    await imported(world, west)
    listed = (await world.bureau.get("/v1/grids")).json()["items"]
    assert [(one["code"], one["district"]) for one in listed] == [("o1", "140213"), ("o2", None)]
    await imported(world, [polygon("n1", box(113, 40, 113.1, 40.1), area="140214")], district_property="area")
    assert [one["district"] for one in (await world.bureau.get("/v1/grids")).json()["items"]] == ["140214"]


async def test_each_grid_is_told_with_its_names_and_its_shape(world: World) -> None:
    streets = [polygon("o1", box(113, 40, 113.1, 40.1), name="古城街道", 英文="Gucheng"), OLD[1]]
    answer = (await imported(world, streets, name_en_property="英文")).json()
    listed = (await world.bureau.get("/v1/grids")).json()["items"]
    assert [(one["name"], one["name_en"]) for one in listed] == [("古城街道", "Gucheng"), ("街道o2", None)]
    told = [(await world.facts(uuid5(UUID(answer["grid_set_id"]), code)))[0] for code in ("o1", "o2")]
    assert {(kind, version) for kind, version, _ in told} == {("inspection.grid.published.v1", 1)}
    assert [(fact["name"], fact["name_en"]) for _, _, fact in told] == [("古城街道", "Gucheng"), ("街道o2", None)]
    assert {fact["polygon"]["type"] for _, _, fact in told} == {"Polygon"}


@pytest.mark.parametrize(
    ("features", "successions", "faults"),
    [
        ([*NEW, BOW_TIE], [], ["geometry-invalid"]),
        (NEW, [{"code": "zz", "successors": ["n1"]}], ["succession-code-unknown"]),
        (NEW, [{"code": "g1", "successors": ["zz", "zz"]}], UNFIT),
        (NEW, [{"code": "g1", "successors": ["n1"]}] * 2, ["succession-code-repeated"] * 2),
    ],
)  # fmt: skip
async def test_a_faulty_set_is_refused_as_a_whole(
    world: World, features: list[Any], successions: list[Any], faults: list[str]
) -> None:
    refused = await imported(world, features, successions)
    assert (refused.status_code, refused.json()["code"]) == (422, "grids-refused")
    assert [one["fault"] for one in refused.json()["facts"]["report"]] == faults
    taken = (await imported(world, features, successions, accept="valid")).json()
    assert (taken["accepted"], taken["vanished"]) == (3, ["g1", "g2", "g3"])
    left_out = [*taken["rejected"], *taken["rejected_successions"]]
    assert [one["fault"] for one in left_out] == faults


async def test_visits_that_wait_get_the_team_of_the_grids_that_come_into_force(world: World) -> None:
    """One to an institution without a grid, and one to an entry that is corrected afterwards."""
    await imported(world, OLD)
    assert (await world.bureau.post("/v1/teams", json={"code": "t2", "name": "t2", "grids": ["o2"]})).is_success
    lost = await world.institution(None, lon=113.15, lat=40.05)
    await hear_of(world, InstitutionRegistered)
    for number, institution in enumerate((lost, UUID(int=1))):
        asked = SiteVisitRequested(
            application_id=UUID(int=10 + number), institution_id=institution, matter="new_permit", kind="subject",
            district="140213", street=None, state="site_visit_requested", due_on=None, at=utc_now(), address="1",
            lon=None, lat=None,
        )  # fmt: skip
        async with world.sessions.begin() as session:
            await take_request(session, asked)
    assert await waiting(world) == [(None, None), (None, None)]
    await imported(world, NEW, SUCCESSIONS)
    assert await waiting(world) == [("n3", "t2"), (None, None)]
    await hear_of(world, InstitutionChanged, lon=113.15, lat=40.05, changed=["lon", "lat"])
    assert await waiting(world) == [("n3", "t2"), ("n3", "t2")]


async def waiting(world: World) -> list[tuple[str | None, str | None]]:
    items = (await world.bureau.get("/v1/visits")).json()["items"]
    return [(visit["grid"], visit["team"]) for visit in items]


ENTRY = {
    "institution_id": UUID(int=1), "name": "晨光", "uscc": None, "permit_no": None, "kind": "subject",
    "mode": "offline", "profit": "for_profit", "stages": [], "status": "active", "district": "140213", "street": None,
    "address": "1", "capacity": None, "external_ref": None,
}  # fmt: skip


async def hear_of(world: World, kind: type[InstitutionRegistered | InstitutionChanged], **said: Any) -> None:
    """The registry tells of an institution."""
    event = kind.model_validate(ENTRY | {"at": utc_now(), "lon": None, "lat": None} | said)
    async with world.sessions.begin() as session:
        await hear(session, deliver_all([event]))


async def test_the_ledger_moves_institutions_too(world: World) -> None:
    await imported(world, OLD)
    await hear_of(world, InstitutionRegistered, lon=113.05, lat=40.05)
    await hear_of(world, InstitutionChanged, lon=113.15, lat=40.05, changed=["lon"])
    await hear_of(world, InstitutionChanged, changed=["lon", "lat"])
    await hear_of(world, InstitutionChanged, address="2", changed=["address"])
    await hear_of(world, InstitutionChanged, address="2", lon=113.15, lat=39.9995, changed=["lon", "lat"])
    assert await moves(world, UUID(int=1)) == [
        (None, "o1", None, "registered"),
        ("o1", "o2", None, "relocated"),
        ("o2", "o2", "no_coordinates", "relocated"),
        ("o2", None, "no_coordinates", "relocated"),
        (None, None, "outside_every_grid", "relocated"),
    ]
    listed = (await world.bureau.get("/v1/blind-spots/targets")).json()["items"]
    assert [(one["grid"], one["nearest"], round(one["metres"])) for one in listed] == [(None, "o2", 56)]


async def test_phones_are_told_what_left_their_grids_and_keep_what_is_assigned(world: World) -> None:
    await imported(world, OLD)
    phones = {}
    for code, grid in (("t1", "o1"), ("t2", "o2")):
        formed = {"code": code, "name": code, "grids": [grid]}
        assert (await world.bureau.post("/v1/teams", json=formed)).status_code == 201
        phones[code] = Phone(world.inspector(code))
        await phones[code].enrol()
    west, east, one = {"lon": 113.05, "lat": 40.05}, {"lon": 113.15, "lat": 40.05}, str(UUID(int=1))
    await hear_of(world, InstitutionRegistered, **west)
    planned = await world.bureau.post("/v1/visits", json={"institution_id": one, "team": "t1"})
    for phone in phones.values():
        await phone.pull()
    assert set(phones["t1"].known["institutions"]) == {one}
    await hear_of(world, InstitutionChanged, **east, changed=["lon"])
    came = {code: await phone.pull() for code, phone in phones.items()}
    assert came["t1"]["departures"] == [{"institution_id": one, "grid": "o2"}]
    assert (phones["t1"].known["institutions"], set(phones["t2"].known["institutions"])) == ({}, {one})
    assert phones["t1"].known["visits"][planned.json()["id"]]["address"] == "1"
    assert came["t2"]["departures"] == []
    await hear_of(world, InstitutionChanged, **west, changed=["lon"])
    came = {code: await phone.pull() for code, phone in phones.items()}
    assert (set(phones["t1"].known["institutions"]), phones["t2"].known["institutions"]) == ({one}, {})
    assert came["t1"]["departures"] == []
    await imported(world, NEW, SUCCESSIONS)
    new = Phone(phones["t2"].client)
    await new.enrol()
    assert (await new.pull())["departures"] == [], "a phone without a past has nothing to forget"


async def test_the_worker_puts_a_set_in_force_on_its_day(world: World) -> None:
    await imported(world, OLD)
    institution = await world.institution("o1", lon=113.02, lat=40.05)
    await imported(world, NEW, SUCCESSIONS, valid_from=str(TODAY + timedelta(days=1)))
    async with world.sessions.begin() as session:  # a day goes by
        await session.execute(update(GridSet).values(valid_from=GridSet.valid_from - timedelta(days=1)))
    app, stop = world.service.app, asyncio.Event()
    running = asyncio.create_task(GridCalendar(app.state.settings, app.state.engine, world.sessions).run(stop))
    while not await moves(world, institution):
        await asyncio.sleep(0.01)
    stop.set()
    await running
    assert await moves(world, institution) == [("o1", "n1", None, "grids_changed")]


async def test_versions_of_the_past(world: World) -> None:
    answer = (await imported(world, OLD, valid_from="2026-01-01")).json()
    assert (answer["state"], answer["number"]) == ("in_force", 2)
    assert date.fromisoformat(answer["valid_from"]) == date(2026, 1, 1)
