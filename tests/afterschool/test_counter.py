"""The counter's connections: what is told when one dies under a decision."""

import asyncio
from uuid import UUID

from sqlalchemy import text

from tests.afterschool.conftest import World

_DECIDING = text(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'afterschool-counter' "
    "AND wait_event_type = 'Lock'"
)


async def test_a_link_that_breaks_under_a_decision_leaves_the_outcome_unknown(world: World) -> None:
    offering = await world.offering(5)
    body = {"offering_id": offering["id"], "student_id": await world.child("guardian-1")}
    async with world.service.sessions() as session:
        await session.execute(text("SELECT FROM offering WHERE id = :id FOR UPDATE"), {"id": UUID(offering["id"])})
        asking = asyncio.create_task(world.guardian().post("/v1/enrolments", json=body))
        async with world.service.sessions() as other:  # a transaction sees one snapshot of the activity
            while (deciding := await other.scalar(_DECIDING)) is None:
                await other.rollback()
                await asyncio.sleep(0.01)
            await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": deciding})
        answer = await asking
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome-unknown")
    assert answer.headers["retry-after"] == "1"
    again = await world.guardian().post("/v1/enrolments", json=body)
    assert (again.status_code, again.json()["state"]) == (201, "enrolled")
    await world.check_invariants()


async def test_what_waits_too_long_is_told_to_come_again(world: World) -> None:
    offering = await world.offering(5)
    body = {"offering_id": offering["id"], "student_id": await world.child("guardian-1")}
    async with world.service.sessions() as session:
        await session.execute(text("SELECT FROM offering WHERE id = :id FOR UPDATE"), {"id": UUID(offering["id"])})
        answer = await world.guardian().post("/v1/enrolments", json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert (await world.state(offering["id"]))["enrolled"] == 0
