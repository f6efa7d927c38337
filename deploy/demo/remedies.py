"""What becomes of what was found: rectification, a complaint, a penalty case, and what nobody did in time.

Everything is made up, and every step goes the official way; only time is turned back once, in the database, because
nobody watches a demonstration for a week.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from deploy.demo.phone import announcement, send_in_parts, synthetic_photo
from deploy.demo.player import Client, Json, Player
from deploy.demo.street import STREET, Street, Walked, kept
from shared.domain.clock import utc_now

LATE: Final = 8
"""Days: late enough for every level of escalation."""
CASE_STREET: Final = "140213057"


class Remedies:
    """The bureau, its legal section, an operator, and the inspectors of a street."""

    def __init__(
        self, one: Player, street: Street, district: str, database: str, tell: Callable[[str, int, int], None]
    ) -> None:
        self._one, self._street, self._district = one, street, district
        self._database, self._tell = database, tell
        self._bureau = one.bureau

    async def everything(self, walked: Walked, *, on: date) -> None:
        """Of what the phone found one is put right and one forgotten; somebody complains, and somebody is punished."""
        late, other = await self._found_by(walked.visit_id)
        await self.forget(late)
        await self.put_right(other)
        await self.answer_complaints(walked)
        await self.punish(on=on)
        await self.see_escalations(late)

    async def _found_by(self, visit: str) -> tuple[str, str]:
        listed = await self._bureau.get("inspection", "/v1/violations", visit=visit)
        first, second = (one["id"] for one in listed["items"])
        return first, second

    async def put_right(self, violation: str) -> None:
        """Ordered, given more time, put right, and looked at again."""
        path = f"/v1/violations/{violation}"
        ordered = await self._order(violation)
        later = date.fromisoformat(ordered["due_on"]) + timedelta(days=7)
        await self._bureau.post("inspection", f"{path}/extension", {"due_on": f"{later}", "reason": "（演示）经申请"})
        operator = self._operator(ordered["institution_id"])
        photo = await self._photograph(operator, violation, "refunds")
        done = {"statement": "（演示）已退费并改为按月收取", "evidence": [photo]}
        await operator.post("inspection", f"{path}/rectification", done)
        await self._visit_for(violation, self._street.inspector(STREET), passed=True)
        closed = await self._bureau.get("inspection", path)
        self._tell("violation verified by a re-visit", int(closed["state"] == "closed"), 1)

    async def _order(self, violation: str) -> Json:
        order = {"requirement": "（演示）限期改正"}
        path = f"/v1/violations/{violation}/rectification-order"
        return (await self._bureau.post("inspection", path, order)).json()

    async def _visit_for(self, reference: str, inspector: Client, *, passed: bool | None) -> None:
        """Make the visit that was asked for."""
        planned = inspector.pages("inspection", "/v1/visits", state="planned")
        [visit] = [one["id"] async for one in planned if one["reference_id"] == reference]
        await inspector.post("inspection", f"/v1/visits/{visit}/start", {})
        said = {"outcome": "inspected", "note": "（演示）"} | ({} if passed is None else {"passed": passed})
        await inspector.post("inspection", f"/v1/visits/{visit}/submission", said)

    async def forget(self, violation: str) -> None:
        """An order that nobody follows: its day is turned back, as if a week had passed."""
        await self._order(violation)
        connection = await asyncpg.connect(self._database)
        try:
            await connection.execute(
                "UPDATE violation SET due_on = (now() AT TIME ZONE 'Asia/Shanghai')::date - $2::integer WHERE id = $1",
                UUID(violation),
                LATE,
            )
        finally:
            await connection.close()

    async def see_escalations(self, violation: str) -> None:
        """The worker tells street, district, department and bureau by itself."""

        async def told() -> int:
            found = self._bureau.pages("inspection", "/v1/escalations", step="rectification")
            return len([one async for one in found if one["subject_id"] == violation])

        await self._street.reach("escalations of an overdue duty", told, 4)

    async def answer_complaints(self, walked: Walked) -> None:
        """One from the public and one from the hotline about the same: one visit, two answers."""
        listed = self._bureau.pages("inspection", f"/v1/campaigns/{walked.campaign_id}/targets")
        entry = [one async for one in listed][-1]
        words = {"subject": "forbidden_time", "text": "（演示）周末上课", "institution_name": entry["name"]}
        words["district"] = self._district
        public = (await self._bureau.post("inspection", "/v1/public/complaints", words)).json()
        hotline = words | {
            "hotline_no": f"演示-{uuid4().hex[:8]}",
            "contact": {"name": "（演示）", "phone": "00000000000"},
        }
        await self._bureau.post("inspection", "/v1/complaints", hotline)
        listed = self._bureau.pages("inspection", "/v1/complaints", state="received")
        received = [one async for one in listed if one["institution_name"] == entry["name"]]
        for complaint in received:
            path = f"/v1/complaints/{complaint['id']}"
            likely = (await self._bureau.get("inspection", f"{path}/candidates"))["items"][0]
            matched = {"institution_id": likely["institution_id"]}
            await self._bureau.post("inspection", f"{path}/match", matched)
        lead = received[0]["id"]
        path = f"/v1/complaints/{lead}"
        await self._bureau.post("inspection", f"{path}/visit", {"note": "（演示）查看周末是否上课"})
        await self._visit_for(lead, self._street.inspector(STREET), passed=None)
        answer = {"outcome": "unsubstantiated", "answer": "（演示）现场检查未发现周末上课。"}
        await self._bureau.post("inspection", f"{path}/answer", answer)
        told = await self._bureau.get("inspection", f"/v1/public/complaints/{public['receipt']}")
        self._tell("complaints answered", 2 if told["state"] == "answered" else 0, 2)

    async def punish(self, *, on: date) -> None:
        """From the filing to a served decision; the registry follows what it proposes."""
        permitted = (await self._bureau.get("registry", "/v1/permits", status="in_force", limit=1))["items"][0]
        party = permitted["institution_id"]
        target = await self._bureau.get("registry", f"/v1/institutions/{party}")
        officers = [one["subject"] for one in self._street.team(CASE_STREET)["members"][:2]]
        violation = await self._report(party, target["name"])
        await self._order(violation)
        case = await self._file(violation, officers, on=on)
        path = f"/v1/cases/{case}"
        evidence = await self._photograph(self._bureau, violation, "receipt, 12 months")
        inquiry = {
            "officers": officers, "identity_shown": True, "record": "（演示）询问笔录", "evidence": [evidence],
        }  # fmt: skip
        await self._bureau.post("inspection", f"{path}/inquiries", inquiry)
        jurist = self._one.person("bureau", subject="jurist-demo")
        await jurist.post("inspection", f"{path}/legal-review", {"agreed": True, "opinion": "（演示）同意"})
        penalties = [{"kind": "suspension", "until": f"{on + timedelta(days=30)}"}]
        notice = {
            "facts": "（演示）一次性收取12个月费用", "reasons": "（演示）情节严重",
            "basis": "校外培训行政处罚暂行办法第二十二条", "penalties": penalties, "rights_told": True,
            "hearing_told": True, "public_notice": True,
        }  # fmt: skip
        await self._bureau.post("inspection", f"{path}/penalty-notice", notice)
        statement = {"text": "（演示）承认事实，请求从轻", "waives_hearing": True}
        await self._operator(party).post("inspection", f"{path}/statement", statement)
        decision = {
            "penalties": penalties, "grounds": "（演示）事实清楚，证据确凿", "answer": "（演示）已考虑当事人陈述",
            "collective": True, "notice": True,
        }  # fmt: skip
        await self._bureau.post("inspection", f"{path}/decision", decision)
        await self._bureau.post("inspection", f"{path}/service", {"method": "（演示）直接送达"})
        await self._follow(case)

    async def _report(self, party: str, name: str) -> str:
        found = {
            "offence": "prepayment.limit", "institution_id": party,
            "description": f"（演示）{name}一次性收取12个月费用",
        }  # fmt: skip
        return str((await self._bureau.post("inspection", "/v1/violations", found)).json()["id"])

    async def _file(self, violation: str, officers: list[str], *, on: date) -> str:
        filing = {
            "grounds": "（演示）群众举报属实", "acts_from": f"{on - timedelta(days=40)}", "officers": officers,
            "gravity": "serious", "illegal_income_fen": 1_200_000,
        }  # fmt: skip
        filed = await self._bureau.post("inspection", f"/v1/violations/{violation}/case", filing)
        return str(filed.json()["id"])

    async def _photograph(self, by: Client, violation: str, words: str) -> str:
        """A photo of papers about a violation, kept before it proves anything."""
        photo = synthetic_photo(words)
        said = announcement(photo, "violation", violation, at=utc_now())
        evidence = str(said["id"])
        await by.post("inspection", "/v1/evidence", said)
        await send_in_parts(by, evidence, photo)
        await self._street.reach(f"photo kept: {words}", lambda: kept(by, evidence), 1)
        return evidence

    async def _follow(self, case: str) -> None:
        """The notice and the suspension, each accepted; the case learns of both."""

        async def proposed() -> list[str]:
            found = self._bureau.pages("registry", "/v1/proposals", state="received")
            return [one["id"] async for one in found if one["case_id"] == case]

        async def arrived() -> int:
            return len(await proposed())

        await self._street.reach("proposals to the registry", arrived, 2)
        for proposal in await proposed():
            await self._bureau.post("registry", f"/v1/proposals/{proposal}/acceptance", {})

        async def answered() -> int:
            answers = (await self._bureau.get("inspection", f"/v1/cases/{case}"))["answers"]
            return sum(one["accepted"] for one in answers)

        await self._street.reach("proposals accepted", answered, 2)

    def _operator(self, institution: str) -> Client:
        return self._one.person("operator", subject=f"operator-{institution}", institution=institution)
