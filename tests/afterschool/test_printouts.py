"""The list of a class and the sheet of a session: names on paper, each of them a read in the log."""

from datetime import timedelta

from sqlalchemy import text

from tests.afterschool.conftest import World
from tests.afterschool.delivery.course import TODAY, a_course, weekly


async def admitted(world: World, name: str, *, grade: int = 3) -> str:
    school = world.schools["140213"]
    body = {"class_id": await world.school_class(school, grade), "name": name}
    answer = await world.staff().post("/v1/students", json=body | {"valid_from": str(TODAY - timedelta(days=99))})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def seated(world: World, offering: str, child: str) -> None:
    answer = await world.staff().post("/v1/enrolments", json={"offering_id": offering, "student_id": child})
    assert answer.json()["state"] == "enrolled", answer.text
    async with world.service.sessions.begin() as session:
        await session.execute(text("UPDATE enrolment SET decided_at = decided_at - interval '50 days'"))


async def reads(world: World, child: str) -> list[tuple[str, str]]:
    log = (await world.staff().get(f"/v1/students/{child}/identity-reads")).json()["items"]
    return [(one["purpose"], one["door"]) for one in log]


async def test_a_class_list_shows_names_and_courses_and_each_name_is_logged(world: World) -> None:
    child, idle, other = (
        await admitted(world, "王<五>"),
        await admitted(world, "陈一"),
        await admitted(world, "外班", grade=4),
    )
    offering = await world.offering(5, name="书法", periods=weekly()[:1])
    await seated(world, offering["id"], child)
    school_class = await world.school_class(world.schools["140213"], 3)
    page = await world.staff().get(f"/v1/classes/{school_class}/list")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert page.headers["content-type"].startswith("text/html")
    assert "王&lt;五&gt;" in page.text
    assert "外班" not in page.text
    assert page.text.index("王&lt;五&gt;") < page.text.index("陈一")
    assert page.text.count("书法") == 1
    assert "2 名学生" in page.text
    assert [await reads(world, one) for one in (child, idle, other)] == [[("class_list", "school")]] * 2 + [[]]


async def test_a_session_sheet_names_who_has_a_seat_and_is_at_the_school(world: World) -> None:
    course = await a_course(world, name="合唱", room="音乐室")
    child, gone, idle = [await admitted(world, name) for name in ("王五", "已走", "无课")]
    for one in (child, gone):
        await seated(world, course.id, one)
    held = course.past[0]
    await course.hold(held, child)
    async with world.service.sessions.begin() as session:
        await session.execute(
            text("UPDATE membership SET valid_to = :today WHERE student_id = :id"), {"today": TODAY, "id": gone}
        )
    page = await world.staff().get(f"/v1/sessions/{held['id']}/sheet")
    assert page.status_code == 200, page.text
    assert ("王五" in page.text, "已走" in page.text, "无课" in page.text) == (True, False, False)
    assert "已转出" in page.text
    assert "<td>出勤</td>" in page.text
    assert "音乐室 · 2 名学生" in page.text
    assert [await reads(world, one) for one in (child, idle)] == [[("session_sheet", "school")], []]


async def test_nobody_prints_names_of_another_school(world: World) -> None:
    course = await a_course(world)
    school_class = await world.school_class(world.schools["140213"], 3)
    for url in (f"/v1/classes/{school_class}/list", f"/v1/sessions/{course.past[0]['id']}/sheet"):
        assert (await world.staff("140214").get(url)).status_code == 404
        assert (await world.guardian().get(url)).status_code == 403
        assert (await world.bureau.get(url)).status_code == 403
