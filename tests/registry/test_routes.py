"""The ledger over HTTP: entries, changes, lists, files, and exports that no spreadsheet executes."""

import csv
import io
from datetime import datetime
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import insert, select

from services.registry.ledger.institutions.queries import COLUMNS
from services.registry.ledger.observations.domain import FileEntry
from shared.http.idempotency import idempotency_key
from tests.registry.conftest import AT, OTHER_USCC, USCC, World
from tests.services import version_of

ENTRY = {"name": "晨光", "kind": "subject", "address": "1 号", "district": "140213"}


async def test_register_and_read(world: World) -> None:
    body = {**ENTRY, "uscc": USCC.lower(), "stages": ["primary"], "lon": 113.3, "lat": 40.1, "phone": "1"}
    answer = await world.bureau.post("/v1/institutions", json=body)
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/institutions/{made['id']}"
    assert version_of(answer) == 1
    assert (made["uscc"], made["version"], made["phone"]) == (USCC, 1, "1")
    assert (await world.bureau.get(answer.headers["location"])).json() == made
    ((kind, version, fact),) = await world.facts(made["id"])
    assert (kind, version) == ("registry.institution.registered.v1", 1)
    assert "phone" not in fact


@pytest.mark.parametrize("field", ["uscc", "external_ref"])
async def test_two_entries_for_one_institution_are_refused(world: World, field: str) -> None:
    await world.institution(uscc=USCC, external_ref="a")
    second = {**ENTRY, field: USCC if field == "uscc" else "a"}
    answer = await world.bureau.post("/v1/institutions", json=second)
    assert (answer.status_code, answer.json()["code"]) == (409, f"{field.replace('_', '-')}-taken")
    other = await world.institution(uscc=OTHER_USCC)
    answer = await world.bureau.patch(
        f"/v1/institutions/{other['id']}", json={field: second[field]}, headers={"if-match": '"1"'}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, f"{field.replace('_', '-')}-taken")
    assert len(await world.facts()) == 2


@pytest.mark.parametrize("place", [{"district": "140214"}, {"district": None}, {"district": "140213", "street": "x"}])
async def test_an_officer_enters_only_where_he_may_look(world: World, place: dict[str, Any]) -> None:
    officer = world.service("district_officer", district="140213", street="140213050")
    answer = await officer.post("/v1/institutions", json={**ENTRY, **place})
    assert (answer.status_code, answer.json()["code"]) == (403, "outside-your-district")
    own = (await officer.post("/v1/institutions", json={**ENTRY, "street": "140213050"})).json()
    answer = await officer.patch(f"/v1/institutions/{own['id']}", json=place, headers={"if-match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (403, "outside-your-district")


async def test_change_with_its_version(world: World) -> None:
    made = await world.institution(lon=113.3, lat=40.1, permit_no="7")
    url = f"/v1/institutions/{made['id']}"
    assert (await world.bureau.patch(url, json={"name": "x"})).status_code == 428
    assert (await world.bureau.patch(url, json={"name": "x"}, headers={"if-match": "*"})).status_code == 400
    answer = await world.bureau.patch(url, json={"name": "x"}, headers={"if-match": '"2"'})
    assert (answer.status_code, version_of(answer)) == (412, 1)
    answer = await world.bureau.patch(url, json={"lon": None}, headers={"if-match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (422, "coordinates-incomplete")
    body = {"name": "晨曦", "permit_no": None, "reason": "更名"}
    answer = await world.bureau.patch(url, json=body, headers={"if-match": '"1"'})
    assert (answer.status_code, version_of(answer)) == (200, 2)
    assert (answer.json()["name"], answer.json()["permit_no"], answer.json()["lon"]) == ("晨曦", None, 113.3)
    again = await world.bureau.patch(url, json={"name": "晨曦"}, headers={"if-match": '"2"'})
    assert (again.status_code, version_of(again)) == (200, 2)
    assert [(kind, version) for kind, version, _ in await world.facts(made["id"])] == [
        ("registry.institution.registered.v1", 1),
        ("registry.institution.changed.v1", 2),
    ]


@pytest.mark.parametrize("body", [{"kind": None}, {"name": None}, {"status": "gone"}, {"id": "x"}, {"stages": None}])
async def test_changes_that_are_refused(world: World, body: dict[str, Any]) -> None:
    made = await world.institution()
    answer = await world.bureau.patch(f"/v1/institutions/{made['id']}", json=body, headers={"if-match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")


async def test_a_reader_is_told_when_nothing_changed(world: World) -> None:
    made = await world.institution()
    url = f"/v1/institutions/{made['id']}"
    read = (await world.bureau.get(url)).headers["etag"]
    for known, status in ((read, 304), (f"W/{read}", 304), (f'"7", {read}', 304), ("*", 304), ('"1"', 200), ("x", 200)):
        answer = await world.bureau.get(url, headers={"if-none-match": known})
        assert (answer.status_code, version_of(answer)) == (status, 1)
        assert bool(answer.content) == (status == 200)


async def test_the_same_key_registers_once(world: World) -> None:
    headers = {"idempotency-key": "k-1"}
    first = await world.bureau.post("/v1/institutions", json=ENTRY, headers=headers)
    second = await world.bureau.post("/v1/institutions", json=ENTRY, headers=headers)
    assert (first.status_code, second.status_code, second.content) == (201, 201, first.content)
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["location"] == first.headers["location"]
    other = await world.bureau.post("/v1/institutions", json={**ENTRY, "name": "x"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert len(await world.facts()) == 1


async def test_what_is_personal_is_not_kept_for_a_replay(world: World) -> None:
    entry = ENTRY | {"phone": "13800000001", "legal_representative": "王小明"}
    headers = {"idempotency-key": "k-personal"}
    first = await world.bureau.post("/v1/institutions", json=entry, headers=headers)
    assert (first.json()["phone"], first.json()["legal_representative"]) == ("13800000001", "王小明")
    second = await world.bureau.post("/v1/institutions", json=entry, headers=headers)
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json() == first.json() | {"phone": None, "legal_representative": None}
    async with world.sessions() as session:
        kept = await session.scalar(select(idempotency_key.c.body).where(idempotency_key.c.key == "k-personal"))
    assert kept is not None
    assert not any(word.encode() in kept for word in ("13800000001", "王小明"))


async def test_a_refusal_is_not_kept(world: World) -> None:
    await world.institution(external_ref="a")
    headers = {"idempotency-key": "k-1"}
    refused = await world.bureau.post("/v1/institutions", json={**ENTRY, "external_ref": "a"}, headers=headers)
    assert refused.status_code == 409
    assert (await world.bureau.post("/v1/institutions", json=ENTRY, headers=headers)).status_code == 201


async def everything(world: World, **query: str) -> list[dict[str, Any]]:
    """All pages of a list, each validated against the document's schema."""
    document = (await world.bureau.get("/openapi.json")).json()
    page_schema = {"$ref": "#/components/schemas/InstitutionPage", "components": document["components"]}
    validator = Draft202012Validator(page_schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    found: list[dict[str, Any]] = []
    while True:
        answer = await world.bureau.get("/v1/institutions", params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        validator.validate(page)
        assert all(tuple(item) == COLUMNS for item in page["items"])
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


async def test_pages_hold_every_entry_once_while_others_are_entered(world: World) -> None:
    for number in range(23):
        await world.institution(f"n{number}", lon=113.3, lat=40.1, stages=["primary", "senior"], capacity=number)
    first = (await world.bureau.get("/v1/institutions?limit=5")).json()
    await world.institution("late", uscc=USCC, legal_representative='引号"\\')
    names = [one["name"] for one in first["items"]]
    names += [one["name"] for one in await everything(world, limit="5", cursor=first["next_cursor"])]
    assert names == [*(f"n{number}" for number in range(23)), "late"]
    one = (await everything(world, q="late"))[0]
    same = (await world.bureau.get(f"/v1/institutions/{one['id']}")).json()
    # PostgreSQL and pydantic write the same moment in two of RFC 3339's ways.
    for moment in ("registered_at", "changed_at"):
        assert datetime.fromisoformat(one.pop(moment)) == datetime.fromisoformat(same.pop(moment))
    assert one == same


async def test_filters(world: World) -> None:
    await world.institution("语文 100%", street="s1", uscc=USCC)
    await world.institution("足球", kind="non_subject", district="140214", status="closed", address="100a 号")
    for query, names in (
        ({"district": "140213"}, ["语文 100%"]),
        ({"district": "nowhere"}, []),
        ({"street": "s1"}, ["语文 100%"]),
        ({"kind": "non_subject"}, ["足球"]),
        ({"status": "closed"}, ["足球"]),
        ({"kind": "subject", "status": "closed"}, []),
        ({"q": "足"}, ["足球"]),
        ({"q": "100"}, ["语文 100%", "足球"]),
        ({"q": "100%"}, ["语文 100%"]),
        ({"q": "100_"}, []),
        ({"q": "\\"}, []),
        ({"q": USCC.lower()}, ["语文 100%"]),
    ):
        assert [one["name"] for one in await everything(world, **query)] == names, query


async def test_a_cursor_belongs_to_its_list(world: World) -> None:
    for number in range(3):
        await world.institution(f"n{number}")
    cursor = (await world.bureau.get("/v1/institutions?limit=1&kind=subject")).json()["next_cursor"]
    for query in ("limit=1", "limit=1&kind=non_subject", "limit=1&kind=subject&district=140213"):
        answer = await world.bureau.get(f"/v1/institutions?{query}&cursor={cursor}")
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor-invalid")


async def test_history_tells_who_when_and_why(world: World) -> None:
    made = await world.institution()
    url = f"/v1/institutions/{made['id']}"
    await world.officer().patch(url, json={"name": "晨曦", "reason": "更名"}, headers={"if-match": '"1"'})
    first, second = (await world.bureau.get(f"{url}/history")).json()
    assert (first["version"], first["actor"], first["reason"], first["state"]["name"]) == (1, "bureau-1", None, "晨光")
    assert (second["actor"], second["reason"], second["state"]["changed"]) == ("district_officer-1", "更名", ["name"])


async def test_the_file_holds_what_other_services_said(world: World) -> None:
    made = await world.institution()
    fact = {
        "event_id": uuid4(), "institution_id": made["id"], "source": "/inspection", "key": uuid4(), "sequence": 1,
        "type": "inspection.visit.started.v1", "actor": "inspector-1", "at": AT, "facts": {"grid": "g1"},
    }  # fmt: skip
    async with world.sessions.begin() as session:
        await session.execute(insert(FileEntry), [fact, fact | {"event_id": uuid4(), "institution_id": uuid4()}])
    file = (await world.bureau.get(f"/v1/institutions/{made['id']}/file")).json()
    assert file["institution"]["id"] == made["id"]
    assert {one["source"] for one in file["entries"]} == {"/inspection", "/registry"}
    assert [one["facts"] for one in file["entries"] if one["source"] == "/inspection"] == [{"grid": "g1"}]


PAYLOADS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\",\"y\")", "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!D2", "@A1", "=IMPORTXML(CONCAT(\"http://x\"),\"//a\")", "=DDE(\"cmd\";\"/C calc\";\"x\")",
    "=WEBSERVICE(\"http://x\")", "==1", "=-1", "-=1", "+=1", "=\"a\"&\"b\"", "=1;2", "=1,2", "=A1\"", "'=1", "\"=1\"",
    "{=1}", "=(1)", "=+1", "@=1", "-@1", "=0x1", "=1'", "%0A=1",
]  # fmt: skip


async def test_no_cell_of_an_export_is_a_formula(world: World) -> None:
    assert len(PAYLOADS) == 30
    text = ("name", "address", "permit_no", "legal_representative", "phone")
    for number, payload in enumerate(PAYLOADS):
        fields = dict.fromkeys(text, payload)
        await world.institution(fields.pop("name"), **fields, external_ref=f"{payload}{number}", lon=-113.5, lat=-0.5)
    lines = (await world.bureau.get("/v1/exports/ledger")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(lines, newline="")))
    assert tuple(rows[0]) == COLUMNS
    content = (await world.bureau.get("/v1/exports/ledger?format=xlsx")).content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    header, *cells = sheet.iter_rows()
    assert tuple(cell.value for cell in header) == COLUMNS
    assert len(rows) == len(cells) == len(PAYLOADS)
    for payload, row, line in zip(PAYLOADS, rows, cells, strict=True):
        dangerous = payload.startswith(("=", "+", "-", "@", "'="))  # one apostrophe more, so that it can be read back
        for name, cell in zip(COLUMNS, line, strict=True):
            assert cell.data_type != "f"
            if name in text:
                assert row[name] == cell.value == (f"'{payload}" if dangerous else payload)
        assert (row["lon"], line[COLUMNS.index("lon")].value) == ("-113.5", -113.5)


async def test_exports_keep_to_the_filter_and_the_caller(world: World) -> None:
    await world.institution("here")
    await world.institution("there", district="140214")
    for client, query, names in (
        (world.bureau, "", ["here", "there"]),
        (world.bureau, "?district=140214", ["there"]),
        (world.officer(), "", ["here"]),
        (world.officer(), "?district=140214", []),
    ):
        lines = (await client.get(f"/v1/exports/ledger{query}")).content.decode("utf-8-sig")
        assert [row["name"] for row in csv.DictReader(io.StringIO(lines))] == names
