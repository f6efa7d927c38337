"""Draft, submit, return, accept, look at, decide: an application's way through the office."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.institutions.domain import (
    Details,
    Institution,
    OutsideYourDistrict,
    Status,
)
from services.registry.licensing.applications import queries
from services.registry.licensing.applications.domain import (
    ApplicantUnclear,
    Application,
    ApprovalClosed,
    NotYourDecision,
    PlaceUnknown,
    Wish,
)
from services.registry.licensing.permits.domain import Validity
from services.registry.licensing.permits.usecases import grant_permit
from services.registry.rulebook.calendars import queries as calendars
from services.registry.rulebook.calendars.domain import Calendar
from services.registry.rulebook.procedures import queries as procedures
from services.registry.rulebook.procedures.domain import Matter, Office, Procedure
from services.registry.rulebook.rules import queries as rules
from services.registry.rulebook.rules.domain import RuleCheck, approval_closed
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.etags import check_version
from shared.http.policies import Principal

HORIZON = timedelta(days=800)
"""How far ahead a deadline may lie: 250 working days, holidays and an extension."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A decision for the applicant: from when to when, and under which number if not the next."""

    validity: Validity
    number: str | None


async def draft_application(session: AsyncSession, wish: Wish, *, caller: Principal, at: datetime) -> Application:
    place = await _place(session, wish, caller)
    application, drafted = Application.draft(wish, applicant=caller.subject, place=place, at=at)
    session.add(application)
    await journal.record(session, drafted, subject=application)
    return application


async def change_application(
    session: AsyncSession, application_id: UUID, wish: Wish, *, expected: int, caller: Principal, at: datetime
) -> Application:
    application = await queries.application_for_update(session, application_id, caller)
    check_version(application, expected)
    changed = application.change(wish, place=await _place(session, wish, caller), at=at)
    if changed is not None:
        await journal.record(session, changed, subject=application)
    return application


async def submit_application(
    session: AsyncSession, application_id: UUID, *, caller: Principal, at: datetime
) -> Application:
    application = await queries.application_for_update(session, application_id, caller)
    await _refuse_if_closed(session, application, at)
    procedure = await _procedure(session, application, at)
    submitted = application.submit(procedure, await _calendar(session, application, at), at=at)
    if application.institution_id is None:
        application.institution_id = submitted_for = await _enter_newcomer(session, application, at)
        submitted = submitted.model_copy(update={"institution_id": submitted_for})
    await journal.record(session, submitted, subject=application)
    return application


async def return_application(
    session: AsyncSession,
    application_id: UUID,
    missing: Sequence[str],
    *,
    note: str | None,
    acknowledged: bool = False,
    caller: Principal,
    at: datetime,
) -> Application:
    application, procedure, calendar = await _running(session, application_id, caller, at)
    returned = application.give_back(missing, note, procedure, calendar, acknowledged=acknowledged, at=at)
    await journal.record(session, returned, subject=application, reason=note)
    return application


async def accept_application(
    session: AsyncSession, application_id: UUID, *, caller: Principal, at: datetime
) -> Application:
    application, procedure, calendar = await _running(session, application_id, caller, at)
    await journal.record(session, application.accept(procedure, calendar, at=at), subject=application)
    return application


async def request_site_visit(
    session: AsyncSession, application_id: UUID, *, caller: Principal, at: datetime
) -> Application:
    application, procedure, calendar = await _running(session, application_id, caller, at)
    assert application.institution_id is not None
    applicant = await session.get_one(Institution, application.institution_id)
    requested = application.request_site_visit(procedure, calendar, coordinates=(applicant.lon, applicant.lat), at=at)
    await journal.record(session, requested, subject=application)
    return application


async def note_site_visit(
    session: AsyncSession, application_id: UUID, visit_id: UUID, *, outcome: str, passed: bool | None, at: datetime
) -> None:
    """Record the result of the site visit, or its correction. A result that nobody waits for changes nothing."""
    application = await session.get(Application, application_id, with_for_update=True, populate_existing=True)
    if application is None or not application.awaits(visit_id):
        return
    if (application.site_visit_outcome, application.site_visit_passed) == (outcome, passed):
        return
    procedure = await _procedure(session, application, at)
    calendar = await _calendar(session, application, at)
    concluded = application.conclude_site_visit(visit_id, outcome, passed, procedure, calendar, at=at)
    await journal.record(session, concluded, subject=application)


async def extend_application(
    session: AsyncSession, application_id: UUID, *, cause: str, caller: Principal, at: datetime
) -> Application:
    application, procedure, calendar = await _running(session, application_id, caller, at)
    _check_office(procedure, caller)
    extended = application.extend(cause, procedure, calendar, at=at)
    await journal.record(session, extended, subject=application, reason=cause)
    return application


async def grant_application(
    session: AsyncSession, application_id: UUID, grant: Grant, *, caller: Principal, at: datetime
) -> Application:
    application, procedure, _ = await _running(session, application_id, caller, at)
    _check_office(procedure, caller)
    application.check_grantable(procedure)
    await _refuse_if_closed(session, application, at)
    assert application.institution_id is not None
    institution = await institutions.institution_for_update(session, application.institution_id, caller)
    institution.check_open()
    permit = await grant_permit(
        session,
        institution,
        application.scope,
        grant.validity,
        number=grant.number,
        application_id=application.id,
        at=at,
    )
    await journal.record(session, application.grant(permit.id, procedure, at=at), subject=application)
    return application


async def refuse_application(
    session: AsyncSession, application_id: UUID, *, grounds: str, legal_basis: str, caller: Principal, at: datetime
) -> Application:
    application, procedure, _ = await _running(session, application_id, caller, at)
    _check_office(procedure, caller)
    refused = application.refuse(grounds, legal_basis, at=at)
    await journal.record(session, refused, subject=application, reason=grounds)
    return application


async def withdraw_application(
    session: AsyncSession, application_id: UUID, *, reason: str | None, caller: Principal, at: datetime
) -> Application:
    application = await queries.application_for_update(session, application_id, caller)
    await journal.record(session, application.withdraw(at=at), subject=application, reason=reason)
    return application


async def recount_clocks(session: AsyncSession, *, on: date) -> None:
    """Recompute every running clock after a change of the calendar. This is no step of a case, so nothing is
    published."""
    running = await queries.running_for_update(session)
    if not running:
        return
    first = min(application.received_on or on for application in running)
    calendar = await calendars.calendar(session, first, on + HORIZON)
    for application in running:
        assert application.procedure_id is not None
        application.recount(await procedures.procedure(session, application.procedure_id), calendar)


async def _place(session: AsyncSession, wish: Wish, caller: Principal) -> tuple[str | None, str | None]:
    if wish.newcomer is None and wish.institution_id is not None:
        institution = await institutions.institution(session, wish.institution_id, caller)
        institution.check_open()
        return institution.district, institution.street
    if wish.newcomer is None or wish.institution_id is not None:
        raise ApplicantUnclear(pointer="/newcomer")
    district, street = wish.newcomer.district, wish.newcomer.street
    if district is None:
        raise PlaceUnknown(pointer="/newcomer/district")
    if "operator" not in caller.roles and not caller.covers(district=district, street=street):
        raise OutsideYourDistrict(pointer="/newcomer/district")
    return district, street


async def _refuse_if_closed(session: AsyncSession, application: Application, at: datetime) -> None:
    wish = application.wish()
    in_force = await rules.rules_in_force(session, china_date(at), check=RuleCheck.APPROVAL_CLOSED)
    closed = approval_closed(in_force, kind=wish.kind, stages=wish.stages)
    if closed is not None:
        raise ApprovalClosed(rule=closed.code, citation=closed.citation)


async def _enter_newcomer(session: AsyncSession, application: Application, at: datetime) -> UUID:
    details = Details.model_validate(application.newcomer).model_copy(
        update={"status": Status.APPLYING, "kind": application.wish().kind}
    )
    institution, registered = Institution.register(details, at=at)
    session.add(institution)
    await journal.record(session, registered, subject=institution)
    return institution.id


async def _running(
    session: AsyncSession, application_id: UUID, caller: Principal, at: datetime
) -> tuple[Application, Procedure, Calendar]:
    application = await queries.application_for_update(session, application_id, caller)
    procedure = await _procedure(session, application, at)
    return application, procedure, await _calendar(session, application, at)


async def _procedure(session: AsyncSession, application: Application, at: datetime) -> Procedure:
    if application.procedure_id is not None:
        return await procedures.procedure(session, application.procedure_id)
    return await procedures.procedure_for(
        session, Matter.NEW_PERMIT, kind=application.kind, district=application.district, on=china_date(at)
    )


async def _calendar(session: AsyncSession, application: Application, at: datetime) -> Calendar:
    today = china_date(at)
    first = application.received_on or application.submitted_on or today
    return await calendars.calendar(session, first, today + HORIZON)


def _check_office(procedure: Procedure, caller: Principal) -> None:
    role = {Office.BUREAU: "bureau", Office.DISTRICT: "district_officer"}[Office(procedure.deciding_office)]
    if role not in caller.roles:
        raise NotYourDecision(office=procedure.deciding_office)
