"""One small world per service, with a real object for every operation, all of it in scope of the people named in
`asks.py`."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, update

from services.afterschool.providers.domain import Provider
from services.inspection.targets.domain import Target
from services.metrics.rebuilds.domain import Rebuild, RebuildState
from services.metrics.subscriptions import INBOX
from shared.database import new_id
from shared.events import Event
from shared.events.inspection import CampaignLaunched
from shared.events.registry import InstitutionRegistered
from tests.edge.asks import HERE, NOW, STREET, Ask, Build, World, imports, made
from tests.edge.operations import MAKERS, OPERATIONS
from tests.edge.registry_world import registry
from tests.infrastructure import ScratchDatabase
from tests.metrics.deliveries import deliver_all
from tests.services import Service, running


def _square(code: str, west: float) -> dict[str, Any]:
    ring = [[west, 40.0], [west + 0.1, 40.0], [west + 0.1, 40.1], [west, 40.1], [west, 40.0]]
    return {
        "type": "Feature",
        "properties": {"code": code, "name": code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


async def inspection(service: Service) -> World:
    bureau, inspector = service("bureau"), service("inspector", district=HERE, team="team-01")
    grids = {"type": "FeatureCollection", "features": [_square("g1", 113.0), _square("g2", 113.1)]}
    assert (await bureau.post("/v1/grids/import", json=grids)).status_code == 201
    team = {"code": "team-01", "name": "一组", "district": HERE, "grids": ["g1"], "members": []}
    team_id = await made(bureau, "/v1/teams", json=team)
    institution = await _target(service, "g1")
    plan = {"institution_id": institution, "team": "team-01"}
    campaign = {"name": "春季", "scope": {"districts": [HERE]}, "starts_on": "2026-03-01", "ends_on": "2026-04-01"}
    officer = service("district_officer", district=HERE)
    draft, launched, ended = [await made(officer, "/v1/campaigns", json=campaign) for _ in range(3)]
    for one in (launched, ended):
        await made(officer, f"/v1/campaigns/{one}/launch")
    visits = [await made(bureau, "/v1/visits", json=plan) for _ in range(3)]
    for visit in visits[1:]:
        await made(inspector, f"/v1/visits/{visit}/start")
    await made(inspector, f"/v1/visits/{visits[2]}/submission", json={"outcome": "inspected"})
    reason = await made(bureau, "/v1/visits", json=plan | {"campaign_id": ended})
    await made(inspector, f"/v1/visits/{reason}/start")
    await made(inspector, f"/v1/visits/{reason}/submission", json={"outcome": "inspected"})
    breach = {"institution_id": institution, "severity": "low", "description": "无公示"}
    violations = [await made(bureau, "/v1/violations", json=breach) for _ in range(3)]
    for violation in violations[1:]:
        await made(bureau, f"/v1/violations/{violation}/rectification-order", json={"requirement": "公示"})
    await made(inspector, f"/v1/violations/{violations[2]}/rectification", json={"statement": "已公示"})
    past = {"file": ("visits.csv", b"external_ref,outcome,visited_on\na,inspected,2026-01-05\n")}
    started = await made(service("district_officer", district=HERE), "/v1/imports", files=past)
    return World(
        service,
        {
            "import_grids": Ask(body=grids, query={"source": "test", "accept": "valid"}),
            "list_grids": Ask(query={"geometry": "true"}),
            "list_grid_versions": Ask(),
            "locate": Ask(query={"lon": "113.05", "lat": "40.05"}),
            "form_team": Ask(body=team | {"code": "team-02", "grids": ["g2"]}),
            "list_teams": Ask(shows=team_id),
            "get_team": Ask({"team_id": team_id}, shows=team_id),
            "change_team": Ask({"team_id": team_id}, body={"name": "一组二"}),
            "get_blind_spots": Ask(),
            "list_blind_targets": Ask(shows=await _target(service, None)),
            "list_unvisited_targets": Ask(query={"days": "30"}, shows=await _target(service, "g1")),
            "plan_campaign": Ask(body=campaign | {"purpose": "年检"}),
            "list_campaigns": Ask(shows=draft),
            "get_campaign": Ask({"campaign_id": draft}, shows=draft),
            "launch_campaign": Ask({"campaign_id": draft}),
            "close_campaign": Ask({"campaign_id": ended}),
            "get_coverage": Ask({"campaign_id": launched}, shows=launched),
            "list_campaign_targets": Ask({"campaign_id": launched}, shows=institution),
            "plan_visit": Ask(body=plan | {"note": "年检", "visit_type": "routine"}),
            "list_visits": Ask(shows=visits[0]),
            "get_visit": Ask({"visit_id": visits[0]}, shows=visits[0]),
            "start_visit": Ask({"visit_id": visits[0]}, body={"inspectors": ["colleague"]}),
            "submit_visit": Ask({"visit_id": visits[1]}, body={"outcome": "inspected", "score": 90, "note": "好"}),
            "review_visit": Ask({"visit_id": visits[2]}, body={"accepted": True, "note": "好"}),
            "report_violation": Ask(body=breach | {"clause": "第三条"}),
            "list_violations": Ask(shows=violations[0]),
            "get_violation": Ask({"violation_id": violations[0]}, shows=violations[0]),
            "order_rectification": Ask({"violation_id": violations[0]}, body={"requirement": "公示"}),
            "rectify_violation": Ask({"violation_id": violations[1]}, body={"statement": "已公示"}),
            "verify_violation": Ask({"violation_id": violations[2]}, body={"holds": True, "note": "好"}),
        }
        | imports(started, past),
        institution=institution,
    )


async def _target(service: Service, grid: str | None) -> str:
    """An institution as the registry's events would have left it here."""
    row = {
        "institution_id": new_id(),
        "version": 1,
        "name": "晨光",
        "address": "1 号",
        "kind": "subject",
        "status": "active",
        "district": HERE,
        "street": STREET,
        "grid": grid,
        "blind_spot": None if grid else "no_coordinates",
        "visits": 0,
    }
    async with service.sessions.begin() as session:
        await session.execute(insert(Target), [row])
    return str(row["institution_id"])


async def afterschool(service: Service) -> World:
    bureau, guardian = service("bureau"), service("guardian", subject="guardian-1")
    place = {"name": "第一小学", "stage": "primary", "district": HERE, "street": STREET}
    school = await made(bureau, "/v1/schools", json=place | {"code": "school-1"})
    course = {
        "school_id": school,
        "name": "合唱",
        "category": "artistic_cultivation",
        "term": "2026-autumn",
        "capacity": 1,
        "opens_at": (NOW - timedelta(days=1)).isoformat(),
        "closes_at": (NOW + timedelta(days=9)).isoformat(),
    }
    offering = await made(bureau, "/v1/offerings", json=course)
    full = await made(bureau, "/v1/offerings", json=course)
    child = {"offering_id": offering, "student_id": str(uuid4())}
    another = child | {"offering_id": full}
    provider = await _provider(service)
    enrolled = await made(guardian, "/v1/enrolments", json=child)
    _, waiting = [
        await made(guardian, "/v1/enrolments", json={"offering_id": full, "student_id": str(uuid4())}) for _ in range(2)
    ]
    return World(
        service,
        {
            "register_school": Ask(body=place | {"code": "school-2"}),
            "list_schools": Ask(shows=school),
            "get_school": Ask({"school_id": school}, shows=school),
            "publish_offering": Ask(body=course),
            "list_offerings": Ask(shows=offering),
            "get_offering": Ask({"offering_id": offering}, shows=offering),
            "change_offering": Ask({"offering_id": offering}, body={"capacity": 2, "reason": "room"}),
            "enrol_student": Ask(
                body=another, instead={"school_staff": {"body": another | {"guardian": "guardian-1"}}}
            ),
            "list_enrolments": Ask(shows=enrolled),
            "get_enrolment": Ask({"enrolment_id": enrolled}, shows=enrolled),
            "withdraw_enrolment": Ask({"enrolment_id": enrolled}, body={"reason": "moved away"}),
            "list_waiting": Ask(query={"offering": full}, shows=waiting),
            "list_providers": Ask(query={"standing": "none"}, shows=provider),
            "get_provider": Ask({"institution_id": provider}, shows=provider),
        },
        school=school,
    )


async def _provider(service: Service) -> str:
    """An institution as the registry's events would have left it here."""
    row = {
        "institution_id": new_id(),
        "name": "晨光",
        "kind": "non_subject",
        "status": "active",
        "district": HERE,
        "street": STREET,
        "sequence": 1,
    }
    async with service.sessions.begin() as session:
        await session.execute(insert(Provider), [row])
    return str(row["institution_id"])


async def metrics(service: Service) -> World:
    institution, campaign, school = new_id(), new_id(), str(new_id())
    await _count(
        service,
        InstitutionRegistered(
            institution_id=institution, name="晨光", uscc=None, permit_no=None, kind="subject", mode="offline",
            profit="for_profit", stages=[], status="active", district=HERE, street=STREET, address="1", lon=None,
            lat=None, capacity=None, external_ref=None, at=NOW,
        ),
        CampaignLaunched(campaign_id=campaign, name="春季", targets=1, at=NOW),
    )  # fmt: skip
    scope = {"scope": f"district:{HERE}"}
    days = {"by": "street", "from": "2026-01", "to": "2026-12"}
    total = {"code": "institutions.total"}

    def of_the_school(**more: str) -> dict[str, dict[str, Any]]:
        return {"school_staff": {"query": {"scope": f"school:{school}", **more}}}

    rebuild = await made(service("bureau"), "/v1/rebuilds", json={"swap": False})
    async with service.sessions.begin() as session:
        await session.execute(update(Rebuild).values(state=RebuildState.MATCHED))
    return World(
        service,
        {
            "list_indicators": Ask(),
            "get_indicator": Ask(total, scope, instead=of_the_school()),
            "list_indicator_values": Ask(total, scope | days, instead=of_the_school(**days)),
            "list_receipts": Ask(total, scope, instead=of_the_school()),
            "get_scorecard": Ask(query=scope, instead=of_the_school()),
            "get_coverage": Ask(query={"campaign": str(campaign)}, shows=str(campaign)),
            "stream_scorecard": Ask(),
            "request_rebuild": Ask(body={"swap": False}),
            "get_rebuild": Ask({"rebuild_id": rebuild}, shows=rebuild),
        },
        school=school,
    )


async def _count(service: Service, *events: Event) -> None:
    """Hand these events to the service as its consumer would."""
    async with service.sessions.begin() as session:
        await INBOX.handle(session, deliver_all(events))


BUILDERS: dict[str, Build] = {
    "registry": registry,
    "inspection": inspection,
    "afterschool": afterschool,
    "metrics": metrics,
}


@asynccontextmanager
async def world_of(name: str, database_url: str) -> AsyncIterator[World]:
    app, settings = MAKERS[name](database_url)
    async with running(lambda _: app, settings) as service:
        world = await BUILDERS[name](service)
        assert set(world.asks) == {one.name for one in OPERATIONS.values() if one.service == name}, "an example each"
        yield world


@asynccontextmanager
async def worlds_on(scratch_database: ScratchDatabase) -> AsyncIterator[Callable[[str], Coroutine[Any, Any, World]]]:
    """Worlds made when they are first asked for."""
    open_worlds: dict[str, tuple[Any, World]] = {}

    async def world(name: str) -> World:
        if name not in open_worlds:
            context = world_of(name, await scratch_database(name))
            open_worlds[name] = context, await context.__aenter__()
        return open_worlds[name][1]

    yield world
    for context, _ in open_worlds.values():
        await context.__aexit__(None, None, None)
