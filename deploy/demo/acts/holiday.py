"""The holiday stop: an order, its acknowledgements, and a visit to each recipient on an ordered day.

A visit counts on a day of the order only, and nobody can record today that a visit was made earlier. So Pingcheng's
vacation is made up: it begins on the day of the play.
"""

from datetime import date, timedelta
from typing import Final

from deploy.demo.acts.ledger import DISTRICT
from deploy.demo.acts.stage import Stage, unless
from deploy.demo.player import Json

VACATION: Final = "大同2021寒假（演示）"
TITLE: Final = "寒假停止线下学科类培训的通知（演示，大同2021）"
VACATION_DAYS: Final = 28


async def play(stage: Stage) -> None:
    order = await _order(stage)
    path = f"/v1/stop-orders/{order['id']}"
    recipients = await stage.all("registry", f"{path}/recipients")

    async def acknowledge(one: Json) -> None:
        if one["state"] == "issued":
            operator = stage.operator(one["institution_id"])
            asked = operator.post("registry", f"{path}/acknowledgements", {})
            await unless("stop-order-acknowledged-already", asked)

    await stage.each("stop order acknowledged", recipients, acknowledge)

    async def asked_for() -> list[Json]:
        visits = await stage.all("inspection", "/v1/visits")
        return [one for one in visits if one["reference_id"] == order["id"] and one["state"] != "called_off"]

    async def planned() -> int:
        return len(await asked_for())

    await stage.reach("stop order: visits planned", planned, len(recipients))

    async def look(one: Json) -> None:
        await visit(stage, one, {"outcome": "inspected", "passed": True, "note": "（演示）已停训"})

    await stage.each("stop order verified", await asked_for(), look)


async def visit(stage: Stage, one: Json, ended: Json) -> None:
    """Make a planned visit, or end one that was begun."""
    inspector, path = stage.inspector(one["team"] or "team-01", DISTRICT), f"/v1/visits/{one['id']}"
    if one["state"] == "planned":
        await inspector.post("inspection", f"{path}/start", {})
    if one["state"] in ("planned", "started"):
        await inspector.post("inspection", f"{path}/submission", ended)


async def _order(stage: Stage) -> Json:
    issued = [one for one in await stage.all("registry", "/v1/stop-orders") if one["title"] == TITLE]
    if issued:
        return issued[0]
    last = stage.on + timedelta(days=VACATION_DAYS)
    terms = [one for one in await stage.all("registry", "/v1/calendar/terms") if one["name"] == VACATION]
    if not terms:
        for year in sorted({stage.on.year, last.year}):
            await know_calendar(stage, year)
        vacation = {
            "period": "winter_vacation", "name": VACATION, "district": DISTRICT, "starts_on": f"{stage.on}",
            "ends_on": f"{last}", "source": "（演示）",
        }  # fmt: skip
        terms = [(await stage.bureau.post("registry", "/v1/calendar/terms", vacation)).json()]
    order = {
        "title": TITLE, "legal_basis": "双减意见第13条", "term_id": terms[0]["id"], "district": DISTRICT,
        "acknowledge_by": f"{stage.on}",
    }  # fmt: skip
    issued_now: Json = (await stage.bureau.post("registry", "/v1/stop-orders", order)).json()
    return issued_now


async def know_calendar(stage: Stage, year: int) -> None:
    """The calendar of a year that nobody has announced yet is made up."""
    first = f"{date(year, 1, 1)}"
    known = await stage.bureau.get("registry", "/v1/calendar", **{"from": first, "to": first})
    if known["unpublished_years"]:
        new_year = {"on": first, "kind": "public_holiday", "name": "元旦"}
        body = {"year": year, "source": "（演示）", "days": [new_year]}
        await stage.bureau.post("registry", "/v1/calendar/years", body)
