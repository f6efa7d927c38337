"""The dashboard is one page that asks nobody but its own service, and holds no data."""

import re
from collections.abc import AsyncIterator

import pytest

from services.metrics.app import create_app
from services.metrics.settings import Settings
from services.metrics.tree.indicators import INDICATORS
from tests.infrastructure import ScratchDatabase
from tests.services import Service, running, settings_on


@pytest.fixture(scope="module")
async def metrics(scratch_database: ScratchDatabase) -> AsyncIterator[Service]:
    async with running(create_app, settings_on(Settings, await scratch_database("metrics"))) as service:
        yield service


async def test_anybody_gets_the_page_under_the_policy_of_pages(metrics: Service) -> None:
    answer = await metrics().get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert '<html lang="zh-CN">' in answer.text


async def test_the_page_asks_no_other_host(metrics: Service) -> None:
    page = (await metrics().get("/")).text
    addresses = set(re.findall(r"""https?://[^\s"'`)]+""", page))
    assert addresses == {"http://www.w3.org/2000/svg"}, "the name of a language, not an address"
    assert not re.findall(r"""(?:src|href|action)\s*=\s*["'](?!data:,)""", page)
    assert not re.findall(r"@import|url\(", page)


async def test_the_page_asks_for_what_is_there(metrics: Service) -> None:
    page = (await metrics().get("/")).text
    paths = metrics.app.openapi()["paths"]
    asked = {path.split("?")[0] for path in re.findall(r"""ask\(["'`]([^"'`]+)""", page)}
    assert {re.sub(r"\$\{[^}]+\}", "{code}", path) for path in asked} <= set(paths)
    assert len(asked) == 3
    assert 'code: "institutions.total"' in page
    assert "institutions.total" in INDICATORS


async def test_every_saying_exists_in_both_languages(metrics: Service) -> None:
    page = (await metrics().get("/")).text
    chinese, english = re.findall(r"\n  (?:zh|en): \{\n(.*?)\n  \},", page, re.DOTALL)
    keys = [set(re.findall(r"(?:^\s*|, )(\w+): ", part, re.MULTILINE)) for part in (chinese, english)]
    assert keys[0] == keys[1]
    said = {one or other for one, other in re.findall(r"""say\("(\w+)"\)|data-say="(\w+)\"""", page)}
    assert len(said) > 10
    assert said <= keys[0]


async def test_the_page_is_not_part_of_the_contract(metrics: Service) -> None:
    assert "/" not in metrics.app.openapi()["paths"]
