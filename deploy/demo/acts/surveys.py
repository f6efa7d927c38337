"""The survey of satisfaction: guardians prove who they are, answer, and send the answers of their children."""

from typing import Final

from deploy.demo.acts.schools import teaching
from deploy.demo.acts.service import TERM
from deploy.demo.acts.stage import Stage, unless
from deploy.demo.player import Client, Json

TITLE: Final = "（演示）大同2021课后服务满意度调查"
ITEM: Final = {
    "key": "satisfied", "zh": "您对课后服务是否满意？", "en": "Are you satisfied with the after-school service?",
    "choices": [
        {"key": "yes", "zh": "满意", "en": "Satisfied", "favourable": True},
        {"key": "no", "zh": "不满意", "en": "Not satisfied"},
    ],
}  # fmt: skip


async def play(stage: Stage) -> None:
    known = [one for one in await stage.all("afterschool", "/v1/surveys") if one["title"] == TITLE]
    if not known:
        wanted = {"title": TITLE, "term": TERM, "audiences": ["student", "guardian"], "items": [ITEM]}
        known = [(await stage.bureau.post("afterschool", "/v1/surveys", wanted)).json()]
    [survey] = known
    if survey["state"] == "closed":
        return
    children = await _children(stage)

    async def answer(numbered: tuple[int, Json]) -> None:
        await _answer(stage, survey["id"], *numbered)

    wanted_people = max(stage.size.guardians_asked.people, stage.size.students_asked.people)
    await stage.each("families that answered", list(enumerate(children[:wanted_people])), answer)
    await stage.bureau.post("afterschool", f"/v1/surveys/{survey['id']}/closure", {})


async def _children(stage: Stage) -> list[Json]:
    """The children with a seat at the schools that are asked, school by school."""
    found = []
    for school in (await teaching(stage))[: stage.size.asked_schools]:
        offerings = await stage.all("afterschool", "/v1/offerings", school=school["id"], term=TERM)
        for course in offerings:
            found += await stage.all("afterschool", "/v1/enrolments", offering=course["id"], state="enrolled")
    return found


async def _answer(stage: Stage, survey: str, place: int, child: Json) -> None:
    """One family: the guardian for itself, then for the child, as far as either is asked."""
    guardian = stage.one.person("guardian", subject=f"guardian-{child['student_id']}")
    await _prove(stage.staff(child["school_id"]), guardian, child["student_id"])
    for audience, asked in (("guardian", stage.size.guardians_asked), ("student", stage.size.students_asked)):
        if place < asked.people:
            body = {
                "audience": audience, "student_id": child["student_id"], "school_id": child["school_id"],
                "choices": [{"item": ITEM["key"], "choice": "no" if place < asked.unfavourable else "yes"}],
            }  # fmt: skip
            await unless("survey-already-answered", guardian.post("afterschool", f"/v1/surveys/{survey}/answers", body))


async def _prove(staff: Client, guardian: Client, child: str) -> None:
    [known, *_] = (await staff.get("afterschool", f"/v1/students/{child}/guardianships"))["items"]
    if known["proven_at"] is None:
        code = (await staff.post("afterschool", f"/v1/guardianships/{known['id']}/code", {})).json()["code"]
        await guardian.post("afterschool", "/v1/guardianships/proof", {"code": code})
