"""One small world per service, with a real object for every operation, all of it in scope of the people named in
`asks.py`."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, update

from services.afterschool.programme.providers.domain import Provider
from services.metrics.rebuilds.domain import Rebuild, RebuildState
from services.metrics.subscriptions import INBOX
from shared.data.database import new_id
from shared.events import Event
from shared.events.inspection.campaigns import CampaignLaunched
from shared.events.registry.institutions import InstitutionRegistered
from tests.edge.afterschool_quality import quality
from tests.edge.afterschool_rulebook import rulebook
from tests.edge.asks import HERE, NOW, STREET, Ask, Build, World, made
from tests.edge.inspection_world import inspection
from tests.edge.operations import MAKERS, OPERATIONS
from tests.edge.registry_world import registry
from tests.edge.unpublished import refuse_untold_changes
from tests.infrastructure import ScratchDatabase
from tests.metrics.deliveries import deliver_all
from tests.services import Service, running


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
            **await rulebook(service),
            **await quality(service, school),
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
            await refuse_untold_changes(open_worlds[name][1].service, name)
        return open_worlds[name][1]

    yield world
    for context, _ in open_worlds.values():
        await context.__aexit__(None, None, None)
