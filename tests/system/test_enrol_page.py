"""`/enrol` in Chromium: a family proves a child, enrols, waits, is offered a seat, loses one, reads why, and answers.

Nothing on the way may fail in the console or be refused by the service, and axe-core finds no serious fault.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import text

from services.afterschool.app import create_app
from services.afterschool.placement.waitlists import usecases as waitlists
from services.afterschool.settings import Settings
from shared.domain.clock import china_date, utc_now
from tests.afterschool.conftest import World
from tests.afterschool.roster import attend, tell_calendar
from tests.afterschool.test_allocation_routes import drawn, opened, rank
from tests.afterschool.test_survey_routes import opened as survey_opened
from tests.infrastructure import ScratchDatabase
from tests.services import running, settings_on, token
from tests.system.browser import CHROMIUM, DESK, NPM, PHONE, Faults, barriers, chromium, listening

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="a page is tested in Chromium"),
    pytest.mark.skipif(NPM is None, reason="axe-core needs npm"),
    pytest.mark.timeout(300),
]
MONDAY = {"weekday": 1, "number": 1, "starts_at": "16:30", "ends_at": "17:30"}
TUESDAY = {"weekday": 2, "number": 1, "starts_at": "16:30", "ends_at": "17:30"}
SHOTS = os.environ.get("SHOTS")
"""A folder for pictures of every view."""


class Family:
    """A guardian with the page open."""

    def __init__(self, page: Page, faults: Faults) -> None:
        self.page = page
        self.faults = faults

    def row(self, part: str, name: str) -> Locator:
        return self.page.locator(f"#{part} > li").filter(has=self.page.get_by_text(name, exact=True))

    def button(self, part: str, name: str, button: str) -> Locator:
        return self.row(part, name).get_by_role("button", name=button)

    async def said(self, words: str) -> None:
        await expect(self.page.locator("#said")).to_have_text(words)

    async def looked_at(self, view: str) -> None:
        """No barrier on this view, in a light and in a dark room, and nothing wider than the screen."""
        for scheme in ("light", "dark"):
            await self.page.emulate_media(color_scheme=scheme)
            if SHOTS:
                await self.page.screenshot(path=f"{SHOTS}/{view}-{scheme}.png", full_page=True)
            assert await barriers(self.page) == [], f"{view}, {scheme}"
        assert await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


class Town:
    """After-school with one school, and families at their phones."""

    def __init__(self, world: World, browser: Browser, address: str) -> None:
        self.world = world
        self._browser = browser
        self._address = address

    @asynccontextmanager
    async def family(self, guardian: str, *, screen: dict[str, int] | None = None) -> AsyncIterator[Family]:
        """The page as this guardian opens it, on a phone that was carried to New York."""
        context = await self._browser.new_context(
            viewport=screen or PHONE,  # type: ignore[arg-type]
            timezone_id="America/New_York",
            locale="zh-CN",
        )
        page = await context.new_page()
        faults = Faults(page)
        await page.goto(f"{self._address}/enrol#token={token('afterschool', 'guardian', subject=guardian)}")
        await expect(page.locator("#inside")).to_be_visible()
        yield Family(page, faults)
        assert faults.found == []
        await context.close()

    async def admitted(self, name: str) -> str:
        """A pupil that the school enters with a guardian; returns the guardian's one-time code."""
        staff, school = self.world.staff(), self.world.schools["140213"]
        today = china_date(utc_now()).isoformat()
        body = {"class_id": await self.world.school_class(school, 3), "name": name, "valid_from": today}
        student = (await staff.post("/v1/students", json=body)).json()["id"]
        guardian = {"student_id": student, "relation": "mother", "valid_from": today, "name": "王芳"}
        entered = await staff.post("/v1/guardianships", json=guardian)
        given = await staff.post(f"/v1/guardianships/{entered.json()['id']}/code")
        assert given.status_code == 201, given.text
        return str(given.json()["code"])

    async def child(self, guardian: str, name: str) -> str:
        """The child of a guardian who has proven the guardianship."""
        proof = {"code": await self.admitted(name)}
        proven = await self.world.guardian(guardian).post("/v1/guardianships/proof", json=proof)
        assert proven.status_code == 200, proven.text
        self.world.children[guardian] = proven.json()["student_id"]
        return self.world.children[guardian]

    async def expire(self, enrolment: str) -> None:
        """The offer was not answered in time."""
        async with self.world.service.sessions.begin() as session:
            late = {"id": enrolment, "at": utc_now() - timedelta(seconds=1)}
            await session.execute(text("UPDATE enrolment SET expires_at = :at WHERE id = :id"), late)
        async with self.world.service.sessions.begin() as session:
            await waitlists.expire_offer(session, UUID(enrolment), at=utc_now())


@pytest.fixture
async def town(fresh_database: ScratchDatabase, browser: Browser) -> AsyncIterator[Town]:
    settings = settings_on(Settings, await fresh_database("afterschool"), pool_wait=30.0)
    async with running(create_app, settings) as service:
        await tell_calendar(service)
        world = World(service)
        world.schools["140213"] = await world.school("140213", street="140213050")
        async with listening(service.app) as address:
            yield Town(world, browser, address)


async def test_a_family_proves_its_child_and_enrols_it(town: Town) -> None:
    code = await town.admitted("王小明")
    choir = await town.world.offering(20, name="合唱", periods=[MONDAY], room="音乐室", fee=250)
    generated = await town.world.staff().post("/v1/sessions", json={"offering_id": choir["id"]})
    assert generated.status_code == 200, generated.text
    await town.world.offering(5, name="书法", periods=[TUESDAY], pools=[{"group": "hardship", "size": 2}])
    async with town.family("fang") as family:
        page = family.page
        await expect(page.locator("#no-child")).to_be_visible()
        await family.looked_at("no-child")
        await page.get_by_label("验证码", exact=True).fill(code)
        await page.get_by_role("button", name="确认").click()
        await family.said("已完成。")
        await expect(page.locator("#child")).to_contain_text("王小明 · 3 年级")
        await expect(family.row("courses", "合唱")).to_contain_text("周一 16:30–17:30 · 第 1–")
        await expect(family.row("courses", "合唱")).to_contain_text("音乐室 · 每课时 2.50 元")
        await expect(family.row("courses", "书法")).to_contain_text("余 3 个名额 · 另有 2 个预留名额")
        await family.button("courses", "合唱", "选课").click()
        await expect(family.row("mine", "合唱")).to_contain_text("已选上")
        await expect(family.button("courses", "合唱", "选课")).to_have_count(0)
        await expect(page.locator("#bills")).to_contain_text("0 节 × 2.50 元")
        await expect(page.locator("#bills")).to_contain_text("后续课时")
        await expect(page.locator("#bills")).to_contain_text("待缴 0.00 元")
        await family.looked_at("enrolled")

        await family.button("mine", "合唱", "退课").click()
        await expect(page.get_by_role("dialog")).to_contain_text("要退掉“合唱”吗？")
        await family.looked_at("sure")
        await page.get_by_role("dialog").get_by_role("button", name="返回").click()
        await expect(family.row("mine", "合唱")).to_contain_text("已选上")
        await family.button("mine", "合唱", "退课").click()
        await page.get_by_role("dialog").get_by_role("button", name="退课").click()
        await expect(family.row("mine", "合唱")).to_contain_text("您已退出")

        await page.get_by_role("button", name="退出登录").click()
        await expect(page.get_by_label("访问令牌")).to_be_visible()
        assert "王小明" not in await page.content()
        await family.looked_at("door")


async def test_who_waits_is_offered_a_seat_and_reads_why_one_was_lost(town: Town) -> None:
    choir, chess, dance = [
        await town.world.offering(1, name=name, periods=[period])
        for name, period in (("合唱", MONDAY), ("围棋", TUESDAY), ("舞蹈", TUESDAY))
    ]
    taken = [await town.world.ask(one["id"], f"first-{one['name']}") for one in (choir, chess, dance)]
    await town.world.offering(9, name="美术", periods=[TUESDAY])
    child = await town.child("second", "李雷")

    async def given_up(place: int) -> None:
        one = taken[place]
        assert (await town.world.guardian(one["guardian"]).post(f"/v1/enrolments/{one['id']}/withdrawal")).is_success

    async with town.family("second") as family:
        page = family.page
        for name in ("合唱", "围棋", "舞蹈"):
            await expect(family.row("courses", name)).to_contain_text("已满")
            await family.button("courses", name, "排队候补").click()
            await expect(family.row("mine", name)).to_contain_text("候补第 1 位")
        await family.row("mine", "舞蹈").get_by_label("一有名额就直接录取").check()
        await family.said("已完成。")
        await family.looked_at("waiting")

        await given_up(0)
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        offer = (await town.world.guardian("second").get("/v1/enrolments", params={"state": "offered"})).json()[
            "items"
        ][0]
        await expect(family.row("mine", "合唱")).to_contain_text("请确认名额")
        until = (utc_now().fromisoformat(offer["expires_at"]) + timedelta(hours=8)).strftime("%H:%M")
        await expect(family.row("mine", "合唱")).to_contain_text(f"{until} 前确认")
        await family.looked_at("offered")
        await family.button("mine", "合唱", "接受名额").click()
        await expect(family.row("mine", "合唱")).to_contain_text("已选上")

        await family.button("courses", "美术", "选课").click()
        await expect(family.row("mine", "美术")).to_contain_text("已选上")
        await given_up(1)
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await expect(family.row("mine", "围棋")).to_contain_text("孩子在该时段已有其他课程，所以名额给了下一位")
        await family.button("mine", "美术", "退课").click()
        await page.get_by_role("dialog").get_by_role("button", name="退课").click()
        await expect(family.row("mine", "围棋")).to_contain_text("请确认名额")
        again = (await town.world.guardian("second").get("/v1/enrolments", params={"student": child})).json()["items"]
        await town.expire(next(one["id"] for one in again if one["state"] == "offered"))
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await expect(family.row("mine", "围棋")).to_contain_text("未按时确认，名额已让给其他孩子")
        await family.looked_at("lost")


async def test_a_family_ranks_and_sees_its_key_beside_the_last_admitted_one(town: Town) -> None:
    world = town.world
    wanted = await world.offering(1, name="篮球", mode="allocation", periods=[MONDAY])
    other = await world.offering(1, name="足球", mode="allocation", periods=[MONDAY])
    allocation = (await opened(world))["id"]
    for number in range(3):
        await town.child(f"rival-{number}", f"对手{number}")
        assert (await rank(world, allocation, f"rival-{number}", wanted["id"], other["id"])).is_success
    await town.child("family", "韩梅梅")
    async with town.family("family") as family:
        await family.button("courses", "足球", "填为下一志愿").click()
        await expect(family.row("courses", "足球")).to_contain_text("第 1 志愿")
        await family.button("courses", "篮球", "填为下一志愿").click()
        await expect(family.row("courses", "篮球")).to_contain_text("第 2 志愿")
        await family.row("draws", "秋季选课").get_by_role("button", name="上移: 篮球").click()
        await expect(family.row("courses", "篮球")).to_contain_text("第 1 志愿")
        await family.looked_at("ranked")
    await drawn(world, allocation)
    for guardian in ("family", *(f"rival-{number}" for number in range(3))):
        params = {"student": world.children[guardian]}
        url = f"/v1/allocations/{allocation}/explanations"
        [told] = (await world.guardian(guardian).get(url, params=params)).json()["items"]
        async with town.family(guardian, screen=DESK) as family:
            result = family.row("draws", "秋季选课")
            for choice in told["choices"]:
                line = result.locator("ol > li").nth(choice["rank"] - 1)
                if choice["reason"] == "refused":
                    await expect(line).to_contain_text("未录取")
                    for name, key in (("您的孩子", choice["key"]), ("最后录取", choice["last_general"])):
                        await expect(line).to_contain_text(f"{name}：积分 {key['credit']}，抽签号 {key['number'][:8]}")
            if told["offering_id"] is None:
                await expect(result.get_by_text("未录取")).to_have_count(2)
                await family.looked_at("not-admitted")
            else:
                await expect(result).to_contain_text("已录取")


async def test_a_family_answers_a_survey_once_and_nothing_is_chosen_for_it(town: Town) -> None:
    course = await town.world.offering(5)
    await town.child("family", "韩梅梅")
    await town.child("other", "李雷")
    seat = await town.world.ask(course["id"], "family")
    async with town.world.service.sessions.begin() as session:
        await attend(session, course["id"], [seat["student_id"]])
    await survey_opened(town.world)
    async with town.family("family") as family:
        row = family.row("surveys", "满意度调查")
        await expect(row.locator("input:checked")).to_have_count(0)
        for question in ("总体", "师资"):
            await row.get_by_role("group", name=question).get_by_role("radio").first.check()
        await family.looked_at("survey")
        await row.get_by_role("button", name="提交").click()
        await family.said("谢谢，您的回答已计入，任何人都无法查到是谁的回答。")
        await expect(family.row("surveys", "满意度调查")).to_contain_text("您已答过此问卷。")
    async with town.family("other") as family:
        await expect(family.row("courses", "合唱")).to_be_visible()
        await expect(family.page.locator("#surveys")).to_be_hidden()


async def test_a_child_answers_for_itself_on_the_phone_it_is_handed(town: Town) -> None:
    course = await town.world.offering(5)
    await town.child("family", "韩梅梅")
    seat = await town.world.ask(course["id"], "family")
    async with town.world.service.sessions.begin() as session:
        await attend(session, course["id"], [seat["student_id"]])
    survey = await survey_opened(town.world)
    async with town.family("family") as family:
        page = family.page
        row = family.row("surveys", "满意度调查（孩子本人）")
        await expect(row.get_by_role("radio").first).to_be_hidden()
        await row.get_by_text("把手机交给孩子，由孩子自己作答").click()
        await expect(row).to_contain_text("提交后屏幕上不再显示回答。")
        await page.locator("#language").click()
        row = family.row("surveys", "满意度调查 (the child's own answer)")
        await row.get_by_text("Hand the phone to the child, who answers alone").click()
        for question in ("Overall", "Teachers"):
            await row.get_by_role("group", name=question).get_by_role("radio").last.check()
        await family.looked_at("own-answer")
        await row.get_by_role("button", name="Send").click()
        await family.said("Thank you. Your answer is counted; nobody can see whose it is.")
        await expect(row).to_contain_text("The child has answered this survey.")
        await expect(family.row("surveys", "满意度调查").get_by_role("radio").first).to_be_visible()
        await page.reload()
        await expect(row).to_contain_text("The child has answered this survey.")
    async with town.world.service.sessions() as session:
        answered = text("SELECT audience, respondent FROM survey_participant WHERE survey_id = :id")
        assert (await session.execute(answered, {"id": survey})).all() == [("student", seat["student_id"])]


async def test_a_family_exchanges_its_seat_for_an_offered_one(town: Town) -> None:
    world = town.world
    choir = await world.offering(1, name="合唱", periods=[MONDAY])
    art = await world.offering(9, name="美术", periods=[TUESDAY])
    first = await world.ask(choir["id"], "first")
    await town.child("family", "韩梅梅")
    await world.ask(art["id"], "family")
    await world.ask(choir["id"], "family", accepts=False)
    assert (await world.guardian("first").post(f"/v1/enrolments/{first['id']}/withdrawal")).is_success
    async with town.family("family") as family:
        page = family.page
        await expect(family.row("mine", "合唱")).to_contain_text("请确认名额")
        await family.looked_at("exchange")
        await family.button("mine", "合唱", "换课：退掉“美术”").click()
        await expect(page.get_by_role("dialog")).to_contain_text("要退掉“美术”，换成“合唱”吗？")
        await page.get_by_role("dialog").get_by_role("button", name="返回").click()
        await expect(family.row("mine", "美术")).to_contain_text("已选上")
        await page.locator("#language").click()
        await family.button("mine", "合唱", "Exchange: give up “美术”").click()
        await expect(page.get_by_role("dialog")).to_contain_text(
            "Give up the seat in “美术” and take the one in “合唱”?"
        )
        await page.get_by_role("dialog").get_by_role("button", name="Exchange").click()
        await expect(family.row("mine", "合唱")).to_contain_text("enrolled")
        await expect(family.row("mine", "美术")).to_contain_text("exchanged for another course")
        await expect(family.button("courses", "美术", "Take a seat")).to_be_visible()
    await world.check_invariants()


async def test_a_family_makes_and_revokes_a_calendar_address(town: Town) -> None:
    await town.child("family", "韩梅梅")
    async with town.family("family") as family:
        page = family.page
        await page.get_by_role("button", name="生成订阅地址").click()
        address = await page.get_by_label("地址只显示这一次").input_value()
        calendar = await town.world.service().get(f"/v1/{address.partition('/v1/')[2]}")
        assert calendar.text.startswith("BEGIN:VCALENDAR")
        await family.looked_at("calendar")
        await page.get_by_role("button", name="撤销").click()
        await page.get_by_role("dialog").get_by_role("button", name="撤销").click()
        await expect(page.get_by_role("button", name="撤销")).to_have_count(0)
        await expect(page.get_by_label("地址只显示这一次")).to_have_count(0)
        gone = await town.world.service().get(f"/v1/{address.partition('/v1/')[2]}")
        assert gone.status_code == 404


async def test_the_keyboard_reaches_every_action_in_both_languages(town: Town) -> None:
    world = town.world
    course = await world.offering(5, name="合唱", periods=[MONDAY])
    await world.offering(5, name="书法", periods=[TUESDAY])
    await town.child("family", "韩梅梅")
    await world.ask(course["id"], "family")
    async with town.family("family", screen=DESK) as family:
        page = family.page
        await page.locator("#language").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("After-school courses")
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        await expect(family.row("mine", "合唱")).to_contain_text("Mon 16:30–17:30")
        await family.looked_at("english")
        reached = []
        for _ in range(await page.locator("button:visible, select:visible, summary:visible").count()):
            reached.append(await page.evaluate("document.activeElement.textContent"))
            await page.keyboard.press("Tab")
        assert [one for one in reached if one in ("Give up the seat", "Take a seat")] == [
            "Give up the seat",
            "Take a seat",
        ]

        await family.button("courses", "书法", "Take a seat").focus()
        await page.keyboard.press("Enter")
        await expect(family.row("mine", "书法")).to_contain_text("enrolled")
        assert await page.evaluate("document.activeElement !== document.body"), "whoever acts keeps a place on the page"
        await family.button("mine", "书法", "Give up the seat").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await expect(family.row("mine", "书法")).to_contain_text("enrolled")
        await expect(family.button("mine", "书法", "Give up the seat")).to_be_focused()
        names = await world.guardian("family").get(f"/v1/students/{world.children['family']}/identity-reads")
        assert len(names.json()["items"]) == 1, "a name is read once, not with every language"


async def test_a_guardian_who_may_only_look_has_no_buttons(town: Town) -> None:
    world = town.world
    await world.offering(5, name="合唱")
    student = await town.child("looker", "李雷")
    async with world.service.sessions.begin() as session:
        await session.execute(text("UPDATE guardianship SET may_act = false WHERE student_id = :id"), {"id": student})
    async with town.family("looker") as family:
        await expect(family.page.locator("#only-see")).to_be_visible()
        await expect(family.row("courses", "合唱").get_by_role("button")).to_have_count(0)


async def test_a_refusal_is_said_in_the_language_of_the_page(town: Town) -> None:
    world = town.world
    await world.offering(5, name="合唱")
    await town.child("family", "韩梅梅")
    async with town.family("family") as family:
        body: dict[str, Any] = {"student_id": world.children["family"]}
        await expect(family.button("courses", "合唱", "选课")).to_be_visible()
        body["offering_id"] = (await world.bureau.get("/v1/offerings")).json()["items"][0]["id"]
        assert (await world.guardian("family").post("/v1/enrolments", json=body)).is_success
        await family.button("courses", "合唱", "选课").click()
        await family.said("该学生已选此课程或已在候补中。")
        assert [one for one in family.faults.found if "409 POST" in one] != []
        family.faults.found.clear()
