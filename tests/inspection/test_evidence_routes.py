"""`/v1/evidence`: a phone announces, sends, is cut off, goes on; the worker looks, and people see the clean copy."""

import hashlib
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import update

from services.inspection.findings.evidence.domain import TRIES, Capture, Evidence
from services.inspection.findings.evidence.keeper import keep_received
from services.inspection.findings.evidence.laundry import clean
from shared.domain.canonical import canonical
from shared.process import confined
from tests.inspection.conftest import AT, World
from tests.inspection.hostile_files import HERE, exif, picture

PHOTO = picture(exif=exif(HERE))


def announcement(visit: str, content: bytes = PHOTO, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "subject_kind": "visit",
        "subject_id": visit,
        "media_type": "image/jpeg",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "captured_at": "2026-03-02T09:00:00+08:00",
        "position": {"lon": 113.31, "lat": 40.07},
        **more,
    }


async def visit(world: World) -> str:
    plan = {"institution_id": str(await world.institution("g1")), "team": "t1"}
    await world.bureau.post("/v1/teams", json={"code": "t1", "name": "一组", "district": "140213", "grids": ["g1"]})
    planned = await world.bureau.post("/v1/visits", json=plan)
    assert planned.status_code == 201, planned.text
    return str(planned.json()["id"])


async def send(client: httpx.AsyncClient, evidence_id: str, content: bytes, offset: int) -> httpx.Response:
    return await client.patch(
        f"/v1/evidence/{evidence_id}/content",
        content=content,
        headers={"upload-offset": str(offset), "content-type": "application/octet-stream"},
    )


async def keep(world: World) -> None:
    state = world.service.app.state
    await keep_received(world.sessions, state.evidence, state.seal)


async def test_from_the_phone_to_the_clean_copy(world: World) -> None:
    phone, said = world.inspector("t1"), announcement(await visit(world))
    url = f"/v1/evidence/{said['id']}"
    made = await phone.post("/v1/evidence", json=said)
    assert (made.status_code, made.json()["state"], made.headers["location"]) == (201, "announced", url)
    assert (await phone.post("/v1/evidence", json=said)).status_code == 200
    taken = await phone.post("/v1/evidence", json=said | {"sha256": "0" * 64})
    assert (taken.status_code, taken.json()["code"]) == (409, "evidence-id-taken")

    half = len(PHOTO) // 2
    assert (await send(phone, said["id"], PHOTO[:half], 0)).json()["received_bytes"] == half
    again = await send(phone, said["id"], PHOTO[:half], 0)  # the answer was lost on the way
    assert (again.status_code, again.json()["code"], again.json()["facts"]) == (
        409, "upload-offset-wrong", {"received": half}
    )  # fmt: skip
    too_early = await phone.get(f"{url}/content")
    assert (too_early.status_code, too_early.json()["code"]) == (409, "evidence-not-kept")
    assert (await send(phone, said["id"], PHOTO[half:], half)).json()["state"] == "received"
    done = await send(phone, said["id"], b"more", len(PHOTO))
    assert (done.status_code, done.json()["code"]) == (409, "upload-complete")

    await keep(world)
    kept = (await phone.get(url)).json()
    assert (kept["state"], kept["sha256"], kept["clean_type"]) == ("kept", said["sha256"], "image/jpeg")
    assert kept["receipt"]["position"]["camera"] == {"lon": 113.3, "lat": 40.08, "accuracy_m": None}
    shown = await phone.get(f"{url}/content")
    assert shown.headers["content-disposition"] == f'attachment; filename="{said["id"]}.jpeg"'
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert hashlib.sha256(shown.content).hexdigest() == kept["clean_sha256"]
    assert b"Exif" in PHOTO
    assert b"Exif" not in shown.content
    assert [kind.rpartition(".v1")[0].rpartition(".")[2] for kind, _, _ in await world.facts(said["id"])] == [
        "announced", "received", "kept"
    ]  # fmt: skip
    await keep(world)
    assert (await phone.get(url)).json() == kept


@pytest.mark.parametrize(
    ("content", "announced", "code"),
    [
        (PHOTO[:-1] + b"x", PHOTO, "hash-differs"),
        (b"<svg onload=alert(1)>" * 10, None, "picture-unreadable"),
    ],
)
async def test_what_is_not_what_was_said_is_refused(
    world: World, content: bytes, announced: bytes | None, code: str
) -> None:
    phone, said = world.inspector("t1"), announcement(await visit(world), announced or content)
    await phone.post("/v1/evidence", json=said)
    assert (await send(phone, said["id"], content, 0)).json()["state"] == "received"
    await keep(world)
    refused = (await phone.get(f"/v1/evidence/{said['id']}")).json()
    assert (refused["state"], refused["refusal"], refused["receipt"]) == ("refused", code, None)
    assert (await world.facts(said["id"]))[-1][2]["code"] == code


async def received(world: World) -> tuple[httpx.AsyncClient, str]:
    phone, said = world.inspector("t1"), announcement(await visit(world))
    await phone.post("/v1/evidence", json=said)
    assert (await send(phone, said["id"], PHOTO, 0)).json()["state"] == "received"
    return phone, f"/v1/evidence/{said['id']}"


async def tried_now(world: World) -> None:
    """As if the pause before the next try were over."""
    async with world.sessions.begin() as session:
        await session.execute(update(Evidence).values(next_try_at=None))
    await keep(world)


def ending(how: str) -> str:
    """A laundry that is ended so, in place of the real one."""
    return {
        "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "terminated": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "garbled": "print('Traceback')",
        "too slow": "import time; time.sleep(60)",
        "disk full": """import struct, sys
told = b'{"fault": "OSError"}'
sys.stdout.buffer.write(struct.pack(">I", len(told)) + told)""",
    }[how]


@pytest.mark.parametrize("how", ["killed", "terminated", "garbled", "too slow", "disk full"])
async def test_what_is_not_the_file_s_fault_destroys_no_evidence(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    phone, url = await received(world)
    python = tmp_path / "python"
    python.write_text(f"#!{sys.executable}\n{ending(how)}\n")
    python.chmod(0o755)
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", str(python))
        broken.setattr(confined, "_PATIENCE", 0.02)
        for tries in range(1, TRIES + 1):
            await tried_now(world)
            found = (await phone.get(url)).json()
            assert (found["state"], found["tries"], found["refusal"]) == ("received", tries, None)
            assert found["fault"]
        await keep(world)
    assert found["stalled_at"] is not None
    waiting = (await world.bureau.get("/v1/evidence", params={"stalled": True})).json()["items"]
    assert [one["id"] for one in waiting] == [found["id"]]
    await tried_now(world)
    assert (await phone.get(url)).json() == found, "it waits for a person"
    assert (await phone.post(f"{url}/retry", json={"reason": "磁盘已清理"})).status_code == 403
    assert (await world.bureau.post(f"{url}/retry", json={"reason": "磁盘已清理"})).status_code == 200
    await keep(world)
    assert (await phone.get(url)).json()["state"] == "kept", "its parts were there"
    assert [kind.rpartition(".v1")[0].rpartition(".")[2] for kind, _, _ in await world.facts(found["id"])] == [
        "announced", "received", "stalled", "resumed", "kept"
    ]  # fmt: skip


async def test_a_full_disk_says_nothing_about_the_file(tmp_path: Path) -> None:
    source, full = tmp_path / "source", Path("/dev/full")
    source.write_bytes(PHOTO)
    with pytest.raises(OSError, match="No space left"):
        clean(source, full, "image/jpeg")


async def test_evidence_given_up_keeps_its_bytes(world: World) -> None:
    _, url = await received(world)
    assert (await world.bureau.post(f"{url}/refusal", json={"reason": "x"})).json()["code"] == "evidence-not-stalled"
    async with world.sessions.begin() as session:
        await session.execute(update(Evidence).values(stalled_at=AT, tries=TRIES))
    given_up = await world.officer("140213").post(f"{url}/refusal", json={"reason": "打不开"})
    assert (given_up.json()["state"], given_up.json()["refusal"]) == ("refused", "given-up")
    (evidence,) = (await world.bureau.get("/v1/evidence")).json()["items"]
    async with world.sessions() as session:
        kept = await session.get(Evidence, UUID(evidence["id"]))
        assert kept is not None
    parts = [part async for part in world.service.app.state.evidence.read_parts(kept.id, kept.parts)]
    assert b"".join(parts) == PHOTO


async def test_nobody_spoils_what_a_colleague_announced(world: World) -> None:
    phone, said = world.inspector("t1"), announcement(await visit(world))
    await phone.post("/v1/evidence", json=said)
    colleague = world.inspector("t1", subject="colleague")
    refused = await send(colleague, said["id"], b"x" * said["size"], 0)
    assert (refused.status_code, refused.json()["code"]) == (403, "evidence-not-yours")
    assert (await send(phone, said["id"], PHOTO, 0)).json()["state"] == "received"


async def test_announced_otherwise_it_is_other_evidence(world: World) -> None:
    phone, said = world.inspector("t1"), announcement(await visit(world))
    await phone.post("/v1/evidence", json=said)
    assert (await phone.post("/v1/evidence", json=said)).status_code == 200
    for other in ({"captured_at": "2026-03-02T10:00:00+08:00"}, {"position": None}, {"size": said["size"] + 1}):
        refused = await phone.post("/v1/evidence", json=said | other)
        assert (refused.status_code, refused.json()["code"]) == (409, "evidence-id-taken")


async def test_a_device_signs_what_its_holder_announces(world: World) -> None:
    phone, key = world.inspector("t1"), Ed25519PrivateKey.generate()
    device = str(uuid4())
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    enrolled = await phone.post("/v1/devices", json={"id": device, "label": "一号", "public_key": pem})
    assert enrolled.status_code == 201, enrolled.text
    said = announcement(await visit(world), device_id=device, signature="0" * 128)
    forged = await phone.post("/v1/evidence", json=said)
    assert (forged.status_code, forged.json()["code"]) == (422, "signature-invalid")
    said["signature"] = key.sign(canonical(Capture.model_validate(said).claim)).hex()
    assert (await phone.post("/v1/evidence", json=said)).status_code == 201
    colleague = world.inspector("t1", subject="colleague")
    other = announcement(said["subject_id"], device_id=device, signature=said["signature"])
    not_his = await colleague.post("/v1/evidence", json=other)
    assert (not_his.status_code, not_his.json()["code"]) == (403, "device-not-enrolled")


async def test_evidence_stays_with_its_team_and_district(world: World) -> None:
    said = announcement(await visit(world))
    phone, url = world.inspector("t1"), f"/v1/evidence/{said['id']}"
    assert (await world.inspector("t9").post("/v1/evidence", json=said)).status_code == 404
    await phone.post("/v1/evidence", json=said)
    for stranger in (
        world.inspector("t9"),
        world.officer("140214"),
        world.service("operator", institution=str(uuid4())),
    ):
        assert (await stranger.get(url)).status_code == 404
        assert (await stranger.get("/v1/evidence")).json()["items"] == []
        assert (await send(stranger, said["id"], PHOTO, 0)).status_code == 404
    about = {"subject_kind": "visit", "subject": said["subject_id"]}
    listed = (await world.officer("140213").get("/v1/evidence", params=about)).json()
    assert [UUID(one["id"]) for one in listed["items"]] == [UUID(said["id"])]


async def test_a_piece_that_cannot_be_decided_keeps_no_other_waiting(world: World) -> None:
    phone, subject = world.inspector("t1"), await visit(world)
    lost, fine = announcement(subject), announcement(subject)
    for said in (lost, fine):
        await phone.post("/v1/evidence", json=said)
        await send(phone, said["id"], PHOTO, 0)
    await world.service.app.state.evidence.drop_parts(UUID(lost["id"]), [0])
    await keep(world)
    states = [(await phone.get(f"/v1/evidence/{said['id']}")).json()["state"] for said in (lost, fine)]
    assert states == ["received", "kept"]
