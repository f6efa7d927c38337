"""Operations by id and by what they wait for; and the feed: what changed for a team since a phone last asked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.devices.domain import DeviceNotEnrolled
from services.inspection.stories.sync.domain import (
    IN_CONFLICT,
    Operation,
    OperationKind,
    OperationNotFound,
    UnreadableOperation,
    Verdict,
)
from shared.http.policies import Principal
from shared.http.reach import within_reach


async def queue_for(session: AsyncSession, subject: str) -> None:
    """Process one batch of a person at a time, so that a batch sent twice at once is applied once."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sync {subject}", 0))))


async def operations(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Operation]:
    found = await session.scalars(select(Operation).where(Operation.id.in_(list(ids))))
    return {operation.id: operation for operation in found}


async def held(session: AsyncSession, subject: str) -> Sequence[Operation]:
    """A person's operations that wait for others, locked: an officer may be deciding about them."""
    wanted = select(Operation).where(Operation.subject == subject, Operation.verdict == Verdict.HELD)
    return (await session.scalars(wanted.order_by(Operation.id).with_for_update())).all()


async def behind(session: AsyncSession, decided: Operation) -> Sequence[Operation]:
    """The person's operations that are in conflict only because of this one; locked."""
    wanted = select(Operation).where(
        Operation.subject == decided.subject,
        Operation.verdict == Verdict.HARD_CONFLICT,
        Operation.code == IN_CONFLICT[1],
        Operation.resolved_at.is_(None),
        any_(Operation.after) == decided.id,
    )
    return (await session.scalars(wanted.order_by(Operation.id).with_for_update())).all()


async def starts_of(session: AsyncSession, submitted: Operation) -> Sequence[Operation]:
    """The unresolved starts, by the same person, of the visit of this submission; locked."""
    wanted = select(Operation).where(
        Operation.id.in_(submitted.after),
        Operation.subject == submitted.subject,
        Operation.entity_id == submitted.entity_id,
        Operation.kind == OperationKind.START_VISIT,
        Operation.verdict == Verdict.HARD_CONFLICT,
        Operation.resolved_at.is_(None),
    )
    return (await session.scalars(wanted.order_by(Operation.id).with_for_update())).all()


async def operation_for_update(session: AsyncSession, operation_id: UUID, caller: Principal) -> Operation:
    """The operation, locked; raises `OperationNotFound` if it is not within the caller's reach."""
    found = await session.get(Operation, operation_id, with_for_update=True, populate_existing=True)
    if found is None or not caller.covers(district=found.district, street=found.street or "", team=found.team):
        raise OperationNotFound
    return found


async def operations_with(
    session: AsyncSession,
    caller: Principal,
    *,
    verdict: Verdict | None,
    open_only: bool,
    after: str | None,
    limit: int,
) -> Sequence[Operation]:
    """Operations within the caller's reach, by id; `open_only` leaves out resolved ones."""
    nowhere_yet = func.coalesce(Operation.street, "")  # no officer of a street decides what may lie in another
    reach = within_reach(caller, district=Operation.district, street=nowhere_yet, team=Operation.team)
    wanted = select(Operation).where(reach).order_by(Operation.id).limit(limit)
    if verdict is not None:
        wanted = wanted.where(Operation.verdict == verdict)
    if open_only:
        wanted = wanted.where(Operation.resolved_at.is_(None))
    if after is not None:
        wanted = wanted.where(Operation.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def unreadable_operations(
    session: AsyncSession, caller: Principal, *, after: str | None, limit: int
) -> Sequence[UnreadableOperation]:
    table = UnreadableOperation
    reach = within_reach(caller, district=table.district, street=literal(""), team=table.team)
    wanted = select(table).where(reach).order_by(table.id).limit(limit)
    if after is not None:
        wanted = wanted.where(table.id > UUID(after))
    return (await session.scalars(wanted)).all()


_NOW: Final = """
    SELECT (SELECT system_identifier::text FROM pg_control_system()) || '.'
           || (SELECT timeline_id::text FROM pg_control_checkpoint()) AS epoch,
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
           coalesce((SELECT version FROM team WHERE code = $1), 0) AS team_version,
           EXISTS (SELECT FROM device WHERE id = $2 AND subject = $3 AND state = 'enrolled') AS enrolled
"""
"""Which history this database has, and the oldest transaction still open: whatever that one or a later one writes is
seen from here on. A restored database has another history, and a cursor of the old one begins anew."""

_SOURCES: Final[Mapping[str, str]] = {
    "institutions": """
        SELECT t.changed_in, t.institution_id AS id, 1 AS kind, json_build_object(
            'institution_id', t.institution_id, 'version', t.version, 'name', t.name, 'address', t.address,
            'kind', t.kind, 'status', t.status, 'district', t.district, 'street', t.street, 'grid', t.grid,
            'lon', t.lon, 'lat', t.lat, 'last_visited_on', t.last_visited_on) AS item
        FROM target t WHERE t.grid = ANY (SELECT unnest(grids) FROM team WHERE code = $1 AND active)
          AND t.changed_in >= greatest($2::bigint, $3::bigint)
          AND (t.changed_in, 1, t.institution_id) > ($3, $4, $5)
          AND ($2 > 0 OR t.status NOT IN ('closed', 'merged'))
        ORDER BY t.changed_in, t.institution_id LIMIT $6""",
    "assignments": """
        SELECT c.changed_in, c.id, 2 AS kind, json_build_object(
            'target_id', c.id, 'campaign_id', c.campaign_id, 'institution_id', c.institution_id, 'grid', c.grid,
            'state', c.state, 'reason', c.reason, 'visit_id', c.visit_id, 'attempts', c.attempts,
            'name', t.name, 'address', t.address, 'lon', t.lon, 'lat', t.lat) AS item
        FROM campaign_target c LEFT JOIN target t USING (institution_id) WHERE c.team = $1
          AND c.changed_in >= greatest($2::bigint, $3::bigint)
          AND (c.changed_in, 2, c.id) > ($3, $4, $5)
          AND ($2 > 0 OR c.state = 'open')
        ORDER BY c.changed_in, c.id LIMIT $6""",
    "visits": """
        SELECT v.changed_in, v.id, 3 AS kind, json_build_object(
            'visit_id', v.id, 'version', v.version, 'institution_id', v.institution_id,
            'campaign_id', v.campaign_id, 'grid', v.grid, 'state', v.state, 'outcome', v.outcome,
            'visited_on', v.visited_on, 'inspectors', v.inspectors, 'visit_type', v.visit_type, 'note', v.note,
            'review_note', v.review_note, 'purpose', v.purpose, 'checklist_id', v.checklist_id,
            'name', t.name, 'address', t.address, 'lon', t.lon, 'lat', t.lat) AS item
        FROM visit v LEFT JOIN target t USING (institution_id) WHERE v.team = $1
          AND v.changed_in >= greatest($2::bigint, $3::bigint)
          AND (v.changed_in, 3, v.id) > ($3, $4, $5)
          AND ($2 > 0 OR v.state IN ('planned', 'started', 'done'))
        ORDER BY v.changed_in, v.id LIMIT $6""",
    "violations": """
        SELECT o.changed_in, o.id, 4 AS kind, json_build_object(
            'violation_id', o.id, 'version', o.version, 'institution_id', o.institution_id, 'visit_id', o.visit_id,
            'offence', o.offence, 'severity', o.severity, 'description', o.description, 'state', o.state,
            'due_on', o.due_on, 'requirement', o.requirement, 'statement', o.statement) AS item
        FROM violation o WHERE o.team = $1
          AND o.changed_in >= greatest($2::bigint, $3::bigint)
          AND (o.changed_in, 4, o.id) > ($3, $4, $5)
          AND ($2 > 0 OR o.state NOT IN ('closed', 'withdrawn'))
        ORDER BY o.changed_in, o.id LIMIT $6""",
    "operations": """
        SELECT s.changed_in, s.id, 5 AS kind, json_build_object(
            'operation_id', s.id, 'kind', s.kind, 'entity_id', s.entity_id, 'verdict', s.verdict, 'code', s.code,
            'entity_version', s.entity_version, 'theirs', s.theirs, 'resolution', s.resolution,
            'resolution_reason', s.resolution_reason) AS item
        FROM sync_operation s WHERE s.subject = $7
          AND s.changed_in >= greatest($2::bigint, $3::bigint)
          AND (s.changed_in, 5, s.id) > ($3, $4, $5)
          AND ($2 > 0 OR s.verdict IN ('held', 'hard_conflict'))
        ORDER BY s.changed_in, s.id LIMIT $6""",
    "departures": """
        SELECT t.changed_in, t.institution_id AS id, 6 AS kind, json_build_object(
            'institution_id', t.institution_id, 'grid', t.grid) AS item
        FROM target t CROSS JOIN (SELECT grids FROM team WHERE code = $1 AND active) own
        WHERE $2 > 0 AND t.left_grids <> '{}' AND t.left_grids && own.grids
          AND NOT coalesce(t.grid = ANY (own.grids), false)
          AND t.changed_in >= greatest($2::bigint, $3::bigint)
          AND (t.changed_in, 6, t.institution_id) > ($3, $4, $5)
        ORDER BY t.changed_in, t.institution_id LIMIT $6""",
}
KINDS: Final = tuple(_SOURCES)

PAGE: Final = """
    WITH page AS (
        SELECT * FROM (SOURCES) AS changed ORDER BY changed_in, kind, id LIMIT $6
    ), last AS (
        SELECT changed_in, kind, id FROM page ORDER BY changed_in DESC, kind DESC, id DESC LIMIT 1
    )
    SELECT (SELECT count(*) FROM page) AS found,
           (SELECT json_build_array(changed_in, kind, id)::text FROM last) AS last,
           LISTS
""".replace("SOURCES", " UNION ALL ".join(f"({source})" for source in _SOURCES.values())).replace(
    "LISTS",
    ", ".join(
        f"coalesce((SELECT json_agg(item) FROM page WHERE kind = {n}), '[]')::text AS {name}"  # noqa: S608
        for n, name in enumerate(_SOURCES, 1)
    ),
)


async def now(reads: Any, team: str, device_id: UUID, subject: str) -> Any:
    """A row of `epoch, horizon, team_version` for a pull that begins now; raises `DeviceNotEnrolled`."""
    (row,) = await reads.rows(_NOW, team, device_id, subject)
    if not row["enrolled"]:
        raise DeviceNotEnrolled
    return row


async def changed(
    reads: Any, team: str, subject: str, *, floor: int, position: tuple[int, int, UUID], limit: int
) -> Any:
    """A page of rows written in transaction `floor` or later, after a position: one JSON text per kind."""
    (row,) = await reads.rows(PAGE, team, floor, *position, limit, subject)
    return row
