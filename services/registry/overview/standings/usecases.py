"""Keeps the copies of inspection's violations and penalty cases that standings are judged by."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.overview.standings.domain import OpenCase, OpenViolation
from shared.events.inspection.cases import CaseEvent
from shared.events.inspection.violations import ViolationEvent
from shared.facts.inbox import Delivery


async def copy_violations(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    """Where each violation stands after the newest of these facts; an older fact than the copy's changes nothing."""
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


async def copy_cases(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    """Where each case stands after the newest of these facts."""
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
