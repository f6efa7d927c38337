"""Take a complaint in, find out whom it is about, send a team, answer everybody who complained of it."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.grids import queries as grids
from services.inspection.field.places import Place
from services.inspection.field.targets import queries as targets
from services.inspection.field.targets.domain import Target, TargetNotFound
from services.inspection.field.teams import queries as teams
from services.inspection.findings.complaints import matching, queries
from services.inspection.findings.complaints.domain import (
    Complaint,
    ComplaintContact,
    ComplaintContent,
    ComplaintOutcome,
    ComplaintOutsideYourDistrict,
    Contact,
    Looks,
    MatchOneThing,
    Source,
    Subject,
    new_receipt,
)
from services.inspection.findings.complaints.matching import Candidate
from services.inspection.rounds.visits import queries as visits
from services.inspection.rounds.visits import requests
from services.inspection.rounds.visits.domain import Plan, Purpose, Visit
from services.inspection.rulebook.norms import queries as norms
from services.inspection.rulebook.norms.domain import NormName
from shared.data.database import new_id
from shared.domain.clock import china_date, utc_now
from shared.events.afterschool.homework import HomeworkReported
from shared.facts import journal
from shared.facts.journal import Fact, record_many
from shared.http.policies import Principal


async def receive_complaint(
    session: AsyncSession,
    content: ComplaintContent,
    contact: Contact | None,
    *,
    hotline_no: str | None = None,
    source: Source | None = None,
    caller: Principal | None = None,
    at: datetime,
) -> Complaint:
    """Receive a complaint: from anybody, or with `caller`, an official who enters it from the hotline."""
    if caller is not None and not caller.covers():
        if content.district is None:
            content = content.model_copy(update={"district": caller.district})
        if not caller.covers(district=content.district):
            raise ComplaintOutsideYourDistrict(pointer="/district")
    complaint, received = Complaint.receive(
        content,
        source=source or (Source.PUBLIC if hotline_no is None else Source.HOTLINE),
        hotline_no=hotline_no,
        receipt=new_receipt(),
        days=await norms.norm(session, NormName.COMPLAINT_ANSWER, on=china_date(at)),
        at=at,
    )
    session.add(complaint)
    await journal.record(session, received, subject=complaint)
    if contact is not None:
        session.add(ComplaintContact(complaint_id=complaint.id, name=contact.name, phone=contact.phone))
    return complaint


async def candidates_for(session: AsyncSession, complaint_id: UUID, caller: Principal) -> Sequence[Candidate]:
    """Institutions it may be about: by code in the whole city, by similarity within the caller's reach.

    Comparing names takes a while, so it runs in a thread.
    """
    complaint = await queries.complaint(session, complaint_id, caller)
    code = matching.written_code(complaint.uscc)
    return await asyncio.to_thread(
        matching.candidates,
        await queries.institutions_known(session, None if caller.covers() else complaint.district),
        await queries.institutions_coded(session, code) if code is not None else [],
        name=complaint.institution_name,
        address=complaint.address,
    )


async def match_complaint(
    session: AsyncSession,
    complaint_id: UUID,
    *,
    institution_id: UUID | None,
    grid: str | None,
    caller: Principal,
    at: datetime,
) -> Complaint:
    """Match the complaint; if another open complaint is about the same matter, it joins that one.

    Complaints that had joined it keep their place: the oldest of them leads the others from now on.
    """
    await queries.queue_decisions(session)
    complaint = await queries.complaint_for_update(session, complaint_id, caller)
    place = await _place(session, institution_id, grid, complaint, caller, on=china_date(at))
    await _match(session, complaint, place, by=caller.subject, at=at)
    return complaint


async def _match(session: AsyncSession, complaint: Complaint, place: Place, *, by: str, at: datetime) -> None:
    leads_on = complaint.leads_at(place)
    await journal.record(session, complaint.match(place, by=by, at=at), subject=complaint)
    if leads_on:
        return
    for left in await queries.joined_to(session, complaint.id):
        await journal.record(session, left.part(at=at), subject=left)
        await _join(session, left, at=at)
    await _join(session, complaint, at=at)


async def take_homework_report(session: AsyncSession, event: HomeworkReported) -> None:
    """A guardian or a school reported to after-school that an institution set homework: a complaint about it.

    Raises `TargetNotFound` while the institution's own event has not arrived; the consumer tries again. An institution
    that was merged into another one is left to be matched by hand.
    """
    at, target = utc_now(), await targets.target(session, event.institution_id)
    content = ComplaintContent(
        subject=Subject.HOMEWORK,
        text=f"课后服务系统收到反映：该机构于{event.on}布置作业（反映编号 {event.report_id}）。",
        institution_name=target.name,
        district=target.district or None,
    )
    await queries.queue_decisions(session)
    complaint = await receive_complaint(session, content, None, source=Source.AFTERSCHOOL, at=at)
    if target.merged_into is None:
        await _match(session, complaint, await _place_of(session, target), by=Source.AFTERSCHOOL, at=at)


async def _join(session: AsyncSession, complaint: Complaint, *, at: datetime) -> None:
    lead = await queries.open_lead(session, complaint)
    if lead is not None:
        await journal.record(session, complaint.join(lead, at=at), subject=complaint)


async def send_team(
    session: AsyncSession, complaint_id: UUID, *, note: str | None, caller: Principal, at: datetime
) -> Complaint:
    complaint = await queries.complaint_for_update(session, complaint_id, caller)
    looks = Looks.of(await visits.asked_for(session, complaint.id))
    team = await teams.team_of_grid(session, complaint.grid)
    await _plan_visit(session, complaint, looks, note, team=team.code if team is not None else None, at=at)
    return complaint


async def take_look(
    session: AsyncSession, complaint_id: UUID, *, team: str | None, note: str | None, at: datetime
) -> None:
    """Take the result of a visit about the complaint. If it saw nothing (closed door), plan another for the same team
    with the same note; if it saw something, cancel the next planned visit."""
    complaint = await queries.complaint_to_conclude(session, complaint_id)
    if complaint is None:
        return
    looks = Looks.of(await visits.asked_for(session, complaint.id))
    if looks.seen:
        await requests.cancel_requested(session, complaint.id, "complaint-looked-into", at=at)
    elif not looks.coming:
        await _plan_visit(session, complaint, looks, note, team=team, at=at)


async def _plan_visit(
    session: AsyncSession, complaint: Complaint, looks: Looks, note: str | None, *, team: str | None, at: datetime
) -> None:
    visit_id = new_id()
    planned = complaint.plan_visit(visit_id, looks, team=team, at=at)
    plan = Plan(complaint.place, None, None, Purpose.COMPLAINT.value, note, Purpose.COMPLAINT, complaint.id)
    visit, visit_planned = Visit.plan(visit_id, plan, at=at)
    session.add(visit)
    await journal.record(session, visit_planned, subject=visit)
    await journal.record(session, planned, subject=complaint)


async def answer_complaint(
    session: AsyncSession,
    complaint_id: UUID,
    outcome: ComplaintOutcome,
    answer: str,
    *,
    caller: Principal,
    at: datetime,
) -> Complaint:
    await queries.queue_decisions(session)
    complaint = await queries.complaint_for_update(session, complaint_id, caller)
    looks = Looks.of(await visits.asked_for(session, complaint.id))
    answered = complaint.give_answer(outcome, answer, looks, by=caller.subject, at=at)
    await journal.record(session, answered, subject=complaint)
    facts = []
    for joined in await queries.joined_to(session, complaint.id):
        told = joined.take_answer(complaint, at=at)
        joined.version += 1
        facts.append(Fact(joined.id, joined.version, told))
    await session.flush()
    await record_many(session, facts)
    await requests.cancel_requested(session, complaint.id, "complaint-answered", at=at)
    return complaint


async def read_contact(
    session: AsyncSession, complaint_id: UUID, *, purpose: str, caller: Principal, at: datetime
) -> ComplaintContact:
    complaint = await queries.complaint_for_update(session, complaint_id, caller)
    contact = await queries.contact(session, complaint.id)
    await journal.record(session, complaint.contact_read(at=at), subject=complaint, reason=purpose)
    return contact


async def _place(
    session: AsyncSession,
    institution_id: UUID | None,
    grid: str | None,
    complaint: Complaint,
    caller: Principal,
    *,
    on: date,
) -> Place:
    if (institution_id is None) == (grid is None):
        raise MatchOneThing(pointer="/institution_id")
    if institution_id is not None:
        target = await targets.target(session, institution_id)
        if not caller.covers(district=target.district, street=target.street):
            raise TargetNotFound
        target.check_not_merged()
        return await _place_of(session, target)
    assert grid is not None, "one of the two is named"
    districts = await grids.check_named(session, {"/grid": grid}, caller, on=on)
    team = await teams.team_of_grid(session, grid)
    district = districts[grid] or (team.district if team is not None else complaint.district)
    return Place(None, grid, district, None, team.code if team is not None else None)


async def _place_of(session: AsyncSession, target: Target) -> Place:
    team = await teams.team_of_grid(session, target.grid)
    return Place(target.institution_id, target.grid, target.district, target.street, team.code if team else None)
