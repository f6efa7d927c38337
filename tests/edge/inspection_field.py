"""Examples for the operations of people in the field: evidence."""

import hashlib
from typing import Any
from uuid import UUID

from sqlalchemy import update

from services.inspection.findings.evidence.domain import Evidence
from services.inspection.findings.evidence.keeper import keep_received
from shared.data.database import new_id
from tests.edge.asks import HERE, NOW, Ask, made
from tests.inspection.docket import Docket
from tests.inspection.hostile_files import picture
from tests.inspection.phones import Phone
from tests.services import Service

PHOTO = picture()


async def field_work(service: Service, visit: str, violation: str, institution: str) -> dict[str, Ask]:
    return (
        await _evidence(service, visit, violation, institution)
        | await _checklists(service)
        | await _sync(service, institution)
        | await _exhibits(service, institution)
    )


async def _exhibits(service: Service, institution: str) -> dict[str, Ask]:
    docket = Docket(service.sessions, UUID(institution), NOW)
    case = {"case_id": await docket.case()}
    return {"list_exhibits": Ask(case), "export_bundle": Ask(case)}


async def _checklists(service: Service) -> dict[str, Ask]:
    bureau = service("bureau")
    questions = [
        {"key": "ad", "text": "有无广告", "kind": "yes_no"},
        {
            "key": "hall",
            "text": "场地",
            "kind": "choice",
            "choices": ["商铺", "居民楼"],
            "only_if": {"question": "ad", "answer": {"test": "equals", "yes": True}},
            "breaches": [
                {
                    "when": {"test": "one_of", "choices": ["居民楼"]},
                    "offence": "premises.fire",
                    "description": "场地不符",
                }
            ],
        },
        {"key": "months", "text": "预收", "kind": "number", "unit": "月"},
    ]
    checklist = {"title": "检查表", "source": "test", "valid_from": "2099-01-01", "questions": questions}
    one, slip = [await made(bureau, "/v1/checklists", json=checklist | {"code": code}) for code in ("one", "slip")]
    return {
        "enact_checklist": Ask(body=checklist | {"code": "two"}),
        "list_checklists": Ask(query={"code": "one", "on": "2099-01-01"}, shows=one),
        "get_checklist": Ask({"checklist_id": one}, shows=one),
        "retire_checklist": Ask({"checklist_id": one}, body={"valid_to": "2099-12-31", "reason": "不用"}),
        "withdraw_checklist": Ask({"checklist_id": slip}, body={"reason": "录入有误"}),
    }


async def _evidence(service: Service, visit: str, violation: str, institution: str) -> dict[str, Ask]:
    """One to announce, one to send, one that is kept; the operator has his own, about what he must put right, and who
    sends has announced it."""
    inspector = service("inspector", district=HERE, team="team-01")
    operator = service("operator", institution=institution)
    numbers = iter(range(1, 100))

    def capture(kind: str, subject: str) -> dict[str, Any]:
        return {
            "id": f"019a4c1e-00{next(numbers):02}-7002-8a2b-5d0c6e7f0002",
            "subject_kind": kind,
            "subject_id": subject,
            "media_type": "image/jpeg",
            "size": len(PHOTO),
            "sha256": hashlib.sha256(PHOTO).hexdigest(),
            "captured_at": "2026-03-02T09:00:00+08:00",
            "position": {"lon": 113.3, "lat": 40.08, "accuracy_m": 5},
        }

    sending, kept = [await made(inspector, "/v1/evidence", json=capture("visit", visit)) for _ in range(2)]
    his, his_kept = [await made(operator, "/v1/evidence", json=capture("violation", violation)) for _ in range(2)]
    officials = {"bureau": service("bureau"), "district_officer": service("district_officer", district=HERE)}
    theirs = {
        role: await made(person, "/v1/evidence", json=capture("visit", visit)) for role, person in officials.items()
    }
    for person, one in ((inspector, kept), (operator, his_kept)):
        sent = await person.patch(f"/v1/evidence/{one}/content", content=PHOTO, headers={"upload-offset": "0"})
        assert sent.is_success, sent.text
    await keep_received(service.sessions, service.app.state.evidence, service.app.state.seal)
    stalled = [await made(inspector, "/v1/evidence", json=capture("visit", visit)) for _ in range(2)]
    async with service.sessions.begin() as session:
        await session.execute(
            update(Evidence)
            .where(Evidence.id.in_(map(UUID, stalled)))
            .values(state="received", received_bytes=Evidence.size, received_at=NOW, stalled_at=NOW)
        )
    headers = {"upload-offset": "0", "content-type": "application/octet-stream"}
    return {
        "announce_evidence": Ask(
            body=capture("visit", visit), instead={"operator": {"body": capture("violation", violation)}}
        ),
        "list_evidence": Ask(shows=kept, instead={"operator": {"shows": his_kept}}),
        "get_evidence": Ask(
            {"evidence_id": kept}, shows=kept, instead={"operator": {"ids": {"evidence_id": his}, "shows": his}}
        ),
        "send_part": Ask(
            {"evidence_id": sending},
            content=PHOTO[:10],
            headers=headers,
            instead={role: {"ids": {"evidence_id": one}} for role, one in ({"operator": his} | theirs).items()},
        ),
        "retry_evidence": Ask({"evidence_id": stalled[0]}, body={"reason": "磁盘已清理"}),
        "refuse_evidence": Ask({"evidence_id": stalled[1]}, body={"reason": "无法打开"}),
        "get_clean_copy": Ask({"evidence_id": kept}, instead={"operator": {"ids": {"evidence_id": his_kept}}}),
        "get_evidence_key": Ask(),
    }


async def _sync(service: Service, institution: str) -> dict[str, Ask]:
    """A phone of the inspector, and what it did: something to decide, and something decided."""
    inspector = service("inspector", district=HERE, team="team-01")
    phone = Phone(inspector)
    await phone.enrol()
    lost = {"id": "019a4c1e-0000-7003-8a2b-5d0c6e7f0003"}
    held, other = [
        phone.operation("plan_visit", str(new_id()), institution_id=institution, after=[lost]) for _ in range(2)
    ]
    assert await phone.push(held, other) == ["held", "held"]
    (illegible,) = (await phone.post([held | {"id": str(new_id()), "kind": "dance"}])).json()["verdicts"]
    batch = {
        "device_id": phone.id,
        "sent_at": phone.now().isoformat(),
        "operations": [phone.operation("plan_visit", str(new_id()), institution_id=institution)],
    }
    return {
        "pull_changes": Ask(query={"device": phone.id}),
        "push_operations": Ask(body=batch),
        "list_operations": Ask(query={"verdict": "held", "unresolved": "true"}, shows=held["id"]),
        "list_unreadable_operations": Ask(shows=illegible["operation_id"]),
        "resolve_operation": Ask({"operation_id": other["id"]}, body={"choice": "server", "reason": "前序丢失"}),
    }
