"""A share is between 0 and 1 or null: in every scope, along every dimension, whatever happened in whatever order."""

import random
from typing import Any, get_args
from uuid import UUID

import pytest

from services.metrics.indicators.routes import list_indicator_values
from services.metrics.projections.facts import PROJECTIONS
from services.metrics.tree.domain import Unit
from services.metrics.tree.indicators import INDICATORS
from shared.events import Event
from shared.events.inspection.campaigns import CampaignLaunched
from shared.events.registry.institutions import InstitutionChanged, InstitutionRegistered
from shared.events.registry.notices import NoticeConfirmed, NoticePublished
from shared.events.registry.responsibilities import ResponsibilityAssigned
from tests.metrics.conftest import World, changed
from tests.metrics.samples import CAMPAIGN, SAMPLES

DISTRICTS, STREETS = ("140213", "140214", None), ("140213050", "140213051", None)
ROLES = ("district_officer", "street_officer", "industry_department")
BY = get_args(list_indicator_values.__annotations__["by"])
SHARES = [one for one in INDICATORS.values() if one.unit is Unit.RATIO]


def told(dice: random.Random) -> Event:
    """Something that may have happened to one of a few things, anywhere."""
    event = SAMPLES[dice.choice(list(PROJECTIONS))]
    ids = {name: UUID(int=dice.randint(1, 4)) for name in type(event).model_fields if name.endswith("_id")}
    places = {"district": dice.choice(DISTRICTS), "street": dice.choice(STREETS), "role": dice.choice(ROLES)}
    places |= {"officer": dice.choice(("a", None)), "status": dice.choice(("applying", "active", "closed", "merged"))}
    known = {name: value for name, value in places.items() if name in type(event).model_fields}
    return event.model_copy(update=ids | known)


async def check_shares(world: World) -> None:
    scopes = ["city", *(f"district:{one}" for one in DISTRICTS if one), *(f"street:{one}" for one in STREETS if one)]
    for scope in scopes:
        for value in (await world.get("/v1/scorecard", scope=scope))["values"]:
            assert value["unit"] != "ratio" or value["value"] is None or 0 <= value["value"] <= 1, (scope, value)
    for share in SHARES:
        for by in BY:
            for point in (await world.get(f"/v1/indicators/{share.code}/values", by=by))["values"]:
                assert point["value"] is None or 0 <= point["value"] <= 1, (share.code, by, point)


@pytest.mark.parametrize("seed", range(8))
async def test_every_share_of_a_random_history(world: World, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(3):
        await world.count(*[told(dice) for _ in range(60)])
    await check_shares(world)
    await world.check()


async def test_an_officer_moves_with_his_institution(world: World) -> None:
    here, there = {"district": "140213", "street": None}, {"district": "140214", "street": None}
    institution = SAMPLES[InstitutionRegistered].institution_id  # type: ignore[attr-defined]  # of that sample
    entry = changed(InstitutionRegistered, institution_id=institution, status="active", **here)
    named = changed(ResponsibilityAssigned, institution_id=institution, role="district_officer", officer="x", **here)
    moved = changed(InstitutionChanged, institution_id=institution, status="active", **there)
    code = "responsibilities.district_officer_share"

    async def share(district: str) -> tuple[int, int, Any]:
        found = await world.get(f"/v1/indicators/{code}", scope=f"district:{district}")
        return found["numerator"], found["denominator"], found["value"]

    await world.count(entry, named)
    assert (await share("140213"), await share("140214")) == ((1, 1, 1.0), (0, 0, None))
    await world.count(moved)
    assert (await share("140213"), await share("140214")) == ((0, 0, None), (1, 1, 1.0))
    await world.count(named)  # the other topic is late, and still speaks of the old district
    assert (await share("140213"), await share("140214")) == ((0, 0, None), (1, 1, 1.0))
    await world.count(changed(InstitutionChanged, institution_id=institution, status="closed", **there))
    assert await share("140214") == (0, 0, None)


async def test_an_applicant_needs_nobody_responsible(world: World) -> None:
    institutions = [UUID(int=70 + number) for number in range(2)]
    for one, status in zip(institutions, ("active", "applying"), strict=True):
        await world.count(changed(InstitutionRegistered, institution_id=one, status=status))
    await world.count(changed(ResponsibilityAssigned, institution_id=institutions[0], role="street_officer"))
    found = await world.get("/v1/indicators/responsibilities.street_officer_share")
    assert (found["numerator"], found["denominator"], found["value"]) == (1, 1, 1.0)


async def test_a_share_of_two_nouns_exists_for_the_city_alone(world: World) -> None:
    await world.count(
        *(SAMPLES[event] for event in SAMPLES if event.__name__ in ("NoticePublished", "NoticeConfirmed"))
    )
    assert (await world.get("/v1/indicators/notices.confirmed_share"))["value"] is not None
    part = await world.get("/v1/indicators/notices.confirmed_share", scope="district:140213")
    assert part["value"] is None
    assert (await world.get("/v1/indicators/notices.confirmed_share/values", by="month"))["values"] == []


async def test_receipts_that_overtake_their_notice_are_no_share_of_another(world: World) -> None:
    receipts = [changed(NoticeConfirmed, notice_id=UUID(int=2), receipt_id=UUID(int=90 + one)) for one in range(5)]
    await world.count(changed(NoticePublished, notice_id=UUID(int=1), recipients=1), *receipts)
    early = await world.get("/v1/indicators/notices.confirmed_share")
    assert (early["numerator"], early["denominator"], early["value"]) == (5, 1, None)
    await world.count(changed(NoticePublished, notice_id=UUID(int=2), recipients=9))
    assert (await world.get("/v1/indicators/notices.confirmed_share"))["value"] == 0.5


async def test_a_campaign_is_seen_where_inspection_shows_it(world: World) -> None:
    launched = SAMPLES[CampaignLaunched]
    await world.count(launched)
    officers = {district: world.service("district_officer", district=district) for district in ("140213", "140214")}
    statuses = {
        district: (await who.get("/v1/coverage", params={"campaign": str(CAMPAIGN)})).status_code
        for district, who in officers.items()
    }
    assert statuses == {"140213": 200, "140214": 404}
    citys = UUID(int=77)
    await world.count(changed(CampaignLaunched, campaign_id=citys, district=None))
    for who in officers.values():
        assert (await who.get("/v1/coverage", params={"campaign": str(citys)})).status_code == 200
