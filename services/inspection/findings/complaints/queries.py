"""Complaints by id and receipt, what may join what, and the institutions they may be about."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.targets.domain import Target
from services.inspection.findings.complaints.domain import (
    OPEN,
    Complaint,
    ComplaintContact,
    ComplaintNotFound,
    ComplaintState,
    ContactMissing,
    ReceiptUnknown,
)
from services.inspection.findings.complaints.matching import MOST, Known
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable, within_reach

_REACH: Final[ReachColumns] = {"district": Complaint.district, "street": Complaint.street, "team": Complaint.team}

MOST_COMPARED = 20_000
"""Institutions a complaint is compared with: a city's worth."""


async def complaint(session: AsyncSession, complaint_id: UUID, caller: Principal) -> Complaint:
    return _reachable(await session.get(Complaint, complaint_id), caller)


async def complaint_for_update(session: AsyncSession, complaint_id: UUID, caller: Principal) -> Complaint:
    return _reachable(await session.get(Complaint, complaint_id, with_for_update=True, populate_existing=True), caller)


async def complaint_to_conclude(session: AsyncSession, complaint_id: UUID) -> Complaint | None:
    """The complaint that a visit was about, locked; None if it is no longer being investigated."""
    found = await session.get(Complaint, complaint_id, with_for_update=True, populate_existing=True)
    return found if found is not None and found.state == ComplaintState.INVESTIGATING else None


def _reachable(found: Complaint | None, caller: Principal) -> Complaint:
    complaint = reachable(found, caller, ComplaintNotFound, **_REACH)
    if complaint.team is None and only_walks(caller):
        raise ComplaintNotFound
    return complaint


def only_walks(caller: Principal) -> bool:
    """An inspector who is not an officer. They read a complaint only once it was given to their team."""
    return "inspector" in caller.roles and "district_officer" not in caller.roles and not caller.covers()


@dataclass(frozen=True, slots=True)
class ComplaintFilters:
    """What a list is narrowed to; the names are those of the columns."""

    institution_id: UUID | None = None
    state: str | None = None
    subject: str | None = None
    source: str | None = None


async def complaints(
    session: AsyncSession, caller: Principal, filters: ComplaintFilters, *, after: str | None, limit: int
) -> Sequence[Complaint]:
    """Complaints within the caller's reach, in the order they came."""
    wanted = select(Complaint).where(within_reach(caller, **_REACH)).order_by(Complaint.id).limit(limit)
    for name, value in asdict(filters).items():
        if value is not None:
            wanted = wanted.where(getattr(Complaint, name) == value)
    if only_walks(caller):
        wanted = wanted.where(Complaint.team.is_not(None))
    if after is not None:
        wanted = wanted.where(Complaint.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def by_receipt(session: AsyncSession, receipt: str) -> Complaint:
    """The complaint of this receipt, which alone gives access; raises `ReceiptUnknown`."""
    found: Complaint | None = await session.scalar(select(Complaint).where(Complaint.receipt == receipt))
    if found is None:
        raise ReceiptUnknown
    return found


async def contact(session: AsyncSession, complaint_id: UUID) -> ComplaintContact:
    """Raises `ContactMissing`."""
    found = await session.get(ComplaintContact, complaint_id)
    if found is None:
        raise ContactMissing
    return found


async def queue_decisions(session: AsyncSession) -> None:
    """Wait until other transactions that match or answer complaints have ended.

    One decision may move complaints at two places. Called before any row is locked, this prevents deadlocks.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("complaints", 0))))


async def open_lead(session: AsyncSession, of: Complaint) -> Complaint | None:
    """The oldest open complaint of the same subject about the same institution, or the same address in the same grid;
    locked. Call `queue_decisions` first."""
    if of.institution_id is None and of.place_key is None:
        return None
    same = (
        Complaint.institution_id == of.institution_id
        if of.institution_id is not None
        else and_(Complaint.institution_id.is_(None), Complaint.place_key == of.place_key, Complaint.grid == of.grid)
    )
    wanted = (
        select(Complaint)
        .where(same, Complaint.subject == of.subject, Complaint.state.in_(OPEN), Complaint.id != of.id)
        .order_by(Complaint.id)
        .limit(1)
        .with_for_update()
    )
    found: Complaint | None = await session.scalar(wanted)
    return found


async def joined_to(session: AsyncSession, lead_id: UUID) -> Sequence[Complaint]:
    """The complaints that joined this one, locked in the order in which they came."""
    joined = Complaint.state == ComplaintState.JOINED
    wanted = select(Complaint).where(Complaint.lead_id == lead_id, joined).order_by(Complaint.id).with_for_update()
    return (await session.scalars(wanted)).all()


def _unanswered(team: str) -> ColumnElement[bool]:
    return and_(Complaint.team == team, Complaint.state != ComplaintState.ANSWERED)


async def unanswered_for_update(session: AsyncSession, team: str) -> Sequence[Complaint]:
    """A team's open complaints, locked in the order of their ids."""
    wanted = select(Complaint).where(_unanswered(team)).order_by(Complaint.id)
    return (await session.scalars(wanted.with_for_update())).all()


async def unanswered(session: AsyncSession, team: str) -> int:
    return await session.scalar(select(func.count()).where(_unanswered(team))) or 0


async def institutions_known(session: AsyncSession, district: str | None) -> Sequence[Known]:
    wanted = _KNOWN.order_by(Target.institution_id).limit(MOST_COMPARED)
    return await _known(session, wanted if district is None else wanted.where(Target.district == district))


async def institutions_coded(session: AsyncSession, code: str) -> Sequence[Known]:
    """Institutions of the whole city with this credit code or permit number, in capitals."""
    coded = or_(Target.uscc == code, func.upper(Target.permit_no) == code)
    return await _known(session, _KNOWN.where(coded).order_by(Target.institution_id).limit(MOST))


_KNOWN: Final = select(Target.institution_id, Target.name, Target.address).where(Target.status != "merged")


async def _known(session: AsyncSession, wanted: Any) -> Sequence[Known]:
    return [Known(*row) for row in await session.execute(wanted)]
