"""Every transition of a campaign and its targets, and each refused one."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.inspection.field.places import Place
from services.inspection.rounds.campaigns.domain import (
    Campaign,
    CampaignDetails,
    CampaignNotDraft,
    CampaignNotOpen,
    CampaignScopeEmpty,
    CampaignTarget,
    CampaignUnderWay,
    Count,
    Coverage,
    OutcomeCounted,
    TargetsStillOpen,
)
from services.inspection.rounds.discoveries.domain import Discovery, DiscoveryDetails
from services.inspection.rounds.outcomes import Outcome
from shared.data.database import new_id
from shared.domain.dated import WithdrawalTooLate, Withdrawn
from shared.events.inspection.campaigns import CampaignDiscovery, CampaignTargetClosed

AT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = date(2026, 3, 2)


def draft() -> Campaign:
    return Campaign.plan(CampaignDetails(name="排查", starts_on=DAY, ends_on=DAY), district=None, at=AT)


def launched(targets: int = 1) -> Campaign:
    campaign = draft()
    campaign.launch(targets, at=AT)
    return campaign


SEEN = DiscoveryDetails(name="启航托管", address="迎宾街 12 号", kind="subject", lon=113.05, lat=40.05)


def discovery(campaign: Campaign) -> Discovery:
    place = Place(None, "g1", "140213", None, "t1")
    return Discovery.make(new_id(), place, campaign_id=campaign.id, details=None, note=None, at=AT)


def listed() -> CampaignTarget:
    return CampaignTarget(
        id=new_id(), campaign_id=new_id(), institution_id=new_id(), state="open", attempts=0, shut_on=[]
    )


def take(
    target: CampaignTarget, outcome: Outcome, visit: UUID | None = None, before: Outcome | None = None, day: int = 0
) -> bool:
    return target.take(outcome, before=before, visit_id=visit or new_id(), on=DAY + timedelta(days=day), at=AT)


def ended(target: CampaignTarget, was: str = "open") -> Count:
    return Count.of_target(target, was=was, at=AT)


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [
        (date(2026, 3, 2), date(2026, 3, 1)),
        (date(1, 1, 1), date(2026, 3, 1)),
        (date(2026, 3, 1), date(9999, 12, 31)),  # the driver's endless day
    ],
)
def test_days_that_cannot_be(starts_on: date, ends_on: date) -> None:
    with pytest.raises(ValidationError):
        CampaignDetails(name="x", starts_on=starts_on, ends_on=ends_on)


def test_launch_freezes_the_length_of_the_list() -> None:
    campaign = draft()
    fact = campaign.launch(18, at=AT)
    assert (campaign.state, campaign.targets_total, fact.targets) == ("open", 18, 18)
    with pytest.raises(CampaignNotDraft):
        campaign.launch(18, at=AT)


def test_a_campaign_without_targets_does_not_begin() -> None:
    with pytest.raises(CampaignScopeEmpty):
        draft().launch(0, at=AT)


def test_closure_wants_a_reason_for_every_target() -> None:
    campaign = launched(2)
    with pytest.raises(TargetsStillOpen) as refused:
        campaign.close(at=AT)
    assert refused.value.facts == {"number": 2}
    for _ in range(2):
        target = listed()
        take(target, Outcome.INSPECTED)
        campaign.count(ended(target))
    fact = campaign.close(at=AT)
    assert (fact.targets, fact.closed, campaign.state) == (2, 2, "closed")


def test_nothing_happens_in_a_campaign_that_is_not_open() -> None:
    target = listed()
    take(target, Outcome.MOVED)
    for campaign in (draft(), launched(0 + 1)):
        if campaign.state == "open":
            campaign.count(ended(target))
            campaign.close(at=AT)
        with pytest.raises(CampaignNotOpen):
            campaign.close(at=AT)
        with pytest.raises(CampaignNotOpen):
            campaign.count(ended(target))
        with pytest.raises(CampaignNotOpen):
            campaign.count(Count.of_discovery(discovery(campaign), campaign.id, known=False, at=AT))


def test_a_discovery_counts_beside_the_list() -> None:
    campaign = launched()
    found = discovery(campaign)
    first = Count.of_discovery(found, campaign.id, known=False, at=AT)
    campaign.count(first)
    assert (campaign.discoveries_total, campaign.targets_total) == (1, 1)
    assert isinstance(first.fact, CampaignDiscovery)
    assert (first.fact.discovery_id, first.fact.team, first.fact.name) == (found.id, "t1", None)
    assert not found.complete(None)
    assert found.complete(SEEN)
    assert not found.complete(SEEN)
    again = Count.of_discovery(found, campaign.id, known=True, at=AT)
    campaign.count(again)
    assert isinstance(again.fact, CampaignDiscovery)
    assert (again.fact.discovery_id, again.fact.name, again.moves) == (found.id, "启航托管", False)
    assert campaign.discoveries_total == 1


def test_what_a_closed_campaign_counted_may_still_be_described() -> None:
    campaign, target = launched(), listed()
    take(target, Outcome.INSPECTED)
    campaign.count(ended(target))
    found = discovery(campaign)
    campaign.count(Count.of_discovery(found, campaign.id, known=False, at=AT))
    campaign.close(at=AT)
    assert found.complete(SEEN)
    campaign.count(Count.of_discovery(found, campaign.id, known=True, at=AT))
    assert campaign.discoveries_total == 1


@pytest.mark.parametrize("outcome", [Outcome.INSPECTED, Outcome.MOVED, Outcome.DUPLICATE, Outcome.REFUSED])
def test_an_outcome_closes_the_target_with_itself_as_reason(outcome: Outcome) -> None:
    target = listed()
    assert take(target, outcome)
    assert (target.state, target.reason, target.standing) == ("closed", outcome, outcome)


def test_closed_doors_on_three_days_close_the_target() -> None:
    target = listed()
    assert not any(take(target, Outcome.CLOSED_DOOR) for _ in range(3))
    assert not take(target, Outcome.CLOSED_DOOR, day=-1)
    assert (target.state, target.attempts) == ("open", 4)
    assert take(target, Outcome.CLOSED_DOOR, day=2)
    assert (target.state, target.reason, target.attempts) == ("closed", "closed_door", 5)


def test_a_corrected_door_takes_its_own_day_back_and_no_other() -> None:
    target, one, other = listed(), new_id(), new_id()
    take(target, Outcome.CLOSED_DOOR, one)
    take(target, Outcome.CLOSED_DOOR, other)
    take(target, Outcome.CLOSED_DOOR, day=1)
    assert not take(target, Outcome.CLOSED_DOOR, one, before=Outcome.CLOSED_DOOR)
    assert target.attempts == 3
    assert take(target, Outcome.CLOSED_DOOR, day=2)


def test_a_door_is_not_counted_closed_twice_by_one_visit() -> None:
    target, visit = listed(), new_id()
    take(target, Outcome.CLOSED_DOOR, visit)
    assert not take(target, Outcome.CLOSED_DOOR, visit, before=Outcome.CLOSED_DOOR)
    assert target.attempts == 1
    assert take(target, Outcome.INSPECTED, visit, before=Outcome.CLOSED_DOOR)
    assert (target.attempts, target.reason) == (0, "inspected")


def test_the_first_reason_stands_against_other_visits() -> None:
    target = listed()
    take(target, Outcome.REFUSED)
    assert not take(target, Outcome.INSPECTED)
    assert target.reason == "refused"


def test_a_visit_may_put_its_own_reason_right_but_not_take_it_back() -> None:
    target, visit, campaign = listed(), new_id(), launched()
    take(target, Outcome.INSPECTED, visit)
    campaign.count(ended(target))
    assert not take(target, Outcome.INSPECTED, visit, before=Outcome.INSPECTED)
    assert take(target, Outcome.MOVED, visit, before=Outcome.INSPECTED)
    corrected = ended(target, was="inspected")
    campaign.count(corrected)
    assert isinstance(corrected.fact, CampaignTargetClosed)
    assert (corrected.fact.reason, corrected.was, corrected.now) == ("moved", "inspected", "moved")
    assert campaign.closed_total == 1
    with pytest.raises(OutcomeCounted):
        take(target, Outcome.CLOSED_DOOR, visit, before=Outcome.MOVED)


def test_coverage_adds_cells_up() -> None:
    coverage = Coverage()
    for state, number in (("open", 1), ("inspected", 2), ("refused", 1), ("newly_found", 5)):
        coverage.add(state, number)
    assert coverage.model_dump() == {
        "targets": 4,
        "closed": 3,
        "open": 1,
        "coverage": 0.75,
        "discoveries": 5,
        "reasons": {"inspected": 2, "refused": 1},
    }


def withdraw(campaign: Campaign, *, at: datetime = AT, under_way: bool = False) -> None:
    told = campaign.withdraw("重复立项", under_way=under_way, by="bureau-1", at=at)
    assert (told.campaign_id, told.name) == (campaign.id, "排查")


@pytest.mark.parametrize("at", [AT, AT - timedelta(days=1), AT + timedelta(days=40)])
def test_a_draft_is_withdrawn_on_any_day(at: datetime) -> None:
    campaign = draft()
    withdraw(campaign, at=at)
    assert (campaign.state, campaign.withdrawn_at, campaign.withdrawal_reason) == ("withdrawn", at, "重复立项")
    with pytest.raises(Withdrawn):
        campaign.launch(1, at=at)
    with pytest.raises(CampaignNotOpen):
        campaign.check_open()


def test_a_launched_campaign_is_withdrawn_until_it_begins() -> None:
    # AT is 08:00 of its first day in China.
    for launched_at, at, allowed in (
        (AT, AT + timedelta(hours=15, minutes=59), True),
        (AT, AT + timedelta(hours=16), False),
        (AT - timedelta(days=9), AT - timedelta(hours=8, minutes=1), True),
        (AT - timedelta(days=9), AT - timedelta(hours=8), False),
    ):
        campaign = draft()
        campaign.launch(3, at=launched_at)
        if allowed:
            withdraw(campaign, at=at)
            assert (campaign.state, campaign.targets_total) == ("withdrawn", 0)
        else:
            with pytest.raises(WithdrawalTooLate) as refused:
                withdraw(campaign, at=at)
            assert refused.value.facts == {"began": DAY}


def test_a_first_day_that_had_passed_at_the_launch_counts_for_nothing() -> None:
    campaign = draft()
    campaign.launch(3, at=AT + timedelta(days=9))
    with pytest.raises(WithdrawalTooLate):
        campaign.check_withdrawable(at=AT + timedelta(days=10))
    withdraw(campaign, at=AT + timedelta(days=9, hours=1))
    assert campaign.state == "withdrawn"


def test_what_somebody_set_out_for_is_not_withdrawn() -> None:
    campaign = launched()
    with pytest.raises(CampaignUnderWay):
        withdraw(campaign, under_way=True)
    assert (campaign.state, campaign.withdrawn_at) == ("open", None)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_nothing_counts_on_a_withdrawn_list(outcome: Outcome) -> None:
    target = listed()
    target.state = "withdrawn"
    assert not take(target, outcome)
    assert (target.state, target.reason, target.attempts) == ("withdrawn", None, 0)
