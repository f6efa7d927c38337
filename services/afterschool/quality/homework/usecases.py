"""Schools declare homework, or try a day first; guardians and schools report homework of training institutions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.providers.domain import Provider, ProviderNotFound
from services.afterschool.quality.homework import queries
from services.afterschool.quality.homework.domain import (
    HomeworkDay,
    HomeworkEntry,
    HomeworkReport,
    HomeworkReportDetails,
    HomeworkWarning,
    ReportedBy,
    Week,
    check_entries,
    warnings,
)
from services.afterschool.roster.classes import queries as classes
from services.afterschool.roster.classes.domain import SchoolClass
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import school_of
from shared.data.unit_of_work import locked
from shared.facts import journal
from shared.http.policies import Principal


@dataclass(frozen=True, slots=True)
class Declared:
    """The week with the day as declared, and what the teacher is told."""

    week: Week
    warnings: Sequence[HomeworkWarning]


async def declare_homework(
    session: AsyncSession,
    class_id: UUID,
    on: date,
    entries: Sequence[HomeworkEntry],
    *,
    dry_run: bool,
    caller: Principal,
    at: datetime,
) -> Declared:
    """Replace the homework of a class for one day; a dry run only judges it."""
    school_class, school = await classes.school_class(session, class_id, caller)
    check_entries(entries)
    if not dry_run:
        await locked(session, SchoolClass, class_id)  # two declarations of one day follow one another
        day = await queries.day_of(session, class_id, on) or HomeworkDay.of(school_class, on)
        declared = day.declare(entries, school_class, school=school, by=caller.subject, at=at)
        if declared is not None:
            session.add(day)
            await journal.record(session, declared, subject=day)
    [week] = await queries.weeks_of(session, school_class, school, first=on, weeks=1, instead=(on, entries))
    return Declared(week, warnings(week, on))


async def report_homework(
    session: AsyncSession, details: HomeworkReportDetails, *, caller: Principal, at: datetime
) -> HomeworkReport:
    """Report that a training institution set homework. Inspection hears of it by the event."""
    provider = await session.get(Provider, details.institution_id)
    if provider is None:
        raise ProviderNotFound(pointer="/institution_id")
    by_school, own = "school_staff" in caller.roles, school_of(caller)
    school = None if own is None else await session.get(School, own)
    report, filed = HomeworkReport.file(
        details,
        provider=provider,
        source=ReportedBy.SCHOOL if by_school else ReportedBy.GUARDIAN,
        school_id=None if school is None else school.id,
        by=caller.subject,
        at=at,
    )
    session.add(report)
    await journal.record(session, filed, subject=report)
    return report
