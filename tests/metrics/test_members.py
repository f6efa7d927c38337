"""`/v1/indicators/{code}/members`: the things behind a number, by name, and as many as the number says."""

from uuid import UUID, uuid4

from services.metrics.names.usecases import INBOX as NAMES
from services.metrics.tree.indicators import INDICATORS
from shared.events.inspection.campaigns import (
    CampaignTargetClosed,
    CampaignTargetsListed,
    CampaignTargetsWithdrawn,
    ListedTarget,
)
from shared.events.inspection.violations import ViolationReported
from shared.events.registry.institutions import InstitutionChanged, InstitutionRegistered
from tests.metrics.conftest import World, changed, institution
from tests.metrics.deliveries import AT, deliver_all
from tests.metrics.samples import CAMPAIGN, INSTITUTION, SAMPLES


async def named(world: World, **more: object) -> None:
    async with world.sessions.begin() as session:
        fact = SAMPLES[InstitutionRegistered].model_copy(update=more)
        await NAMES.handle(session, deliver_all([fact]))


async def test_every_number_has_as_many_members_as_it_says(world: World) -> None:
    """All samples at once. What is a sum has members whose amounts are the number; no page leaves one out."""
    await world.count(*SAMPLES.values())
    seen = 0
    for code, indicator in INDICATORS.items():
        if not indicator.selections:
            continue
        for scope in ("city", "district:140213", "street:140213050"):
            value = await world.get(f"/v1/indicators/{code}", scope=scope)
            found = await world.get(f"/v1/indicators/{code}/members", scope=scope, limit="200")
            assert found["next_cursor"] is None
            assert len({(one["noun"], one["member_id"]) for one in found["items"]}) == found["total"]
            summed = indicator.selections[0].sums_amounts
            members = sum(one["amount"] for one in found["items"]) if summed else found["total"]
            assert members == (value["numerator"] if value["known"] else 0), (code, scope)
            seen += found["total"]
    assert seen > len(INDICATORS)


async def test_a_violation_is_known_by_its_institution(world: World) -> None:
    await world.count(SAMPLES[ViolationReported])
    (before,) = (await world.get("/v1/indicators/violations.total/members"))["items"]
    assert (before["about_id"], before["zh"]) == (str(INSTITUTION), None)
    await named(world, name="晨光培训学校")
    (after,) = (await world.get("/v1/indicators/violations.total/members"))["items"]
    assert (after["noun"], after["zh"], after["en"]) == ("violation", "晨光培训学校", None)


async def test_members_are_read_page_by_page_and_each_leads_to_its_events(world: World) -> None:
    ids = [UUID(int=1000 + number) for number in range(5)]
    renamed = changed(InstitutionChanged, institution_id=ids[0], status="active")
    await world.count(*(institution(number) for number in range(5)), renamed)
    url, cursor, seen = "/v1/indicators/institutions.total/members", None, []
    while True:
        page = await world.get(url, limit="2", **({"cursor": cursor} if cursor else {}))
        assert page["total"] == 5
        seen += [one["member_id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == seen == [str(one) for one in ids]
    told = await world.get("/v1/indicators/institutions.total/receipts", member=str(ids[0]))
    assert [one["type"] for one in told["items"]] == [
        "registry.institution.registered.v1",
        "registry.institution.changed.v1",
    ]


async def test_the_targets_of_a_list_are_known_by_their_own_institutions(world: World) -> None:
    others = [uuid4(), uuid4()]
    listed = [
        ListedTarget(target_id=uuid4(), institution_id=one, grid="g1", district="140213", street="140213050")
        for one in others
    ]
    await world.count(CampaignTargetsListed(campaign_id=CAMPAIGN, targets=listed, at=AT))
    found = (await world.get("/v1/indicators/inspection.targets/members"))["items"]
    assert {UUID(one["about_id"]) for one in found} == set(others)


async def test_what_a_member_is_about_stays_when_an_event_does_not_say_it(world: World) -> None:
    await world.count(SAMPLES[CampaignTargetsListed])
    await world.count(CampaignTargetsWithdrawn(campaign_id=CAMPAIGN, targets=[], at=AT), SAMPLES[CampaignTargetClosed])
    (found,) = (await world.get("/v1/indicators/inspection.covered/members"))["items"]
    assert found["about_id"] == str(INSTITUTION)
