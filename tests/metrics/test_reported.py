"""Reported figures: submitted with evidence, approved or returned by another person, and then the indicator's value."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from services.metrics.reported.domain import (
    ApproverSubmitted,
    FigureDecided,
    FigureDetails,
    FigureOfTheFuture,
    IndicatorNotReported,
    PeriodReversed,
    ReportedFigure,
)
from services.metrics.tree.indicators import INDICATORS, REPORTED
from shared.domain.refusals import Refusal
from tests.metrics.conftest import World

AT = datetime(2026, 11, 26, 16, 30, tzinfo=UTC)
"""Half past midnight on the 27th in China."""
CODE = "x.labour_bases"
DETAILS: Mapping[str, Any] = {
    "indicator": CODE, "value": 20, "as_of": "2026-11-27",
    "evidence": [{"title": "基地名单", "reference": "https://edu.example/bases.pdf"}],
}  # fmt: skip
HERE, THERE = "140213", "140214"


def submitted(code: str = CODE, **more: Any) -> ReportedFigure:
    details = FigureDetails.model_validate({**DETAILS, "indicator": code, **more})
    return ReportedFigure.submit(details, INDICATORS[code], by="a", at=AT)[0]


def test_what_is_submitted_is_said() -> None:
    details = FigureDetails.model_validate(
        {**DETAILS, "district": HERE, "period_from": "2026-01-01", "note": "截至目前"}
    )
    figure, told = ReportedFigure.submit(details, INDICATORS[CODE], by="a", at=AT)
    assert (figure.state, figure.submitted_by, figure.version) == ("submitted", "a", 0)
    assert (told.figure_id, told.indicator, told.district, told.value, told.as_of, told.at) == (
        figure.id, CODE, HERE, 20, date(2026, 11, 27), AT
    )  # fmt: skip
    assert figure.evidence == [{"title": "基地名单", "reference": "https://edu.example/bases.pdf"}]


@pytest.mark.parametrize(
    ("code", "more", "refusal"),
    [
        ("schools.total", {}, IndicatorNotReported),
        (CODE, {"as_of": "2026-11-28"}, FigureOfTheFuture),
        (CODE, {"period_from": "2026-11-28"}, PeriodReversed),
    ],
)
def test_figures_that_cannot_be(code: str, more: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        submitted(code, **more)


def test_another_person_decides_and_once() -> None:
    figure = submitted()
    for decide in (lambda by: figure.approve(by=by, at=AT), lambda by: figure.give_back("x", by=by, at=AT)):
        with pytest.raises(ApproverSubmitted):
            decide("a")
    assert figure.approve(by="b", at=AT).value == 20
    assert (figure.state, figure.decided_by, figure.decided_at) == ("approved", "b", AT)
    with pytest.raises(FigureDecided):
        figure.give_back("x", by="b", at=AT)
    other = submitted()
    assert other.give_back("缺少名单", by="b", at=AT).reason == "缺少名单"
    assert (other.state, other.return_reason) == ("returned", "缺少名单")
    with pytest.raises(FigureDecided):
        other.approve(by="c", at=AT)


async def submit(world: World, *, by: str = "reporter", **more: Any) -> str:
    client = world.service("bureau", subject=by)
    answer = await client.post("/v1/reports", json={**DETAILS, "as_of": "2026-01-31", **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/reports/{answer.json()['id']}"
    return str(answer.json()["id"])


async def decide(world: World, figure: str, how: str = "approval", **body: str) -> Any:
    return await world.bureau.post(f"/v1/reports/{figure}/{how}", json=body or None)


async def test_an_approved_figure_is_the_value_everywhere(world: World) -> None:
    unknown = await world.get(f"/v1/indicators/{CODE}")
    assert (unknown["value"], unknown["known"], unknown["figure_id"]) == (None, False, None)
    figure = await submit(world)
    assert (await world.get(f"/v1/indicators/{CODE}"))["value"] is None
    assert (await decide(world, figure)).json()["state"] == "approved"
    found = await world.get(f"/v1/indicators/{CODE}")
    assert (found["value"], found["numerator"], found["unit"], found["known"]) == (20, 20, "count", True)
    assert (found["figure_id"], found["figure_as_of"]) == (figure, "2026-01-31")
    card = {one["code"]: one for one in (await world.get("/v1/scorecard"))["values"]}
    assert card[CODE] == found
    assert {code for code in REPORTED if card[code]["known"]} == {CODE}
    assert (await world.get(f"/v1/indicators/{CODE}/receipts"))["items"] == []
    for scope in (f"district:{HERE}", "street:140213050", "school:x"):
        assert (await world.get(f"/v1/indicators/{CODE}", scope=scope))["value"] is None, scope


async def test_the_latest_day_counts_and_of_that_the_latest_submission(world: World) -> None:
    async def value() -> Any:
        return (await world.get(f"/v1/indicators/{CODE}"))["value"]

    first, corrected, older, wrong = [
        await submit(world, **more)
        for more in ({"value": 1}, {"value": 2}, {"value": 3, "as_of": "2025-12-31"}, {"value": 4})
    ]
    await decide(world, corrected)
    await decide(world, first)  # approved later, and yet the earlier submission
    await decide(world, older)
    assert await value() == 2
    returned = (await decide(world, wrong, "return", reason="与名单不符")).json()
    assert (returned["state"], returned["return_reason"], returned["decided_by"]) == (
        "returned",
        "与名单不符",
        "bureau-1",
    )
    assert await value() == 2


async def test_a_figure_of_a_district_is_seen_there(world: World) -> None:
    officers = {district: world.service("district_officer", district=district) for district in (HERE, THERE)}
    own = {**DETAILS, "as_of": "2026-01-31", "district": HERE, "value": 7}
    made = await officers[HERE].post("/v1/reports", json=own)
    assert made.status_code == 201
    figure = made.json()["id"]
    for district in (None, THERE):
        refused = await officers[HERE].post("/v1/reports", json={**own, "district": district})
        assert (refused.status_code, refused.json()["code"]) == (403, "figure-outside-your-district")
    assert (await officers[THERE].get(f"/v1/reports/{figure}")).status_code == 404
    citys = await submit(world)
    await decide(world, figure)
    await decide(world, citys)
    seen = {
        name: [one["id"] for one in (await world.get("/v1/reports", client))["items"]]
        for name, client in {"here": officers[HERE], "there": officers[THERE], "city": world.bureau}.items()
    }
    assert seen == {"here": [citys, figure], "there": [citys], "city": [citys, figure]}
    assert (await world.get(f"/v1/indicators/{CODE}", scope=f"district:{HERE}"))["value"] == 7
    assert (await world.get(f"/v1/indicators/{CODE}", officers[THERE]))["value"] is None
    for scope, points in (("city", [(HERE, 7)]), (f"district:{HERE}", [(HERE, 7)]), (f"district:{THERE}", [])):
        series = await world.get(f"/v1/indicators/{CODE}/values", by="district", scope=scope)
        assert [(point["key"], point["value"]) for point in series["values"]] == points, scope
    assert (await world.get(f"/v1/indicators/{CODE}/values", by="month"))["values"] == []


async def test_the_history_of_submissions_is_kept_page_by_page(world: World) -> None:
    made = [await submit(world, value=number) for number in range(3)]
    await decide(world, made[0])
    first = await world.get("/v1/reports", indicator=CODE, limit="2")
    rest = await world.get("/v1/reports", indicator=CODE, limit="2", cursor=first["next_cursor"])
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    approved = await world.get("/v1/reports", state="approved")
    assert [one["id"] for one in approved["items"]] == [made[0]]
    assert (await world.get("/v1/reports", district=HERE))["items"] == []


async def test_who_submitted_does_not_decide_and_facts_are_published(world: World) -> None:
    figure = await submit(world, by="bureau-1")
    refused = await decide(world, figure)
    assert (refused.status_code, refused.json()["code"]) == (409, "approver-submitted")
    other = world.service("bureau", subject="bureau-2")
    await other.post(f"/v1/reports/{figure}/return", json={"reason": "缺少名单"})
    again = await other.post(f"/v1/reports/{figure}/approval")
    assert (again.status_code, again.json()["code"]) == (409, "figure-decided")
    async with world.sessions() as session:
        facts = (
            await session.execute(text("SELECT type, key_version, actor, reason, topic FROM journal ORDER BY id"))
        ).all()
        pending = await session.scalar(text("SELECT count(*) FROM outbox_pending"))
    assert [tuple(fact) for fact in facts] == [
        ("metrics.reported_figure.submitted.v1", 1, "bureau-1", None, "metrics.reports.v1"),
        ("metrics.reported_figure.returned.v1", 2, "bureau-2", "缺少名单", "metrics.reports.v1"),
    ]
    assert pending == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"evidence": []},
        {"value": -1},
        {"value": 1.5},
        {"indicator": "schools.total"},
        {"as_of": "2999-01-01"},
        {"period_from": "2026-02-01"},
    ],
)
async def test_content_that_is_refused(world: World, wrong: dict[str, Any]) -> None:
    answer = await world.bureau.post("/v1/reports", json={**DETAILS, "as_of": "2026-01-31", **wrong})
    assert answer.status_code == 422, answer.text


async def test_an_indicator_that_is_not_there(world: World) -> None:
    answer = await world.bureau.post("/v1/reports", json={**DETAILS, "indicator": "nothing"})
    assert (answer.status_code, answer.json()["code"]) == (404, "indicator-not-found")
