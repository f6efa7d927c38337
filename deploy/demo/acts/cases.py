"""Permits revoked through penalty cases: filed, heard and decided by the law's steps, then proposed to the registry."""

from datetime import timedelta
from typing import Final

from deploy.demo.acts.campaign import OFFENCE, violations
from deploy.demo.acts.stage import Stage
from deploy.demo.phone import announcement, send_in_parts, synthetic_photo
from deploy.demo.player import Client, Json
from deploy.demo.street import kept
from shared.domain.clock import utc_now

PENALTIES: Final = [{"kind": "revocation"}]
OFFICERS: Final = ("inspector-team-01", "inspector-team-01-b")


async def play(stage: Stage) -> None:
    """As many cases as permits are revoked; one that was begun is carried on."""
    known = [one for one in await stage.all("inspection", "/v1/cases") if one["offence"] == OFFENCE]
    if len(known) < stage.size.revocations:
        known += await _file(stage, stage.size.revocations - len(known), {one["institution_id"] for one in known})
    for number, one in enumerate(known, 1):
        await _decide(stage, one["id"])
        await _revoke(stage, one["id"])
        stage.tell("permits revoked through cases", number, len(known))


async def _file(stage: Stage, number: int, taken: set[str]) -> list[Json]:
    """Cases on violations that nobody has put right, at institutions whose permit is in force."""
    permits = await stage.all("registry", "/v1/permits", status="in_force")
    licensed = {one["institution_id"] for one in permits} - taken
    chosen: dict[str, Json] = {}
    for one in await violations(stage):
        open_still = one["offence"] == OFFENCE and one["state"] == "rectification_ordered"
        if open_still and one["institution_id"] in licensed:
            chosen.setdefault(one["institution_id"], one)
    filing = {
        "grounds": "（演示）排查中发现，情节严重", "acts_from": f"{stage.on - timedelta(days=40)}",
        "officers": list(OFFICERS), "gravity": "serious", "illegal_income_fen": 1_200_000,
    }  # fmt: skip
    return [
        (await stage.bureau.post("inspection", f"/v1/violations/{one['id']}/case", filing)).json()
        for one in list(chosen.values())[:number]
    ]


async def _decide(stage: Stage, case: str) -> None:
    """From the inquiry to the served decision; what was done before is not done again."""
    path = f"/v1/cases/{case}"
    at = await stage.bureau.get("inspection", path)
    party, jurist = stage.operator(at["institution_id"]), stage.one.person("bureau", subject="jurist-2021")
    if not at["inquiries"]:
        inquiry = {
            "officers": list(OFFICERS), "identity_shown": True, "record": "（演示）询问笔录",
            "evidence": [await _photograph(stage, stage.bureau, at["violation_id"])],
        }  # fmt: skip
        await stage.bureau.post("inspection", f"{path}/inquiries", inquiry)
    if at["review"] is None:
        await jurist.post("inspection", f"{path}/legal-review", {"agreed": True, "opinion": "（演示）同意"})
    if at["notice"] is None:
        notice = {
            "facts": "（演示）一次性收取12个月费用", "reasons": "（演示）情节严重",
            "basis": "校外培训行政处罚暂行办法第二十二条", "penalties": PENALTIES, "rights_told": True,
            "hearing_told": True, "public_notice": True,
        }  # fmt: skip
        await stage.bureau.post("inspection", f"{path}/penalty-notice", notice)
    if not at["statements"]:
        statement = {"text": "（演示）陈述意见，不要求听证", "waives_hearing": True}
        await party.post("inspection", f"{path}/statement", statement)
    if at["decision"] is None:
        decision = {
            "penalties": PENALTIES, "grounds": "（演示）事实清楚，证据确凿", "answer": "（演示）已考虑当事人陈述",
            "collective": True, "notice": True,
        }  # fmt: skip
        await stage.bureau.post("inspection", f"{path}/decision", decision)
    if at["served_on"] is None:
        await stage.bureau.post("inspection", f"{path}/service", {"method": "（演示）直接送达"})


async def _photograph(stage: Stage, by: Client, violation: str) -> str:
    """A photo of papers, kept by the worker before it proves anything."""
    photo = synthetic_photo("receipt, 12 months")
    said = announcement(photo, "violation", violation, at=utc_now())
    evidence = str(said["id"])
    await by.post("inspection", "/v1/evidence", said)
    await send_in_parts(by, evidence, photo)
    await stage.reach("photo kept", lambda: kept(by, evidence), 1)
    return evidence


async def _revoke(stage: Stage, case: str) -> None:
    """The registry accepts what the decision proposes: the notice and the revocation. The case hears of both."""

    async def proposed() -> list[Json]:
        return [one for one in await stage.all("registry", "/v1/proposals") if one["case_id"] == case]

    async def arrived() -> int:
        return len(await proposed())

    await stage.reach("proposals of the case", arrived, 2)
    for one in await proposed():
        if one["state"] == "received":
            await stage.bureau.post("registry", f"/v1/proposals/{one['id']}/acceptance", {})

    async def answered() -> int:
        answers = (await stage.bureau.get("inspection", f"/v1/cases/{case}"))["answers"]
        return sum(one["accepted"] for one in answers)

    await stage.reach("proposals accepted", answered, 2)
