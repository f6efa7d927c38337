"""`/v1/names` and `/v1/map`: names for codes, as events say them and as they hold on a day."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from services.metrics.names.domain import in_force
from services.metrics.names.facts import GRIDS, NAMES
from services.metrics.names.usecases import INBOX
from shared.domain.clock import china_date, utc_now
from shared.events import Event
from shared.events.afterschool.offerings import OfferingChanged
from shared.events.inspection.campaigns import CampaignLaunched, CampaignTargetsListed
from shared.events.inspection.grids import GridPublished, GridSetWithdrawn
from shared.events.registry.institutions import InstitutionChanged, InstitutionRegistered
from tests.metrics.conftest import World
from tests.metrics.deliveries import deliver_all
from tests.metrics.samples import SAMPLES

TODAY = china_date(utc_now())
OLD, NEW = UUID(int=1), UUID(int=2)
SQUARE = {"type": "Polygon", "coordinates": [[[113.2, 40.0], [113.3, 40.0], [113.3, 40.1], [113.2, 40.0]]]}


def grid(code: str, name: str, *, of: UUID = OLD, number: int = 1, days: int = -30) -> GridPublished:
    return GridPublished(
        grid_id=uuid5(of, code),
        grid_set_id=of,
        number=number,
        code=code,
        name=name,
        name_en=f"{name} (en)",
        district="140213",
        valid_from=TODAY + timedelta(days=days),
        polygon=SQUARE,
        at=utc_now(),
    )


def sample(kind: type[Event], **more: Any) -> Event:
    return SAMPLES[kind].model_copy(update=more)


def withdrawn(grid_set: UUID) -> GridSetWithdrawn:
    return GridSetWithdrawn(grid_set_id=grid_set, number=2, valid_from=TODAY, at=utc_now())


async def hear(world: World, *events: Event) -> None:
    async with world.sessions.begin() as session:
        await INBOX.handle(session, deliver_all(events))


async def named(world: World, kind: str, **query: str) -> dict[str, str]:
    found = await world.get("/v1/names", kind=kind, **query)
    return {item["code"]: item["zh"] for item in found["items"]}


async def test_districts_have_names_from_the_start(world: World) -> None:
    assert (await named(world, "district"))["140213"] == "平城区"
    answer = await world.get("/v1/names", kind="district", code="140226")
    assert answer["items"] == [{"code": "140226", "zh": "左云县", "en": "Zuoyun County"}]


@pytest.mark.parametrize("event", NAMES, ids=lambda event: event.type)
async def test_every_fact_with_a_name_names_something(world: World, event: type[Event]) -> None:
    fact = sample(event, **({"name": "合唱"} if event is OfferingChanged else {}))
    await hear(world, fact)
    told = NAMES[event](fact)
    assert told is not None
    assert (await named(world, told.kind))[told.code] == told.zh


async def test_the_newest_name_holds_also_within_a_batch(world: World) -> None:
    institution = uuid4()
    first = sample(InstitutionRegistered, institution_id=institution, name="甲培训学校")
    second = sample(InstitutionChanged, institution_id=institution, name="乙培训学校")
    await hear(world, first, second)
    assert (await named(world, "institution"))[str(institution)] == "乙培训学校"
    await hear(world, sample(InstitutionChanged, institution_id=institution, name="丙培训学校"))
    assert (await named(world, "institution", code=str(institution))) == {str(institution): "丙培训学校"}


async def test_a_fact_without_a_name_names_nothing(world: World) -> None:
    await hear(world, sample(OfferingChanged, offering_id=UUID(int=9), name=None))
    assert str(UUID(int=9)) not in await named(world, "offering")


async def test_streets_are_named_as_on_the_day(world: World) -> None:
    await hear(world, grid("140213050", "永泰街道"), grid("140213050", "永泰新街道", of=NEW, number=2, days=3))
    assert await named(world, "street") == await named(world, "grid") == {"140213050": "永泰街道"}
    later = str(TODAY + timedelta(days=3))
    assert await named(world, "street", on=later) == {"140213050": "永泰新街道"}
    assert await named(world, "street", on="2020-01-01") == {}
    shown = await world.get("/v1/map", on=later)
    assert shown["items"] == [
        {"code": "140213050", "zh": "永泰新街道", "en": "永泰新街道 (en)", "district": "140213", "polygon": SQUARE}
    ]


@pytest.mark.parametrize("withdrawal_first", [True, False])
async def test_a_withdrawn_set_is_shown_on_no_map(world: World, withdrawal_first: bool) -> None:
    facts: list[Event] = [grid("g1", "新网格", of=NEW, number=2, days=0), withdrawn(NEW)]
    await hear(world, grid("g1", "网格"))
    for fact in reversed(facts) if withdrawal_first else facts:
        await hear(world, fact)
    assert await named(world, "grid") == {"g1": "网格"}


async def test_numbers_come_with_the_names_of_their_keys(world: World) -> None:
    placed = sample(InstitutionRegistered, institution_id=uuid4(), district="140213", street="140213050")
    nowhere = sample(InstitutionRegistered, institution_id=uuid4(), district="140213", street="999999999")
    await world.count(placed, nowhere)
    await hear(world, grid("140213050", "永泰街道"))
    found = await world.get("/v1/indicators/institutions.total/values", by="street")
    assert [(point["key"], point["zh"], point["en"]) for point in found["values"]] == [
        ("140213050", "永泰街道", "永泰街道 (en)"),
        ("999999999", None, None),
    ]
    found = await world.get("/v1/indicators/institutions.total/values", by="district")
    assert [(point["zh"], point["numerator"]) for point in found["values"]] == [("平城区", 2)]


async def test_campaigns_and_their_grids_are_named(world: World) -> None:
    campaign = uuid4()
    await world.count(sample(CampaignTargetsListed, campaign_id=campaign))
    await hear(world, sample(CampaignLaunched, campaign_id=campaign, name="秋季拉网排查"))
    found = await world.get("/v1/indicators/inspection.targets/values", by="campaign")
    assert [point["zh"] for point in found["values"]] == ["秋季拉网排查"]


def test_the_highest_number_that_has_begun_holds() -> None:
    sets = [(1, TODAY - timedelta(days=9), OLD), (2, TODAY, NEW), (3, TODAY + timedelta(days=1), UUID(int=3))]
    assert in_force(sets, on=TODAY) == NEW
    assert in_force(sets, on=TODAY - timedelta(days=1)) == OLD
    assert in_force(sets, on=TODAY - timedelta(days=10)) is None


def test_the_listener_wants_what_it_reads() -> None:
    assert INBOX.wanted == {*NAMES, *GRIDS}
