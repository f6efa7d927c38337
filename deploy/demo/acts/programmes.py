"""The X programmes: no event tells of them, so an office submits each figure and another person approves it."""

from deploy.demo.acts.stage import Stage
from deploy.demo.report import FIGURES, Figure

REPORTS = "/v1/reports"


async def play(stage: Stage) -> None:
    async def report(one: Figure) -> None:
        found = await stage.all("metrics", REPORTS, indicator=one.code)
        if any(known["state"] == "approved" for known in found):
            return
        submitted = [known for known in found if known["state"] == "submitted"]
        if not submitted:
            figure = {
                "indicator": one.code, "value": int(one.wanted(stage.size)), "as_of": "2021-12-31",
                "period_from": "2021-01-01", "note": "（演示）数字取自报道，佐证为虚构",
                "evidence": [{"title": "（演示）2021年大同市“双减”工作报道", "reference": "演示-2021"}],
            }  # fmt: skip
            submitted = [(await stage.bureau.post("metrics", REPORTS, figure)).json()]
        await stage.reviewer.post("metrics", f"{REPORTS}/{submitted[0]['id']}/approval", {})

    await stage.each("programmes reported and approved", [one for one in FIGURES if one.reported], report)
