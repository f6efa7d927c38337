"""`/v1/exports` of metrics: complete files that state their total, and agree with the API."""

import csv
import io
from collections.abc import AsyncIterator

import openpyxl
import pytest

from services.metrics.exports import routes
from services.metrics.names.usecases import INBOX as NAMES
from services.metrics.tree.indicators import INDICATORS
from shared.events.registry.institutions import InstitutionRegistered
from shared.http.tables import TOTAL, CutOff, table_response
from tests.metrics.conftest import World, changed, institution
from tests.metrics.deliveries import deliver_all
from tests.metrics.samples import SAMPLES


async def lines(world: World, path: str, **query: str) -> list[list[str]]:
    answer = await world.bureau.get(f"/v1/exports/{path}", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    found = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert found[-1] == [TOTAL, str(len(found) - 2)] == [TOTAL, answer.headers["x-total-count"]]
    return found[:-1]


async def test_the_scorecard_is_what_the_api_says(world: World) -> None:
    await world.count(*SAMPLES.values())
    card = await world.get("/v1/scorecard", scope="district:140213")
    columns, *rows = await lines(world, "scorecard", scope="district:140213")
    assert columns == list(routes.SCORECARD)
    assert [row[0] for row in rows] == list(INDICATORS)
    shown = [(row[3], row[4]) for row in rows]
    said = [
        ("" if value["value"] is None else str(value["value"]), str(value["numerator"])) for value in card["values"]
    ]
    assert shown == said


async def test_members_come_whole_whatever_their_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "PAGE", 7)
    await world.count(*(institution(number) for number in range(21)))
    async with world.sessions.begin() as session:
        named = changed(InstitutionRegistered, institution_id=institution(0).aggregate_id(), name="=1+1")
        await NAMES.handle(session, deliver_all([named]))
    columns, *rows = await lines(world, "indicators/institutions.total/members")
    assert columns == list(routes.MEMBERS)
    assert len({row[1] for row in rows}) == len(rows) == 21
    assert rows[0][2] == "'=1+1", "no cell is a formula"


@pytest.mark.parametrize("by", ["street", "month"])
async def test_an_indicator_along_a_dimension(world: World, by: str) -> None:
    await world.count(*SAMPLES.values())
    series = (await world.get("/v1/indicators/violations.total/values", by=by))["values"]
    _, *rows = await lines(world, "indicators/violations.total/values", by=by)
    assert [(row[0], int(row[4])) for row in rows] == [(point["key"], point["numerator"]) for point in series]


async def test_json_and_workbooks_state_their_total_too(world: World) -> None:
    await world.count(*(institution(number) for number in range(3)))
    path = "/v1/exports/indicators/institutions.total/members"
    told = await world.get(path, format="json")
    assert (told["total"], len(told["items"])) == (3, 3)
    assert set(told["items"][0]) == set(routes.MEMBERS)
    answer = await world.bureau.get(path, params={"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == routes.MEMBERS
    assert rows[-1][:2] == (TOTAL, 3)
    assert [row[1] for row in rows[1:-1]] == [item["member_id"] for item in told["items"]]
    nothing = await world.get("/v1/exports/indicators/draws.revealed/members", format="json")
    assert nothing == {"items": [], "total": 0}


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
async def test_what_is_cut_off_does_not_look_complete(form: str) -> None:
    async def two() -> AsyncIterator[tuple[int]]:
        for number in range(2):
            yield (number,)

    pieces: list[bytes] = []

    async def download() -> None:
        async for piece in table_response("x", form, ["n"], two(), total=3).body_iterator:  # type: ignore[arg-type]
            pieces.append(piece)  # type: ignore[arg-type]  # all are bytes

    with pytest.raises(CutOff):
        await download()
    assert TOTAL.encode() not in b"".join(pieces)
    assert b"total" not in b"".join(pieces)
