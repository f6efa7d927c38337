"""A city for the dashboard: the figures of the founding report on three streets, as metrics counts them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select

from services.metrics.history.domain import ScorecardDay
from services.metrics.indicators import queries
from services.metrics.names.facts import GRIDS
from services.metrics.names.facts import NAMES as NAMED
from services.metrics.names.usecases import INBOX as NAMES
from services.metrics.projections.domain import Cell, Generation
from services.metrics.projections.usecases import PROJECTIONS
from services.metrics.tree.indicators import INDICATORS
from shared.domain.clock import china_date, utc_now
from shared.events import Event
from shared.events.afterschool.homework import HomeworkDeclared
from shared.events.afterschool.offerings import OfferingPublished
from shared.events.afterschool.schools import SchoolRegistered
from shared.events.afterschool.surveys import SurveyResult, SurveyResultsListed
from shared.events.inspection.campaigns import (
    CampaignLaunched,
    CampaignTargetClosed,
    CampaignTargetsListed,
    ListedTarget,
)
from shared.events.inspection.grids import GridPublished
from shared.events.inspection.targets import TargetPlaced
from shared.events.inspection.teams import TeamFormed
from shared.events.inspection.violations import RectificationOrdered, ViolationReported, ViolationVerified
from shared.events.registry.advertisements import AdvertisementVerified
from shared.events.registry.commitments import CommitmentSigned
from shared.events.registry.institutions import InstitutionRegistered
from shared.events.registry.permits import PermitRevoked
from shared.events.registry.stop_orders import ListedRecipient, StopOrderRecipientsListed, StopOrderVerified
from shared.facts.inbox import consumer_offset
from tests.metrics.conftest import World, changed
from tests.metrics.deliveries import AT, deliver_all
from tests.metrics.samples import one

DISTRICT: Final = "140213"
STREETS: Final = {"140213050": "迎宾街道", "140213051": "新建南路街道", "140213052": "振华街道"}
CODES: Final = tuple(STREETS)
CAMPAIGN: Final = one(30_000)
SCHOOLS: Final = (one(31_000), one(31_001))
PUPILS: Final = 196_659
FIGURES: Final = {
    "stop_orders.stopped": "154/154",
    "commitments.signed": "311",
    "violations.investigated": "461",
    "advertisements.cleaned_up": "488",
    "permits.revoked": "3",
    "inspection.teams": "18",
    "students.roll": "196,659",
    "satisfaction.students": "97.74%",
}
"""How the page writes the figures of the report."""
_INSPECTED: Final = (90, 70, 0)
"""Targets closed of a hundred, by street."""


def street_of(number: int) -> str:
    return CODES[number % len(CODES)]


def place(number: int) -> dict[str, Any]:
    return {"district": DISTRICT, "street": street_of(number)}


def institution(number: int) -> InstitutionRegistered:
    made = changed(InstitutionRegistered, institution_id=one(1_000 + number), name=f"晨光{number}号", **place(number))
    assert isinstance(made, InstitutionRegistered)
    return made


def grids() -> Iterator[Event]:
    for number, (code, name) in enumerate(STREETS.items()):
        west, east = 113.2 + number * 0.1, 113.3 + number * 0.1
        ring = [[west, 40.0], [east, 40.0], [east, 40.12], [west, 40.1], [west, 40.0]]
        yield GridPublished(
            grid_id=uuid5(UUID(int=1), code), grid_set_id=UUID(int=1), number=1, code=code, name=name, name_en=None,
            district=DISTRICT, valid_from=date(2026, 1, 1), polygon={"type": "Polygon", "coordinates": [ring]},
            at=utc_now(),
        )  # fmt: skip


def of_the_report(first: float, last: float) -> Iterator[Event]:
    """The events of that part of every figure, from nothing (0) to all of it (1)."""

    def part(total: int) -> range:
        return range(int(first * total), int(last * total))

    for number in part(154):
        recipient = ListedRecipient(
            recipient_id=one(20_000 + number), institution_id=one(1_000 + number), **place(number)
        )
        yield changed(StopOrderRecipientsListed, recipients=[recipient])
        yield changed(StopOrderVerified, recipient_id=recipient.recipient_id, result="stopped", **place(number))
    for number in part(311):
        yield institution(number)
        yield TargetPlaced(institution_id=one(1_000 + number), grid=street_of(number), blind_spot=None, at=AT)
        signed = {"commitment_id": one(21_000 + number), "institution_id": one(1_000 + number)}
        yield changed(CommitmentSigned, **signed, **place(number))
    for number in part(461):
        about = {"violation_id": one(22_000 + number), "institution_id": one(1_000 + number % 311), **place(number)}
        yield changed(RectificationOrdered, **about, grid=street_of(number))
        if number % 10:
            yield changed(ViolationVerified, **about, grid=street_of(number))
    for number in part(488):
        yield changed(AdvertisementVerified, advertisement_id=one(23_000 + number), **place(number))
    for number in part(3):
        yield changed(PermitRevoked, permit_id=one(24_000 + number), **place(number))
    for number in part(18):
        yield changed(TeamFormed, team_id=one(25_000 + number), name=f"第{number + 1}检查组", **place(number))


def of_the_schools() -> Iterator[Event]:
    for number, school in enumerate(SCHOOLS):
        yield changed(SchoolRegistered, school_id=school, name=f"第{number + 1}小学", **place(number))
    yield changed(
        OfferingPublished, offering_id=one(31_100), school_id=SCHOOLS[0], name="合唱", capacity=30, **place(0)
    )
    yield changed(HomeworkDeclared, school_id=SCHOOLS[0], **place(0))
    rows = [
        SurveyResult(
            audience="student", level=level, district=district, school_id=school, answered=1, counts={},
            answers=answers, favourable=favourable,
        )
        for level, district, school, favourable, answers in (
            ("all", None, None, 9774, 10_000),
            ("district", DISTRICT, None, 9774, 10_000),
            ("school", DISTRICT, SCHOOLS[0], 190, 200),
        )
    ]  # fmt: skip
    yield changed(SurveyResultsListed, survey_id=one(31_200), district=None, results=rows)


def of_the_campaign() -> Iterator[Event]:
    yield changed(CampaignLaunched, campaign_id=CAMPAIGN, name="寒假专项行动", targets=300)
    listed = [
        ListedTarget(
            target_id=one(26_000 + number), institution_id=one(1_000 + number), grid=street_of(number), **place(number)
        )
        for number in range(300)
    ]
    yield changed(CampaignTargetsListed, campaign_id=CAMPAIGN, targets=listed)
    for number in range(300):
        if number // 3 < _INSPECTED[number % 3]:
            closed = {"target_id": one(26_000 + number), "institution_id": one(1_000 + number)}
            day = AT + timedelta(days=number // 60)
            yield changed(CampaignTargetClosed, campaign_id=CAMPAIGN, at=day, **closed)


def one_more_violation() -> Event:
    """It changes what is open and what was found, and nothing of the report."""
    return changed(ViolationReported, violation_id=one(22_900), **place(0), grid=street_of(0))


@dataclass
class City:
    """Metrics with the numbers of the report."""

    world: World

    async def fill(self) -> None:
        await self.tell(*grids(), *of_the_report(0, 0.9), *of_the_schools())
        await self._pupils()
        await self._keep(china_date(utc_now()) - timedelta(days=7))
        await self.tell(*of_the_report(0.9, 1), *of_the_campaign())

    async def tell(self, *events: Event) -> None:
        """As the consumers would."""
        await self.world.count(*(event for event in events if type(event) in PROJECTIONS))
        async with self.world.sessions.begin() as session:
            await NAMES.handle(session, deliver_all([one for one in events if type(one) in (*NAMED, *GRIDS)]))
            await session.execute(consumer_offset.delete())
            row = {"consumer": "metrics", "topic": "t", "partition": 0, "next": 1, "moved_at": utc_now()}
            await session.execute(consumer_offset.insert().values(row))

    async def _pupils(self) -> None:
        """Counted as so many events would leave them."""
        async with self.world.sessions.begin() as session:
            live = await session.scalar(select(Generation.live))
            empty = dict.fromkeys(("kind", "street", "grid", "school", "campaign", "month", "marks"), "")
            where = {"noun": "student", "state": "on_roll", "district": DISTRICT, **empty}
            session.add(Cell(generation=live, members=PUPILS, amount=0, **where))

    async def _keep(self, day: date) -> None:
        """The numbers of now as those of an earlier day."""
        async with self.world.sessions.begin() as session:
            found = await queries.values_everywhere(session, list(INDICATORS.values()))
            for scope, values in found.items():
                session.add(ScorecardDay.take(day, str(scope), values, INDICATORS, as_of=utc_now(), at=utc_now()))
