"""Doubts about the ledger, found at the moment of asking: nothing here can be out of date."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.ledger.institutions.domain import AT_WORK, Institution, Status
from services.registry.ledger.observations.domain import Placement
from services.registry.ledger.responsibilities import queries as responsibilities
from services.registry.ledger.responsibilities.domain import Role
from services.registry.ledger.responsibilities.queries import Part
from services.registry.licensing.permits import queries as permits
from services.registry.licensing.permits.domain import STANDING, Permit
from services.registry.overview.quality.domain import (
    LARGEST_PART,
    Dismissal,
    Doubt,
    Entry,
    Finding,
    PartTooLarge,
    similar_pairs,
)
from shared.http.policies import Principal

_Other = aliased(Institution)

Position = tuple[UUID, UUID | None]
"""Where a page begins: after this institution, and this other one of a pair."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked: a doubt, in a part of the ledger, on a day."""

    doubt: Doubt
    part: Part
    on: date


async def findings(
    session: AsyncSession, caller: Principal, search: Search, *, after: Position | None, limit: int
) -> Sequence[Finding]:
    """A page of findings in the order of their entries; raises `PartTooLarge` if too many names would have to be
    compared."""
    if search.doubt is Doubt.SIMILAR_ENTRIES:
        return await _similar(session, caller, search.part, after=after, limit=limit)
    if search.doubt is Doubt.RESPONSIBLE_MISSING:
        return await _without_responsible(session, caller, search.part, after=after, limit=limit)
    wanted = _wanted(caller, search).limit(limit)
    if after is not None:
        other = literal(after[1]) if after[1] is not None else None
        wanted = wanted.where(
            or_(Institution.id > after[0], and_(Institution.id == after[0], _Other.id > other))
            if search.doubt is Doubt.SAME_PERMIT_NUMBER and other is not None
            else Institution.id > after[0]
        )
    rows = await session.execute(wanted)
    return [Finding(search.doubt, *row) for row in rows]


async def counts(session: AsyncSession, caller: Principal, part: Part, on: date) -> dict[Doubt, int]:
    """The number of findings by kind. Similar names are not counted: they are compared on request only."""
    counted: dict[Doubt, int] = {}
    for doubt in Doubt:
        if doubt is not Doubt.SIMILAR_ENTRIES:
            found = _wanted(caller, Search(doubt, part, on)).order_by(None).subquery()
            counted[doubt] = await session.scalar(select(func.count()).select_from(found)) or 0
    return counted


def _wanted(caller: Principal, search: Search) -> Select[Any]:
    doubt = search.doubt
    paired = doubt is Doubt.SAME_PERMIT_NUMBER
    other = _Other.id if paired else literal(None)
    wanted = (
        select(
            Institution.id,
            Institution.name,
            Institution.district,
            Institution.street,
            other.label("other"),
            _facts(doubt).label("facts"),
        )
        .where(*search.part.conditions(caller), _condition(doubt, search.on), ~_dismissed(doubt, other, paired=paired))
        .order_by(Institution.id)
    )
    if paired:
        same = and_(_Other.permit_no == Institution.permit_no, _Other.id > Institution.id)
        return wanted.join(_Other, same).where(_Other.status.in_(AT_WORK)).order_by(_Other.id)
    return wanted.join(Placement, Placement.institution_id == Institution.id) if doubt is Doubt.WRONG_PLACE else wanted


def _condition(doubt: Doubt, on: date) -> ColumnElement[bool]:
    any_permit = exists().where(Permit.institution_id == Institution.id)
    standing = or_(*(permits.has_status(status, on) for status in sorted(STANDING)))
    has_standing = exists().where(Permit.institution_id == Institution.id, standing)
    open_for_teaching = Institution.status.in_((Status.ACTIVE, Status.SUSPENDED))
    match doubt:
        case Doubt.NO_COORDINATES:
            return Institution.lon.is_(None)
        case Doubt.USCC_MISSING:
            return Institution.uscc.is_(None)
        case Doubt.PERMIT_EXPIRED:
            return and_(open_for_teaching, any_permit, ~has_standing)
        case Doubt.PERMIT_UNVERIFIED:
            return and_(open_for_teaching, Institution.permit_no.is_not(None), ~any_permit)
        case Doubt.PERMIT_MISSING:
            return and_(open_for_teaching, Institution.permit_no.is_(None), ~any_permit)
        case Doubt.WRONG_PLACE:
            return _elsewhere()
        case Doubt.RESPONSIBLE_MISSING:
            return or_(*(~responsibilities.held(role) for role in Role))
        case _:
            return Institution.permit_no.is_not(None)


def _elsewhere() -> ColumnElement[bool]:
    """SQL: the coordinates lie in the grid of another street or district than the entry states. Codes of other forms
    are ignored."""
    street = Placement.grid.regexp_match("^[0-9]{9}([0-9]{3})?$")
    return and_(
        street,
        or_(
            func.left(Institution.street, 9) != func.left(Placement.grid, 9),
            Institution.district != func.left(Placement.grid, 6),
        ),
    )


def _facts(doubt: Doubt) -> ColumnElement[Any]:
    match doubt:
        case Doubt.WRONG_PLACE:
            return func.jsonb_build_object("grid", Placement.grid, "street", Institution.street)
        case Doubt.PERMIT_EXPIRED:
            last = select(func.max(Permit.valid_to)).where(Permit.institution_id == Institution.id).scalar_subquery()
            return func.jsonb_build_object("valid_to", last)
        case Doubt.PERMIT_UNVERIFIED | Doubt.SAME_PERMIT_NUMBER:
            return func.jsonb_build_object("permit_no", Institution.permit_no)
        case _:
            return literal({}, JSONB)


def _dismissed(doubt: Doubt, other: Any, *, paired: bool) -> ColumnElement[bool]:
    same = Dismissal.other_id == other if paired else Dismissal.other_id.is_(None)
    return exists().where(Dismissal.code == doubt.value, Dismissal.institution_id == Institution.id, same)


async def _without_responsible(
    session: AsyncSession, caller: Principal, part: Part, *, after: Position | None, limit: int
) -> Sequence[Finding]:
    last = None if after is None else str(after[0])
    rows = await responsibilities.gaps(session, caller, part, role=None, after=last, limit=limit)
    return [
        Finding(
            Doubt.RESPONSIBLE_MISSING,
            row.id,
            row.name,
            row.district,
            row.street,
            None,
            {"missing": [role for role in Role if role not in (row.held or ())]},
        )
        for row in rows
    ]


async def _similar(
    session: AsyncSession, caller: Principal, part: Part, *, after: Position | None, limit: int
) -> Sequence[Finding]:
    wanted = (
        select(Institution.id, Institution.name, Institution.address, Institution.district, Institution.street)
        .where(*part.conditions(caller))
        .order_by(Institution.id)
        .limit(LARGEST_PART + 1)
    )
    entries = [Entry(*row) for row in await session.execute(wanted)]
    if len(entries) > LARGEST_PART:
        raise PartTooLarge(most=LARGEST_PART)
    dismissed = await _dismissed_pairs(session, Doubt.SIMILAR_ENTRIES)
    pairs = await asyncio.to_thread(lambda: list(similar_pairs(entries)))
    found = sorted(
        (
            Finding(
                Doubt.SIMILAR_ENTRIES,
                one.id,
                one.name,
                one.district,
                one.street,
                other.id,
                {"other_name": other.name, "likeness": scores},
            )
            for one, other, scores in pairs
            if (one.id, other.id) not in dismissed
        ),
        key=_position,
    )
    if after is not None and after[1] is not None:
        found = [finding for finding in found if _position(finding) > after]
    return found[:limit]


def _position(finding: Finding) -> tuple[UUID, UUID]:
    assert finding.other_id is not None
    return finding.institution_id, finding.other_id


async def _dismissed_pairs(session: AsyncSession, doubt: Doubt) -> set[tuple[UUID, UUID]]:
    rows = await session.execute(
        select(Dismissal.institution_id, Dismissal.other_id).where(
            Dismissal.code == doubt.value, Dismissal.other_id.is_not(None)
        )
    )
    return {(one, other) for one, other in rows if other is not None}
