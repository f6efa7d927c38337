"""Ledgers from files, odd rows included; every row gets exactly one report."""

import asyncio
import io
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, update

from services.registry.ledger.institutions.domain import Institution
from services.registry.stories.ledger_imports.importer import InstitutionImporter
from shared.imports import runner
from shared.imports.reader import Row
from shared.imports.runner import ImportRunner
from shared.imports.tables import import_file, import_row
from tests.registry.conftest import AT, OTHER_USCC, USCC, World

Report = tuple[str, list[str]]


async def load(
    world: World, rows: Sequence[Row], *, scope: str | None = None, dry_run: bool = False, at: datetime = AT
) -> list[Report]:
    async with world.sessions() as session:
        reports = await InstitutionImporter().apply(session, rows, scope=scope, at=at)
        if not dry_run:
            await session.commit()
    return [(report.outcome, list(report.codes)) for report in reports]


def row(ref: str = "a", **more: str) -> Row:
    return {"external_ref": ref, "name": "晨光", "kind": "学科类", "address": "1 号", "district": "140213", **more}


def without(given: Row, *fields: str) -> Row:
    return {name: value for name, value in given.items() if name not in fields}


async def listed(world: World) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.bureau.get("/v1/institutions?limit=200")).json()["items"]
    return items


@pytest.mark.parametrize(
    ("odd", "report"),
    [
        (without(row(), "kind"), ("rejected", ["kind-missing"])),
        (without(row(), "address"), ("rejected", ["address-missing"])),
        (without(row(), "external_ref"), ("rejected", ["identity-missing"])),
        (without(row(), "name"), ("rejected", ["name-missing"])),
        (without(row(), "name", "address"), ("rejected", ["address-missing", "name-missing"])),
        (row(kind="体育"), ("rejected", ["kind-enum"])),
        (row(lon="113.3"), ("accepted", ["row-coordinates-incomplete"])),
        (row(lon="east", lat="40"), ("accepted", ["lon-float-parsing"])),
        (row(lon="113.3", lat="91"), ("accepted", ["lat-less-than-equal"])),
        (row(lon="nan", lat="inf"), ("accepted", ["lat-finite-number", "lon-finite-number"])),
        (row(lon="0", lat="0.0"), ("accepted", ["coordinates-zero"])),
        (row(uscc="123"), ("rejected", ["uscc-uscc-format"])),
        (row(stages="小学、大学"), ("accepted", ["stages-enum"])),
        (row(capacity="many"), ("accepted", ["capacity-int-parsing"])),
        (row(name="x" * 201, phone="9" * 101), ("rejected", ["name-string-too-long", "phone-string-too-long"])),
        ({}, ("rejected", ["kind-missing"])),
    ],
)
async def test_one_odd_row_spoils_no_other(world: World, odd: Row, report: Report) -> None:
    assert await load(world, [row("x"), odd, row("y")]) == [("accepted", []), report, ("accepted", [])]
    assert len(await world.facts()) == 2 + (report[0] == "accepted")


async def test_words_of_ledgers(world: World) -> None:
    said = row(
        kind="非学科", mode="线上+线下", profit="非营利性", status="注销", stages="小学、初中/高中", capacity="20"
    )
    assert await load(world, [said]) == [("accepted", [])]
    (entry,) = await listed(world)
    assert (entry["kind"], entry["mode"], entry["profit"], entry["status"], entry["stages"], entry["capacity"]) == (
        "non_subject", "both", "non_profit", "closed", ["primary", "junior", "senior"], 20,
    )  # fmt: skip


async def test_what_keeps_a_number_text_in_a_spreadsheet_is_not_part_of_it(world: World) -> None:
    notes = ["external-ref-normalised", "phone-normalised", "uscc-normalised"]
    assert await load(world, [row("'0123", phone="`139", uscc=f"'{USCC}", postcode="'037000")]) == [("accepted", notes)]
    (entry,) = await listed(world)
    assert [entry[name] for name in ("external_ref", "phone", "uscc", "address")] == [
        "0123",
        "139",
        USCC,
        "1 号 037000",
    ]


async def test_again_and_changed(world: World) -> None:
    rows = [row("a", uscc=USCC, phone="1"), row("b")]
    assert await load(world, rows) == [("accepted", []), ("accepted", [])]
    assert await load(world, rows) == [("unchanged", []), ("unchanged", [])]
    # A column that the second file does not have empties nothing.
    assert await load(world, [row("a"), row("b", name="晨曦")]) == [("unchanged", []), ("updated", [])]
    # Recognised by its USCC alone, and given a reference of another ledger.
    assert await load(world, [row("c", uscc=USCC)]) == [("updated", [])]
    first, second = await listed(world)
    assert (first["external_ref"], first["phone"], first["version"]) == ("c", "1", 2)
    assert (second["name"], second["version"]) == ("晨曦", 2)
    told = [(kind.split(".")[2], version, payload.get("changed")) for kind, version, payload in await world.facts()]
    assert told == [
        ("registered", 1, None), ("registered", 1, None), ("changed", 2, ["name"]), ("changed", 2, ["external_ref"])
    ]  # fmt: skip


async def test_twice_in_one_file(world: World) -> None:
    rows = [row("a"), row("a"), row("a", name="晨曦"), row("b", uscc=USCC), row("", uscc=USCC, name="新")]
    assert [outcome for outcome, _ in await load(world, rows)] == [
        "accepted", "unchanged", "updated", "accepted", "rejected"
    ]  # fmt: skip
    rows[-1] = without(rows[-1], "external_ref")
    assert [outcome for outcome, _ in await load(world, rows)] == [
        "updated", "unchanged", "updated", "unchanged", "updated"
    ]  # fmt: skip
    assert [(one["name"], one["version"]) for one in await listed(world)] == [("晨曦", 4), ("新", 2)]


async def test_identities_of_two_institutions(world: World) -> None:
    await load(world, [row("a", uscc=USCC), row("b", uscc=OTHER_USCC)])
    assert await load(world, [row("a", uscc=OTHER_USCC)]) == [("rejected", ["identity-conflict"])]
    assert await load(world, [row("c", uscc=USCC), row("a")]) == [("updated", []), ("accepted", [])]


async def test_a_district_officer_keeps_one_district(world: World) -> None:
    rows = [row("a"), row("b", district="140214"), without(row("c"), "district")]
    outside = ("rejected", ["outside-your-district"])
    assert await load(world, rows, scope="140213") == [("accepted", []), outside, outside]


async def test_a_district_officer_takes_no_institution_of_another_district(world: World) -> None:
    await load(world, [row("a", district="140214", name="别区")])
    assert await load(world, [row("a")], scope="140213") == [("rejected", ["outside-your-district"])]
    (entry,) = await listed(world)
    assert (entry["district"], entry["name"]) == ("140214", "别区")


async def test_an_entry_that_was_merged_is_no_longer_corrected(world: World) -> None:
    await load(world, [row("a")])
    async with world.sessions.begin() as session:
        await session.execute(update(Institution).values(status="merged"))
    assert await load(world, [row("a", name="晨曦")]) == [("rejected", ["institution-merged"])]


async def test_a_dry_run_writes_nothing(world: World) -> None:
    await load(world, [row("a")])
    before = await world.facts()
    rows = [row("a", name="晨曦"), row("b"), row("b"), without(row("c"), "kind")]
    assert [outcome for outcome, _ in await load(world, rows, dry_run=True)] == [
        "updated", "accepted", "unchanged", "rejected"
    ]  # fmt: skip
    assert (await world.facts(), len(await listed(world))) == (before, 1)


LEDGER = [["名称", "类别", "地址", "编号"], ["晨光", "学科类", "一号", "7"], ["晨曦", "非学科类", "二号", "8"]]
MAPPING = {
    "columns": {"name": "名称", "kind": "类别", "address": "地址", "external_ref": "编号"},
    "constants": {"district": "140213"},
}


def as_csv(encoding: str, delimiter: str = ",") -> bytes:
    return "\r\n".join(delimiter.join(line) for line in LEDGER).encode(encoding)


def as_xlsx() -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for line in LEDGER:
        sheet.append([int(cell) if cell.isdigit() else cell for cell in line])
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def as_json() -> bytes:
    return json.dumps([dict(zip(LEDGER[0], line, strict=True)) for line in LEDGER[1:]], ensure_ascii=False).encode()


async def start(world: World, filename: str, content: bytes, mapping: object = MAPPING, **form: str) -> str:
    answer = await world.bureau.post(
        "/v1/imports", files={"file": (filename, content)}, data={"mapping": json.dumps(mapping), **form}
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def runner_of(world: World) -> ImportRunner:
    return ImportRunner(world.service.app.state.engine, world.sessions, {"institutions": InstitutionImporter()})


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("a.csv", as_csv("utf-8")), ("a.csv", as_csv("utf-8-sig")), ("a.csv", as_csv("gb18030")),
        ("a.csv", as_csv("utf-8", ";")), ("a.txt", as_csv("gb18030", "\t")), ("a.xlsx", as_xlsx()),
        ("noname", as_xlsx()), ("a.json", as_json()),
    ],
    ids=["utf-8", "with-mark", "gbk", "semicolons", "tabs", "xlsx", "xlsx-by-content", "json"],
)  # fmt: skip
async def test_files_of_every_kind(world: World, filename: str, content: bytes) -> None:
    job = await start(world, filename, content)
    assert await runner_of(world).run_next()
    told = (await world.bureau.get(f"/v1/imports/{job}")).json()
    assert (told["state"], told["total"], told["accepted"]) == ("done", 2, 2)
    assert [(one["name"], one["address"], one["external_ref"]) for one in await listed(world)] == [
        ("晨光", "一号", "7"), ("晨曦", "二号", "8")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("filename", "content", "error"),
    [
        ("a.csv", b"", "file-empty"),
        ("a.csv", b"\xff\xff\xff", "encoding-unknown"),
        ("a.csv", b"a,b\n1,2\n", "mapping-column-missing"),
        ("a.xlsx", b"PK\x03\x04 no", "xlsx-malformed"),
        ("a.xlsx", b"name\n", "xlsx-malformed"),
        ("a.json", b"{", "json-malformed"),
        ("a.json", b'{"a":1}', "json-not-a-list"),
        ("a.json", b"[1]", "json-not-a-list"),
    ],
)
async def test_files_that_cannot_be_read(world: World, filename: str, content: bytes, error: str) -> None:
    job = await start(world, filename, content)
    assert await runner_of(world).run_next()
    told = (await world.bureau.get(f"/v1/imports/{job}")).json()
    assert (told["state"], told["error"]) == ("failed", error)
    assert not await runner_of(world).run_next()
    async with world.sessions() as session:
        assert (await session.execute(select(import_file.c.job_id))).all() == []


async def test_a_crash_between_chunks_resumes_and_reports_every_row_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CHUNK", 10)
    lines = [f"n{number},subject,1,{number}" for number in range(95)] + ["n,,1,x"]
    job = await start(world, "a.csv", "\n".join(["name,kind,address,external_ref", *lines]).encode(), {
        "columns": {name: name for name in ("name", "kind", "address", "external_ref")}
    })  # fmt: skip
    applied = InstitutionImporter.apply
    calls = 0

    async def dying(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        reports = await applied(*args, **options)
        if calls in (3, 5):
            raise OSError("the worker dies with its chunk applied and not committed")
        return reports

    monkeypatch.setattr(InstitutionImporter, "apply", dying)
    monkeypatch.setattr(runner, "is_outage", lambda error: isinstance(error, OSError))
    for _ in range(2):
        with pytest.raises(OSError, match="worker dies"):
            await runner_of(world).run_next()
    stopped = asyncio.Event()
    stopped.set()
    await runner_of(world).run_next(stopped)  # a worker that is told to stop leaves the rest to the next one
    await runner_of(world).run_next()
    told = (await world.bureau.get(f"/v1/imports/{job}")).json()
    assert (told["state"], told["total"], told["accepted"], told["rejected"]) == ("done", 96, 95, 1)
    async with world.sessions() as session:
        rows = (await session.execute(select(import_row.c.row, import_row.c.outcome))).all()
    assert sorted(number for number, _ in rows) == list(range(1, 97))
    assert Counter(outcome for _, outcome in rows) == {"accepted": 95, "rejected": 1}
    assert len(await world.facts()) == 95


async def test_rows_page_by_page_and_by_outcome(world: World) -> None:
    lines = [f"n{number},{'subject' if number % 3 else ''},1,{number}" for number in range(30)]
    mapping = {"columns": {name: name for name in ("name", "kind", "address", "external_ref")}}
    job = await start(world, "a.csv", "\n".join(["name,kind,address,external_ref", *lines]).encode(), mapping)
    await runner_of(world).run_next()
    for outcome, expected in ((None, 30), ("rejected", 10), ("accepted", 20), ("updated", 0)):
        seen: list[int] = []
        query: dict[str, str] = {"limit": "7"} | ({"outcome": outcome} if outcome else {})
        while True:
            page = (await world.bureau.get(f"/v1/imports/{job}/rows", params=query)).json()
            seen += [one["row"] for one in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert len(seen) == expected
        assert seen == sorted(set(seen))
