"""`/v1/settlements`: what a provider delivered, and nothing that others did."""

import asyncio
from datetime import time
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

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


async def delivered(world: World, lessons: list[Lesson]) -> tuple[str, str, str, list[str]]:
    """An offering of a listed provider with sessions: the ids of school, provider, offering and sessions."""
    term, provider, school = await Term.past(world), new_id(), world.schools["140213"]
    async with world.service.sessions.begin() as session:
        row = {"name": "新苗", "kind": "non_subject", "status": "active", "sequence": 1, "street": None}
        await session.execute(insert(Provider), [row | {"institution_id": provider, "district": "140213"}])
    listing = {"institution_id": str(provider), "district": "140213", "price": 20_000, "valid_from": str(FIRST)}
    assert (await world.bureau.post("/v1/white-list", json=listing | {"source": "公告"})).status_code == 201
    taught = await term.teach(school, lessons)
    offering = str(term.offerings[school][0])
    async with world.service.sessions.begin() as session:
        given = {"provider": provider, "id": UUID(offering)}
        await session.execute(text("UPDATE offering SET provider_id = :provider WHERE id = :id"), given)
        await session.execute(text("UPDATE course_session SET provider_id = :provider WHERE offering_id = :id"), given)
    return school, str(provider), offering, [str(one) for one in taught]


async def test_a_settlement_posts_amounts_and_the_next_one_the_difference(world: World) -> None:
    term = await Term.past(world)
    [child] = await term.children(await term.school_class(world.schools["140213"], "3-1", 3))
    lessons = [
        Lesson(FIRST, time(16, 30), 60, [child]),
        Lesson(FIRST + DAY, time(16, 30), 60, [child]),
        Lesson(FIRST + 2 * DAY, time(16, 30), 60, [child], led="absent"),
        Lesson(FIRST + 3 * DAY, time(16, 30), 60, [child], cancelled=True),
        Lesson(FIRST + 30 * DAY, time(16, 30), 60, [child]),
    ]
    school, provider, offering, sessions = await delivered(world, lessons)
    staff = world.staff()
    settling = {"institution_id": provider, "school_id": school, "until": str(FIRST + 9 * DAY)}
    early = await staff.post("/v1/provider-settlements", json=settling)
    assert (early.status_code, early.json()["code"]) == (409, "nothing-to-settle")
    rate = {"offering_id": offering, "valid_from": str(FIRST + DAY), "fen": 20_001}
    refused = await staff.post("/v1/session-rates", json=rate)
    assert (refused.status_code, refused.json()["code"]) == (422, "rate-above-price")
    agreed = await staff.post("/v1/session-rates", json=rate | {"fen": 15_000})
    assert agreed.status_code == 201, agreed.text
    [(kind, told)] = await world.facts(agreed.json()["id"])
    assert (kind, told["fen"]) == ("afterschool.session_rate.agreed.v1", 15_000)

    posted = await staff.post("/v1/provider-settlements", json=settling)
    assert posted.status_code == 201, posted.text
    [line] = posted.json()["details"]
    assert (line["sessions"], line["minutes"], line["rates"]) == (1, 60, [{"fen": 15_000, "sessions": 1}])
    assert {one["code"]: one["sessions"] for one in line["unpaid"]} == {"not-held": 1, "rate-missing": 1}
    assert all(one["zh"] and one["en"] for one in line["unpaid"])
    assert (line["target"], line["posted"], line["posting"], posted.json()["total"]) == (15_000, 0, 15_000, 15_000)
    [(kind, told)] = await world.facts(posted.json()["id"])
    assert (kind, told["total_fen"], told["lines"]) == ("afterschool.settlement.posted.v1", 15_000, 1)
    again = await staff.post("/v1/provider-settlements", json=settling)
    assert again.json()["code"] == "nothing-to-settle"

    async with world.service.sessions.begin() as session:  # attendance is corrected: nobody taught
        await session.execute(
            text("UPDATE course_session SET led = 'absent' WHERE id = :id"), {"id": UUID(sessions[1])}
        )
    later = settling | {"until": str(FIRST + 40 * DAY)}
    await staff.post("/v1/session-rates", json=rate | {"fen": 18_000, "valid_from": str(FIRST)})
    second = (await staff.post("/v1/provider-settlements", json=later)).json()
    [line] = second["details"]
    assert line["rates"] == [{"fen": 15_000, "sessions": 1}, {"fen": 18_000, "sessions": 1}]
    assert (line["target"], line["posted"], line["posting"], second["number"]) == (33_000, 15_000, 18_000, 2)
    assert (await staff.post("/v1/provider-settlements", json=settling)).json()["code"] == "settlement-before"

    async with world.service.sessions.begin() as session:
        await session.execute(
            text("UPDATE course_session SET led = 'absent' WHERE offering_id = :id"), {"id": UUID(offering)}
        )
    third = (await staff.post("/v1/provider-settlements", json=later)).json()
    assert (third["total"], third["details"][0]["target"]) == (-33_000, 0)
    listed = (await staff.get("/v1/provider-settlements", params={"institution": provider})).json()["items"]
    assert [one["total"] for one in listed] == [15_000, 18_000, -33_000]
    rates = (await staff.get("/v1/session-rates", params={"offering": offering})).json()["items"]
    assert [one["fen"] for one in rates] == [15_000, 18_000]
    shown = await world.bureau.get(f"/v1/provider-settlements/{second['id']}")
    assert shown.json() == second


async def test_a_settlement_is_of_ones_own_school_and_never_changes(world: World) -> None:
    term = await Term.past(world)
    [child] = await term.children(await term.school_class(world.schools["140213"], "3-1", 3))
    school, provider, offering, _ = await delivered(world, [Lesson(FIRST, time(16, 30), 60, [child])])
    settling = {"institution_id": provider, "school_id": school, "until": str(FIRST)}
    rate = {"offering_id": offering, "valid_from": str(FIRST), "fen": 100}
    stranger = world.staff("140214")
    assert (await stranger.post("/v1/session-rates", json=rate)).json()["code"] == "offering-not-found"
    assert (await stranger.get("/v1/session-rates", params={"offering": offering})).status_code == 404
    assert (await stranger.post("/v1/provider-settlements", json=settling)).json()["code"] == "school-not-found"
    unknown = await world.staff().post("/v1/provider-settlements", json=settling | {"institution_id": str(new_id())})
    assert unknown.json()["code"] == "provider-not-found"
    own = await world.offering(3)
    mine = await world.staff().post("/v1/session-rates", json=rate | {"offering_id": own["id"]})
    assert (mine.status_code, mine.json()["code"]) == (409, "taught-by-school")
    assert (await world.staff().post("/v1/session-rates", json=rate)).status_code == 201
    answers = await asyncio.gather(*(world.staff().post("/v1/provider-settlements", json=settling) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} <= {
        "settled-meanwhile",
        "nothing-to-settle",
    }
    [made] = [one.json() for one in answers if one.status_code == 201]
    assert (await stranger.get(f"/v1/provider-settlements/{made['id']}")).json()["code"] == "settlement-not-found"
    assert (await stranger.get("/v1/provider-settlements")).json()["items"] == []
    for change in ("UPDATE settlement_line SET posting = posting", "DELETE FROM settlement_line"):
        with pytest.raises(DBAPIError, match="never changes"):
            async with world.service.sessions.begin() as session:
                await session.execute(text(change))
