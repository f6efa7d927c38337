"""The list of a class and the sheet of a session: names on paper, each of them a read in the log."""

from datetime import timedelta

from sqlalchemy import text

from services.afterschool.delivery.sessions.domain import AttendanceState
from services.afterschool.stories.printouts.wording import WORDS
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
    page = await world.staff().get(f"/v1/classes/{school_class}/list", params={"lang": "zh"})
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert page.headers["content-type"].startswith("text/html")
    assert "王&lt;五&gt;" in page.text
    assert "外班" not in page.text
    assert page.text.index("王&lt;五&gt;") < page.text.index("陈一")
    assert page.text.count("书法") == 1
    assert "2 名学生" in page.text
    assert (page.headers["content-language"], '<html lang="zh-CN">' in page.text) == ("zh-CN", True)
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
    page = await world.staff().get(f"/v1/sessions/{held['id']}/sheet", params={"lang": "zh"})
    assert page.status_code == 200, page.text
    assert ("王五" in page.text, "已走" in page.text, "无课" in page.text) == (True, False, False)
    assert "已转出" in page.text
    assert "<td>出勤</td>" in page.text
    assert "音乐室 · 2 名学生" in page.text
    english = await world.staff().get(f"/v1/sessions/{held['id']}/sheet", params={"lang": "en"})
    assert english.headers["content-language"] == "en"
    for words in (
        "Attendance sheet",
        "音乐室 · 2 pupils",
        "<td>present</td>",
        "(left the school, or erased)",
        "Printed ",
    ):
        assert words in english.text, words
    assert "姓名" not in english.text
    assert [await reads(world, one) for one in (child, idle)] == [[("session_sheet", "school")] * 2, []]


async def test_a_class_list_is_printed_in_the_language_that_is_asked_for(world: World) -> None:
    child = await admitted(world, "王五")
    offering = await world.offering(5, name="书法", periods=weekly()[:1])
    await seated(world, offering["id"], child)
    url = f"/v1/classes/{await world.school_class(world.schools['140213'], 3)}/list"
    english = await world.staff().get(url, headers={"accept-language": "en-GB,zh;q=0.5"})
    assert (english.headers["content-language"], "accept-language" in english.headers["vary"].lower()) == ("en", True)
    for words in ('<html lang="en">', "After-school list", "1 pupils", "Mon 16:00 书法", "China time"):
        assert words in english.text, words
    chinese = await world.staff().get(url, params={"lang": "zh"}, headers={"accept-language": "en"})
    assert ("课后服务名单" in chinese.text, "周一 16:00 书法" in chinese.text) == (True, True)
    refused = await world.staff().get(url, params={"lang": "fr"})
    assert refused.status_code == 422


async def test_a_bill_is_printed_with_its_courses_and_sums(world: World) -> None:
    course = await a_course(world, name="书法", fee=205)
    child = await admitted(world, "王五")
    await seated(world, course.id, child)
    for held in course.past[:2]:
        await course.hold(held, child)
    term = {"term": "2026-autumn"}
    told = (await world.staff().get(f"/v1/bills/{child}", params=term)).json()
    assert told["charged"] == 410
    page = await world.staff().get(f"/v1/bills/{child}/print", params=term | {"lang": "zh"})
    assert page.status_code == 200, page.text
    for words in ("课后服务费用单", "姓名 王五", "<td>书法</td>", "<td>2.05</td>", "应缴 4.10 元", "待缴 4.10 元"):
        assert words in page.text, words
    english = await world.staff().get(f"/v1/bills/{child}/print", params=term | {"lang": "en"})
    for words in ("After-school bill", "Name 王五", "Charged 4.10 yuan", "to be paid 4.10 yuan", "Term 2026-autumn"):
        assert words in english.text, words
    assert await reads(world, child) == [("contact", "school")] * 2
    assert (await world.staff("140214").get(f"/v1/bills/{child}/print", params=term)).status_code == 404
    assert (await world.guardian().get(f"/v1/bills/{child}/print", params=term)).status_code == 403


def test_both_languages_have_the_same_words() -> None:
    zh, en = WORDS["zh"], WORDS["en"]
    assert zh.keys() == en.keys()
    assert set(zh["states"]) == set(en["states"]) == set(AttendanceState)
    assert {name for name, words in zh.items() if str(words).count("{}") != str(en[name]).count("{}")} == set()


async def test_nobody_prints_names_of_another_school(world: World) -> None:
    course = await a_course(world)
    school_class = await world.school_class(world.schools["140213"], 3)
    for url in (f"/v1/classes/{school_class}/list", f"/v1/sessions/{course.past[0]['id']}/sheet"):
        assert (await world.staff("140214").get(url)).status_code == 404
        assert (await world.guardian().get(url)).status_code == 403
        assert (await world.bureau.get(url)).status_code == 403
