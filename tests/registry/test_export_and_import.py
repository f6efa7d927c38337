"""What is exported comes back as it was, and no cell of it runs in a spreadsheet: tables of hostile texts."""

import asyncio
import csv
import io
import os
import re
import unicodedata
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.registry.ledger.institutions.domain import FIELDS, Details
from services.registry.ledger.institutions.exports import _as_csv, _as_xlsx
from services.registry.ledger.institutions.queries import COLUMNS
from services.registry.ledger.institutions.rows import Rejected, parse
from shared.data.database import new_id
from shared.domain.spreadsheets import guarded, unguarded
from shared.imports.mapping import Mapping
from shared.imports.reader import read_table
from tests.registry.conftest import World
from tests.registry.test_importer import runner_of, start

EXAMPLES = int(os.environ.get("EXPORT_EXAMPLES", "100"))
AT = datetime(2026, 3, 2, tzinfo=UTC)
MAPPING = Mapping(columns={name: name for name in FIELDS})
_BITS = ("=1+1", "+86 138", "-", "@x", "＝", "＋86", "－", "＠",
         "'", "''=", "\"", ",", ";", "&amp;", "&", "&lt;b&gt;", "&nbsp;",
         "_x0041_", "晨光", " ", "\u3000", "\u00a0", "👨‍👩‍👧", "１２", "0012", "a", "·", "|", "%",
         "=\"0123\"", "\u200b", "葛\U000e0100",
         "；")  # fmt: skip
_TEXT = st.lists(st.one_of(st.sampled_from(_BITS), st.text(max_size=4)), min_size=1, max_size=5).map("".join)


_REFERENCE = st.one_of(
    _TEXT,
    st.from_regex(r"\A[0-9]\.[0-9]{1,3}[Ee][+]?0?[0-9]\Z"),
    st.from_regex(r"\A['`]{0,2}[0-9a]{1,3}\Z"),
)
_POINT = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


def entry(
    name: str, address: str, ref: str, phone: str, representative: str, point: tuple[float, float]
) -> Details | None:
    said = {
        "name": name,
        "address": address,
        "external_ref": ref,
        "phone": phone,
        "legal_representative": representative,
    }
    try:
        return Details.model_validate(said | {"kind": "subject", "capacity": 30, "lon": point[0], "lat": point[1]})
    except ValidationError:
        return None


_ENTRY = st.builds(entry, _TEXT, _TEXT, _REFERENCE, _TEXT, _TEXT, _POINT).filter(lambda found: found is not None)


def rows_of(entries: Sequence[Details]) -> list[list[Any]]:
    kept = {"id": new_id(), "version": 1, "registered_at": AT, "changed_at": AT}
    return [[{**kept, **one.model_dump()}[name] for name in COLUMNS] for one in entries]


async def _stream(rows: Sequence[Any]) -> AsyncIterator[Any]:
    for row in rows:
        yield row


async def _file(form: str, rows: Sequence[Any]) -> bytes:
    pieces = _as_csv(_stream(rows)) if form == "csv" else _as_xlsx(_stream(rows))
    return b"".join([piece async for piece in pieces])


_NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")


def runs(cell: str) -> bool:
    plain = unicodedata.normalize("NFKC", cell).lstrip()
    return plain.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(plain)


@given(st.lists(_ENTRY, min_size=1, max_size=4), st.sampled_from(["csv", "xlsx"]))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_an_export_comes_back_as_it_was(entries: list[Details], form: str) -> None:
    content = asyncio.run(_file(form, rows_of(entries)))
    table = read_table(content, f"ledger.{form}", MAPPING.wanted_columns())
    read = [MAPPING.bound_to(table.columns).apply(row) for row in table.rows]
    assert len(read) == len(entries)
    refused: list[str] = []
    for given_entry, row in zip(entries, read, strict=True):
        said = {name for name in FIELDS if name in row}
        try:
            found = parse(row, None).details
        except Rejected as rejected:  # a word for nothing, or half a number: the row changes nothing
            refused += rejected.codes
            continue
        assert {"lon", "lat"} <= found.model_fields_set
        for name in said & found.model_fields_set:
            assert getattr(found, name) == getattr(given_entry, name), (name, row)
    assert [code for code in refused if not code.endswith(("-missing", "-digits-lost"))] == []
    if form == "csv":
        cells = [cell for line in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in line]
        assert [cell for cell in cells if runs(cell)] == []


@given(st.text(alphabet="'=+-@＝＋－＠ \u3000\ta&;amp"))
def test_a_guard_has_an_inverse(text: str) -> None:
    if "&" not in text:
        assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_one_s_own_export_changes_nothing(world: World, form: str) -> None:
    for number, odd in enumerate(_BITS):
        body = {
            "name": f"{odd}甲",
            "address": odd + "1",
            "phone": f"{odd}1",
            "external_ref": f"{odd}{number}",
            "kind": "subject",
        }
        answer = await world.bureau.post("/v1/institutions", json=body)
        assert answer.status_code == 201, answer.text
    before = (await world.bureau.get("/v1/institutions?limit=200")).json()["items"]
    content = (await world.bureau.get(f"/v1/exports/ledger?format={form}")).content
    job = await start(world, f"ledger.{form}", content, {"columns": {name: name for name in FIELDS}})
    assert await runner_of(world).run_next()
    told = (await world.bureau.get(f"/v1/imports/{job}")).json()
    rows = (await world.bureau.get(f"/v1/imports/{job}/rows?limit=200")).json()["items"]
    assert [one["codes"] for one in rows if one["outcome"] != "unchanged"] == []
    assert (told["unchanged"], told["total"]) == (len(_BITS), len(_BITS))
    assert (await world.bureau.get("/v1/institutions?limit=200")).json()["items"] == before
