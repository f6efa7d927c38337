"""After-school's quality with an object for every operation: the five managements, and surveys."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from shared.domain.clock import china_date
from tests.afterschool.roster import attend, enter_child
from tests.edge.asks import HERE, NOW, Ask, made
from tests.services import Service

TODAY = china_date(NOW)
LATER = str(TODAY + timedelta(days=9))
TERM = "2026-autumn"
EVIDENCE = [{"title": "作息时间表", "reference": "校办〔2026〕3号"}]
GOOD = {"item": "overall", "choice": "good"}
READING = [
    {"question": "reviewed", "value": 1},
    {"question": "list_published", "value": 1},
    {"question": "purchase_required", "value": 0},
]


async def quality(service: Service, school: str) -> dict[str, Ask]:
    return {**await _rules(service), **await _managements(service, school), **await _surveys(service, school)}


async def _rules(service: Service) -> dict[str, Ask]:
    url, bureau = "/v1/management-rules", service("bureau")
    question = {"key": "kept_by_school", "zh": "统一保管", "en": "Kept by the school", "unit": "yes_no", "expected": 1}
    rule = {
        "management": "phones",
        "summary": "手机管理",
        "questions": [question],
        "source": "市教育局通知",
        "valid_from": str(TODAY),
    }
    seen = await made(bureau, url, json=rule)
    ended = await made(bureau, url, json=rule | {"management": "homework"})
    slip = await made(bureau, url, json=rule | {"management": "fitness", "valid_from": LATER})
    return {
        "enact_management_rule": Ask(body=rule | {"valid_from": LATER}),
        "list_management_rules": Ask(query={"management": "phones", "on": str(TODAY)}, shows=seen),
        "get_management_rule": Ask({"rule_id": seen}, shows=seen),
        "repeal_management_rule": Ask({"rule_id": ended}, body={"valid_to": LATER, "reason": "修订"}),
        "withdraw_management_rule": Ask({"rule_id": slip}, body={"reason": "录入有误"}),
    }


async def _managements(service: Service, school: str) -> dict[str, Ask]:
    url, bureau = "/v1/management-declarations", service("bureau")
    declarer = service("school_staff", school=school, subject="declarer")
    signer = service("school_staff", school=school, subject="signer")

    async def declared(term: str, *, reviewed: int = 1) -> str:
        figures = [READING[0] | {"value": reviewed}, *READING[1:]]
        body = {
            "school_id": school, "term": term, "management": "reading", "figures": figures, "evidence": EVIDENCE,
        }  # fmt: skip
        return await made(declarer, url, json=body)

    async def signed(term: str, **more: int) -> str:
        return await made(signer, f"{url}/{await declared(term, **more)}/signature")

    async def committed(term: str) -> str:
        """A draw whose public value is known today."""
        body = {
            "term": term, "share_bp": 10_000, "public_source": "双色球开奖号码", "public_on": LATER,
        }  # fmt: skip
        draw = await made(bureau, "/v1/management-draws", json=body)
        async with service.sessions.begin() as session:
            await session.execute(text("UPDATE management_draw SET public_on = :on"), {"on": TODAY})
        return draw

    seen, unsigned, slip = [await declared(term) for term in ("edge-seen", "edge-unsigned", "edge-slip")]
    short = await signed("edge-short", reviewed=0)
    drawn, _ = await signed("edge-drawn"), await signed("edge-open")
    revealed, to_reveal, to_cancel = [await committed(term) for term in ("edge-drawn", "edge-open", "edge-open")]
    await made(bureau, f"/v1/management-draws/{revealed}/reveal", json={"public_value": "02 07 11"})
    shortfalls = (await bureau.get("/v1/management-shortfalls")).json()["items"]
    [shortfall] = [one["id"] for one in shortfalls if one["declaration_id"] == short]
    new = {"school_id": school, "term": "edge-new", "management": "reading", "figures": READING, "evidence": EVIDENCE}
    draw = {"term": "edge-open", "share_bp": 500, "public_source": "双色球开奖号码", "public_on": LATER}
    return {
        "declare_management": Ask(body=new),
        "list_declarations": Ask(query={"term": "edge-seen"}, shows=seen),
        "get_declaration": Ask({"declaration_id": seen}, shows=seen),
        "sign_declaration": Ask({"declaration_id": unsigned}),
        "withdraw_declaration": Ask({"declaration_id": slip}, body={"reason": "录入有误"}),
        "verify_declaration": Ask({"declaration_id": drawn}, body={"confirmed": True, "note": "现场核对相符"}),
        "commit_management_draw": Ask(body=draw),
        "list_management_draws": Ask(shows=revealed),
        "get_management_draw": Ask({"draw_id": revealed}, shows=revealed),
        "reveal_management_draw": Ask({"draw_id": to_reveal}, body={"public_value": "02 07 11"}),
        "cancel_management_draw": Ask({"draw_id": to_cancel}, body={"reason": "学期有误"}),
        "get_management_proof": Ask({"draw_id": revealed}, shows=drawn),
        "list_shortfalls": Ask(query={"school": school}, shows=shortfall),
        "get_shortfall": Ask({"shortfall_id": shortfall}, shows=shortfall),
        "close_shortfall": Ask({"shortfall_id": shortfall}, body={"note": "已整改"}),
    }


async def _surveys(service: Service, school: str) -> dict[str, Ask]:
    student = await _child_with_a_place(service, school)
    choices = [{"key": key, "zh": "甲", "en": "A", "favourable": key == "good"} for key in ("good", "bad")]
    survey: dict[str, Any] = {
        "title": "满意度调查",
        "term": TERM,
        "district": HERE,
        "items": [{"key": "overall", "zh": "总体", "en": "Overall", "choices": choices}],
    }
    bureau = service("bureau")
    asked, open_one, closed = [await made(bureau, "/v1/surveys", json=survey) for _ in range(3)]
    await made(bureau, f"/v1/surveys/{closed}/closure")
    answer = {"audience": "guardian", "student_id": student, "school_id": school, "choices": [GOOD]}
    return {
        "open_survey": Ask(body=survey),
        "list_surveys": Ask(query={"term": TERM, "district": HERE}, shows=asked),
        "get_survey": Ask({"survey_id": asked}, shows=asked),
        "answer_survey": Ask({"survey_id": asked}, body=answer),
        "get_participation": Ask({"survey_id": asked}),
        "close_survey": Ask({"survey_id": open_one}),
        "list_survey_results": Ask({"survey_id": closed}, shows=school),
    }


async def _child_with_a_place(service: Service, school: str) -> str:
    """A child of guardian-1."""
    course = {
        "school_id": school,
        "name": "书法",
        "category": "artistic_cultivation",
        "term": TERM,
        "capacity": 9,
        "opens_at": (NOW - timedelta(days=1)).isoformat(),
        "closes_at": (NOW + timedelta(days=9)).isoformat(),
    }
    offering = await made(service("bureau"), "/v1/offerings", json=course)
    guardian = service("guardian", subject="guardian-1")
    classes = (await service("bureau").get("/v1/classes", params={"school": school})).json()["items"]
    async with service.sessions.begin() as session:
        student = await enter_child(session, classes[0]["id"], "guardian-1")
    await made(guardian, "/v1/enrolments", json={"offering_id": offering, "student_id": student})
    async with service.sessions.begin() as session:
        await attend(session, offering, [student])
    return student
