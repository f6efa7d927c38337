"""The pages ask nobody but their own service, hold no data, and run under a policy without exceptions."""

import re
from collections.abc import AsyncIterator

import pytest

from services.metrics.app import create_app
from services.metrics.dashboard.routes import ASSETS
from services.metrics.settings import Settings
from services.metrics.tree.indicators import INDICATORS
from tests.infrastructure import ScratchDatabase
from tests.services import Service, running, settings_on

TEXTS = {name: content.decode() for name, content in ASSETS.items()}
SCRIPTS = {name: text for name, text in TEXTS.items() if name.endswith(".js")}
EVERYTHING = "\n".join(TEXTS.values())
PAGES = {"/": "index.html", "/public": "public.html"}


@pytest.fixture(scope="module")
async def metrics(scratch_database: ScratchDatabase) -> AsyncIterator[Service]:
    async with running(create_app, settings_on(Settings, await scratch_database("metrics"))) as service:
        yield service


@pytest.mark.parametrize("path", PAGES)
async def test_anybody_gets_a_page_under_a_strict_policy(metrics: Service, path: str) -> None:
    answer = await metrics().get(path)
    assert (answer.status_code, answer.text) == (200, TEXTS[PAGES[path]])
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"} <= set(policy)
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert '<html lang="zh-CN">' in answer.text
    again = await metrics().get(path, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ASSETS)
async def test_every_file_is_served_and_may_be_kept_while_it_stays_the_same(metrics: Service, name: str) -> None:
    answer = await metrics().get(f"/assets/{name}")
    assert (answer.status_code, answer.content) == (200, ASSETS[name])
    assert answer.headers["cache-control"] == "public, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    kind = {"html": "text/html", "css": "text/css", "js": "text/javascript"}[name.rpartition(".")[2]]
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"


@pytest.mark.parametrize("name", ["none.js", "../routes.py", "%2e%2e/routes.py", "views", ""])
async def test_nothing_else_is_served(metrics: Service, name: str) -> None:
    assert (await metrics().get(f"/assets/{name}")).status_code == 404


async def test_the_api_page_keeps_a_policy_of_its_own(metrics: Service) -> None:
    answer = await metrics().get("/docs")
    assert "script-src 'self' 'unsafe-inline'" in answer.headers["content-security-policy"]


def test_the_pages_ask_no_other_host() -> None:
    addresses = set(re.findall(r"""https?://[^\s"'`)]+""", EVERYTHING))
    assert addresses == {"http://www.w3.org/2000/svg"}, "the name of a language, not an address"
    assert not re.findall(r"@import|url\(", TEXTS["dashboard.css"])
    for name in PAGES.values():
        fetched = set(re.findall(r"""<(?:script|link)[^>]*(?:src|href)="([^"]*)""", TEXTS[name])) - {"data:,"}
        assert {one.removeprefix("/assets/") for one in fetched} <= set(ASSETS)


def test_nothing_needs_an_exception_of_the_policy() -> None:
    for page in PAGES.values():
        assert not re.findall(r"<style|\sstyle=|\son\w+=|javascript:", TEXTS[page])
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", TEXTS[page]))
    for name, text in SCRIPTS.items():
        assert not re.findall(r"innerHTML|insertAdjacentHTML|\beval\(|new Function|\"style\"", text), name


def test_every_module_that_is_imported_is_there() -> None:
    for name, text in SCRIPTS.items():
        for imported in re.findall(r"""from "([^"]+)";""", text):
            folder = "views/" if name.startswith("views/") and imported.startswith("./") else ""
            assert folder + imported.removeprefix("./").removeprefix("../") in SCRIPTS, f"{name}: {imported}"


async def test_the_pages_ask_for_what_is_there(metrics: Service) -> None:
    paths = {re.sub(r"\{\w+\}", "{}", path) for path in metrics.app.openapi()["paths"]}
    asked = {re.sub(r"\$\{[^}]+\}", "{}", path) for path in re.findall(r"""["'`](/v1/[^"'`?]+)""", EVERYTHING)}
    assert len(asked) > 8
    assert asked <= paths
    branches = {code.partition(".")[0] for code in INDICATORS}
    codes = {
        code for code in re.findall(r""""([a-z_]+\.[a-z_]+)\"""", EVERYTHING) if code.partition(".")[0] in branches
    }
    assert len(codes) > 25
    assert codes - set(INDICATORS) <= {"violations.overdue"}, "shown as a dash until it is counted"


def test_every_word_exists_in_both_languages() -> None:
    chinese, english = re.findall(r"\n  (?:zh|en): \{\n(.*?)\n  \},", TEXTS["words.js"], re.DOTALL)
    words = [dict(re.findall(r"""^    (\w+): "(.*)",$""", part, re.MULTILINE)) for part in (chinese, english)]
    assert list(words[0]) == list(words[1])
    holes = [{key: set(re.findall(r"\{\d\}", text)) for key, text in part.items()} for part in words]
    assert holes[0] == holes[1]
    said = set(re.findall(r"""\b(?:say|filled)\("(\w+)\"""", "\n".join(SCRIPTS.values())))
    assert len(said) > 60
    assert said <= set(words[0])


async def test_the_pages_are_not_part_of_the_contract(metrics: Service) -> None:
    assert not {"/", "/public", "/assets/{name}"} & set(metrics.app.openapi()["paths"])
