"""The dashboard in Chromium: the figures of the report at a glance, and from each of them to the events behind it.

Nothing on the way may fail in the console, break the policy of the page, or be asked of another host; axe-core finds
nothing at all.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from services.metrics.app import create_app
from services.metrics.settings import Settings
from tests.infrastructure import ScratchDatabase
from tests.metrics.conftest import World
from tests.services import running, settings_on, token
from tests.system.browser import CHROMIUM, DESK, NPM, PHONE, Faults, chromium, findings, listening
from tests.system.dashboard_city import (
    CAMPAIGN,
    CODES,
    DISTRICT,
    FIGURES,
    SCHOOLS,
    City,
    one_more_violation,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="a page is tested in Chromium"),
    pytest.mark.skipif(NPM is None, reason="axe-core needs npm"),
    pytest.mark.timeout(300),
]
SHOTS = os.environ.get("SHOTS")
"""A folder for pictures of every view."""
SCREENS = {"desk": DESK, "phone": PHONE}
VIEWS = {
    "city": "city",
    "district": f"district/{DISTRICT}",
    "street": f"street/{CODES[0]}",
    "school": f"school/{SCHOOLS[0]}",
    "campaign": f"campaign/{CAMPAIGN}",
    "number": "number/violations.investigated",
    "share": "number/inspection.coverage?by=street",
    "list": "list/permits.revoked",
    "figures": "figures",
}
_SEEN = """(code) => {
  const box = document.querySelector(`.figures [data-code="${code}"]`).getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth;
}"""


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


class Office:
    """The city's metrics behind an address, and people who look at it."""

    def __init__(self, city: City, browser: Browser, address: str) -> None:
        self.city = city
        self.address = address
        self._browser = browser

    @asynccontextmanager
    async def person(
        self, *roles: str, screen: dict[str, int] | None = None, zone: str = "America/New_York", **claims: str
    ) -> AsyncIterator["Reader"]:
        """Somebody whose browser reaches this service and nothing else."""
        context = await self._browser.new_context(
            viewport=screen or DESK,  # type: ignore[arg-type]
            timezone_id=zone,
            locale="zh-CN",
        )
        elsewhere: list[str] = []

        async def only_here(route: Route) -> None:
            if urlsplit(route.request.url).netloc == urlsplit(self.address).netloc:
                await route.continue_()
            else:
                elsewhere.append(route.request.url)
                await route.abort()

        await context.route("**/*", only_here)
        reader = Reader(self, context, token("metrics", *(roles or ("bureau",)), **claims))
        yield reader
        assert reader.faults() == []
        assert elsewhere == []
        await context.close()


class Reader:
    """A person with the dashboard open in one tab or more."""

    def __init__(self, office: Office, context: BrowserContext, held: str) -> None:
        self._office = office
        self._context = context
        self._token = held
        self._faults: list[Faults] = []

    def faults(self) -> list[str]:
        return [found for one in self._faults for found in one.found]

    async def blank(self) -> Page:
        page = await self._context.new_page()
        self._faults.append(Faults(page))
        return page

    async def open(self, view: str = "") -> Page:
        page = await self.blank()
        await page.goto(f"{self._office.address}/#token={self._token}")
        await expect(page.locator("#main h1")).to_be_visible()
        if view:
            await self.go(page, view)
        return page

    async def go(self, page: Page, view: str) -> None:
        await page.evaluate("place => { location.hash = `/${place}`; }", view)
        await expect(page).to_have_url(re.compile(re.escape(f"#/{view}")))
        await expect(page.locator("#main")).to_have_attribute("data-place", f"#/{view}")


async def looked_at(page: Page, name: str) -> None:
    """Nothing that axe-core finds, in a light and in a dark room, and nothing wider than the screen."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/{name}-{scheme}.png", full_page=True)
            await page.screenshot(path=f"{SHOTS}/{name}-{scheme}-fold.png")
        assert await findings(page) == [], f"{name}, {scheme}"
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


@pytest.fixture(scope="module")
async def office(scratch_database: ScratchDatabase, browser: Browser) -> AsyncIterator[Office]:
    settings = settings_on(Settings, await scratch_database("metrics"), pool_wait=30.0, public_rate="100000/minute")
    async with running(create_app, settings) as service:
        city = City(World(service, settings))
        await city.fill()
        async with listening(service.app) as address:
            yield Office(city, browser, address)


@pytest.mark.parametrize("screen", SCREENS)
async def test_the_figures_of_the_report_are_seen_without_scrolling(office: Office, screen: str) -> None:
    async with office.person(screen=SCREENS[screen]) as reader:
        page = await reader.open()
        await expect(page).to_have_url(re.compile("#/city$"))
        for code, words in FIGURES.items():
            await expect(page.locator(f'.figures [data-code="{code}"]').first).to_have_text(words)
            assert await page.evaluate(_SEEN, code), code
        await expect(page.locator(".sentences li")).to_have_count(5)
        assert await page.evaluate("document.querySelector('.needs').getBoundingClientRect().bottom <= innerHeight")


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_view_is_free_of_barriers(office: Office, screen: str, language: str) -> None:
    async with office.person(screen=SCREENS[screen]) as reader:
        page = await reader.open()
        for name, view in VIEWS.items():
            mark = "&" if "?" in view else "?"
            await reader.go(page, view if language == "zh" else f"{view}{mark}lang=en")
            await looked_at(page, f"{name}-{screen}-{language}")
        await page.get_by_role("button", name="退出" if language == "zh" else "Leave").click()
        await expect(page.get_by_label("访问令牌" if language == "zh" else "Access token")).to_be_visible()
        await looked_at(page, f"door-{screen}-{language}")
        assert "196,659" not in await page.content()


async def test_every_number_of_the_page_is_the_one_of_the_api(office: Office) -> None:
    card: dict[str, Any] = await office.city.world.get("/v1/scorecard")
    values = {one["code"]: one for one in card["values"]}
    async with office.person() as reader:
        page = await reader.open()
        shown = await page.eval_on_selector_all(
            "[data-code]", "nodes => nodes.map(node => [node.dataset.code, node.textContent])"
        )
        assert len(shown) > 25
        for code, words in shown:
            assert words.partition("/")[0] == written(values[code]), code
        streets: dict[str, Any] = await office.city.world.get("/v1/indicators/inspection.coverage/values", by="street")
        for point in streets["values"]:
            row = page.locator("table", has_text="台账机构").locator("tr", has_text=point["zh"])
            await expect(row).to_contain_text(written({**point, "unit": "ratio"}))
            area = page.locator(f'.map a[data-key="map-{point["key"]}"]')
            await expect(area).to_have_attribute("aria-label", f"{point['zh']} {written({**point, 'unit': 'ratio'})}")
        for code in ("violations.investigated", "inspection.coverage", "satisfaction.students"):
            await reader.go(page, f"number/{code}")
            await expect(page.locator(".big b")).to_have_text(written(values[code]))


def written(value: dict[str, Any]) -> str:
    """The value as the page writes it in Chinese."""
    if value["value"] is None:
        return "–"
    if value["unit"] == "ratio":
        return f"{value['value'] * 100:,.2f}".rstrip("0").rstrip(".") + "%"
    if value["unit"] == "fen":
        return f"¥{value['value'] // 100:,}"
    return f"{value['value']:,.1f}".removesuffix(".0")


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
async def test_from_a_number_to_the_list_the_file_and_its_events(office: Office, hand: str) -> None:
    async def follow(page: Page, selector: str) -> None:
        link = page.locator(selector).first
        if hand == "mouse":
            await link.click()
            return
        for _ in range(200):
            await page.keyboard.press("Tab")
            if await link.evaluate("node => node === document.activeElement"):
                break
        await page.keyboard.press("Enter")

    world = office.city.world
    members = await world.get("/v1/indicators/permits.revoked/members")
    async with office.person() as reader:
        page = await reader.open()
        await follow(page, '[data-code="permits.revoked"]')
        await expect(page.locator(".big b")).to_have_text("3")
        await expect(page.locator("h1")).to_be_focused()
        await follow(page, "#to-list")
        await expect(page.locator("tbody tr")).to_have_count(members["total"])
        await expect(page.locator("caption")).to_have_text("已列 3 项，共 3 项")
        await expect(page.locator("h1")).to_be_focused()
        await follow(page, "tbody a")
        await expect(page.locator("caption")).to_have_text("全部事件，共 1 条")
        await expect(page.locator("tbody")).to_contain_text("registry.permit.revoked.v1")
        member = members["items"][0]["member_id"]
        told = await world.get("/v1/indicators/permits.revoked/receipts", member=member)
        await expect(page.locator("tbody")).to_contain_text(told["items"][0]["event_id"])
        await page.go_back()
        await expect(page.locator("caption")).to_have_text("已列 3 项，共 3 项")


async def test_eight_tabs_are_live_over_six_connections(office: Office) -> None:
    async with office.person() as reader:
        tabs = [await reader.open() for _ in range(8)]
        for page in tabs:
            await expect(page.locator("#live")).to_have_text("实时")
        number = [page.locator('.sentences [data-code="violations.open"]') for page in tabs]
        before = int(await number[0].inner_text())
        streams = sum([await page.evaluate(_STREAMS) for page in tabs])
        assert streams <= 1, "finished entries alone are listed: the one stream is still open"
        await office.city.tell(one_more_violation())
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*(expect(one).to_have_text(str(before + 1), timeout=10_000) for one in number))
        assert asyncio.get_running_loop().time() - started < 5, "eight at once on a busy machine"
        await tabs[0].close()
        await expect(tabs[1].locator("#live")).to_have_text("实时")


_STREAMS = "performance.getEntriesByType('resource').filter(one => one.name.includes('/v1/stream')).length"


async def test_a_change_is_seen_within_two_seconds_and_keeps_the_focus(office: Office) -> None:
    async with office.person() as reader:
        page = await reader.open()
        await expect(page.locator("#live")).to_have_text("实时")
        found = page.locator('.pipeline [data-code="violations.total"]')
        before = int(await found.inner_text())
        await found.focus()
        await office.city.tell(one_more(before))
        await expect(found).to_have_text(str(before + 1), timeout=2_000)
        await expect(found).to_be_focused()


def one_more(number: int) -> Any:
    return one_more_violation().model_copy(update={"violation_id": CAMPAIGN.__class__(int=90_000 + number)})


async def test_without_a_stream_the_page_asks_at_intervals(office: Office) -> None:
    async with office.person() as reader:
        page = await reader.blank()
        await page.route("**/v1/stream", lambda route: route.fulfill(status=204, body=""))
        await page.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', {value: undefined})")
        await page.goto(f"{office.address}/#token={token('metrics', 'bureau')}")
        await expect(page.locator("#live")).to_have_text("定时刷新", timeout=10_000)
        found = page.locator('.pipeline [data-code="violations.total"]')
        before = int(await found.inner_text())
        await office.city.tell(one_more(before))
        await expect(found).to_have_text(str(before + 1), timeout=10_000)


async def test_what_has_no_whole_or_is_unknown_is_a_dash(office: Office) -> None:
    async with office.person() as reader:
        page = await reader.open()
        await expect(page.locator('[data-code="attendance.present_share"]').first).to_have_text("–")
        await expect(page.locator("tr", has_text="劳动教育基地").locator("td").first).to_have_text("–")
        await reader.go(page, f"school/{SCHOOLS[1]}")
        await expect(page.locator(".plain li").first).to_contain_text("学生满意度 – · 回答数 n = 0")
        await expect(page.locator("#main")).not_to_contain_text("0%")


async def test_days_and_moments_are_those_of_china_in_every_zone(office: Office) -> None:
    seen = []
    for zone in ("America/New_York", "Pacific/Kiritimati"):
        async with office.person(zone=zone) as reader:
            page = await reader.open("campaign/" + str(CAMPAIGN))
            texts = await page.locator("#main .lines text").all_inner_texts()
            seen.append([*texts, await page.locator(".asof").inner_text()])
            await page.clock.install(time="2026-08-31T16:30:00Z")
            await page.reload()
            today = await page.evaluate("import('/assets/format.js').then(one => one.chinaDay())")
            assert today == "2026-09-01", "half past midnight in China"
    assert seen[0] == seen[1]


async def test_part_of_a_month_is_compared_with_the_same_part(office: Office) -> None:
    async with office.person() as reader:
        page = await reader.open("number/violations.investigated")
        words = await page.locator(".monthly").inner_text()
        found = re.fullmatch(r"\d{4}-\d{2} 截至 (\d+) 日：.+；\d{4}-\d{2} 截至 (\d+) 日：.+。", words)
        assert found is not None, words
        assert int(found[2]) == min(int(found[1]), int(found[2]))


async def test_an_officer_starts_at_the_district_and_school_staff_at_the_school(office: Office) -> None:
    async with office.person("district_officer", district=DISTRICT) as reader:
        page = await reader.open()
        await expect(page).to_have_url(re.compile(f"#/district/{DISTRICT}$"))
        await expect(page.locator("h1")).to_contain_text("平城区")
        await expect(page.locator(".multiples li")).to_have_count(3)
        await page.locator(".multiples a").first.click()
        await expect(page.locator("h1")).to_contain_text("迎宾街道")
    async with office.person("school_staff", school=str(SCHOOLS[0])) as reader:
        page = await reader.open()
        await expect(page.locator("h1")).to_contain_text("第1小学")
        await expect(page.locator(".plain li").first).to_contain_text("学生满意度 95% (190/200) · 回答数 n = 200")


async def test_a_role_without_numbers_is_told_so(office: Office) -> None:
    async with office.person("guardian") as reader:
        page = await reader.blank()
        await page.goto(f"{office.address}/#token={token('metrics', 'guardian')}")
        await expect(page.get_by_role("alert")).to_have_text("此令牌的角色不能查看指标。")
        assert "token" not in page.url
        refused = [one for one in reader.faults() if "403" not in one]
        for faults in reader._faults:
            faults.found.clear()
        assert refused == []


async def test_the_report_prints_on_a4(office: Office) -> None:
    async with office.person() as reader:
        page = await reader.open()
        await page.emulate_media(media="print")
        printed = await page.pdf(prefer_css_page_size=True, path=f"{SHOTS}/report.pdf" if SHOTS else None)
        assert printed.startswith(b"%PDF")
        sizes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", printed)}
        assert {(round(box[2]), round(box[3])) for box in sizes} == {(595, 842)}, "points of A4"
        assert await page.evaluate("document.documentElement.scrollWidth") <= 1280
        await expect(page.locator("#language")).to_be_hidden()


@pytest.mark.parametrize("screen", SCREENS)
async def test_anybody_sees_the_public_figures(office: Office, screen: str) -> None:
    async with office.person(screen=SCREENS[screen]) as reader:
        page = await reader.blank()
        await page.goto(f"{office.address}/public")
        await expect(page.locator('[data-code="commitments.signed"]')).to_have_text("311")
        await expect(page.locator('[data-code="satisfaction.guardians"]')).to_have_text("不公布")
        await looked_at(page, f"public-{screen}-zh")
        await page.locator("#language").click()
        await expect(page.locator("h1")).to_have_text("Double Wings · public figures")
        await looked_at(page, f"public-{screen}-en")
