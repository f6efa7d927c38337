"""Plan a visit, start it, submit its outcome, review it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.grids import queries as grids
from services.inspection.field.places import NOWHERE, Place
from services.inspection.field.targets import queries as targets
from services.inspection.field.targets.domain import TargetNotFound
from services.inspection.field.teams import queries as teams
from services.inspection.field.teams.domain import Team
from services.inspection.rounds.campaigns import queries as campaigns
from services.inspection.rounds.campaigns.domain import CampaignTarget, InstitutionNotOnList
from services.inspection.rounds.discoveries import queries as discoveries
from services.inspection.rounds.outcomes import Outcome
from services.inspection.rounds.visits import queries
from services.inspection.rounds.visits.domain import AnotherTeamsWork, Plan, Visit, VisitIdTaken, VisitTeamUnknown
from services.inspection.rulebook.checklists import queries as checklists
from shared.data.database import new_id
from shared.data.unit_of_work import hold
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal
from shared.http.reach import reaches


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller asks for when a visit is planned."""

    id: UUID | None = None
    institution_id: UUID | None = None
    campaign_id: UUID | None = None
    team: str | None = None
    grid: str | None = None
    visit_type: str | None = None
    note: str | None = None

    def describes(self, visit: Visit) -> bool:
        """Whether the stored visit matches this request; if so, asking again changes nothing."""
        return (
            (self.institution_id, self.campaign_id) == (visit.institution_id, visit.campaign_id)
            and self.team in (None, visit.team)
            and (self.grid in (None, visit.grid) or self.institution_id is not None)
            and self.visit_type in (None, visit.visit_type)
        )


async def plan_visit(session: AsyncSession, wish: Wish, *, caller: Principal, at: datetime) -> tuple[Visit, bool]:
    """Plan a visit. The flag says whether it is new: a client's own id may be sent again."""
    if wish.id is not None:
        known = await queries.visit_with_id(session, wish.id)
        if known is not None:
            if not (reaches(caller, known, **queries.REACH) and wish.describes(known)):
                raise VisitIdTaken
            return known, False
    plan = await _plan(session, wish, caller, on=china_date(at))
    visit, planned = Visit.plan(wish.id or new_id(), plan, at=at)
    session.add(visit)
    hold(session, Visit, visit.id, visit)
    await journal.record(session, planned, subject=visit)
    return visit, True


async def start_visit(
    session: AsyncSession,
    visit_id: UUID,
    *,
    colleagues: Sequence[str],
    caller: Principal,
    at: datetime,
    checklist_id: UUID | None = None,
) -> Visit:
    visit = await queries.visit_for_update(session, visit_id, caller)
    visit.check_planned()
    if checklist_id is not None:
        await checklists.usable(session, checklist_id, on=china_date(at))
    started = visit.start([caller.subject, *colleagues], at=at, checklist_id=checklist_id)
    await journal.record(session, started, subject=visit)
    return visit


async def plan_again(session: AsyncSession, visit_id: UUID, *, reason: str, caller: Principal, at: datetime) -> Visit:
    """Plan a visit again that was cancelled while an offline phone made it."""
    visit = await queries.visit_for_update(session, visit_id, caller)
    await journal.record(session, visit.plan_again(at=at), subject=visit, reason=reason)
    return visit


async def join_visit(
    session: AsyncSession, visit_id: UUID, *, colleagues: Sequence[str], caller: Principal, at: datetime
) -> Visit:
    visit = await queries.visit_for_update(session, visit_id, caller)
    joined = visit.join([caller.subject, *colleagues], at=at)
    if joined is not None:
        await journal.record(session, joined, subject=visit)
    return visit


async def count_visits(
    session: AsyncSession, seen: Sequence[tuple[UUID, date]], *, corrected: Collection[UUID]
) -> None:
    """Count new visits (institution, day) at their institutions; if visits were corrected, count those institutions
    anew.

    The new count is made after the institutions are locked, so it includes everything others have counted.
    """
    if not corrected:
        await targets.note_visits(session, seen)
        return
    institutions = {*corrected, *(institution for institution, _ in seen)}
    await session.flush()
    await targets.hold_targets(session, institutions)
    await targets.keep_visits(session, await queries.seen_at(session, institutions))


async def review_visit(
    session: AsyncSession, visit_id: UUID, *, accepted: bool, note: str | None, caller: Principal, at: datetime
) -> Visit:
    visit = await queries.visit_for_update(session, visit_id, caller)
    reviewed = visit.review(accepted=accepted, note=note, at=at)
    if accepted and visit.outcome == Outcome.NEWLY_FOUND:
        found = await discoveries.discovery_of(session, visit.id)
        assert found is not None, "each visit that ends so made one"
        found.check_described()
    await journal.record(session, reviewed, subject=visit)
    return visit


async def call_off_visit(
    session: AsyncSession, visit_id: UUID, *, reason: str, caller: Principal, at: datetime
) -> Visit:
    """Cancel a planned visit; not one requested by another procedure, which is cancelled there."""
    visit = await queries.visit_for_update(session, visit_id, caller)
    visit.check_unasked()
    await journal.record(session, visit.cancel("called-off", at=at), subject=visit, reason=reason)
    return visit


async def _plan(session: AsyncSession, wish: Wish, caller: Principal, *, on: date) -> Plan:
    listed = await _on_the_list(session, wish, caller)
    place = await _place(session, wish, listed, caller, on=on)
    if not caller.covers(district=place.district, street=place.street, team=place.team):
        raise TargetNotFound
    return Plan(
        place=place,
        campaign_id=wish.campaign_id,
        campaign_target_id=listed.id if listed else None,
        visit_type=wish.visit_type,
        note=wish.note,
    )


async def _on_the_list(session: AsyncSession, wish: Wish, caller: Principal) -> CampaignTarget | None:
    if wish.campaign_id is None:
        return None
    (await campaigns.campaign_to_visit(session, wish.campaign_id, caller)).check_open()
    if wish.institution_id is None:
        return None
    listed = await campaigns.target_of(session, wish.campaign_id, wish.institution_id)
    if listed is None:
        raise InstitutionNotOnList
    return listed


async def _place(
    session: AsyncSession, wish: Wish, listed: CampaignTarget | None, caller: Principal, *, on: date
) -> Place:
    """The place and team of the visit: those of the frozen list if it is on one.

    A merged institution on a list is still visited, because the campaign ends only when each target has an outcome.
    """
    if wish.institution_id is None:
        return await _searched(session, wish, caller, on=on)
    target = await targets.target(session, wish.institution_id)
    place = listed or target
    if listed is None:
        target.check_not_merged()
        walking = await teams.team_of_grid(session, target.grid)
    else:
        walking = await teams.team_by_code(session, listed.team) if listed.team is not None else None
    team = await _team(session, wish, walking, caller, district=place.district or NOWHERE, street=place.street)
    return Place(wish.institution_id, place.grid, place.district, place.street, team.code if team is not None else None)


async def _searched(session: AsyncSession, wish: Wish, caller: Principal, *, on: date) -> Place:
    """The place of a search for an unknown institution: the grid named, or the only grid of the team."""
    named = {"/grid": wish.grid} if wish.grid is not None else {}
    districts = await grids.check_named(session, named, caller, on=on)
    district = districts[wish.grid] if wish.grid is not None else None
    team = await _team(
        session, wish, await teams.team_of_grid(session, wish.grid), caller, district=district, street=None
    )
    if team is None:
        return Place(None, wish.grid, district, None, None)
    grid = wish.grid or (team.grids[0] if len(team.grids) == 1 else None)
    return Place(None, grid, district or team.district, None, team.code)


async def _team(
    session: AsyncSession,
    wish: Wish,
    walking: Team | None,
    caller: Principal,
    *,
    district: str | None,
    street: str | None,
) -> Team | None:
    """The team of the visit. The bureau names any team, officers one of their district; inspectors plan for their own
    team, and nothing in a grid that another team walks."""
    if not caller.covers() and "district_officer" not in caller.roles:
        if wish.team not in (None, caller.team):
            raise AnotherTeamsWork(pointer="/team")
        return await teams.team_for(session, caller, walking=walking, district=district)
    if wish.team is None or (district is not None and not caller.covers(district=district, street=street)):
        return walking
    named = await teams.team_by_code(session, wish.team)
    if named is None or not named.active or not caller.covers(district=named.district):
        raise VisitTeamUnknown(pointer="/team")
    return named
