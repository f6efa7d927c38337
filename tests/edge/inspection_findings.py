"""Inspection's findings with an object for every operation: offences, cases, complaints, duties."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.inspection.accountability.duties.domain import Escalation
from services.inspection.accountability.duties.usecases import escalate_overdue
from services.inspection.findings.violations import usecases as violations
from services.inspection.penalties.cases.domain import Case
from services.inspection.rulebook.offences.domain import Gravity, Offence
from services.inspection.stories.rectification.usecases import rectify_violation, verify_violation
from shared.data.database import new_id
from shared.domain.clock import china_date
from tests.edge.asks import HERE, NOW, Ask, made
from tests.inspection.docket import BUREAU, FINE, OFFICERS, REVOCATION, Docket
from tests.services import Service

TODAY = china_date(NOW)


async def findings(service: Service, institution: str) -> dict[str, Ask]:
    """The asks of offences, violations' extension, cases, complaints and accountability."""
    docket = Docket(service.sessions, UUID(institution), NOW)
    await docket.officers()
    return {
        **await _offences(service),
        **await _violations(service, docket),
        **await _cases(docket),
        **await _complaints(service, institution),
        **await _accountability(service, docket),
    }


async def _offences(service: Service) -> dict[str, Ask]:
    offence = {
        "code": "edge.case", "title": "x", "law": "《x》", "article": "第一条", "text": "x", "severity": "low",
        "days": 3,
        "penalties": [{"kind": "fine", "gravities": ["serious"], "basis": "x", "min_fen": 1, "max_fen": 100}],
        "source": "x", "valid_from": str(TODAY + timedelta(days=2)),
    }  # fmt: skip
    bureau = service("bureau")
    first, second, slip = [
        await made(bureau, "/v1/offences", json=offence | {"code": code}) for code in ("a.b", "c.d", "e.f")
    ]
    async with service.sessions() as session:
        seeded = await session.scalar(select(Offence.id).where(Offence.code == "advertising.any"))
    return {
        "enact_offence": Ask(body=offence),
        "list_offences": Ask(query={"code": "advertising.any", "on": str(TODAY)}, shows=str(seeded)),
        "get_offence": Ask({"offence_id": first}, shows=first),
        "withdraw_offence": Ask({"offence_id": slip}, body={"reason": "录入有误"}),
        "repeal_offence": Ask(
            {"offence_id": second}, body={"valid_to": str(TODAY + timedelta(days=9)), "reason": "修订"}
        ),
    }


async def _violations(service: Service, docket: Docket) -> dict[str, Ask]:
    ordered = await docket.violation()
    order = {"requirement": "整改", "due_on": str(TODAY + timedelta(days=3))}
    await made(service("bureau"), f"/v1/violations/{ordered}/rectification-order", json=order)
    later = {"due_on": str(TODAY + timedelta(days=9)), "reason": "装修"}
    return {"extend_rectification": Ask({"violation_id": str(ordered)}, body=later)}


async def _cases(docket: Docket) -> dict[str, Ask]:
    grave: dict[str, Any] = {"penalty": REVOCATION, "gravity": Gravity.SERIOUS}
    fined: dict[str, Any] = {"penalty": FINE, "gravity": Gravity.SERIOUS}
    told, served = ("inquire", "notify"), ("order", "inquire", "notify", "decide", "serve")

    async def of(*steps: str, **more: Any) -> dict[str, str]:
        return {"case_id": await docket.case(*steps, **more)}

    known = await of(*told)
    inquiry = {
        "officers": OFFICERS, "identity_shown": True, "record": "笔录", "gravity": "ordinary",
        "aggravations": [{"circumstance": "obstruction", "ground": "拒不开门"}],
    }  # fmt: skip
    spared = await of("inquire", offence="training.late_end", ago=3)
    await _put_right(docket, UUID(spared["case_id"]))
    notice = {"facts": "x", "reasons": "x", "basis": "x", "penalties": [{"kind": "warning"}], "rights_told": True}
    filing = {"grounds": "x", "acts_from": str(TODAY), "officers": OFFICERS, "party": "organisation"}
    return {
        "file_case": Ask({"violation_id": str(await docket.violation())}, body=filing),
        "list_cases": Ask(shows=known["case_id"]),
        "get_case": Ask(known, shows=known["case_id"]),
        "get_case_clock": Ask(known, shows=known["case_id"]),
        "assign_case_officers": Ask(await of(), body={"officers": OFFICERS, "recused": ["c"], "reason": "x"}),
        "record_case_inquiry": Ask(await of(), body=inquiry),
        "add_case_exhibits": Ask(await of(), body={"evidence": [str(await docket.evidence(new_id()))]}),
        "preserve_case_items": Ask(await of("inquire")),
        "settle_case_items": Ask(await of("inquire", "preserve")),
        "review_case": Ask(await of("inquire"), body={"agreed": True, "opinion": "同意"}),
        "extend_case": Ask(await of(), body={"until": str(TODAY + timedelta(days=100)), "reason": "复杂"}),
        "notify_party": Ask(await of("inquire"), body=notice),
        "take_statement": Ask(await of(*told), body={"text": "请从轻", "waives_hearing": False}),
        "ask_hearing": Ask(await of(*told, **grave)),
        "call_hearing": Ask(
            await of(*told, "ask", **grave), body={"on": str(TODAY + timedelta(days=40)), "chair": "chair"}
        ),
        "record_hearing": Ask(
            await of(*told, "ask", "call", ago=31, **grave), body={"attended": True, "record": "笔录"}
        ),
        "decide_case": Ask(
            await of("order", *told), body={"penalties": [{"kind": "warning"}], "grounds": "x", "answer": "已复核"}
        ),
        "decide_on_the_spot": Ask(await of("order"), body={"grounds": "x", "identity_shown": True}),
        "spare_case": Ask(spared, body={"grounds": "初次违法"}),
        "dismiss_case": Ask(await of("inquire"), body={"grounds": "事实不成立"}),
        "withdraw_case": Ask(await of(), body={"grounds": "误立"}),
        "serve_decision": Ask(await of("order", *told, "decide"), body={"method": "直接送达"}),
        "take_payment": Ask(await of(*served, **fined), body={"amount_fen": 1}),
        "enforce_decision": Ask(await of(*served, ago=40, **fined), body={"means": "申请法院强制执行"}),
        "close_case": Ask(await of(*served)),
    }


async def _put_right(docket: Docket, case_id: UUID) -> None:
    async with docket.sessions.begin() as session:
        case = await session.get(Case, case_id)
        assert case is not None
        one = case.violation_id
        await violations.order_rectification(session, one, due_on=None, requirement="x", caller=BUREAU, at=NOW)
        await rectify_violation(session, one, "x", caller=BUREAU, at=NOW)
        await verify_violation(session, one, holds=True, note="现场照片", caller=BUREAU, at=NOW)


async def _complaints(service: Service, institution: str) -> dict[str, Ask]:
    bureau, anybody = service("bureau"), service()
    said = {"subject": "fees", "text": "收费超过三个月", "institution_name": "晨光", "district": HERE}
    hotline = said | {"contact": {"name": "某", "phone": "1"}}

    async def entered(number: str, *, matched: bool = True) -> dict[str, str]:
        subject = {"1": "fees", "2": "refund", "3": "staff", "4": "premises"}.get(number, "other")
        body = hotline | {"hotline_no": f"edge-{number}", "subject": subject}
        one = {"complaint_id": await made(bureau, "/v1/complaints", json=body)}
        if matched:
            await made(bureau, f"/v1/complaints/{one['complaint_id']}/match", json={"institution_id": institution})
        return one

    known = await entered("1")
    receipt = (await anybody.post("/v1/public/complaints", json=said)).json()["receipt"]
    return {
        "complain": Ask(body=said | {"contact": {"phone": "1"}}),
        "get_receipt": Ask({"receipt": receipt}, shows=receipt),
        "enter_complaint": Ask(body=hotline | {"hotline_no": "edge-9"}),
        "list_complaints": Ask(shows=known["complaint_id"]),
        "get_complaint": Ask(known, shows=known["complaint_id"]),
        "list_complaint_candidates": Ask(known, shows=institution),
        "match_complaint": Ask(await entered("5", matched=False), body={"institution_id": institution}),
        "send_team": Ask(await entered("2"), body={"note": "看收费"}),
        "answer_complaint": Ask(await entered("3"), body={"outcome": "substantiated", "answer": "已责令退费"}),
        "read_complaint_contact": Ask(await entered("4"), body={"purpose": "回访"}),
    }


async def _accountability(service: Service, docket: Docket) -> dict[str, Ask]:
    owed = str(await docket.violation(ago=500))
    async with service.sessions.begin() as session:
        await escalate_overdue(session, at=NOW)
        told = await session.scalar(select(Escalation.id).where(Escalation.subject_id == UUID(owed)).limit(1))
    norm = {"name": "review", "value": 4, "source": "区局通知", "valid_from": str(TODAY + timedelta(days=9))}
    scheduled = await made(service("bureau"), "/v1/norms", json=norm | {"name": "retry"})
    return {
        "enact_norm": Ask(body=norm),
        "withdraw_norm": Ask({"norm_id": scheduled}, body={"reason": "录入有误"}),
        "list_norms": Ask(query={"name": "review"}),
        "list_duties": Ask(query={"step": "order", "overdue": "true"}, shows=owed),
        "list_escalations": Ask(query={"step": "order"}, shows=str(told)),
        "list_team_performance": Ask(query={"first_day": "2026-01-01", "last_day": "2026-12-31"}, shows="team-01"),
    }
