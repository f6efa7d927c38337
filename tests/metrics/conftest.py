"""Metrics at work on a scratch database, fed by hand."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.metrics.app import create_app
from services.metrics.projections.domain import DIMENSIONS, Cell, Member, Receipt
from services.metrics.settings import Settings
from services.metrics.subscriptions import INBOX
from shared.events import Event
from shared.events.registry.advertisements import AdvertisementFound, AdvertisementRemoved, AdvertisementVerified
from shared.events.registry.applications import (
    ApplicationAccepted,
    ApplicationDrafted,
    ApplicationGranted,
    ApplicationRefused,
    ApplicationWithdrawn,
)
from shared.events.registry.commitments import CommitmentBreached, CommitmentSigned
from shared.events.registry.institutions import InstitutionRegistered
from shared.events.registry.notices import NoticeConfirmed, NoticePublished
from shared.events.registry.permits import PermitCancelled, PermitRecorded, PermitRevoked, PermitSuspended
from shared.events.registry.responsibilities import ResponsibilityAssigned
from shared.events.registry.stop_orders import (
    ListedRecipient,
    StopOrderAcknowledged,
    StopOrderCancelled,
    StopOrderIssued,
    StopOrderRecipientsListed,
    StopOrderVerified,
)
from shared.events.registry.transformations import (
    TransformationAbandoned,
    TransformationCompleted,
    TransformationStarted,
)
from shared.facts.inbox import Delivery
from tests.infrastructure import ScratchDatabase
from tests.metrics.deliveries import deliver
from tests.metrics.samples import SAMPLES, one
from tests.services import Service, running, settings_on

Numbers = dict[tuple[str, ...], tuple[int, int]]


@dataclass
class World:
    """The service, and the ways of tests to look behind its routes."""

    service: Service
    settings: Settings
    told: int = 0

    @property
    def sessions(self) -> async_sessionmaker[AsyncSession]:
        return self.service.sessions

    @property
    def bureau(self) -> httpx.AsyncClient:
        return self.service("bureau")

    async def count(self, *events: Event) -> list[Delivery]:
        """All in one batch."""
        deliveries = [deliver(event, offset=self.told + number) for number, event in enumerate(events)]
        self.told += len(events)
        async with self.sessions.begin() as session:
            await INBOX.handle(session, deliveries)
        return deliveries

    async def numbers(self) -> Numbers:
        """Cells that hold something: (noun, what differs from empty) -> (members, amount)."""
        async with self.sessions() as session:
            cells: Sequence[Cell] = (await session.scalars(select(Cell))).all()
            assert all(cell.members >= 0 for cell in cells)
        return {
            (cell.noun, *(getattr(cell, name) for name in DIMENSIONS if getattr(cell, name))): (
                cell.members,
                cell.amount,
            )
            for cell in cells
            if (cell.members, cell.amount) != (0, 0)
        }

    async def recounted(self) -> dict[int, tuple[int, int]]:
        """What the members themselves say of each cell."""
        found: dict[int, tuple[int, int]] = {}
        async with self.sessions() as session:
            for member in await session.scalars(select(Member)):
                members, amount = found.get(member.cell_id, (0, 0))
                found[member.cell_id] = (members + 1, amount + member.amount)
        return found

    async def check(self) -> None:
        """Every cell knows exactly the members that stand in it."""
        async with self.sessions() as session:
            cells = (await session.scalars(select(Cell))).all()
        stored = {cell.id: (cell.members, cell.amount) for cell in cells if (cell.members, cell.amount) != (0, 0)}
        assert stored == await self.recounted()

    async def receipts(self) -> list[UUID]:
        async with self.sessions() as session:
            return list(await session.scalars(select(Receipt.event_id).order_by(Receipt.id)))

    async def get(self, url: str, *clients: httpx.AsyncClient, **query: str) -> Any:
        """As the bureau, unless a client is given."""
        answer = await (*clients, self.bureau)[0].get(url, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


def changed(event: type[Event], **more: Any) -> Event:
    """The sample of that event, about another thing or saying something else."""
    return SAMPLES[event].model_copy(update=more)


def institution(number: int, **more: Any) -> Event:
    return changed(InstitutionRegistered, institution_id=UUID(int=1000 + number), **more)


_ENDS: Sequence[type[Event]] = (
    ApplicationDrafted,
    ApplicationAccepted,
    ApplicationGranted,
    ApplicationRefused,
    ApplicationWithdrawn,
)
_DECISIONS: Sequence[type[Event]] = (
    PermitRecorded,
    PermitSuspended,
    PermitRevoked,
    PermitCancelled,
)


def licensing() -> list[Event]:
    """One of most facts the registry publishes, each about something of its own."""
    parts = [
        ListedRecipient(recipient_id=one(700 + number), institution_id=one(number), district="140213", street=None)
        for number in range(3)
    ]
    return [
        SAMPLES[CommitmentSigned],
        SAMPLES[CommitmentBreached],
        changed(CommitmentSigned, commitment_id=one(500)),
        SAMPLES[TransformationStarted],
        changed(TransformationCompleted, transformation_id=one(501)),
        changed(TransformationCompleted, transformation_id=one(502), target="closure"),
        changed(TransformationAbandoned, transformation_id=one(503)),
        *(changed(event, application_id=one(510 + number)) for number, event in enumerate(_ENDS)),
        *(changed(event, permit_id=one(520 + number)) for number, event in enumerate(_DECISIONS)),
        SAMPLES[StopOrderIssued],
        changed(StopOrderIssued, stop_order_id=one(530)),
        changed(StopOrderCancelled, stop_order_id=one(530)),
        changed(StopOrderRecipientsListed, recipients=parts),
        *(changed(StopOrderAcknowledged, recipient_id=one(700 + number)) for number in range(2)),
        changed(StopOrderVerified, recipient_id=one(700)),
        changed(StopOrderVerified, recipient_id=one(702), result="operating"),
        *(
            changed(ResponsibilityAssigned, institution_id=UUID(int=1000 + number), role=role, officer=officer)
            for number, role, officer in (
                (1, "district_officer", "a"),
                (2, "district_officer", "a"),
                (1, "street_officer", None),
                (3, "industry_department", "b"),
                (4, "industry_department", "b"),  # closed since
            )
        ),
        SAMPLES[AdvertisementVerified],
        changed(AdvertisementFound, advertisement_id=one(550)),
        changed(AdvertisementRemoved, advertisement_id=one(551)),
        SAMPLES[NoticePublished],
        changed(NoticePublished, notice_id=one(560), subjects=[], recipients=6),
        *(changed(NoticeConfirmed, receipt_id=one(570 + number)) for number in range(2)),
    ]


@pytest.fixture
async def world(fresh_database: ScratchDatabase) -> AsyncIterator[World]:
    settings = settings_on(Settings, await fresh_database("metrics"))
    async with running(create_app, settings) as service:
        yield World(service, settings)
