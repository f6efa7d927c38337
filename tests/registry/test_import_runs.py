"""Whole imports: what a dry run promises, rows that repeat one another, files that end their reader, cancellation."""

import asyncio
import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, text, update

from services.registry.institutions.importer import InstitutionImporter
from shared.imports import reading, runner
from shared.imports.tables import import_file, import_job
from tests.registry.conftest import OTHER_USCC, USCC, World
from tests.registry.test_importer import listed, runner_of, start

COLUMNS = {name: name for name in ("external_ref", "name", "kind", "address", "phone", "uscc")}


def ledger(*lines: str) -> bytes:
    return "\n".join(["external_ref,name,kind,address,phone,uscc", *lines]).encode()


async def run(world: World, content: bytes, filename: str = "a.csv", **form: str) -> tuple[dict[str, Any], list[Any]]:
    job = await start(world, filename, content, {"columns": COLUMNS, **json.loads(form.pop("more", "{}"))}, **form)
    assert await runner_of(world).run_next()
    told = (await world.bureau.get(f"/v1/imports/{job}")).json()
    rows = (await world.bureau.get(f"/v1/imports/{job}/rows", params={"limit": 200})).json()["items"]
    return told, rows


def verdicts(rows: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(row["outcome"], row["codes"]) for row in rows]


async def test_the_last_row_of_a_key_counts_and_a_second_import_changes_nothing(world: World) -> None:
    content = ledger("A-1,甲,subject,1,1111,", "B,乙,subject,1,1,", "Ａ-1,甲,subject,1,2222,")
    again = ["repeated-in-file"]
    _, rows = await run(world, content)
    assert verdicts(rows) == [
        ("unchanged", again), ("accepted", []), ("accepted", ["external-ref-normalised", *again])
    ]  # fmt: skip
    for _ in range(2):
        _, rows = await run(world, content)
        assert [outcome for outcome, _ in verdicts(rows)] == ["unchanged"] * 3
    assert [(one["phone"], one["version"]) for one in await listed(world)] == [("1", 1), ("2222", 1)]


async def test_a_last_row_that_is_refused_does_not_take_the_one_before_with_it(world: World) -> None:
    content = ledger("A,甲,subject,1,1,", "A,甲,subject,1,2,", "A,甲,体育,1,3,")
    _, rows = await run(world, content)
    assert verdicts(rows) == [
        ("unchanged", ["repeated-in-file"]), ("accepted", ["repeated-in-file"]), ("rejected", ["kind-enum"])
    ]  # fmt: skip
    assert [one["phone"] for one in await listed(world)] == ["2"]


async def test_a_credit_code_under_two_references_is_the_first_one_s(world: World) -> None:
    content = ledger(f"a,甲,subject,1,,{USCC}", f"b,乙,subject,1,,{USCC}", f",甲二,subject,1,,{USCC}")
    for expected in ("accepted", "unchanged"):
        _, rows = await run(world, content)
        assert verdicts(rows) == [
            ("unchanged", ["repeated-in-file"]), ("rejected", ["identity-conflict"]), (expected, ["repeated-in-file"])
        ]  # fmt: skip
    assert [(one["external_ref"], one["name"]) for one in await listed(world)] == [("a", "甲二")]


async def test_a_dry_run_gives_the_verdicts_of_the_real_run_over_the_whole_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CHUNK", 2)
    await run(world, ledger(f"a,甲,subject,1,,{USCC}"))
    # Row 1 gives the code up that row 5, chunks later, takes; rows 2 and 6 are about one key.
    lines = [f"a,甲,subject,1,,{OTHER_USCC}", "b,乙,subject,1,,", "c,丙,,1,,", "d,丁,subject,1,,",
             f"e,戊,subject,1,,{USCC}", "b,乙,subject,1,9,"]  # fmt: skip
    before = await world.facts()
    dry, promised = await run(world, ledger(*lines), dry_run="true")
    assert await world.facts() == before
    real, done = await run(world, ledger(*lines))
    assert verdicts(promised) == verdicts(done)
    assert [outcome for outcome, _ in verdicts(done)] == [
        "updated", "unchanged", "rejected", "accepted", "accepted", "accepted"
    ]  # fmt: skip
    assert all(row["entity_id"] is None for row in promised)
    assert [dry[name] for name in ("state", "total", "accepted")] == ["done", 6, 3]
    assert [dry[name] for name in ("accepted", "updated", "unchanged", "rejected")] == [
        real[name] for name in ("accepted", "updated", "unchanged", "rejected")
    ]


def far_apart() -> bytes:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    workbook.active["A1"] = "name"
    workbook.active["XFD1048576"] = "x"
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


async def test_a_file_that_ends_its_reader_is_given_up_and_the_next_one_is_read(world: World) -> None:
    bomb = await start(world, "a.xlsx", far_apart(), {"columns": {"name": "name"}})
    sound = await start(world, "a.csv", ledger("a,甲,subject,1,,"), {"columns": COLUMNS})
    tries = runner_of(world)
    for attempt in (1, 2, 3):
        assert await tries.run_next()
        told = (await world.bureau.get(f"/v1/imports/{bomb}")).json()
        assert told["attempts"] == attempt
    assert (told["state"], told["error"]) == ("failed", "attempts-exhausted")
    assert await tries.run_next()
    assert (await world.bureau.get(f"/v1/imports/{sound}")).json()["state"] == "done"


async def test_a_worker_that_was_killed_counts(world: World) -> None:
    job = await start(world, "a.csv", ledger("a,甲,subject,1,,"), {"columns": COLUMNS})
    async with world.sessions.begin() as session:
        await session.execute(update(import_job).values(state="running", attempts=3))
    assert not await runner_of(world).run_next()
    told = (await world.bureau.get(f"/v1/imports/{job}")).json()
    assert (told["state"], told["error"]) == ("failed", "attempts-exhausted")


async def test_a_worker_that_is_told_to_stop_does_not_count(world: World) -> None:
    job = await start(world, "a.csv", ledger("a,甲,subject,1,,"), {"columns": COLUMNS})
    stopped = asyncio.Event()
    stopped.set()
    for _ in range(4):
        await runner_of(world).run_next(stopped)
    assert (await world.bureau.get(f"/v1/imports/{job}")).json()["attempts"] == 0
    await runner_of(world).run_next()
    assert (await world.bureau.get(f"/v1/imports/{job}")).json()["state"] == "done"


async def test_an_import_is_cancelled_between_two_chunks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "CHUNK", 1)
    job = await start(world, "a.csv", ledger("a,甲,subject,1,,", "b,乙,subject,1,,"), {"columns": COLUMNS})
    apply, calls = InstitutionImporter.apply, 0

    async def cancelling(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            assert (await world.bureau.post(f"/v1/imports/{job}/cancellation")).json()["state"] == "cancelled"
        return await apply(*args, **options)

    monkeypatch.setattr(InstitutionImporter, "apply", cancelling)
    await runner_of(world).run_next()
    told = (await world.bureau.get(f"/v1/imports/{job}")).json()
    assert (told["state"], told["accepted"], told["finished_at"] is not None) == ("cancelled", 1, True)
    assert [one["external_ref"] for one in await listed(world)] == ["a"]
    assert not await runner_of(world).run_next()
    again = await world.bureau.post(f"/v1/imports/{job}/cancellation")
    assert (again.status_code, again.json()["code"]) == (409, "import-ended")
    async with world.sessions() as session:
        assert (await session.execute(select(import_file.c.job_id))).all() == []


def workbook_of(prepare: Any) -> bytes:
    workbook = openpyxl.Workbook()
    prepare(workbook)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


LINE = ["a", "甲", "subject", "1", "1", None]


async def test_hidden_sheets_are_skipped_and_sheets_left_out_are_named(world: World) -> None:
    def prepare(workbook: Any) -> None:
        workbook.active.title = "旧"
        for name, ref in (("旧", "old"), ("密", "secret"), ("台账", "a"), ("附表", "b")):
            sheet = workbook[name] if name in workbook.sheetnames else workbook.create_sheet(name)
            sheet.append(list(COLUMNS))
            sheet.append([ref, *LINE[1:]])
        workbook["旧"].sheet_state, workbook["密"].sheet_state = "hidden", "veryHidden"
        workbook.active = 2

    told, _ = await run(world, workbook_of(prepare), "a.xlsx")
    assert [one["external_ref"] for one in await listed(world)] == ["a"]
    assert told["notes"] == [
        {"code": "sheet-hidden", "sheet": "旧"}, {"code": "sheet-hidden", "sheet": "密"},
        {"code": "sheet-left-out", "sheet": "附表"},
    ]  # fmt: skip


async def test_long_keys_are_exact_or_refused(world: World) -> None:
    def prepare(workbook: Any) -> None:
        workbook.active.append(list(COLUMNS))
        for ref in (1402130001123450, 123456789012345678):
            workbook.active.append([ref, *LINE[1:]])

    _, rows = await run(world, workbook_of(prepare), "a.xlsx")
    lost = ("rejected", ["external-ref-digits-lost"])
    assert verdicts(rows) == [("accepted", []), lost]
    _, rows = await run(world, ledger('="0123",甲,subject,1,,', "1.40213E+15,甲,subject,1,,"))
    assert verdicts(rows) == [("accepted", []), lost]
    numbers = '[{"external_ref": 14021300011234567890, "name": "x", "kind": "subject", "address": "1"},' \
        '{"external_ref": 1.40213E+15, "name": "x", "kind": "subject", "address": "1"}]'  # fmt: skip
    job = await start(world, "a.json", numbers.encode(), {"columns": {name: name for name in list(COLUMNS)[:4]}})
    await runner_of(world).run_next()
    rows = (await world.bureau.get(f"/v1/imports/{job}/rows")).json()["items"]
    assert verdicts(rows) == [("accepted", []), lost]
    assert {one["external_ref"] for one in await listed(world)} == {
        "1402130001123450", "0123", "14021300011234567890"
    }  # fmt: skip


async def test_a_half_character_spoils_its_row_in_every_encoding(world: World) -> None:
    lines = [f"r{number},晨光培训学校第{number}分校,subject,某某路,," for number in range(41)]
    for encoding in ("gb18030", "utf-8"):
        content = bytearray(ledger(*lines).decode().encode(encoding))
        del content[content.index("校".encode(encoding)) + 1]
        told, rows = await run(world, bytes(content), dry_run="true")
        assert (told["accepted"], verdicts(rows)[0]) == (40, ("rejected", ["characters-damaged"])), encoding


def from_1904(content: bytes) -> bytes:
    """The same workbook, counting its days from 1904."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(written, "w") as target:
        for name in given.namelist():
            part = given.read(name)
            if name == "xl/workbook.xml":
                part = part.replace(b"<workbookPr", b'<workbookPr date1904="1"')
            target.writestr(name, part)
    return written.getvalue()


async def test_day_numbers_of_a_workbook_that_counts_from_1904(world: World) -> None:
    def prepare(workbook: Any) -> None:
        workbook.active.append([*COLUMNS, "permit_no", "permit_valid_from", "permit_valid_to"])
        workbook.active.append([*LINE, "P1", 43894, "2029-12-31T16:00:00Z"])

    more = {"columns": COLUMNS | {name: name for name in ("permit_no", "permit_valid_from", "permit_valid_to")}}
    await run(world, from_1904(workbook_of(prepare)), "a.xlsx", more=json.dumps(more))
    async with world.sessions() as session:
        (found,) = (await session.execute(text("SELECT valid_from::text, valid_to::text FROM permit"))).all()
    assert tuple(found) == ("2024-03-05", "2030-01-01")


async def test_a_large_file_does_not_grow_the_worker(world: World) -> None:
    """What the reader may use is little more than the file, so that it fits beside the worker in its container."""
    lines = [f"r{number},晨光培训学校第{number}分校,subject,某某路{number}号,13800000000," for number in range(200_000)]
    request = reading.Request(
        filename="a.csv", mapping={"columns": COLUMNS}, identities={"external_ref": "reference"}, days=(), chunk=2500
    )

    async def content() -> Any:
        yield ledger(*lines)

    async with reading.read_elsewhere(request, content()) as read:
        assert [rows async for rows in read.doubtful()] == []
        assert sum([len(rows) async for rows in read.rows()]) == 200_000
