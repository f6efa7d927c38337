"""Calendar addresses: what a calendar program reads, and what ends it."""

from datetime import datetime
from typing import Any

from icalendar import Calendar
from sqlalchemy import text

from tests.afterschool.conftest import World
from tests.afterschool.delivery.course import a_course

URL = "/v1/calendar-feeds"


async def made(world: World, child: str, guardian: str = "g") -> dict[str, Any]:
    answer = await world.guardian(guardian).post(URL, json={"student_id": child})
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store"), answer.text
    feed: dict[str, Any] = answer.json()
    return feed


async def events(world: World, feed: dict[str, Any]) -> list[Any]:
    answer = await world.service().get(feed["path"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


async def test_a_calendar_shows_the_sessions_of_the_child_without_names(world: World) -> None:
    course = await a_course(world, name="合唱", room="音乐室")
    other = await a_course(world, name="围棋", taught=False)
    child = await course.seat("g")
    feed = await made(world, child)
    shown = await events(world, feed)
    assert {str(one["uid"]) for one in shown} >= {f"{one['id']}@double-wings" for one in course.coming}
    assert {str(one["summary"]) for one in shown} == {"合唱"}, f"not the {other.id} of others"
    first = next(one for one in shown if str(one["uid"]).startswith(course.coming[0]["id"]))
    assert first["dtstart"].dt == datetime.fromisoformat(course.coming[0]["starts_at"])
    assert (str(first["location"]), str(first["status"])) == ("音乐室", "CONFIRMED")
    text_of = (await world.service().get(feed["path"])).text
    assert not any(word in text_of for word in (child, "第一小学", world.schools["140213"], "张三"))

    reason = {"reason": "停电"}
    await world.staff().post(f"/v1/sessions/{course.coming[0]['id']}/cancellation", json=reason)
    again = next(one for one in await events(world, feed) if one["uid"] == first["uid"])
    assert str(again["status"]) == "CANCELLED"
    assert again["sequence"] > first["sequence"]


async def test_a_revoked_address_and_one_of_a_barred_guardian_show_nothing(world: World) -> None:
    child = await world.child("g")
    revoked, kept = await made(world, child), await made(world, child)
    assert (await world.guardian("stranger").post(f"{URL}/{revoked['id']}/revocation")).status_code == 404
    for _ in range(2):
        assert (await world.guardian("g").post(f"{URL}/{revoked['id']}/revocation")).status_code == 200
    listed = (await world.guardian("g").get(URL)).json()["items"]
    assert [one["id"] for one in listed] == [kept["id"]]
    assert "path" not in listed[0]
    gone = await world.service().get(revoked["path"])
    assert (gone.status_code, gone.json()["code"]) == (404, "calendar-feed-not-found")
    assert (await world.service().get(f"{kept['path'][:-1]}x")).status_code == 404
    assert await events(world, kept) == []
    async with world.service.sessions.begin() as session:
        await session.execute(text("UPDATE guardianship SET barred = true WHERE student_id = :id"), {"id": child})
    assert (await world.service().get(kept["path"])).status_code == 404
    assert (await world.guardian("g").post(URL, json={"student_id": child})).status_code == 404


async def test_a_guardian_has_five_addresses_for_a_child_and_only_for_an_own_one(world: World) -> None:
    child = await world.child("g")
    feeds = [await made(world, child) for _ in range(5)]
    refused = await world.guardian("g").post(URL, json={"student_id": child})
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-calendar-feeds")
    await world.guardian("g").post(f"{URL}/{feeds[0]['id']}/revocation")
    await made(world, child)
    assert (await world.guardian("stranger").post(URL, json={"student_id": child})).status_code == 404
    async with world.service.sessions() as session:
        kept = (await session.execute(text("SELECT key_print FROM calendar_feed"))).scalars().all()
    assert not any(feed["path"].rpartition("/")[2].encode() in bytes(one) for feed in feeds for one in kept)
