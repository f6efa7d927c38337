"""A case's evidence leaves the house, and a stranger with our script finds a changed byte wherever it is."""

import asyncio
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import UUID

import pytest

from deploy.verify.bundle import faults
from services.inspection.findings.evidence import queries
from services.inspection.findings.evidence.exhibits import bundle, enter_exhibits
from services.inspection.findings.evidence.seal import Seal
from shared.data.database import new_id
from shared.domain.clock import utc_now
from shared.http.policies import Principal
from tests.inspection.conftest import World
from tests.inspection.hostile_files import picture
from tests.inspection.test_evidence_routes import announcement, keep, send, visit

CASE = new_id()
BUREAU = Principal("bureau-1", frozenset({"bureau"}))
SCRIPT = Path(__file__).parents[2] / "deploy" / "verify" / "bundle.py"
FLIPPED = 400
"""Bytes changed one at a time, at places drawn with a fixed seed."""


@pytest.fixture
async def made(world: World, tmp_path: Path) -> Path:
    """A bundle of two photos."""
    phone, subject = world.inspector("t1"), await visit(world)
    for size in ((8, 6), (9, 7)):
        photo = picture(size=size)
        said = announcement(subject, photo)
        await phone.post("/v1/evidence", json=said)
        await send(phone, said["id"], photo, 0)
        await keep(world)
        async with world.sessions.begin() as session:
            await enter_exhibits(session, CASE, [UUID(said["id"])], caller=BUREAU, at=utc_now())
        assert (await world.facts(said["id"]))[-1][2]["case_id"] == str(CASE)
    return await _export(world, tmp_path / "bundle.zip")


async def _export(world: World, path: Path) -> Path:
    state = world.service.app.state
    async with world.sessions() as session:
        chain = await queries.chain(session, CASE)
    pieces = await bundle(CASE, chain, state.evidence, state.seal, at=utc_now())
    return put(path, b"".join([piece async for piece in pieces]))


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


async def test_it_holds_and_a_changed_byte_does_not(world: World, made: Path) -> None:
    key = world.service.app.state.seal.public_key
    assert list(faults(made, key)) == []
    assert list(faults(made)) == []
    assert list(faults(made, "00" * 32)) != []
    whole = await asyncio.to_thread(made.read_bytes)
    dice = random.Random(20261125)
    places = {*dice.sample(range(len(whole)), FLIPPED), 0, 4, 6, 8, 10, 12, len(whole) - 1}
    for place in places:
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << dice.randrange(8)
        assert not _holds(put(made, bytes(spoilt)), key), f"the changed byte {place} of {len(whole)} was not found"
    for other in (whole + b"\0", b"\0" + whole, whole[:-1]):
        assert not _holds(put(made, other), key)


def _holds(path: Path, key: str) -> bool:
    try:
        return not list(faults(path, key))
    except Exception:  # it can no longer be read, which the script says as well
        return False


async def test_receipts_outlive_the_key_they_were_signed_with(world: World, made: Path) -> None:
    state = world.service.app.state
    before, state.seal = state.seal, Seal("another secret")
    later = await _export(world, made)
    assert list(faults(later, state.seal.public_key, before.public_key)) == []
    unsigned = [
        "the receipt of exhibit 1 is not signed with this key",
        "the receipt of exhibit 2 is not signed with this key",
    ]
    assert list(faults(later, state.seal.public_key)) == unsigned
    assert list(faults(later, before.public_key)) == ["the manifest is not signed with this key"]


async def test_a_manifest_says_nothing_twice(world: World, made: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["manifest.json"] = b'{"head":"",' + files["manifest.json"][1:]
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
                target.write(content)
    assert list(faults(made, world.service.app.state.seal.public_key)) == [
        "the manifest is not written as it was signed"
    ]


async def test_the_script_says_what_is_wrong(world: World, made: Path) -> None:
    def run(*more: str) -> tuple[int, str]:
        done = subprocess.run([sys.executable, SCRIPT, made, *more], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout

    key = world.service.app.state.seal.public_key
    assert run(key) == (0, "everything holds\n")
    assert run()[0] == 0
    assert run("00" * 32)[0] == 1
    with zipfile.ZipFile(made) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["originals/0002"], files["originals/0001"] = files["originals/0001"], files["originals/0002"]
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    code, said = run(key)
    assert (code, "originals/0001 is not what was received as exhibit 1" in said) == (1, True)
    put(made, b"no archive")
    assert run(key) == (1, "it cannot be read as a bundle (BadZipFile)\n")
