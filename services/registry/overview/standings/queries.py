"""One standing, the white list and the published notices: each one statement, whatever the size of the ledger."""

from datetime import date
from typing import Any

import orjson
from pydantic import TypeAdapter

from services.registry.ledger.institutions.queries import looked_up
from services.registry.licensing.permits.queries import IN_FORCE
from services.registry.overview.standings.domain import PENAL, Facts
from shared.http.reads import Condition, ReadPool, Statement, given, instant, where

_STANDING = f"""
    WITH entry AS (
        SELECT coalesce(survivor.id, found.id) AS id, coalesce(survivor.uscc, found.uscc) AS uscc,
               coalesce(survivor.name, found.name) AS name, coalesce(survivor.status, found.status) AS status,
               coalesce(survivor.permit_no, found.permit_no) AS permit_no
        FROM institution found LEFT JOIN institution survivor ON survivor.id = found.merged_into
        WHERE found.uscc = $1
    ), file AS (
        SELECT id FROM entry
        UNION ALL SELECT institution.id FROM institution JOIN entry ON institution.merged_into = entry.id
    )
    SELECT json_build_object(
        'uscc', uscc, 'name', name, 'status', status, 'permit_no', permit_no,
        'permits', (
            SELECT coalesce(json_agg(json_build_object(
                'number', number, 'kind', kind, 'stages', stages, 'subjects', subjects, 'valid_from', valid_from,
                'valid_to', valid_to, 'suspended_from', suspended_from, 'suspended_until', suspended_until,
                'ended_on', ended_on, 'ending', ending) ORDER BY permit.id DESC), '[]')
            FROM permit WHERE institution_id IN (SELECT id FROM file)
        ),
        'open_penalties', (
            SELECT count(*) FROM violation_standing
            WHERE institution_id IN (SELECT id FROM file) AND state IN {PENAL}
        ),
        'open_decisions', (
            SELECT count(*) FROM case_standing WHERE institution_id IN (SELECT id FROM file) AND state = 'served'
        ),
        'orders', (
            SELECT coalesce(json_agg(json_build_object(
                'title', title, 'first_day', first_day, 'last_day', last_day, 'today', $2 = ANY(days))
                ORDER BY o.id), '[]')
            FROM stop_order o JOIN stop_order_recipient r ON r.stop_order_id = o.id
            WHERE r.institution_id IN (SELECT id FROM file) AND o.cancelled_at IS NULL
              AND $2 BETWEEN o.first_day AND o.last_day
        )
    ) FROM entry
"""  # noqa: S608 -- constants of ours

_FACTS = TypeAdapter(Facts)


async def facts_of(reads: ReadPool, uscc: str, on: date) -> tuple[dict[str, Any], Facts] | None:
    """The entry with this code (or its survivor, if it was merged) and the facts that its standing is derived from."""
    found = await reads.json(_STANDING, uscc, on)
    if found is None:
        return None
    entry = orjson.loads(found)
    return entry, _FACTS.validate_python(entry)


def white_list(
    on: date, *, district: str | None, kind: str | None, q: str | None, after: str | None, limit: int
) -> Statement:
    """A page of institutions with a permit in force, in the ledger's order. The query walks the permits, not the
    ledger."""
    values: list[object] = [limit + 1, on]
    wanted: list[Condition] = [
        (IN_FORCE.format(on="$2"),),
        ("i.status IN ('active', 'suspended')",),
        *given(("i.district = {}", district), ("p.kind = {}", kind), ("p.institution_id > {}::uuid", after)),
        *([] if q is None else [looked_up(q, "i")]),
    ]
    statement = f"""
        SELECT id, row_to_json(page)::text AS body FROM (
            SELECT DISTINCT ON (p.institution_id) p.institution_id AS id, i.name, i.uscc, i.district, i.street,
                   i.address, p.number AS permit_no, p.kind, p.stages, p.subjects, p.valid_from, p.valid_to
            FROM permit p JOIN institution i ON i.id = p.institution_id
            WHERE {where(wanted, values)}
            ORDER BY p.institution_id, p.id DESC LIMIT $1
        ) page
    """  # noqa: S608 -- column names of ours and placeholders only
    return statement, values


def published_notices(*, after: str | None, limit: int) -> Statement:
    values: list[object] = [limit + 1]
    older = ""
    if after is not None:
        values.append(after)
        older = "WHERE id < $2::uuid"
    statement = f"""
        SELECT id, row_to_json(page)::text AS body FROM (
            SELECT id, '通报〔' || year || '〕' || sequence || '号' AS number, title, body,
                   legal_basis, {instant("published_at")},
                   (SELECT coalesce(json_agg(json_build_object('name', i.name, 'uscc', i.uscc) ORDER BY i.id), '[]')
                    FROM institution i WHERE i.id = ANY(notice.subjects)) AS subjects
            FROM notice {older} ORDER BY id DESC LIMIT $1
        ) page
    """  # noqa: S608 -- as above
    return statement, values
