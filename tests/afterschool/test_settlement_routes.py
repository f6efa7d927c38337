"""`/v1/settlements`: what a provider delivered, and nothing that others did."""

from datetime import time
from typing import Any

import httpx
from sqlalchemy import insert, text

from services.afterschool.programme.providers.domain import Provider
from shared.data.database import new_id
from tests.afterschool.conftest import World
from tests.afterschool.taught import DAY, FIRST, Lesson, Term


async def test_a_provider_is_settled_by_sessions_delivered(world: World) -> None:
    term, provider, person = await Term.past(world), new_id(), new_id()
    async with world.service.sessions.begin() as session:
        row = {"name": "新苗", "kind": "non_subject", "status": "active", "sequence": 1, "street": None}
        await session.execute(insert(Provider), [row | {"institution_id": provider, "district": "140213"}])
    for district in ("140213", "140214"):
        school = world.schools[district]
        [child] = await term.children(await term.school_class(school, "3-1", 3))
        taught = await term.teach(
            school,
            [
                Lesson(FIRST, time(16, 30), 60, [child]),
                Lesson(FIRST + DAY, time(16, 30), 90, [child]),
                Lesson(FIRST + 2 * DAY, time(16, 30), 60, [child], led="absent"),
                Lesson(FIRST + 3 * DAY, time(16, 30), 60, [child], cancelled=True),
                Lesson(FIRST + 4 * DAY, time(16, 30), 60, [child]),
            ],
        )
        async with world.service.sessions.begin() as session:
            given = {"provider": provider, "school": school}
            await session.execute(
                text("UPDATE course_session SET provider_id = :provider WHERE school_id = CAST(:school AS uuid)"), given
            )
            unseen = {"person": person, "id": taught[-1]}
            await session.execute(text("UPDATE course_session SET outside_person_id = :person WHERE id = :id"), unseen)

    async def settled(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
        period = {"first": str(FIRST), "last": str(FIRST + 9 * DAY), **more}
        answer = await client.get(f"/v1/settlements/{provider}", params=period)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    whole = await settled(world.bureau)
    assert (whole["sessions"], whole["minutes"], len(whole["lines"])) == (4, 300, 2)
    assert (await settled(world.bureau, last=str(FIRST)))["sessions"] == 2
    own = await settled(world.staff())
    assert (own["sessions"], {line["school_id"] for line in own["lines"]}) == (2, {world.schools["140213"]})
    assert (await settled(world.officer("140214")))["sessions"] == 2
    assert (await settled(world.officer("140215")))["lines"] == []
    unknown = await world.bureau.get(f"/v1/settlements/{new_id()}", params={"first": str(FIRST), "last": str(FIRST)})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "provider-not-found")
