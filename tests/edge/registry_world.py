"""The registry's world: one institution whose operator is in scope, others to be transformed, merged and unlicensed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx

from services.registry.ledger.observations.domain import OpenViolation
from services.registry.licensing.permits.domain import Paper, Scope, Validity
from services.registry.licensing.permits.usecases import record_papers
from services.registry.subscriptions import INBOX
from services.registry.supervision.stop_orders.domain import Result
from services.registry.supervision.stop_orders.usecases import conclude_visit
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.events.inspection.cases import CaseDecided, CaseProposal
from shared.events.inspection.violations import ViolationReported
from tests.edge.asks import HERE, NOW, STREET, Ask, World, imports, made
from tests.metrics.deliveries import deliver
from tests.services import Service

USCC = "91350100M000100Y43"
TODAY = china_date(NOW)
YEAR = 2090
"""A year whose calendar nobody published but this world, and long after any day the tests run on."""
FAR = f"{YEAR}-12-01"
Asks = dict[str, Ask]


@dataclass(frozen=True)
class Scene:
    """The world while it is made: the institution everybody in scope sees, and the bureau and operator at work."""

    service: Service
    institution: str

    @property
    def bureau(self) -> httpx.AsyncClient:
        return self.service("bureau")

    @property
    def operator(self) -> httpx.AsyncClient:
        return self.service("operator", institution=self.institution)

    @property
    def one(self) -> dict[str, str]:
        """The institution as a parameter of a path."""
        return {"institution_id": self.institution}

    async def enter(self, name: str) -> str:
        """Another institution of the same street."""
        return await made(self.bureau, "/v1/institutions", json=_entry(name))


async def registry(service: Service) -> World:
    everything = _entry("晨光") | {"external_ref": "in scope", "uscc": USCC}
    institution = await made(service("bureau"), "/v1/institutions", json=everything)
    scene = Scene(service, institution)
    notices = await _notices(scene)
    asks = (
        await _ledger(scene)
        | await _procedures_and_applications(scene)
        | await _permits(scene)
        | await _transformations(scene)
        | await _calendar(scene)
        | await _rules(scene)
        | notices
        | await _stop_orders(scene)
        | await _commitments(scene)
        | await _advertisements(scene)
        | await _responsibilities(scene)
        | await _quality(scene)
        | await _proposals(scene)
        | {
            "list_licensed_institutions": Ask(query={"q": "晨光"}, shows=institution),
            "get_standing": Ask({"uscc": USCC}, shows=USCC),
            "list_published_notices": Ask(shows=notices["get_notice"].shows),
        }
    )
    return World(service, asks, institution=institution)


def _entry(name: str) -> dict[str, Any]:
    return {"name": name, "kind": "subject", "address": "1 号", "district": HERE, "street": STREET}


async def _ledger(scene: Scene) -> Asks:
    ledger = {"file": ("ledger.csv", b"name,kind,address,external_ref\n\xe6\x99\xa8,subject,1,a\n")}
    started = await made(scene.service("district_officer", district=HERE), "/v1/imports", files=ledger)
    queued = await made(scene.service("district_officer", district=HERE), "/v1/imports", files=ledger)
    corrected = {"institution_id": await scene.enter("更正")}
    complete = {"capacity": 20, "lon": 113.3, "lat": 40.1, "stages": ["primary"]}
    return {
        "register_institution": Ask(body=_entry("新") | complete),
        "list_institutions": Ask(shows=scene.institution),
        "get_institution": Ask(scene.one, shows=scene.institution),
        "change_institution": Ask(corrected, body={"name": "晨光二", "reason": "typo"}),
        "get_institution_history": Ask(scene.one),
        "get_institution_file": Ask(scene.one, shows=scene.institution),
        "print_institution_file": Ask(scene.one, shows=scene.institution),
        "export_ledger": Ask(shows=scene.institution),
    } | imports(started, queued, ledger)


async def _proposals(scene: Scene) -> Asks:
    """As inspection's decisions would have left them here."""
    ids = []
    for _ in range(3):
        decided = CaseDecided(
            case_id=new_id(),
            violation_id=new_id(),
            institution_id=UUID(scene.institution),
            offence="scope.disguised",
            grid=None,
            district=HERE,
            street=STREET,
            state="decided",
            at=NOW,
            penalties=["criticism"],
            fine_fen=0,
            on_the_spot=False,
            proposals=[CaseProposal(kind="notice", cause="变相培训", legal_basis="第十八条")],
        )
        async with scene.service.sessions.begin() as session:
            await INBOX.handle(session, [deliver(decided, key=decided.case_id)])
        listed = await scene.bureau.get("/v1/proposals", params={"limit": 200})
        ids.append(listed.json()["items"][-1]["id"])
    known, followed, refused = ids
    return {
        "list_proposals": Ask(shows=known),
        "get_proposal": Ask({"proposal_id": known}, shows=known),
        "accept_proposal": Ask({"proposal_id": followed}, body={"title": "通报", "body": "现予通报。"}),
        "dismiss_proposal": Ask({"proposal_id": refused}, body={"grounds": "已另案处理"}),
    }


async def _procedures_and_applications(scene: Scene) -> Asks:
    """The bureau decides what was submitted before the district got a procedure of its own."""
    procedure = {
        "matter": "new_permit",
        "valid_from": "2025-01-01",
        "documents": [{"code": "form", "name": "申请书"}],
        "days": {"submitted": 5},
        "overall_days": 20,
        "extension_days": 10,
        "source": "行政许可法",
    }
    wish = {
        "institution_id": scene.institution,
        "kind": "non_subject",
        "stages": ["primary"],
        "subjects": ["美术"],
        "documents": [{"code": "form", "name": "申请书", "sha256": "a" * 64, "reference": "A-1"}],
    }

    async def application(site: str, *steps: str) -> dict[str, str]:
        drafted = await made(scene.bureau, "/v1/permit-applications", json=wish | {"site": site})
        for step in steps:
            await made(scene.bureau, f"/v1/permit-applications/{drafted}/{step}")
        return {"application_id": drafted}

    enacted = await made(scene.bureau, "/v1/procedures", json=procedure)
    extended, decided = [await application(site, "submission", "acceptance") for site in ("2 号", "3 号")]
    await made(scene.bureau, "/v1/procedures", json=procedure | {"district": HERE, "deciding_office": "district"})
    extended_here, decided_here = [await application(site, "submission", "acceptance") for site in ("4 号", "5 号")]
    draft = await application("6 号")
    scheduled = await made(scene.bureau, "/v1/procedures", json=procedure | {"valid_from": FAR})
    decision = {"outcome": "granted", "valid_from": str(TODAY), "valid_to": FAR}
    return {
        "enact_procedure": Ask(
            body=procedure
            | {
                "matter": "closure",
                "kind": "subject",
                "district": HERE,
                "deciding_office": "bureau",
                "site_visit": False,
                "steps": [{"code": "refund", "name": "退费", "days": 30}],
                "permit": "cancelled",
            }
        ),
        "list_procedures": Ask(shows=enacted),
        "get_procedure": Ask({"procedure_id": enacted}, shows=enacted),
        "withdraw_procedure": Ask({"procedure_id": scheduled}, body={"reason": "录入有误"}),
        "draft_application": Ask(body=wish | {"site": "7 号"}),
        "list_applications": Ask(shows=draft["application_id"]),
        "get_application": Ask(draft, shows=draft["application_id"]),
        "change_application": Ask(draft, body=wish | {"site": "8 号"}),
        "submit_application": Ask(await application("9 号")),
        "return_application": Ask(
            await application("10 号", "submission"), body={"missing": ["form"], "note": "无公章", "acknowledged": True}
        ),
        "accept_application": Ask(await application("11 号", "submission")),
        "request_site_visit": Ask(await application("12 号", "submission", "acceptance")),
        "extend_application": Ask(
            extended, body={"reason": "案情复杂"}, instead={"district_officer": {"ids": extended_here}}
        ),
        "decide_application": Ask(decided, body=decision, instead={"district_officer": {"ids": decided_here}}),
        "withdraw_application": Ask(await application("13 号"), body={"reason": "另选地址"}),
    }


async def _permits(scene: Scene) -> Asks:
    """As a ledger would state them; those that are ended belong to an institution nobody else asks for."""
    spare = await scene.enter("余晖")
    seen = await _paper(scene, scene.institution, "seen")
    suspended, rested, revoked, renewed, cancelled = [
        {"permit_id": await _paper(scene, spare, number)} for number in ("1", "2", "3", "4", "5")
    ]
    rest = {"exception": "requested_by_holder", "cause": "自愿停业", "until": FAR}
    answer = await scene.bureau.post(f"/v1/permits/{rested['permit_id']}/suspension", json=rest)
    assert answer.is_success, answer.text
    notice = {"title": "通报", "body": "已吊销", "recipients": {"district": HERE}, "confirm_by": FAR}
    deceived = {"exception": "obtained_by_deception", "cause": "虚假材料", "notice": notice}
    return {
        "list_permits": Ask(query={"status": "in_force", "expiring_before": "2100-01-01"}, shows=seen),
        "get_permit": Ask({"permit_id": seen}, shows=seen),
        "suspend_permit": Ask(suspended, body=rest),
        "reinstate_permit": Ask(rested, body={"reason": "已整改"}),
        "revoke_permit": Ask(revoked, body=deceived),
        "renew_permit": Ask(renewed, body={"valid_to": f"{YEAR + 1}-12-01", "reason": "年检合格"}),
        "cancel_permit": Ask(cancelled, body={"ground": "requested_by_holder", "reason": "申请注销"}),
    }


async def _paper(scene: Scene, institution: str, number: str) -> str:
    scope = Scope("subject", ("primary",), ("语文",), "1 号", HERE, STREET)
    paper = Paper(UUID(institution), number, scope, Validity(date(2020, 1, 1), date.fromisoformat(FAR)))
    async with scene.service.sessions.begin() as session:
        await record_papers(session, [paper], at=NOW)
    found = await scene.bureau.get("/v1/permits", params={"institution": institution})
    return next(str(one["id"]) for one in found.json()["items"] if one["number"] == number)


async def _transformations(scene: Scene) -> Asks:
    steps = [{"code": "refund", "name": "退费", "days": 5}, {"code": "seal", "name": "交回公章", "days": 10}]
    procedure = {"matter": "to_non_profit", "valid_from": "2025-01-01", "steps": steps[:1], "overall_days": 20}
    await made(scene.bureau, "/v1/procedures", json=procedure | {"source": "双减意见"})

    async def started(institution: str) -> dict[str, str]:
        url = f"/v1/institutions/{institution}/transformations"
        begun = await made(scene.bureau, url, json={"target": "non_profit"})
        return {"institution_id": institution, "transformation_id": begun}

    seen, done, given_up = [
        await started(one) for one in (scene.institution, await scene.enter("转型"), await scene.enter("不转型"))
    ]
    url = "/v1/institutions/{institution_id}/transformations/{transformation_id}/steps/refund/completion"
    await made(scene.bureau, url.format(**done), json={})
    return {
        "list_transformations": Ask(shows=seen["transformation_id"]),
        "start_transformation": Ask(
            {"institution_id": await scene.enter("将转型")}, body={"target": "non_profit", "reason": "自愿"}
        ),
        "list_transformations_of": Ask(scene.one, shows=seen["transformation_id"]),
        "finish_step": Ask(seen | {"step": "refund"}, body={"done_on": str(TODAY), "note": "已退清"}),
        "complete_transformation": Ask(done),
        "abandon_transformation": Ask(given_up, body={"reason": "放弃"}),
    }


async def _calendar(scene: Scene) -> Asks:
    days = [{"on": f"{YEAR}-01-02", "kind": "public_holiday", "name": "元旦"}]
    await made(scene.bureau, "/v1/calendar/years", json={"year": YEAR, "source": "通知", "days": days})
    vacation = {
        "period": "summer_vacation",
        "name": "暑假",
        "district": HERE,
        "starts_on": f"{YEAR}-07-10",
        "ends_on": f"{YEAR}-08-31",
        "source": "校历",
    }
    term = {"term_id": await made(scene.bureau, "/v1/calendar/terms", json=vacation)}
    winter = vacation | {"period": "winter_vacation"}
    slip = {"term_id": await made(scene.bureau, "/v1/calendar/terms", json=winter)}
    return {
        "get_calendar": Ask(query={"from": "2026-01-01", "to": "2026-02-01", "district": HERE}),
        "publish_calendar_year": Ask(
            body={
                "year": YEAR + 1,
                "source": "通知",
                "days": [{"on": f"{YEAR + 1}-01-01", "kind": "public_holiday", "name": "元旦"}],
            }
        ),
        "correct_calendar_day": Ask(
            body={"on": f"{YEAR}-05-01", "kind": "public_holiday", "name": "劳动节", "source": "通知"}
        ),
        "set_school_term": Ask(body=vacation | {"starts_on": f"{YEAR + 1}-07-10", "ends_on": f"{YEAR + 1}-08-31"}),
        "list_school_terms": Ask(query={"period": "summer_vacation", "district": HERE}, shows=term["term_id"]),
        "get_school_term": Ask(term, shows=term["term_id"]),
        "withdraw_school_term": Ask(slip, body={"reason": "录入有误"}),
        "reset_school_term": Ask(term, body=vacation | {"name": "长暑假"}),
    }


async def _rules(scene: Scene) -> Asks:
    def content(code: str) -> dict[str, Any]:
        return {
            "code": code,
            "check": "online_lesson",
            "title_zh": "线上课时",
            "title_en": "Online lessons",
            "citation": "教监管厅函",
            "scope": {"kinds": ["subject"], "stages": ["primary"], "modes": ["online"], "districts": [HERE]},
            "parameters": {"max_minutes": 30, "min_gap_minutes": 10},
            "status": "to_be_confirmed",
            "effective_from": "2020-01-01",
            "effective_to": FAR,
        }

    seen, repealed = [
        {"rule_id": await made(scene.bureau, "/v1/rules", json=content(code))} for code in ("edge.seen", "edge.ended")
    ]
    to_come = content("edge.later") | {"effective_from": FAR, "effective_to": None}
    scheduled = {"rule_id": await made(scene.bureau, "/v1/rules", json=to_come)}
    lesson = {
        "starts_at": "2026-03-03T18:00:00+08:00",
        "ends_at": "2026-03-03T18:40:00+08:00",
        "mode": "online",
        "stage": "primary",
        "subject": "数学",
        "group": "一班",
    }
    plan = {
        "institution": {
            "kind": "subject", "mode": "both", "stages": ["primary"], "district": HERE, "profit": "non_profit"
        },
        "timetable": [lesson],
        "fees": [{"amount_fen": 100_000, "months": 3, "lessons": 60}],
        "advertisements": [{"medium": "leaflet", "place": "校门口"}],
        "homework": True,
        "area_m2": 120.5,
        "pupils": 40,
        "as_of": "2026-03-02",
    }  # fmt: skip
    return {
        "list_rules": Ask(query={"code": "edge.seen", "on": "2026-03-02"}, shows=seen["rule_id"]),
        "enact_rule": Ask(body=content("edge.new")),
        "get_rule": Ask(seen, shows=seen["rule_id"]),
        "repeal_rule": Ask(repealed, body={"effective_to": f"{YEAR}-01-01", "reason": "废止"}),
        "withdraw_rule": Ask(scheduled, body={"reason": "录入有误"}),
        "check_plan": Ask(body=plan, shows="advertising"),
    }


async def _notices(scene: Scene) -> Asks:
    """The notice is a street's: officers of the next one are not told."""
    content = {
        "title": "关于规范招生的通报",
        "body": "不得虚假宣传。",
        "legal_basis": "民办教育促进法",
        "recipients": {"district": HERE, "street": STREET, "kind": "subject"},
        "confirm_by": FAR,
        "subjects": [scene.institution],
    }
    notice, on_paper = [{"notice_id": await made(scene.bureau, "/v1/notices", json=content)} for _ in range(2)]
    return {
        "publish_notice": Ask(body=content),
        "list_notices": Ask(query={"institution": scene.institution}, shows=notice["notice_id"]),
        "get_notice": Ask(notice, shows=notice["notice_id"]),
        "confirm_notice": Ask(notice),
        "list_notice_receipts": Ask(notice, shows=scene.institution),
        "record_notice_confirmation": Ask(on_paper | scene.one, body={"means": "paper", "on": f"{TODAY}"}),
    }


async def _stop_orders(scene: Scene) -> Asks:
    """A whole district's order, on days of the world's own calendar."""
    content = {
        "title": "寒假停训令",
        "legal_basis": "双减意见",
        "first_day": f"{YEAR}-01-01",
        "last_day": f"{YEAR}-01-14",
        "kind": "subject",
        "mode": "offline",
        "district": HERE,
        "acknowledge_by": FAR,
    }
    seen, cancelled, answered, operating, confirmed, reissued = [
        {"stop_order_id": await made(scene.bureau, "/v1/stop-orders", json=content)} for _ in range(6)
    ]
    violation = await _found_operating(scene, operating["stop_order_id"])
    day = {"on": f"{YEAR}-01-08", "kind": "makeup_workday", "name": "调休上班", "source": "通知"}
    corrected = await scene.bureau.post("/v1/calendar/corrections", json=day)
    assert corrected.is_success, corrected.text
    return {
        "issue_stop_order": Ask(body=content),
        "list_stop_orders": Ask(query={"in_force_on": f"{YEAR}-01-05"}, shows=seen["stop_order_id"]),
        "get_stop_order": Ask(seen, shows=seen["stop_order_id"]),
        "list_stop_order_recipients": Ask(seen, shows=scene.institution),
        "acknowledge_stop_order": Ask(seen),
        "cancel_stop_order": Ask(cancelled, body={"cause": "日期有误"}),
        "reissue_stop_order": Ask(reissued, body={"cause": "日历更正", "acknowledge_by": FAR}),
        "confirm_stop_order": Ask(confirmed, body={"cause": "已另行通知"}),
        "list_stop_order_checks": Ask(operating | scene.one),
        "record_stop_order_acknowledgement": Ask(
            answered | scene.one, body={"means": "telephone", "on": f"{TODAY}", "note": "负责人接听"}
        ),
        "record_stop_order_rectification": Ask(operating | scene.one, body={"violation_id": violation}),
    }


async def _found_operating(scene: Scene, order: str) -> str:
    """A visit found the institution at work on a day of the order; the violation has been closed since."""
    visit, violation, institution = new_id(), new_id(), UUID(scene.institution)
    async with scene.service.sessions.begin() as session:
        await conclude_visit(
            session,
            stop_order_id=UUID(order),
            institution_id=institution,
            visit_id=visit,
            visited_on=date(YEAR, 1, 1),
            result=Result.OPERATING,
            at=NOW,
        )
        session.add(
            OpenViolation(
                violation_id=violation,
                institution_id=institution,
                severity="high",
                state="closed",
                visit_id=visit,
                found_on=date(YEAR, 1, 1),
                sequence=1,
            )
        )
    return str(violation)


async def _commitments(scene: Scene) -> Asks:
    """The institution signed the first text and broke it; the second is the one to sign."""

    async def published(**more: str) -> Mapping[str, str]:
        content = {"title": "规范办学承诺书", "body": "我承诺。", "valid_from": "2020-01-01"} | more
        answer = await scene.bureau.post("/v1/commitment-texts", json=content)
        found: dict[str, str] = answer.json()
        return found

    def signature(text: Mapping[str, str], **more: bool) -> dict[str, Any]:
        return {"text_id": text["id"], "sha256": text["sha256"], "signatory": "王某", **more}

    url = f"/v1/institutions/{scene.institution}/commitments"
    signed = await made(scene.operator, url, json=signature(await published()))
    text = await published(body="我再次承诺。")
    scheduled = await published(body="我三次承诺。", valid_from=FAR)
    violation = new_id()
    reported = ViolationReported(
        violation_id=violation, institution_id=UUID(scene.institution), visit_id=None, grid=None, district=HERE,
        street=STREET, severity="low", found_on=TODAY, state="open", description="虚假宣传", external_ref=None, at=NOW,
    )  # fmt: skip
    async with scene.service.sessions.begin() as session:
        await INBOX.handle(session, [deliver(reported, key=violation)])
    return {
        "list_commitment_texts": Ask(shows=text["id"]),
        "publish_commitment_text": Ask(body={"title": "新承诺书", "body": "我承诺。", "valid_from": FAR}),
        "withdraw_commitment_text": Ask({"text_id": scheduled["id"]}, body={"reason": "录入有误"}),
        "get_commitment_text": Ask({"text_id": text["id"]}, shows=text["id"]),
        "sign_commitment": Ask(
            scene.one, body=signature(text, on_paper=True), instead={"operator": {"body": signature(text)}}
        ),
        "list_commitments": Ask(scene.one, shows=signed),
        "record_commitment_breach": Ask(
            scene.one | {"commitment_id": signed}, body={"violation_id": str(violation), "note": "属实"}
        ),
        "count_commitments": Ask(query={"by": "street"}, shows=STREET),
    }


async def _advertisements(scene: Scene) -> Asks:
    find = {
        "source": "patrol",
        "medium": "leaflet",
        "place": "校门口",
        "text": "暑期提分",
        "photo_refs": ["b" * 64],
        "district": HERE,
        "street": STREET,
        "lon": 113.3,
        "lat": 40.1,
        "found_on": str(TODAY),
    }
    order = {"due_on": FAR, "requirement": "立即清除"}
    removal = {"removed_on": str(TODAY), "note": "已撕下"}

    async def found(*steps: tuple[str, Any], **more: str) -> dict[str, str]:
        advertisement = await made(scene.bureau, "/v1/advertisements", json=find | more)
        for step, body in steps:
            client = scene.operator if step == "removal" else scene.bureau
            await made(client, f"/v1/advertisements/{advertisement}/{step}", json=body)
        return {"advertisement_id": advertisement}

    ours = {"institution_id": scene.institution}
    seen = await found(**ours)
    return {
        "find_advertisement": Ask(body=find),
        "list_advertisements": Ask(query={"institution": scene.institution}, shows=seen["advertisement_id"]),
        "list_repeat_offenders": Ask(query={"since": "2020-01-01", "least": "2"}, shows=scene.institution),
        "get_advertisement": Ask(seen, shows=seen["advertisement_id"]),
        "identify_advertisement": Ask(await found(), body={"institution_id": scene.institution}),
        "order_advertisement_removal": Ask(await found(), body=order),
        "remove_advertisement": Ask(await found(("removal-order", order), **ours), body=removal),
        "verify_advertisement_removal": Ask(
            await found(("removal-order", order), ("removal", removal), **ours), body={"holds": True, "note": "已清除"}
        ),
    }


async def _responsibilities(scene: Scene) -> Asks:
    """Nobody is named for the industry department: that stays a gap."""
    spare = await scene.enter("无主")
    holder = {"officer": "officer-7", "officer_name": "李某", "phone": "0352-1"}
    for institution in (scene.institution, spare):
        url = f"/v1/institutions/{institution}/responsibilities/district_officer"
        answer = await scene.bureau.put(url, json=holder)
        assert answer.is_success, answer.text
    part = {"district": HERE, "street": STREET, "kind": "non_subject", "only_vacant": False}
    return {
        "assign_responsibility": Ask(scene.one | {"role": "street_officer"}, body=holder | {"reason": "分工"}),
        "vacate_responsibility": Ask({"institution_id": spare, "role": "district_officer"}, {"reason": "调离"}),
        "get_responsibilities": Ask(scene.one, shows=scene.institution),
        "get_responsibility_history": Ask(scene.one, shows="officer-7"),
        "assign_many_responsibilities": Ask(body=part | holder | {"role": "street_officer"}),
        "list_responsibility_gaps": Ask(query={"role": "industry_department"}, shows=scene.institution),
    }


async def _quality(scene: Scene) -> Asks:
    survivor, twice, doubtful = await scene.enter("同一"), await scene.enter("同一所"), await scene.enter("存疑")
    doubt = "no-coordinates"
    return {
        "count_findings": Ask(query={"street": STREET}),
        "list_findings": Ask(query={"doubt": doubt, "street": STREET}, shows=scene.institution),
        "dismiss_finding": Ask(body={"doubt": doubt, "institution_id": doubtful, "reason": "线上机构"}),
        "merge_institutions": Ask({"institution_id": survivor}, body={"duplicate_id": twice, "reason": "重复登记"}),
    }
