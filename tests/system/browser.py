"""A page of a service in the Chromium that is installed here, and what axe-core says of it."""

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, ConsoleMessage, Page, Response, async_playwright

from deploy.contracts import ROOT

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NPM: Final = shutil.which("npm")
PHONE: Final = {"width": 390, "height": 844}
DESK: Final = {"width": 1280, "height": 800}

_AXE = Path(__file__).parent / "axe"
_RUN = "() => axe.run(document, {resultTypes: ['violations']})"


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """The address of an application that has started already."""
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, lifespan="off", ws="none", log_config=None, timeout_graceful_shutdown=2)
    )
    serving = asyncio.create_task(server.serve([door]))
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    server.should_exit = True
    await serving


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


class Faults:
    """What a page did that no page should do: errors of its script, and requests that a service refused."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("pageerror", lambda error: self.found.append(str(error)))
        page.on("console", self._heard)
        page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.found.append(message.text)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"{response.status} {response.request.method} {response.url}")


async def barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical on the page as it is now."""
    return await findings(page, ("serious", "critical"))


async def findings(page: Page, impacts: Collection[str] = ("minor", "moderate", "serious", "critical")) -> list[str]:
    """What axe-core finds on the page as it is now. The driver runs it past the policy of the page."""
    await page.evaluate(_axe())
    said: dict[str, Any] = await page.evaluate(_RUN)
    return [
        f"{one['id']}: {json.dumps([node['html'] for node in one['nodes']], ensure_ascii=False)}"
        for one in said["violations"]
        if one["impact"] in impacts
    ]


def _axe() -> str:
    """The script, installed once per lock file, outside what is committed."""
    folder = ROOT / ".local/axe"
    script = folder / "node_modules/axe-core/axe.min.js"
    lock = (_AXE / "package-lock.json").read_bytes()
    done = folder / "installed.json"
    if not done.exists() or done.read_bytes() != lock:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(_AXE, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        done.write_bytes(lock)  # last: half an installation is none
    return script.read_text(encoding="utf-8")
