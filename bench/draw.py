"""The draw: from frozen choices in the database to committed seats, cut-offs, reasons and facts, checked.

One market of all children with five choices each. The limit is the promise of a minute, not another program.
"""

import time
from collections.abc import AsyncIterator

import asyncpg

from bench.measure import Measure
from bench.rush import SEATS, TODAY, a_city, numbered
from bench.serving import serving
from bench.sizes import Sizes, expect, lose
from deploy.local.platform import Platform
from services.afterschool.placement.allocations.drawing import draw_lots
from services.afterschool.placement.allocations.lottery import commitment, new_secret
from services.afterschool.sealing import Sealer
from services.afterschool.settings import Settings
from shared.data.database import open_engine, open_sessions
from shared.domain.clock import utc_now

CHOICES = 5
WITHIN = 60.0
"""Seconds."""

_MODE = "UPDATE offering SET mode = 'allocation'"
_ONE_SLOT = "UPDATE offering_period SET weekday = 1"
_RESERVES = """
    WITH taken AS (UPDATE seat_pool SET size = size - 4 RETURNING offering_id)
    INSERT INTO seat_pool (offering_id, "group", size) SELECT offering_id, 'hardship', 4 FROM taken
"""
_GROUPS = """
    INSERT INTO student_group (id, student_id, "group", valid_from, decided_by)
    SELECT id, id, 'hardship', $1::date - 30, 'bench' FROM student WHERE abs(hashtext(id::text)) % 20 = 0
"""
_ALLOCATION = """
    INSERT INTO allocation (id, version, name, term_id, school_id, opens_at, closes_at, public_source, commitment,
                            secret, key_id, state, public_value, opened_at)
    VALUES (numbered(0), 1, 'bench', numbered(0), numbered(0), now() - interval '2 days', now() - interval '1 day',
            'bench', $1, $2, $3, 'drawing', '03 07 11', now())
"""
_PREFERENCES = """
    INSERT INTO preference (allocation_id, student_id, slots, choices, entered_by, entered_at)
    SELECT numbered(0), numbered(n), '1-1-1+1-1-2',
           ARRAY(SELECT numbered(1 + (abs(hashtext(n::text)) + rank * (1 + abs(hashtext('x' || n)) % 7)) % $2::int)
                 FROM generate_series(1, $3::int) AS rank),
           'bench', now()
    FROM generate_series(1, $1::int) AS n
"""


async def measures(platform: Platform, sizes: Sizes) -> AsyncIterator[Measure]:
    environment = platform.service_environment("afterschool")
    settings = Settings.model_validate({name.lower(): value for name, value in environment.items()})
    sealer, secret = Sealer.of(settings), new_secret()
    sealed = sealer.seal(secret.hex(), table="allocation", column="secret", row=numbered(0))
    fill = [
        *a_city(sizes.children, sizes.courses),
        (_MODE, ()),
        (_ONE_SLOT, ()),
        (_RESERVES, ()),
        (_GROUPS, (TODAY,)),
        (_ALLOCATION, (commitment(secret), sealed, sealer.active)),
        (_PREFERENCES, (sizes.children, sizes.courses, CHOICES)),
    ]
    async with serving(platform, "afterschool", fill) as served:
        engine = open_engine(
            settings.model_copy(update={"database_url": served.database.replace("://", "+asyncpg://")})
        )
        try:
            began = time.perf_counter()
            expect("drawn", await draw_lots(open_sessions(engine), numbered(0), sealer=sealer, at=utc_now()), True)
            taken = time.perf_counter() - began
        finally:
            await engine.dispose()
        await lose(sizes, served.database, "DELETE FROM enrolment WHERE ticket = 1")
        await _check(served.database, sizes)
    yield Measure(
        f"draw of {sizes.children:,} x {CHOICES} choices / a minute", taken, WITHIN, 1, "s", more_is_better=False
    )


async def _check(database: str, sizes: Sizes) -> None:
    """Every seat that somebody listed and did not get is taken, and every seat is an enrolment and a fact."""
    connection = await asyncpg.connect(database)
    try:
        seats = await connection.fetchval("SELECT count(*) FROM drawn_list WHERE offering_id IS NOT NULL")
        expect("enrolments", await connection.fetchval("SELECT count(*) FROM enrolment"), seats)
        expect("seats counted", await connection.fetchval("SELECT sum(enrolled) FROM seat_pool"), seats)
        facts = "SELECT count(*) FROM journal WHERE type = 'afterschool.enrolment.enrolled.v1'"
        expect("facts", await connection.fetchval(facts), seats)
        expect("lists", await connection.fetchval("SELECT count(*) FROM drawn_list"), sizes.children)
        expect("seats at most", seats <= SEATS * sizes.courses, True)
    finally:
        await connection.close()
