"""Schools enter guardianships and give codes; guardians prove with them who they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.guardianships import queries
from services.afterschool.roster.guardianships.domain import (
    AlreadyGuardian,
    Guardianship,
    GuardianshipCode,
    GuardianshipDetails,
    code_print,
    expiry,
    new_code,
)
from services.afterschool.roster.people import usecases as people
from services.afterschool.roster.people.domain import Identity, PersonKind, sealed_row
from services.afterschool.roster.students import queries as students
from services.afterschool.roster.students.domain import Origin
from services.afterschool.sealing import Sealer
from shared.facts import journal
from shared.http.policies import Principal


async def enter_guardianship(
    session: AsyncSession,
    student_id: UUID,
    details: GuardianshipDetails,
    identity: Identity | None,
    *,
    sealer: Sealer,
    caller: Principal,
    at: datetime,
) -> Guardianship:
    """Enter a guardian of a pupil."""
    pupil = await students.pupil_to_keep(session, student_id, caller)
    name_print = None if identity is None else sealer.fingerprint("guardian", identity.name)
    entered, event = Guardianship.enter(
        student_id, details, school=pupil.school, origin=Origin.SCHOOL, name_print=name_print, at=at
    )
    session.add(entered)
    if identity is not None:
        await people.enter(session, [sealed_row(entered.id, PersonKind.GUARDIAN, identity, sealer)])
    await journal.record(session, event, subject=entered)
    return entered


async def change_guardianship(
    session: AsyncSession,
    guardianship_id: UUID,
    details: GuardianshipDetails,
    *,
    reason: str,
    caller: Principal,
    at: datetime,
) -> Guardianship:
    """Change what a guardian may do. From then on no file changes it."""
    found, pupil = await queries.guardianship_to_keep(session, guardianship_id, caller)
    changed = found.change(details, school=pupil.school, origin=Origin.SCHOOL, at=at)
    found.origin = Origin.SCHOOL
    if changed is not None:
        await journal.record(session, changed, subject=found, reason=reason)
    return found


async def give_code(
    session: AsyncSession, guardianship_id: UUID, *, sealer: Sealer, caller: Principal, at: datetime
) -> tuple[str, datetime]:
    """A new one-time code and when it expires. It is shown once; an older code of the guardianship ends."""
    found, _ = await queries.guardianship_to_keep(session, guardianship_id, caller)
    code = new_code()
    present = await session.get(GuardianshipCode, found.id, with_for_update=True)
    if present is None:
        present = GuardianshipCode(guardianship_id=found.id)
        session.add(present)
    present.code_print, present.expires_at, present.used_at = code_print(code, sealer), expiry(at), None
    return code, present.expires_at


async def prove_guardianship(
    session: AsyncSession, code: str, *, sealer: Sealer, caller: Principal, at: datetime
) -> Guardianship:
    """Prove a guardianship with a code. Raises `CodeNotValid`, `GuardianBarred`, `AlreadyGuardian`."""
    found, guardianship = await queries.code_with_print(session, code_print(code, sealer))
    found.use(at)
    wanted = select(Guardianship.id).where(
        Guardianship.student_id == guardianship.student_id,
        Guardianship.subject == caller.subject,
        Guardianship.id != guardianship.id,
    )
    if await session.scalar(wanted.limit(1)) is not None:
        raise AlreadyGuardian
    pupil = await students.pupil(session, guardianship.student_id)
    proven = guardianship.prove(caller.subject, school=pupil.school, at=at)
    await journal.record(session, proven, subject=guardianship)
    return guardianship
