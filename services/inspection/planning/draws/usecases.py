"""Commit to a draw, reveal it, give it up."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.places import Place
from services.inspection.field.rotas import queries as rotas
from services.inspection.field.targets import queries as targets
from services.inspection.field.teams import queries as teams
from services.inspection.field.teams.domain import Inspector
from services.inspection.planning.draws import queries
from services.inspection.planning.draws.domain import (
    Draw,
    DrawDetails,
    DrawOutsideYourDistrict,
    DrawVisit,
    InspectorNotInPool,
    Person,
    Pool,
    Unvisited,
    check_share,
)
from services.inspection.planning.draws.lottery import Assignment
from services.inspection.planning.risks.queries import risks
from services.inspection.rounds.visits.domain import Plan, Visit
from services.inspection.rulebook.norms import queries as norms
from services.inspection.rulebook.norms.domain import NormName
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.facts import journal
from shared.facts.journal import Fact
from shared.http.policies import Principal

VISIT_TYPE = "双随机抽查"


async def commit_draw(session: AsyncSession, details: DrawDetails, *, caller: Principal, at: datetime) -> Draw:
    """Commit to a draw. A district officer's draw is confined to the officer's district."""
    district = None
    if not caller.covers():
        district = caller.district
        if district is None or details.scope.districts not in ([], [district]):
            raise DrawOutsideYourDistrict(pointer="/scope/districts")
        details = details.model_copy(update={"scope": details.scope.model_copy(update={"districts": [district]})})
    today = china_date(at)
    held_on = details.held_on or today
    check_share(details.share_bp, minimum=await norms.norm(session, NormName.DRAW_MINIMUM_SHARE, on=today))
    grids = await queries.drawable(session, details.scope)
    ids = sorted(grids)
    scored = await risks(session, ids, on=today)
    draw, committed = Draw.commit_to(
        details,
        district=district,
        held_on=held_on,
        strata={one: f"{grids[one] or ''}|{scored[one].risk_class}" for one in ids},
        people=await _people(session, details.pool, caller, on=held_on),
        last_visitors=await queries.last_visitors(session, ids),
        at=at,
    )
    session.add(draw)
    await journal.record(session, committed, subject=draw)
    return draw


async def reveal_draw(session: AsyncSession, draw_id: UUID, *, caller: Principal, at: datetime) -> Draw:
    draw = await queries.draw_for_update(session, draw_id, caller)
    # A large draw takes seconds of arithmetic: other requests go on meanwhile.
    result, revealed = await asyncio.to_thread(draw.reveal, at=at)
    await journal.record(session, revealed, subject=draw)
    unvisited = await _plan_visits(session, draw, result, at=at)
    for part in draw.listed_results(unvisited, at=at):
        await journal.record(session, part, subject=draw)
    return draw


async def cancel_draw(session: AsyncSession, draw_id: UUID, reason: str, *, caller: Principal, at: datetime) -> Draw:
    draw = await queries.draw_for_update(session, draw_id, caller)
    await journal.record(session, draw.cancel(reason, at=at), subject=draw, reason=reason)
    return draw


async def _people(session: AsyncSession, pool: Pool, caller: Principal, *, on: date) -> Sequence[Person]:
    """The members of the pool's teams, each once. A member of two teams counts for the team where they are on duty,
    else for the one formed first. An absence from one team counts for all."""
    people: dict[str, Person] = {}
    within = await teams.teams_in_service(session, caller)
    days = await rotas.there(session, within, on)
    absent = {subject for day in days.values() for subject in day.absent}
    for team in within:
        there = {one.subject for one in days[team.id].present} - absent
        for member in map(Inspector.model_validate, team.members):
            if not (pool.teams or pool.subjects) or team.code in pool.teams or member.subject in pool.subjects:
                certified, present = member.certified(on=on), member.subject in there
                person = Person(member.subject, team.code, member.certificate_no, certified, present)
                if person.subject not in people or (present and not people[person.subject].present):
                    people[person.subject] = person
    codes = {team.code for team in within}
    for place, code in enumerate(pool.teams):
        if code not in codes:
            raise InspectorNotInPool(pointer=f"/pool/teams/{place}")
    for place, subject in enumerate(pool.subjects):
        if subject not in people:
            raise InspectorNotInPool(pointer=f"/pool/subjects/{place}")
    return list(people.values())


async def _plan_visits(
    session: AsyncSession, draw: Draw, result: Sequence[Assignment], *, at: datetime
) -> Mapping[UUID, Unvisited]:
    """Plan the visits; returns the targets that get none, with the reason.

    A visit goes to the team of the inspector drawn first; if that team is not in service, to the other inspector's
    team, else to the team that walks the grid.
    """
    by_grid, in_service = await teams.teams_by_grid(session), await teams.codes_in_service(session)
    unvisited: dict[UUID, Unvisited] = {}
    places = {one.institution_id: one for one in await targets.targets(session, [UUID(a["target"]) for a in result])}
    facts: list[Fact] = []
    for assignment in result:
        target = places[UUID(assignment["target"])]
        pair = [draw.people[person] for person in assignment["inspectors"]]
        subjects = [person["subject"] for person in pair]
        team = next((one["team"] for one in pair if one["team"] in in_service), by_grid.get(target.grid or ""))
        drawn = DrawVisit(draw_id=draw.id, institution_id=target.institution_id, inspectors=subjects)
        session.add(drawn)
        why_not = draw.gone(target.status) or (Unvisited.NO_TEAM if team is None else None)
        if why_not is not None:
            drawn.unvisited = unvisited[target.institution_id] = why_not
            continue
        place = Place(target.institution_id, target.grid, target.district, target.street, team)
        visit, planned = Visit.plan(
            new_id(), Plan(place, None, None, VISIT_TYPE, draw.name, inspectors=subjects), at=at
        )
        visit.version = 1
        session.add(visit)
        drawn.visit_id = visit.id
        facts.append(Fact(visit.id, visit.version, planned))
    await session.flush()
    await journal.record_many(session, facts)
    return unvisited
