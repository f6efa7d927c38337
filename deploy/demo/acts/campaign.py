"""The investigation: every institution is visited, every violation is ordered to be put right, half of them are."""

from datetime import timedelta
from typing import Final

from deploy.demo.acts.holiday import visit
from deploy.demo.acts.ledger import DISTRICT
from deploy.demo.acts.stage import Stage, named
from deploy.demo.player import Json
from deploy.demo.report import Size

NAME: Final = "（演示）大同2021拉网排查"
OFFENCE: Final = "prepayment.limit"
"""The offence for which a permit can be revoked. The first violation of every visit is this one."""
OFFENCES: Final = (OFFENCE, "contract.model", "homework.assigned", "training.late_end")


async def play(stage: Stage) -> None:
    campaign = await _campaign(stage)
    targets = await stage.all("inspection", f"/v1/campaigns/{campaign['id']}/targets")
    known = {one["institution_id"]: one for one in await stage.all("inspection", "/v1/visits", campaign=campaign["id"])}

    async def look(numbered: tuple[int, Json]) -> None:
        place, target = numbered
        one = known.get(target["institution_id"]) or await _plan(stage, campaign, target)
        await visit(
            stage,
            one,
            {"outcome": "inspected", "score": 80, "violations": _found(number_found(stage.size, place, len(targets)))},
        )

    await stage.each("institutions investigated", list(enumerate(targets)), look)
    await _put_right(stage, campaign)
    if campaign["state"] != "closed":
        await stage.bureau.post("inspection", f"/v1/campaigns/{campaign['id']}/closure", {})


def number_found(size: Size, place: int, targets: int) -> int:
    """How many violations are found at the target at this place; together they are as many as the size says."""
    return (place + 1) * size.violations // targets - place * size.violations // targets


def _found(number: int) -> list[Json]:
    return [
        {"offence": OFFENCES[nth % len(OFFENCES)], "description": "（演示）排查中发现的问题"} for nth in range(number)
    ]


async def _campaign(stage: Stage) -> Json:
    found = [one for one in await stage.all("inspection", "/v1/campaigns") if one["name"] == NAME]
    if not found:
        wanted = {
            "name": NAME, "purpose": "全覆盖，无盲区", "scope": {"districts": [DISTRICT]},
            "starts_on": f"{stage.on}", "ends_on": f"{stage.on + timedelta(days=30)}",
        }  # fmt: skip
        found = [(await stage.bureau.post("inspection", "/v1/campaigns", wanted)).json()]
    path = f"/v1/campaigns/{found[0]['id']}"
    if found[0]["state"] == "draft":
        await stage.bureau.post("inspection", f"{path}/launch", {})
    campaign: Json = await stage.bureau.get("inspection", path)
    return campaign


async def _plan(stage: Stage, campaign: Json, target: Json) -> Json:
    wanted = {
        "id": named(stage.prefix, "visit", target["institution_id"]), "institution_id": target["institution_id"],
        "campaign_id": campaign["id"], "team": target["team"] or "team-01",
    }  # fmt: skip
    inspector = stage.inspector(wanted["team"], DISTRICT)
    planned: Json = (await inspector.post("inspection", "/v1/visits", wanted)).json()
    return planned


async def violations(stage: Stage) -> list[Json]:
    """The violations of the campaign, in the order of their reports."""
    [campaign] = [one for one in await stage.all("inspection", "/v1/campaigns") if one["name"] == NAME]
    visits = {one["id"] for one in await stage.all("inspection", "/v1/visits", campaign=campaign["id"])}
    return [one for one in await stage.all("inspection", "/v1/violations") if one["visit_id"] in visits]


async def _put_right(stage: Stage, campaign: Json) -> None:
    """A rectification order for each. Every second one is put right, and verified on its papers."""
    found = await violations(stage)

    async def order(numbered: tuple[int, Json]) -> None:
        place, one = numbered
        path, state = f"/v1/violations/{one['id']}", one["state"]
        inspector = stage.inspector(one["team"] or "team-01", DISTRICT)
        if state == "reported":
            body = {"requirement": "（演示）限期整改"}
            state = (await stage.bureau.post("inspection", f"{path}/rectification-order", body)).json()["state"]
        if place % 2:
            if state == "rectification_ordered":
                operator = stage.operator(one["institution_id"])
                state = (
                    await operator.post("inspection", f"{path}/rectification", {"statement": "（演示）已整改"})
                ).json()["state"]
            if state == "rectified":
                said = {"holds": True, "note": "（演示）核对退费凭证"}
                await inspector.post("inspection", f"{path}/verification", said)

    await stage.each("violations investigated", list(enumerate(found)), order)
