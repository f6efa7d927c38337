"""Whole imports: what a dry run promises, rows that repeat one another, files that end their reader, cancellation."""

import asyncio
import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, text, update

from services.inspection.stories.records import visits
from services.inspection.stories.records.batch import Parsed
from services.registry.ledger.institutions import rows as institutions
from services.registry.ledger.institutions.words import DISTRICTS, INTERPRETATIONS, TRANSLATIONS
from services.registry.stories.ledger_imports.importer import InstitutionImporter
from shared.imports import reading, runner
from shared.imports.runner import Hints
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


async def test_rows_that_only_the_database_links_are_about_one_entry(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CHUNK", 1)
    await world.institution("甲", external_ref="A", uscc=USCC)
    content = ledger("A,一,subject,1号,,", f",二,subject,1号,,{USCC}", f",三,subject,1号,,{OTHER_USCC}")
    again = ["repeated-in-file"]
    for dry, last, other in (
        ("true", "updated", "accepted"), ("false", "updated", "accepted"), ("false", "unchanged", "unchanged")
    ):  # fmt: skip
        _, rows = await run(world, content, dry_run=dry)
        assert verdicts(rows) == [("unchanged", again), (last, again), (other, [])]
    assert [(one["external_ref"], one["name"], one["version"]) for one in await listed(world)] == [
        ("A", "二", 2), (None, "三", 1)
    ]  # fmt: skip


async def test_a_reference_with_another_code_in_the_file_leaves_its_code_to_another_row(world: World) -> None:
    await world.institution("甲", external_ref="A", uscc=USCC)
    content = ledger(f"A,一,subject,1号,,{OTHER_USCC}", f",二,subject,1号,,{USCC}")
    for outcomes in (["updated", "accepted"], ["unchanged", "unchanged"]):
        _, rows = await run(world, content)
        assert verdicts(rows) == [(outcome, []) for outcome in outcomes]


async def test_only_a_row_that_is_taken_owns_a_valid_code(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "CHUNK", 2)
    content = ledger("a,甲,subject,1,,办理中", "b,乙,subject,1,,办理中",
                     f"c,丙,体育,1,,{USCC}", f"d,丁,subject,1,,{USCC}",
                     f"e,戊,subject,1,,{USCC}", f"f,己,体育,1,,{USCC}", f",丁二,subject,1,,{USCC}")  # fmt: skip
    for dry, expected in (("true", "accepted"), ("false", "accepted"), ("false", "unchanged")):
        _, rows = await run(world, content, dry_run=dry)
        assert verdicts(rows) == [
            *[("rejected", ["uscc-uscc-format"])] * 2, ("rejected", ["kind-enum"]), ("unchanged", ["repeated-in-file"]),
            *[("rejected", ["identity-conflict"])] * 2, (expected, ["repeated-in-file"]),
        ]  # fmt: skip
    assert [(one["external_ref"], one["name"]) for one in await listed(world)] == [("d", "丁二")]


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
    assert [(note["code"], note["sheet"], note["column"]) for note in told["notes"]] == [
        ("sheet-hidden", "旧", None), ("sheet-hidden", "密", None), ("sheet-left-out", "附表", None),
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


async def test_a_number_in_a_workbook_is_no_key_unless_it_has_all_its_digits(world: World) -> None:
    def prepare(workbook: Any) -> None:
        sheet = workbook.active
        sheet.append(list(COLUMNS))
        for ref, phone, uscc in (
            (1.1, 1, None), (date(2026, 3, 1), 1, None), (123, 7, None), ("b", 139.5, None),
            ("c", 1, 911402130588888886),
        ):  # fmt: skip
            sheet.append([ref, *LINE[1:4], phone, uscc])
        sheet["A4"].number_format = "000000"

    _, rows = await run(world, workbook_of(prepare), "a.xlsx")
    lost = ("rejected", ["external-ref-digits-lost"])
    assert verdicts(rows) == [
        lost, lost, ("accepted", []), ("accepted", ["phone-digits-lost"]), ("rejected", ["uscc-digits-lost"])
    ]  # fmt: skip
    assert [(one["external_ref"], one["phone"]) for one in await listed(world)] == [("000123", "7"), ("b", None)]


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


@pytest.mark.slow
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


async def load_words(world: World, field: str, *words: str, **more: Any) -> list[tuple[str, list[str]]]:
    lines = [f"{number},甲{number},subject,1,{word}" for number, word in enumerate(words)]
    content = "\n".join([f"external_ref,name,kind,address,{field}", *lines]).encode()
    columns = {name: name for name in ("external_ref", "name", "kind", "address", field)}
    job = await start(world, "a.csv", content, {"columns": columns, **more})
    assert await runner_of(world).run_next()
    return verdicts((await world.bureau.get(f"/v1/imports/{job}/rows", params={"limit": 200})).json()["items"])


async def test_every_interpretation_of_a_status_is_noted_and_an_unknown_word_is_named(world: World) -> None:
    words = ("INACTIVE", "Pending Revocation", "Expired", "歇业", "吊销", "营业", "暂停营业", "飞升")
    noted = ("accepted", ["status-interpreted"])
    assert await load_words(world, "status", *words) == [
        *[noted] * 5, *[("accepted", [])] * 2, ("rejected", ["status-enum", "status-unknown:飞升"])
    ]  # fmt: skip
    assert [one["status"] for one in await listed(world)] == [
        "closed", "active", "unlicensed", "suspended", "unlicensed", "active", "suspended"
    ]  # fmt: skip


def test_the_words_are_published() -> None:
    page = (Path(__file__).parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
    assert [word for word in (*TRANSLATIONS["status"], *INTERPRETATIONS, *DISTRICTS) if f"`{word}`" not in page] == []


async def test_a_cell_that_cannot_be_read_is_lost_and_the_row_stands(world: World) -> None:
    assert await load_words(world, "capacity", "400045", "约百人", "1_000", "30") == [
        ("accepted", ["capacity-less-than-equal"]), ("accepted", ["capacity-int-parsing"]),
        ("accepted", ["capacity-not-a-number"]), ("accepted", []),
    ]  # fmt: skip
    assert await load_words(world, "district", "平城区", "大同市平城区", "火星区") == [
        ("updated", ["district-normalised"]), ("updated", ["district-normalised"]),
        ("unchanged", ["district-string-pattern-mismatch"]),
    ]  # fmt: skip
    assert [one["capacity"] for one in await listed(world)] == [None, None, None, 30]


async def test_a_postcode_is_completed_by_its_file_alone(world: World) -> None:
    assert await load_words(world, "postcode", "94108", "94108", "6209") == [
        ("accepted", []), ("accepted", []), ("accepted", ["postcode-zero-restored"])
    ]  # fmt: skip
    assert await load_words(world, "postcode", "37000", "037000") == [
        ("updated", ["postcode-zero-restored"]), ("updated", [])
    ]  # fmt: skip
    assert await load_words(world, "postcode", "94108", "94109", "941101") == [
        ("updated", []), ("updated", []), ("updated", [])
    ]  # fmt: skip


async def test_words_of_a_mapping_fold_blanks_and_have_a_fallback(world: World) -> None:
    lines = ["1,甲,文化课 ,1", "2,乙,文 化课,2", "3,丙,艺术,3"]
    columns = {name: name for name in ("external_ref", "name", "kind", "address")}
    content = "\n".join([",".join(columns), *lines]).encode()
    words = {"kind": {"文化课": "subject", "*": "non_subject"}}
    await start(world, "a.csv", content, {"columns": columns, "values": words})
    assert await runner_of(world).run_next()
    assert [one["kind"] for one in await listed(world)] == ["subject", "subject", "non_subject"]


async def test_an_address_out_of_two_columns(world: World) -> None:
    content = "编号,名,门牌,街道\nL-1,寅,101,第七街\nL-2,卯,,第八街\nL-3,辰,5,Main St\n".encode()
    columns = {"external_ref": "编号", "name": "名", "address": ["街道", "门牌"]}
    await start(world, "a.csv", content, {"columns": columns, "constants": {"kind": "subject"}})
    assert await runner_of(world).run_next()
    assert [one["address"] for one in await listed(world)] == ["第七街101", "第八街", "Main St 5"]


NOTATIONS = ("2024-03-05", "3/5/24", "24-3-5", "05-Mar-2024", "March 5, 2024", "5.3.2024", "2024年3月5日",
             "2024年3月5号", "2024 年 3 月 5 日", "45356", "13/03/2024", "03-05-2024", "２０２４-０３-０５",
             "2024-03-05 UTC",
             "5-Mar-24", "2024/3/5 0:00:00", "2024.03", "2024年3月")  # fmt: skip


@pytest.mark.parametrize("order", [None, "mdy", "dmy", "ymd"])
def test_every_kind_of_file_reads_days_alike(order: Any) -> None:
    """One reader: what a permit's first day may look like, a visit's day may look like, and the other way round."""
    for written in NOTATIONS:
        row = {"external_ref": "a", "name": "甲", "kind": "subject", "address": "1", "permit_no": "P",
               "permit_valid_from": written, "permit_valid_to": "长期"}  # fmt: skip
        try:
            paper = institutions.parse(row, None, Hints(order)).paper
            found: Any = paper and paper.valid_from
        except institutions.Rejected as rejected:
            found = rejected.codes[0].removeprefix("permit-valid-from-")
        visit = visits.visit_of({"external_ref": "v", "institution_ref": "a", "visited_on": written}, order)
        read = visit.said.visited_on if isinstance(visit, Parsed) else visit.codes[0].removeprefix("visited_on-")
        assert found == read, written


def test_a_key_is_one_key_in_every_kind_of_file() -> None:
    for written in ("Ｃ－１", "C–1", " C-1\u200b", "C-1"):
        visit = visits.visit_of({"external_ref": "v", "institution_ref": written, "visited_on": "2024-03-05"})
        entry = institutions.parse({"external_ref": written, "name": "x", "kind": "subject", "address": "1"}, None)
        assert isinstance(visit, Parsed)
        assert visit.said.institution_ref == entry.details.external_ref == "C-1"
