"""Campaigns, their lists and their tallies; and the list's one statement."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Uuid,
    bindparam,
    false,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import ForUpdateArg

from services.inspection.field.targets.domain import MERGED, Target
from services.inspection.field.teams.domain import Team, TeamGrid
from services.inspection.rounds.campaigns.domain import (
    LISTED_PER_EVENT,
    Campaign,
    CampaignNotFound,
    CampaignTarget,
    Count,
    Scope,
    TargetState,
    campaign_tally,
)
from shared.data.database import allowing
from shared.data.unit_of_work import locked
from shared.events.inspection.campaigns import ListedTarget
from shared.http.policies import Principal
from shared.http.reach import within_reach

READ_AT_ONCE = 5 * LISTED_PER_EVENT
COUNTING: Final = ForUpdateArg(key_share=True)
"""The lock of those who count. It lets `campaign_to_visit` pass: a batch that plans visits and ends others has both."""

_TALLY = campaign_tally.c


def _visible(caller: Principal) -> ColumnElement[bool]:
    """District users see the city's campaigns and their district's; a team also those that list its targets."""
    if caller.covers():
        return literal(True)
    ours: ColumnElement[bool] = Campaign.district.is_(None)
    if caller.district is not None:
        ours = or_(ours, Campaign.district == caller.district)
    if caller.team is not None:
        given = select(campaign_tally.c.campaign_id).where(
            campaign_tally.c.campaign_id == Campaign.id, campaign_tally.c.team == caller.team
        )
        ours = or_(ours, given.exists())
    return ours if {"district_officer", "inspector"} & caller.roles else false()


async def campaign(session: AsyncSession, campaign_id: UUID, caller: Principal) -> Campaign:
    found: Campaign | None = await session.scalar(select(Campaign).where(Campaign.id == campaign_id, _visible(caller)))
    if found is None:
        raise CampaignNotFound
    return found


async def campaign_to_visit(session: AsyncSession, campaign_id: UUID, caller: Principal) -> Campaign:
    """The campaign a visit is planned for; raises `CampaignNotFound`.

    Until the transaction ends, nobody launches, closes or withdraws it. Counting and planning by others go on.
    """
    found = await session.scalar(
        select(Campaign)
        .where(Campaign.id == campaign_id, _visible(caller))
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise CampaignNotFound
    return found


async def campaign_to_count(session: AsyncSession, campaign_id: UUID) -> Campaign:
    """The campaign, locked for its counters. This is the last lock of a transaction (visit, target, campaign), so that
    many visits at once only queue."""
    found = await session.get(Campaign, campaign_id, with_for_update=COUNTING, populate_existing=True)
    assert found is not None, "campaigns are not deleted"
    return found


async def campaign_for_update(session: AsyncSession, campaign_id: UUID) -> Campaign:
    """The campaign, locked against counting and planning; the last lock of a transaction. Raises `CampaignNotFound`."""
    found = await session.get(Campaign, campaign_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise CampaignNotFound
    return found


async def campaigns(
    session: AsyncSession, caller: Principal, *, state: str | None, after: str | None, limit: int
) -> Sequence[Campaign]:
    wanted = select(Campaign).where(_visible(caller)).order_by(Campaign.id).limit(limit)
    if state is not None:
        wanted = wanted.where(Campaign.state == state)
    if after is not None:
        wanted = wanted.where(Campaign.id > UUID(after))
    return (await session.scalars(wanted)).all()


def _new_id(at: datetime) -> ColumnElement[UUID]:
    """SQL for a UUIDv7: PostgreSQL has `uuidv7()` only from 18 on, and 15 is supported."""
    millis = int(at.timestamp() * 1000)
    return literal_column(
        "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) "
        f"placing substring(int8send({millis}) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid",
        Uuid(),
    )


def within(scope: Scope) -> list[ColumnElement[bool]]:
    """The conditions for targets in a scope. Closed targets are included only on request; merged ones are replaced by
    their survivor."""
    dimensions = (
        (Target.grid, scope.grids),
        (Target.district, scope.districts),
        (Target.street, scope.streets),
        (Target.kind, scope.kinds),
        (Target.status, scope.statuses),
    )
    conditions: list[ColumnElement[bool]] = [column.in_(values) for column, values in dimensions if values]
    if not scope.statuses:
        conditions.append(Target.status.not_in(("closed", MERGED)))
    return conditions


async def freeze_list(session: AsyncSession, campaign_id: UUID, scope: Scope, *, at: datetime) -> int:
    """Write the list in one statement, each target with the team that walks its grid, and its tally; returns its
    length."""
    listed = (
        select(
            _new_id(at),
            literal(campaign_id, Uuid()),
            Target.institution_id,
            Target.grid,
            Target.district,
            Target.street,
            Team.code,
            literal(TargetState.OPEN.value),
            literal(0),
        )
        .select_from(Target)
        .outerjoin(TeamGrid, TeamGrid.grid == Target.grid)
        .outerjoin(Team, Team.id == TeamGrid.team_id)
        .where(*within(scope))
        .order_by(Target.institution_id)  # in the order of its index, which costs a third less to fill
    )
    columns = ("id", "campaign_id", "institution_id", "grid", "district", "street", "team", "state", "attempts")
    # A million rows take longer than a request usually may.
    async with allowing(session, 600):
        await session.execute(insert(CampaignTarget).from_select(columns, listed))
        await _count_targets(session, campaign_id)
    return await session.scalar(select(func.sum(_TALLY.number)).where(_TALLY.campaign_id == campaign_id)) or 0


async def withdraw_list(session: AsyncSession, campaign_id: UUID) -> None:
    """Withdraw all targets of a list, none of which is closed, and empty its tally."""
    async with allowing(session, 600):
        await session.execute(
            update(CampaignTarget)
            .where(CampaignTarget.campaign_id == campaign_id, CampaignTarget.state == TargetState.OPEN)
            .values(state=TargetState.WITHDRAWN)
            .execution_options(synchronize_session=False)
        )
        await session.execute(update(campaign_tally).where(_TALLY.campaign_id == campaign_id).values(number=0))


async def _count_targets(session: AsyncSession, campaign_id: UUID) -> None:
    tally = (
        select(
            CampaignTarget.campaign_id,
            CampaignTarget.grid,
            CampaignTarget.team,
            CampaignTarget.state,
            func.count().label("number"),
        )
        .where(CampaignTarget.campaign_id == campaign_id)
        .group_by(CampaignTarget.campaign_id, CampaignTarget.grid, CampaignTarget.team, CampaignTarget.state)
    )
    names = ("campaign_id", "grid", "team", "state", "number")
    await session.execute(insert(campaign_tally).from_select(names, tally))


_PIECE = text(
    """
    SELECT coalesce(json_agg(piece)::text, '[]') FROM (
        SELECT id AS target_id, institution_id, grid, district, street FROM campaign_target
        WHERE campaign_id = :campaign_id AND institution_id > :after
        ORDER BY institution_id LIMIT :rows
    ) piece
    """
).bindparams(bindparam("campaign_id", type_=Uuid), bindparam("after", type_=Uuid), bindparam("rows", type_=BigInteger))
_PIECES = TypeAdapter(list[ListedTarget])


async def listed_targets(session: AsyncSession, campaign_id: UUID) -> AsyncIterator[list[ListedTarget]]:
    """The frozen list in chunks of several events' length, by institution.

    It is read as JSON by pydantic's parser: row by row, a million targets would block the event loop for most of a
    minute.
    """
    after = UUID(int=0)
    while True:
        found = await session.scalar(_PIECE, {"campaign_id": campaign_id, "after": after, "rows": READ_AT_ONCE})
        piece = _PIECES.validate_json(found)
        if piece:
            yield piece
            after = piece[-1].institution_id
        if len(piece) < READ_AT_ONCE:
            return


async def move_in_tally(session: AsyncSession, campaign_id: UUID, counts: Sequence[Count]) -> None:
    """Move targets between cells of the tally, and add discoveries. The caller holds the lock of the campaign."""
    cells: Counter[tuple[str | None, str | None, str]] = Counter()
    for one in counts:
        if one.was is not None:
            cells[one.grid, one.team, one.was] -= 1
        cells[one.grid, one.team, one.now] += 1
    await add_to_tally(session, campaign_id, cells)


async def add_to_tally(
    session: AsyncSession, campaign_id: UUID, cells: Mapping[tuple[str | None, str | None, str], int]
) -> None:
    """Add positive or negative numbers to cells (grid, team, state). The caller holds the lock of the campaign."""
    rows = [
        {"campaign_id": campaign_id, "grid": grid, "team": team, "state": state, "number": number}
        for (grid, team, state), number in cells.items()
        if number
    ]
    if rows:
        statement = upsert(campaign_tally)
        added = {"number": _TALLY.number + statement.excluded.number}
        await session.execute(statement.on_conflict_do_update(constraint="uq_campaign_tally_cell", set_=added), rows)


async def tally(session: AsyncSession, campaign_id: UUID) -> Sequence[Any]:
    rows = await session.execute(
        select(_TALLY.grid, _TALLY.team, _TALLY.state, _TALLY.number)
        .where(_TALLY.campaign_id == campaign_id, _TALLY.number != 0)
        .order_by(_TALLY.grid, _TALLY.team)
    )
    return rows.all()


@dataclass(frozen=True, slots=True)
class TargetFilters:
    """What the list of a campaign's targets is narrowed to."""

    grid: str | None = None
    team: str | None = None
    state: str | None = None


async def targets(
    session: AsyncSession,
    campaign_id: UUID,
    caller: Principal,
    filters: TargetFilters,
    *,
    after: str | None,
    limit: int,
) -> Sequence[Any]:
    wanted = (
        select(*CampaignTarget.__table__.columns, Target.name, Target.address, Target.lon, Target.lat)
        .outerjoin(Target, Target.institution_id == CampaignTarget.institution_id)
        .where(
            CampaignTarget.campaign_id == campaign_id,
            within_reach(
                caller, district=CampaignTarget.district, street=CampaignTarget.street, team=CampaignTarget.team
            ),
        )
        .order_by(CampaignTarget.institution_id)
        .limit(limit)
    )
    for name in ("grid", "team", "state"):
        value = getattr(filters, name)
        if value is not None:
            wanted = wanted.where(getattr(CampaignTarget, name) == value)
    if after is not None:
        wanted = wanted.where(CampaignTarget.institution_id > UUID(after))
    return (await session.execute(wanted)).all()


async def target_of(session: AsyncSession, campaign_id: UUID, institution_id: UUID) -> CampaignTarget | None:
    found: CampaignTarget | None = await session.scalar(
        select(CampaignTarget).where(
            CampaignTarget.campaign_id == campaign_id, CampaignTarget.institution_id == institution_id
        )
    )
    return found


async def target_for_update(session: AsyncSession, target_id: UUID) -> CampaignTarget:
    """The target, locked. The caller holds the lock of the visit, but not yet that of the campaign."""
    found = await locked(session, CampaignTarget, target_id)
    assert found is not None, "a frozen list loses nobody"
    return found
