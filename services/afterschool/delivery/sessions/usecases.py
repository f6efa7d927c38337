"""Schools generate sessions from their timetable, give make-up workdays a weekday, substitute and cancel."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.sessions import queries
from services.afterschool.delivery.sessions.domain import (
    CourseSession,
    Generated,
    MakeupTimetable,
    SessionState,
    TaughtDay,
    check_makeup_day,
    taught_days,
)
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.programme.plans import usecases as plans
from services.afterschool.roster.schools import queries as schools
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.teachers import queries as teachers
from services.afterschool.roster.terms import queries as terms
from services.afterschool.roster.terms.domain import CalendarUnknown, Term, school_days
from shared.data.database import copy_rows, new_id
from shared.events.afterschool.sessions import SessionsPlanned
from shared.facts import journal
from shared.http.policies import Principal

_COPIED: Final = (
    "offering_id", "school_id", "term_id", "on_day", "weekday", "number", "starts_at", "ends_at", "care", "teacher_id",
    "provider_id", "outside_person_id",
)  # fmt: skip


async def generate_of_offering(
    session: AsyncSession, offering_id: UUID, *, caller: Principal, at: datetime
) -> Generated:
    """Bring the sessions of an offering in line with its periods and the calendar."""
    offering = await offerings.offering_within_reach(session, offering_id, caller)
    school = await session.get_one(School, offering.school_id)
    term = await session.get_one(Term, offering.term_id)
    return await _generate(session, [offering_id], school, term, offering_id=offering_id, at=at)


async def generate_of_school(
    session: AsyncSession, school_id: UUID, term_name: str, *, caller: Principal, at: datetime
) -> Generated:
    """Bring the sessions of all offerings of a school in a term in line with their periods and the calendar."""
    school = await schools.school_to_keep(session, school_id, caller)
    term = await terms.term_named(session, term_name, district=school.district)
    found = await offerings.offerings_of_term(session, school_id, term.id)
    return await _generate(session, found, school, term, offering_id=None, at=at)


async def plan_due(session: AsyncSession, *, at: datetime) -> bool:
    """Plan the sessions of the school and term that waits longest for it; returns whether one did.

    Without the calendar of a year nothing is planned: its publication lets the terms of the year be planned again.
    """
    due = await plans.take_due(session, at=at)
    if due is None:
        return False
    school, term = await session.get_one(School, due[0]), await session.get_one(Term, due[1])
    found = await offerings.offerings_of_term(session, school.id, term.id)
    with suppress(CalendarUnknown):
        await _generate(session, found, school, term, offering_id=None, at=at)
    return True


@dataclass(slots=True)
class _Run:
    """The subject of the fact of a generation."""

    id: UUID
    version: int = 0


async def _generate(
    session: AsyncSession,
    offering_ids: Sequence[UUID],
    school: School,
    term: Term,
    *,
    offering_id: UUID | None,
    at: datetime,
) -> Generated:
    await offerings.locked_in_order(session, offering_ids)  # one generation of an offering at a time
    days = await _taught_days(session, school, term)
    rows = [
        (new_id(), 0, SessionState.PLANNED.value, *(getattr(row, name) for name in _COPIED))
        for row in await queries.missing(session, offering_ids, days)
    ]
    await copy_rows(session, CourseSession.__tablename__, ("id", "version", "state", *_COPIED), rows)
    restored = await queries.restore(session, offering_ids, days)
    cancelled = await queries.cancel_unscheduled(session, offering_ids, days)
    kept = await queries.kept_unscheduled(session, offering_ids, days)
    generated = Generated(len(rows), restored, cancelled, kept)
    if generated.changed:
        run = _Run(new_id())
        fact = SessionsPlanned(
            run_id=run.id,
            school_id=school.id,
            offering_id=offering_id,
            term_id=term.id,
            district=school.district,
            street=school.street,
            planned=generated.planned,
            restored=len(restored),
            cancelled=len(cancelled),
            kept=len(kept),
            at=at,
        )
        await journal.record(session, fact, subject=run)
        changes = [journal.Fact(one.id, one.version, one.restored(school, at)) for one in restored]
        changes += [journal.Fact(one.id, one.version, one.cancelled(school, at)) for one in cancelled]
        await journal.record_many(session, changes)
    return generated


async def _taught_days(session: AsyncSession, school: School, term: Term) -> Sequence[TaughtDay]:
    """The days of a term with a timetable; a withdrawn term has none. Raises `CalendarUnknown`."""
    if term.withdrawn_at is not None:
        return []
    exceptional = await terms.exceptional_days(session, term.starts_on, term.ends_on)
    makeup = {row.on: row.weekday for row in await queries.makeup_timetables(session, school.id)}
    open_days = school_days(term.starts_on, term.ends_on, exceptional)
    return taught_days(open_days, term=term, exceptional=exceptional, makeup=makeup)


async def set_makeup_day(
    session: AsyncSession, school_id: UUID, on: date, weekday: int | None, *, caller: Principal, at: datetime
) -> None:
    """Give a make-up workday the timetable of a weekday, or none; its sessions are planned again. Raises
    `NotMakeupWorkday`."""
    school = await schools.school_to_keep(session, school_id, caller)
    exceptional = await terms.exceptional_days(session, on, on)
    check_makeup_day(exceptional.get(on))
    await plans.plan_terms_again(session, await terms.terms_with(session, on, on), school_id=school.id, due_at=at)
    if weekday is None:
        here = MakeupTimetable.school_id == school.id
        await session.execute(delete(MakeupTimetable).where(here, MakeupTimetable.on == on))
        return
    decided = {"weekday": weekday, "decided_by": caller.subject, "decided_at": at}
    table = MakeupTimetable.__table__
    row = insert(table).values(school_id=school.id, on_day=on, **decided)  # type: ignore[arg-type]  # a table
    await session.execute(row.on_conflict_do_update(index_elements=["school_id", "on_day"], set_=decided))


async def substitute(
    session: AsyncSession, session_id: UUID, teacher_id: UUID | None, *, reason: str, caller: Principal, at: datetime
) -> CourseSession:
    """Let another teacher take a session, or the offering's own again. Teachers are locked before sessions."""
    teacher = None
    if teacher_id is not None:
        teacher, _ = await teachers.teacher(session, teacher_id, caller, for_update=True)
    found, school = await queries.session_to_keep(session, session_id, caller)
    term = await session.get_one(Term, found.term_id)
    week = term.week_of(found.on)
    busy = teacher_id is not None and await queries.is_busy(session, teacher_id, found, week=week)
    substituted = found.substitute(teacher, busy=busy, school=school, at=at)
    if substituted is not None:
        await journal.record(session, substituted, subject=found, reason=reason)
    return found


async def cancel_session(
    session: AsyncSession, session_id: UUID, *, reason: str, caller: Principal, at: datetime
) -> CourseSession:
    """Cancel a session. Generating again leaves it cancelled."""
    found, school = await queries.session_to_keep(session, session_id, caller)
    await journal.record(session, found.cancel(reason, school=school, at=at), subject=found, reason=reason)
    return found
