"""Keeps the copies of what inspection told. An older fact than a copy's changes nothing."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.observations.domain import FileEntry, OpenCase, OpenViolation, Placement
from shared.events.inspection.cases import CaseEvent
from shared.events.inspection.targets import TargetPlaced
from shared.events.inspection.violations import ViolationEvent
from shared.facts.inbox import Delivery


async def note_observations(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    await _file_facts(session, deliveries)
    await _copy_placements(session, deliveries)
    await _copy_violations(session, deliveries)
    await _copy_cases(session, deliveries)


async def _file_facts(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    """File each fact under its institution. A fact without one, such as a new discovery, has no file yet."""
    entries = [
        {
            "event_id": delivery.envelope.event_id,
            "institution_id": institution_id,
            "source": delivery.envelope.source,
            "type": delivery.envelope.type,
            "key": delivery.envelope.key,
            "sequence": delivery.envelope.sequence,
            "actor": delivery.envelope.actor,
            "at": delivery.envelope.time,
            "facts": delivery.event.model_dump(mode="json"),
        }
        for delivery in deliveries
        if (institution_id := getattr(delivery.event, "institution_id", None)) is not None
    ]
    if entries:
        await session.execute(insert(FileEntry).on_conflict_do_nothing(), entries)


async def _copy_placements(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    placed = {
        delivery.event.institution_id: {
            "institution_id": delivery.event.institution_id,
            "grid": delivery.event.grid,
            "blind_spot": delivery.event.blind_spot,
        }
        for delivery in deliveries
        if isinstance(delivery.event, TargetPlaced)
    }
    if placed:
        statement = insert(Placement)
        told = statement.excluded
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=[Placement.institution_id], set_={"grid": told.grid, "blind_spot": told.blind_spot}
            ),
            list(placed.values()),
        )


async def _copy_violations(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    """The state of each violation after the newest of these facts; facts older than the copy change nothing."""
    newest: dict[object, dict[str, object]] = {}
    for delivery in deliveries:
        event = delivery.event
        if isinstance(event, ViolationEvent) and event.institution_id is not None:
            newest[event.violation_id] = {
                "violation_id": event.violation_id,
                "institution_id": event.institution_id,
                "severity": event.severity,
                "state": event.state,
                "due_on": getattr(event, "due_on", None),
                "visit_id": event.visit_id,
                "found_on": event.found_on,
                "sequence": delivery.envelope.sequence,
            }
    if not newest:
        return
    statement = insert(OpenViolation)
    told = statement.excluded
    changed: dict[str, Any] = {name: told[name] for name in ("state", "severity", "visit_id", "found_on", "sequence")}
    changed["due_on"] = func.coalesce(told.due_on, OpenViolation.due_on)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[OpenViolation.violation_id], set_=changed, where=OpenViolation.sequence < told.sequence
        ),
        list(newest.values()),
    )


async def _copy_cases(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    newest: dict[object, dict[str, object]] = {}
    for delivery in deliveries:
        event = delivery.event
        if isinstance(event, CaseEvent) and event.institution_id is not None:
            newest[event.case_id] = {
                "case_id": event.case_id,
                "institution_id": event.institution_id,
                "state": event.state,
                "sequence": delivery.envelope.sequence,
            }
    if not newest:
        return
    statement = insert(OpenCase)
    told = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[OpenCase.case_id],
            set_={"state": told.state, "sequence": told.sequence},
            where=OpenCase.sequence < told.sequence,
        ),
        list(newest.values()),
    )
