"""Schools record who picked up a child, and look up the name."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.attendance import queries as attendance
from services.afterschool.delivery.attendance.domain import NoSeat, SessionInFuture
from services.afterschool.delivery.pickups import queries
from services.afterschool.delivery.pickups.domain import (
    AlreadyPickedUp,
    Pickup,
    PickupIdReused,
    PickupIn,
    PickupNotFound,
    check_guardian,
)
from services.afterschool.delivery.sessions import queries as sessions
from services.afterschool.roster.gate import usecases as gate
from services.afterschool.roster.gate.domain import Purpose
from services.afterschool.roster.guardianships import queries as guardianships
from services.afterschool.roster.guardianships.domain import GuardianBarred, Guardianship
from services.afterschool.roster.people import queries as people
from services.afterschool.roster.people import usecases as sealing
from services.afterschool.roster.people.domain import Identity, PersonKind, sealed_row
from services.afterschool.roster.students import queries as students
from services.afterschool.roster.students.domain import StudentNotFound
from services.afterschool.sealing import Sealer
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def record_pickup(
    session: AsyncSession, session_id: UUID, sent: PickupIn, *, sealer: Sealer, caller: Principal, at: datetime
) -> Pickup:
    """Record who picked up a child after a session. Sent again, it changes nothing."""
    found, school = await sessions.session_to_keep(session, session_id, caller)
    known = await session.get(Pickup, sent.id)
    if known is not None:
        if not known.is_same_as(sent, session_id):
            raise PickupIdReused
        return known
    if found.on > china_date(at):
        raise SessionInFuture
    pair = session_id, sent.student_id
    standing = (await attendance.standings(session, [pair]))[pair]
    if not (standing.seat and standing.at_school):
        raise NoSeat(pointer="/student_id")
    if await queries.pickup_of(session, session_id, sent.student_id) is not None:
        raise AlreadyPickedUp
    if sent.guardianship_id is not None:
        guardianship = await session.get(Guardianship, sent.guardianship_id)
        check_guardian(guardianship, sent.student_id, found.on)
    elif sent.name is not None and await guardianships.is_barred_by_name(
        session, sent.student_id, sealer.fingerprint("guardian", sent.name)
    ):
        raise GuardianBarred(pointer="/name")
    pickup = Pickup.of(sent, session_id, by=caller.subject, at=at)
    session.add(pickup)
    if sent.name is not None:
        row = sealed_row(pickup.id, PersonKind.COLLECTOR, Identity(sent.name), sealer)
        await sealing.enter(session, [row])
    event = found.hand_over(pickup.id, sent.student_id, sent.guardianship_id, school=school, at=at)
    await journal.record(session, event, subject=found)
    return pickup


async def read_pickup(
    session: AsyncSession, pickup_id: UUID, *, purpose: Purpose, sealer: Sealer, caller: Principal, at: datetime
) -> tuple[Pickup, str | None]:
    """A pick-up with the name of the person, if it is sealed here. The read goes through the gate, and is logged."""
    found = await session.get(Pickup, pickup_id)
    if found is None:
        raise PickupNotFound
    pupil = await students.pupil(session, found.student_id)
    try:
        await gate.pass_gate(session, pupil, purpose=purpose, caller=caller, at=at)
    except StudentNotFound:
        raise PickupNotFound from None
    person = (await people.persons(session, [pickup_id])).get(pickup_id)
    identity = None if person is None else person.identity(sealer)
    return found, None if identity is None else identity.name
