"""Homework that schools declare, and the subsidy: computed, reviewed by another person, and locked."""

from typing import Final

from deploy.demo.acts.schools import teaching
from deploy.demo.acts.service import TERM
from deploy.demo.acts.stage import Stage
from deploy.demo.player import Json, PlayFailed

RUNS: Final = "/v1/subsidy-runs"
MINUTES: Final = 45
FIRST_WRITTEN_GRADE: Final = 3
"""Grades 1 and 2 get no written homework."""


async def play(stage: Stage) -> None:
    await _declare_homework(stage)
    await _subsidise(stage)


async def _declare_homework(stage: Stage) -> None:
    """A day's homework of every class of the schools that are asked; the same again changes nothing."""

    async def declare(school: Json) -> None:
        staff = stage.staff(school["id"])
        async for one in staff.pages("afterschool", "/v1/classes", school=school["id"]):
            written = [{"subject": "（演示）数学", "minutes": MINUTES}] if one["grade"] >= FIRST_WRITTEN_GRADE else []
            body = {"class_id": one["id"], "on": f"{stage.on}", "entries": written}
            await staff.put("afterschool", "/v1/homework", body)

    await stage.each("homework declared", (await teaching(stage))[: stage.size.asked_schools], declare)


async def _subsidise(stage: Stage) -> None:
    runs = [one for one in await stage.all("afterschool", RUNS, term=TERM) if one["state"] != "discarded"]
    run = runs[-1] if runs else (await stage.bureau.post("afterschool", RUNS, {"term": TERM})).json()
    path = f"{RUNS}/{run['id']}"

    async def computed() -> int:
        return int((await stage.bureau.get("afterschool", path))["state"] != "computing")

    await stage.reach("subsidy computed", computed, 1)
    run = await stage.bureau.get("afterschool", path)
    if run["state"] == "computed":
        run = (await stage.reviewer.post("afterschool", f"{path}/review", {})).json()
    if run["state"] == "reviewed":
        run = (await stage.bureau.post("afterschool", f"{path}/lock", {})).json()
    if run["state"] != "locked":
        raise PlayFailed(f"the subsidy run is {run['state']}, not locked")
    stage.tell("subsidy locked, yuan", run["total"] // 100, run["total"] // 100)
