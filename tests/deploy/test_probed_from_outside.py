"""What the manifests start answers where Kubernetes and compose ask: on an address that is not 127.0.0.1."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.ports import SERVICES
from deploy.local.processes import free_port, stop
from deploy.topics import create_declared_topics
from tests.deploy.test_manifests import BASE, DEPLOY, documents
from tests.infrastructure import Broker, ScratchDatabase

OUTSIDE = "127.0.0.2"
"""Another address of this machine: who listens on 127.0.0.1 alone does not answer there."""
_KEY = b64encode(bytes(range(32))).decode()
SECRETS = {
    "CURSOR_KEY": "a secret",
    "SEAL_KEY": "another",
    "PERSONAL_KEYS": f'{{"first": "{_KEY}"}}',
    "PERSONAL_KEY": "first",
    "FINGERPRINT_KEY": _KEY,
}


def container_of(service: str, part: str) -> dict[str, Any]:
    for one in documents(BASE / f"{service}.yaml"):
        if one["kind"] == "Deployment" and one["metadata"]["name"] == f"{service}-{part}":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            return dict(container)
    raise LookupError(part)


def environment_of(service: str, part: str) -> dict[str, str]:
    """What the pod says itself: its own variables and those of the maps it names."""
    container = container_of(service, part)
    maps = {one["name"]: one["literals"] for one in documents(BASE / "kustomization.yaml")[0]["configMapGenerator"]}
    named = [one["configMapRef"]["name"] for one in container["envFrom"] if "configMapRef" in one]
    said = dict(literal.split("=", 1) for name in named for literal in maps[name])
    return said | {one["name"]: one["value"] for one in container.get("env", [])}


def command_of(service: str, part: str, port: int) -> list[str]:
    """The container's command with the interpreter of the tests; the API's is the image's."""
    container = container_of(service, part)
    if "command" in container:
        return [sys.executable, *container["command"][1:]]
    (said,) = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    words = json.loads(said)[2].removeprefix("exec ").replace("$SERVICE", service).split()
    assert words[words.index("--port") + 1] == str(container["ports"][0]["containerPort"])
    words[words.index("--port") + 1] = str(port)
    return [sys.executable, "-m", *words]


async def answers(url: str, process: Process, within: float) -> httpx.Response:
    async with asyncio.timeout(within), httpx.AsyncClient(trust_env=False, timeout=5) as http:
        while True:
            assert process.returncode is None, "it ended"
            try:
                found = await http.get(url)
                if found.status_code == httpx.codes.OK:
                    return found
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.parametrize("part", ["api", "worker"])
@pytest.mark.parametrize("service", SERVICES)
async def test_pods_are_ready_for_who_asks_from_outside(
    service: str, part: str, scratch_database: ScratchDatabase, broker: Broker, tmp_path: Path
) -> None:
    await create_declared_topics(broker.bootstrap)
    port, said = free_port(), environment_of(service, part)
    if part == "worker":
        assert said["WORKER_PORT"] == str(container_of(service, part)["ports"][0]["containerPort"])
        said["WORKER_PORT"] = str(port)
    path = container_of(service, part)["readinessProbe"]["httpGet"]["path"]
    given = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
        **said,
        **SECRETS,
        "DATABASE_URL": await scratch_database(service),
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
        "KAFKA_IDEMPOTENCE": str(broker.idempotence),
        "KAFKA_GROUPS": str(broker.idempotence),
        "ISSUER": "https://id",
        "JWKS_URL": "https://id/jwks",
        "EVIDENCE_STORE": str(tmp_path),
    }
    command = command_of(service, part, port)
    process = await asyncio.create_subprocess_exec(
        *command, cwd=DEPLOY.parent, env=given, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        ready = await answers(f"http://{OUTSIDE}:{port}{path}", process, within=60)
        assert set(ready.json()["checks"].values()) == {"ok"}
        measured = (await answers(f"http://{OUTSIDE}:{port}/metrics", process, within=10)).text
        assert part == "api" or "consumer_standing_seconds{" in measured
        begin = time.monotonic()
        await stop(process)
        assert process.returncode == (0 if part == "worker" else -signal.SIGTERM), "uvicorn ends by the signal it heard"
        assert time.monotonic() - begin < 15
    finally:
        await stop(process)


@pytest.mark.parametrize("service", SERVICES)
def test_workers_of_compose_listen_where_they_are_asked(service: str) -> None:
    (compose,) = documents(DEPLOY / "compose.yaml")
    said = compose["services"][f"{service}-worker"]["environment"]
    assert said["WORKER_HOST"] == "0.0.0.0"
    assert said["TRUSTED_PROXIES"] == "${TRUSTED_PROXIES:-172.16.0.0/12}"
    assert "WORKER_NAME" not in said
