"""One small world per service, with a real object for every operation, all of it in scope of the people named here.

In scope: district 140213, street 140213050, team-01, institution and school of the world, guardian-1.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import insert, update

from services.inspection.targets.domain import Target
from services.metrics.rebuilds.domain import Rebuild, RebuildState
from services.metrics.subscriptions import INBOX
from shared.database import new_id
from shared.events import Event
from shared.events.inspection import CampaignLaunched
from shared.events.registry import InstitutionRegistered
from tests.edge.operations import MAKERS, OPERATIONS, Operation
from tests.infrastructure import ScratchDatabase
from tests.metrics.deliveries import deliver_all
from tests.services import Service, running

NOW = datetime.now(UTC)
HERE, ELSEWHERE = "140213", "140214"
STREET = "140213050"


@dataclass(frozen=True)
class Ask:
    """A request that succeeds for somebody in scope; `shows` is an id its answer then contains."""

    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    files: Mapping[str, tuple[str, bytes]] | None = None
    shows: str | None = None


@dataclass
class World:
    """A service at work, an example request for each of its operations, and who is in scope of them."""

    service: Service
    asks: dict[str, Ask]
    school: str = field(default_factory=lambda: str(new_id()))
    institution: str = field(default_factory=lambda: str(new_id()))

    def claims(self, role: str) -> dict[str, str]:
        """What the token of a person in scope says."""
        return {
            "district_officer": {"district": HERE},
            "inspector": {"district": HERE, "team": "team-01"},
            "operator": {"institution": self.institution},
            "school_staff": {"school": self.school},
            "guardian": {"subject": "guardian-1"},
        }.get(role, {})

    def client(self, role: str) -> httpx.AsyncClient:
        """A person in scope."""
        return self.service() if role == "anonymous" else self.service(role, **self.claims(role))

    def request(self, operation: Operation, role: str) -> dict[str, Any]:
        """The example as keywords of `httpx.AsyncClient.request`."""
        ask = self.asks[operation.name]
        query, body = dict(ask.query), ask.body
        if role == "school_staff" and "scope" in query:
            query["scope"] = f"school:{self.school}"
        if role == "school_staff" and operation.name == "enrol_student":
            body = body | {"guardian": "guardian-1"}
        request: dict[str, Any] = {"method": operation.method, "url": operation.path.format(**ask.ids), "params": query}
        if body is not None:
            request["json"] = body
        if ask.files is not None:
            request["files"] = ask.files
        if operation.needs_version:
            request["headers"] = {"if-match": '"1"'}
        return request


Build = Callable[[Service], Coroutine[Any, Any, World]]


async def _made(client: httpx.AsyncClient, url: str, **request: Any) -> str:
    answer = await client.post(url, **request)
    assert answer.status_code in (200, 201, 202), answer.text
    return str(answer.json()["id"])


async def registry(service: Service) -> World:
    entry: dict[str, Any] = {"name": "晨光", "kind": "subject", "address": "1 号", "district": HERE, "street": STREET}
    institution = await _made(service("bureau"), "/v1/institutions", json=entry | {"external_ref": "in scope"})
    ledger = {"file": ("ledger.csv", b"name,kind,address,external_ref\n\xe6\x99\xa8,subject,1,a\n")}
    started = await _made(service("district_officer", district=HERE), "/v1/imports", files=ledger)
    one = {"institution_id": institution}
    return World(
        service,
        {
            "register_institution": Ask(
                body=entry | {"capacity": 20, "lon": 113.3, "lat": 40.1, "stages": ["primary"]}
            ),
            "list_institutions": Ask(shows=institution),
            "get_institution": Ask(one, shows=institution),
            "change_institution": Ask(one, body={"name": "晨光二", "reason": "typo"}),
            "get_institution_history": Ask(one),
            "get_institution_file": Ask(one, shows=institution),
            "export_ledger": Ask(shows=institution),
        }
        | _imports(started, ledger),
        institution=institution,
    )


def _imports(started: str, content: Mapping[str, tuple[str, bytes]]) -> dict[str, Ask]:
    return {
        "start_import": Ask(files=content),
        "get_import": Ask({"import_id": started}, shows=started),
        "list_import_rows": Ask({"import_id": started}),
    }


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
    team_id = await _made(bureau, "/v1/teams", json=team)
    institution = await _target(service, "g1")
    plan = {"institution_id": institution, "team": "team-01"}
    campaign = {"name": "春季", "scope": {"districts": [HERE]}, "starts_on": "2026-03-01", "ends_on": "2026-04-01"}
    officer = service("district_officer", district=HERE)
    draft, launched, ended = [await _made(officer, "/v1/campaigns", json=campaign) for _ in range(3)]
    for one in (launched, ended):
        await _made(officer, f"/v1/campaigns/{one}/launch")
    visits = [await _made(bureau, "/v1/visits", json=plan) for _ in range(3)]
    for visit in visits[1:]:
        await _made(inspector, f"/v1/visits/{visit}/start")
    await _made(inspector, f"/v1/visits/{visits[2]}/submission", json={"outcome": "inspected"})
    reason = await _made(bureau, "/v1/visits", json=plan | {"campaign_id": ended})
    await _made(inspector, f"/v1/visits/{reason}/start")
    await _made(inspector, f"/v1/visits/{reason}/submission", json={"outcome": "inspected"})
    breach = {"institution_id": institution, "severity": "low", "description": "无公示"}
    violations = [await _made(bureau, "/v1/violations", json=breach) for _ in range(3)]
    for violation in violations[1:]:
        await _made(bureau, f"/v1/violations/{violation}/rectification-order", json={"requirement": "公示"})
    await _made(inspector, f"/v1/violations/{violations[2]}/rectification", json={"statement": "已公示"})
    past = {"file": ("visits.csv", b"external_ref,outcome,visited_on\na,inspected,2026-01-05\n")}
    started = await _made(service("district_officer", district=HERE), "/v1/imports", files=past)
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
        | _imports(started, past),
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
    school = await _made(bureau, "/v1/schools", json=place | {"code": "school-1"})
    course = {
        "school_id": school,
        "name": "合唱",
        "category": "artistic_cultivation",
        "term": "2026-autumn",
        "capacity": 1,
        "opens_at": (NOW - timedelta(days=1)).isoformat(),
        "closes_at": (NOW + timedelta(days=9)).isoformat(),
    }
    offering = await _made(bureau, "/v1/offerings", json=course)
    full = await _made(bureau, "/v1/offerings", json=course)
    child = {"offering_id": offering, "student_id": str(uuid4())}
    enrolled = await _made(guardian, "/v1/enrolments", json=child)
    _, waiting = [
        await _made(guardian, "/v1/enrolments", json={"offering_id": full, "student_id": str(uuid4())})
        for _ in range(2)
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
            "enrol_student": Ask(body=child | {"offering_id": full}),
            "list_enrolments": Ask(shows=enrolled),
            "get_enrolment": Ask({"enrolment_id": enrolled}, shows=enrolled),
            "withdraw_enrolment": Ask({"enrolment_id": enrolled}, body={"reason": "moved away"}),
            "list_waiting": Ask(query={"offering": full}, shows=waiting),
        },
        school=school,
    )


async def metrics(service: Service) -> World:
    institution, campaign = new_id(), new_id()
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
    total = {"code": "institutions.total"}
    rebuild = await _made(service("bureau"), "/v1/rebuilds", json={"swap": False})
    async with service.sessions.begin() as session:
        await session.execute(update(Rebuild).values(state=RebuildState.MATCHED))
    return World(
        service,
        {
            "list_indicators": Ask(),
            "get_indicator": Ask(total, scope),
            "list_indicator_values": Ask(total, scope | {"by": "street", "from": "2026-01", "to": "2026-12"}),
            "list_receipts": Ask(total, scope),
            "get_scorecard": Ask(query=scope),
            "get_coverage": Ask(query={"campaign": str(campaign)}, shows=str(campaign)),
            "stream_scorecard": Ask(),
            "request_rebuild": Ask(body={"swap": False}),
            "get_rebuild": Ask({"rebuild_id": rebuild}, shows=rebuild),
        },
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
