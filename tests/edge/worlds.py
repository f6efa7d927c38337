"""One small world per service, with a real object for every operation, all of it in scope of the people named in
`asks.py`."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import update

from services.metrics.rebuilds.domain import Rebuild, RebuildState
from services.metrics.subscriptions import INBOX
from shared.data.database import new_id
from shared.events import Event
from shared.events.inspection.campaigns import CampaignLaunched
from shared.events.registry.institutions import InstitutionRegistered
from tests.edge.afterschool_world import afterschool
from tests.edge.asks import HERE, NOW, STREET, Ask, Build, World, made
from tests.edge.inspection_world import inspection
from tests.edge.operations import MAKERS, OPERATIONS
from tests.edge.registry_world import registry
from tests.edge.unpublished import refuse_untold_changes
from tests.infrastructure import ScratchDatabase
from tests.metrics.deliveries import deliver_all
from tests.services import Service, running


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

    told = {
        "indicator": "x.labour_bases",
        "district": HERE,
        "value": 2,
        "as_of": "2026-01-31",
        "evidence": [{"title": "清单", "reference": "同教〔2026〕1号"}],
    }
    figures = [await made(service("bureau", subject="reporter"), "/v1/reports", json=told) for _ in range(3)]
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
            "list_members": Ask(total, scope, instead=of_the_school()),
            "get_indicator_history": Ask(total, scope, instead=of_the_school()),
            "list_names": Ask(query={"kind": "district"}),
            "get_map": Ask(),
            "export_scorecard": Ask(query=scope, instead=of_the_school()),
            "export_indicator_values": Ask(total, scope | days, instead=of_the_school(**days)),
            "export_members": Ask(total, scope, instead=of_the_school()),
            "list_alerts": Ask(query=scope, instead=of_the_school()),
            "list_sources": Ask(),
            "submit_figure": Ask(body=told),
            "list_figures": Ask(query={"district": HERE}, shows=figures[0]),
            "get_figure": Ask({"figure_id": figures[0]}, shows=figures[0]),
            "approve_figure": Ask({"figure_id": figures[1]}),
            "return_figure": Ask({"figure_id": figures[2]}, body={"reason": "缺少清单"}),
            "get_scorecard": Ask(query=scope, instead=of_the_school()),
            "get_coverage": Ask(query={"campaign": str(campaign)}, shows=str(campaign)),
            "list_public_figures": Ask(),
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
