"""The portal: one page that leads to everything, with the development issuer beside it."""

import asyncio
import os
from functools import cache
from html import escape
from pathlib import Path
from string import Template

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from deploy.local import issuer, tokens
from deploy.local.ports import SERVICES, Ports
from deploy.local.processes import HOST

ROOT = Path(__file__).parents[2]
PAGE = Template(Path(__file__).with_name("portal.html").read_text(encoding="utf-8"))

NAMES = {
    "registry": ("机构与许可", "Institutions and permits"),
    "inspection": ("网格督导", "Grid inspection"),
    "afterschool": ("课后服务", "After-school services"),
    "metrics": ("指标与看板", "Indicators and dashboard"),
}


def create_portal(
    folder: Path | None = None, ports: Ports | None = None, http: httpx.AsyncClient | None = None
) -> FastAPI:
    """Without arguments as the supervisor starts it: PLATFORM_FOLDER and PORT_BASE say the rest."""
    folder = folder or Path(os.environ.get("PLATFORM_FOLDER", ROOT / ".local"))
    app = FastAPI(title="Double Wings · portal", docs_url=None, redoc_url=None)
    app.state.ports = ports or Ports.from_environment()
    app.state.issuer = f"http://{HOST}:{app.state.ports.portal}"
    app.state.key = tokens.signing_key(folder)
    app.state.http = http
    app.include_router(issuer.router)
    app.add_api_route("/", index, response_class=HTMLResponse, include_in_schema=False)
    app.add_api_route("/dashboard", dashboard, include_in_schema=False)
    app.add_api_route("/readyz", ready, include_in_schema=False)
    app.add_api_route("/livez", ready, include_in_schema=False)
    app.add_api_route("/asyncapi.json", asyncapi, include_in_schema=False)
    return app


async def ready() -> dict[str, str]:
    return {"status": "ok"}


async def asyncapi() -> Response:
    """The catalogue of events, from the code."""
    return Response(await asyncio.to_thread(_asyncapi), media_type="application/json")


@cache
def _asyncapi() -> str:
    from deploy import contracts  # loads every service, so only when asked for

    return contracts.machine_documents()[contracts.MACHINES / "asyncapi.json"]


async def index(request: Request) -> str:
    ports: Ports = request.app.state.ports
    states = await readiness(ports, request.app.state.http)
    return PAGE.substitute(
        issuer=escape(request.app.state.issuer),
        registry=f"http://{HOST}:{ports.api('registry')}",
        services="".join(service_card(service, ports, states) for service in SERVICES),
        roles=", ".join(f"<code>{role}</code>" for role in tokens.ROLES),
    )


async def dashboard(request: Request) -> RedirectResponse:
    """The dashboard as the bureau sees it. A fragment is sent to no server and stands in no log."""
    ports: Ports = request.app.state.ports
    token = tokens.mint(request.app.state.key, request.app.state.issuer, ["bureau"], {"subject": "portal"})
    return RedirectResponse(
        f"http://{HOST}:{ports.api('metrics')}/#token={token}", status_code=303, headers={"Cache-Control": "no-store"}
    )


async def readiness(ports: Ports, http: httpx.AsyncClient | None = None) -> dict[int, str]:
    """What each API and worker answers right now, by port: ready, not ready, or away."""
    asked = [port for service in SERVICES for port in (ports.api(service), ports.worker(service))]
    if http is not None:
        return dict(zip(asked, await asyncio.gather(*(state_of(http, port) for port in asked)), strict=True))
    async with httpx.AsyncClient(trust_env=False, timeout=1.5) as own:
        return await readiness(ports, own)


async def state_of(http: httpx.AsyncClient, port: int) -> str:
    try:
        answer = await http.get(f"http://{HOST}:{port}/readyz")
    except httpx.HTTPError:
        return "away"
    return "ready" if answer.status_code == httpx.codes.OK else "waiting"


STATES = {
    "ready": ("就绪", "ready"),
    "waiting": ("未就绪", "not ready"),
    "away": ("未启动", "not running"),
}


def service_card(service: str, ports: Ports, states: dict[int, str]) -> str:
    zh, en = NAMES[service]
    root = f"http://{HOST}:{ports.api(service)}"
    worker = f"http://{HOST}:{ports.worker(service)}"
    return f"""
    <section class="card" id="{service}">
      <h2>{zh} <small>{en} · {service}</small></h2>
      <p>{badge("API", states[ports.api(service)])} {badge("worker", states[ports.worker(service)])}</p>
      <p><a href="{root}/docs">接口文档 / API page</a> · <a href="{root}/openapi.json">openapi.json</a></p>
      <p>API: <a href="{root}/readyz">readyz</a> · <a href="{root}/metrics">metrics</a>;
         worker: <a href="{worker}/readyz">readyz</a> · <a href="{worker}/metrics">metrics</a></p>
    </section>"""


def badge(what: str, state: str) -> str:
    zh, en = STATES[state]
    return f'<span class="state {state}">{what}: {zh} / {en}</span>'
