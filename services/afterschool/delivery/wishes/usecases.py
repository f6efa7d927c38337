"""Guardians, and school staff for them, say whether a child is to have after-school service."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.wishes import queries
from services.afterschool.delivery.wishes.domain import TermIsOver, Wish
from services.afterschool.roster.guardianships import queries as guardianships
from services.afterschool.roster.schools.reach import reaches
from services.afterschool.roster.students import queries as students
from services.afterschool.roster.students.domain import StudentHasLeft, StudentNotFound
from services.afterschool.roster.terms import queries as terms
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def record_wish(
    session: AsyncSession, student_id: UUID, term_name: str, *, wanted: bool, caller: Principal, at: datetime
) -> Wish:
    """Record a wish. The same wish again changes nothing."""
    today = china_date(at)
    pupil = await students.pupil(session, student_id, for_update=True)
    own = "guardian" in caller.roles and await guardianships.may(session, student_id, caller.subject, today, act=True)
    if not own and not reaches(caller, pupil.school):
        raise StudentNotFound(pointer="/student_id")
    if pupil.membership.valid_to is not None and pupil.membership.valid_to <= today:
        raise StudentHasLeft
    term = await terms.term_named(session, term_name, district=pupil.school.district)
    if term.ends_on < today:
        raise TermIsOver(ended_on=term.ends_on)
    known = await queries.wish_for_update(session, student_id, term.id)
    if known is None:
        wish, event = Wish.first(student_id, term.id, wanted=wanted, by=caller.subject, school=pupil.school, at=at)
        session.add(wish)
        await journal.record(session, event, subject=wish)
        return wish
    changed = known.change(wanted=wanted, by=caller.subject, school=pupil.school, at=at)
    if changed is not None:
        await journal.record(session, changed, subject=known)
    return known
