"""What the street teams do over a played city: phones, closed doors, discoveries, a draw, a second look.

Everything is made up, and every step goes the official way.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import orjson

from deploy.demo.phone import Phone, synthetic_photo
from deploy.demo.pingcheng import STREETS
from deploy.demo.player import Client, Json, Player, PlayFailed
from deploy.verify.draw import differences

STREET: Final = "140213050"
RECHECKED: Final = "140213051"
"""A street that the first campaign walked."""
CERTIFIED_UNTIL: Final = timedelta(days=700)
WEEKDAYS: Final = [1, 2, 3, 4, 5]
GOOD: Final[Mapping[str, object]] = {
    "permit_shown": True, "beyond_scope": False, "disguised": False, "forbidden_day": False, "late_end": False,
    "homework": False, "serving_teacher": False, "contract": True, "account": True, "prepaid_months": 3,
    "advertising": False, "fire": True, "remarks": "（演示）",
}  # fmt: skip
"""Answers to the routine checklist with which nothing is wrong."""
PATIENCE = 60.0


@dataclass(frozen=True)
class Walked:
    """What a day in the street left behind."""

    campaign_id: str
    visit_id: str
    evidence_id: str


class Street:
    """The teams with their phones, and the officers who plan for them."""

    def __init__(self, one: Player, district: str, folder: Path, tell: Callable[[str, int, int], None]) -> None:
        self._one, self._district, self._folder, self._tell = one, district, folder, tell
        self._bureau = one.bureau
        self._teams: dict[str, Json] = {}

    async def everything(self, *, on: date) -> Walked:
        """A team gets its people, walks with a phone, and is looked at again; then chance decides who is visited."""
        await self.name_members(on=on)
        await self.keep_rota(on=on)
        walked = await self.walk(on=on)
        await self.recheck(on=on)
        await self.draw()
        return walked

    def team(self, grid: str) -> Json:
        """The team that walks a grid."""
        return self._teams[grid]

    def inspector(self, grid: str, *, second: bool = False) -> Client:
        """The leader of the team there, or the colleague."""
        team = self.team(grid)
        return self._one.person(
            "inspector", subject=team["members"][int(second)]["subject"], team=team["code"], district=self._district
        )

    async def name_members(self, *, on: date) -> None:
        """A leader and a colleague with certificates, and a helper without one, for every team."""
        teams = [team async for team in self._bureau.pages("inspection", "/v1/teams")]
        for number, team in enumerate(teams, 1):
            members = [
                {
                    "subject": f"inspector-{team['code']}{suffix}", "name": f"（演示）{name}",
                    "certificate_no": f"演示-{number:02d}-{place}", "certificate_expires_on": f"{on + CERTIFIED_UNTIL}",
                }
                for place, (suffix, name) in enumerate((("", "组长"), ("-b", "检查员")), 1)
            ]  # fmt: skip
            members.append({"subject": f"inspector-{team['code']}-c", "name": "（演示）协管员"})
            street = team["grids"][0]
            named = {"name": f"（演示）{STREETS[street]}检查组", "street": street}
            changes = named | {"members": members, "leader": members[0]["subject"]}
            path = f"/v1/teams/{team['id']}"
            changed = await self._bureau.patch("inspection", path, changes, version=team["version"])
            self._teams[street] = changed.json()
            self._tell("teams with members", number, len(teams))

    async def keep_rota(self, *, on: date) -> None:
        """One team's month: two on duty on weekdays, one of them away for two days."""
        team, leader = self.team(STREET), self.inspector(STREET)
        path, month = f"/v1/teams/{team['id']}", {"first_day": f"{on}", "last_day": f"{on + timedelta(days=30)}"}
        for member in team["members"][:2]:
            duty = month | {"subject": member["subject"], "weekdays": WEEKDAYS}
            await leader.post("inspection", f"{path}/duties", duty)
        away = {"first_day": f"{on + timedelta(days=9)}", "last_day": f"{on + timedelta(days=10)}"}
        absence = away | {"subject": team["members"][1]["subject"], "reason": "（演示）培训"}
        await self.inspector(STREET, second=True).post("inspection", f"{path}/absences", absence)
        self._tell("rota entries", 3, 3)

    async def walk(self, *, on: date) -> Walked:
        """A campaign that goes on, and a morning of it without a line."""
        days = {"starts_on": f"{on}", "ends_on": f"{on + timedelta(days=30)}"}
        plan = {"name": "（演示）秋季拉网排查", "purpose": "全覆盖，无盲区", "scope": {"grids": [STREET]}} | days
        campaign = (await self._bureau.post("inspection", "/v1/campaigns", plan)).json()["id"]
        await self._bureau.post("inspection", f"/v1/campaigns/{campaign}/launch", {})
        phone = Phone(self.inspector(STREET))
        colleague = Phone(self.inspector(STREET, second=True), clock_off=timedelta(hours=-3))
        for each in (phone, colleague):
            await each.enrol()
            await each.pull()
        doors = iter(sorted(phone.known["assignments"].values(), key=lambda one: str(one["institution_id"])))
        checked, photo, evidence = await self._inspect(phone, campaign, next(doors))
        phone.visits("closed_door", plan=_at(campaign, next(doors)), note="（演示）无人应答")
        found = {"name": "（演示）无名辅导班", "address": "（演示）永泰街道背街12号", "kind": "subject"}
        phone.visits("newly_found", plan={"campaign_id": campaign, "grid": STREET}, discovery=found)
        await self._expect(await phone.push(), {"applied"})
        await phone.upload(evidence, photo)
        await self._meet(phone, colleague, campaign, next(doors))
        self._tell("phones synced", 2, 2)
        day = await self.inspector(STREET).get("inspection", f"/v1/campaigns/{campaign}/worklist", limit=200)
        tried = sum(stop["retry"] is not None for stop in day["stops"])
        self._tell("closed door with its next try", tried, 1)
        await self._kept(evidence)
        await self._in_the_ledger(campaign)
        return Walked(campaign, checked, evidence)

    async def _inspect(self, phone: Phone, campaign: str, door: Json) -> tuple[str, bytes, str]:
        """With the routine checklist: two answers are violations. The photo is signed and waits for a line."""
        listed = await self._bureau.get("inspection", "/v1/checklists", code="routine")
        visit = phone.visits(
            "inspected",
            plan=_at(campaign, door),
            started={"checklist_id": listed["items"][-1]["id"], "inspectors": [f"{self._subject(second=True)}"]},
            score=70,
            answers=dict(GOOD) | {"late_end": True, "prepaid_months": 6},
        )
        photo = synthetic_photo("late end, 20:50")
        target = phone.known["institutions"].get(door["institution_id"], {})
        position = {"lon": target.get("lon") or 113.3, "lat": target.get("lat") or 40.08}
        return visit, photo, phone.records(photo, visit, position)

    def _subject(self, *, second: bool) -> str:
        return str(self.team(STREET)["members"][int(second)]["subject"])

    async def _meet(self, phone: Phone, colleague: Phone, campaign: str, door: Json) -> None:
        """Two phones at one door that say different things: both versions stay, and wait for an officer."""
        planned = (await self._bureau.post("inspection", "/v1/visits", _at(campaign, door))).json()["id"]
        for each, outcome, verdict in ((phone, "moved", "applied"), (colleague, "refused", "hard_conflict")):
            begun = each.does("start_visit", planned, base=1)
            each.does("submit_visit", planned, base=2, after=[begun], outcome=outcome, note="（演示）")
            await self._expect(await each.push(), {verdict})
        self._tell("conflict for an officer", 1, 1)

    async def _expect(self, verdicts: list[Json], wanted: set[str]) -> None:
        told = {one["verdict"] for one in verdicts}
        if told != wanted:
            raise PlayFailed(f"phones were told {sorted(told)}, not {sorted(wanted)}")

    async def _kept(self, evidence: str) -> None:
        await self.reach("evidence kept", lambda: kept(self._bureau, evidence), 1)

    async def _in_the_ledger(self, campaign: str) -> None:
        async def entered() -> int:
            found = await self._bureau.get("inspection", "/v1/discoveries", campaign=campaign)
            return sum(one["institution_id"] is not None for one in found["items"])

        await self.reach("discovery in the ledger", entered, 1)

    async def recheck(self, *, on: date) -> None:
        """A second look at a fifth of a team's visits of today; one of them finds what the first one missed."""
        wanted = {"team": self.team(RECHECKED)["code"], "first_day": f"{on}", "last_day": f"{on}", "share_bp": 2000}
        drawn = (await self._bureau.post("inspection", "/v1/rechecks", wanted)).json()
        found = [one async for one in self._bureau.pages("inspection", "/v1/rechecks", round=drawn["id"])]
        missed = [{"severity": "low", "description": "（演示）收费公示不完整，首次检查未发现"}]
        for number, recheck in enumerate(found, 1):
            result = {"outcome": recheck["outcome_before"], "note": "（演示）复查"}
            result |= {"missed_violations": missed} if number == 1 else {}
            await self._bureau.post("inspection", f"/v1/rechecks/{recheck['id']}/result", result)
            self._tell("re-checks", number, len(found))

    async def draw(self) -> None:
        """At least five in a hundred, by pairs that chance chooses; the proof is drawn again from its own words."""
        wish = {"name": "（演示）双随机抽查", "scope": {"districts": [self._district]}, "share_bp": 500}
        committed = (await self._bureau.post("inspection", "/v1/draws", wish)).json()
        await self._bureau.post("inspection", f"/v1/draws/{committed['id']}/reveal", {})
        proof = await self._bureau.get("inspection", f"/v1/public/draws/{committed['id']}/proof")
        wrong = list(differences(proof))
        if wrong or proof["commitment"] != committed["commitment"]:
            raise PlayFailed(f"the draw does not hold: {wrong}")
        (self._folder / "proof.json").write_bytes(orjson.dumps(proof, option=orjson.OPT_INDENT_2))
        self._tell("drawn by chance", len(proof["result"]), len(proof["result"]))

    async def reach(self, what: str, reached: Callable[[], Awaitable[int]], wanted: int) -> None:
        """Wait for it, and say what did not come."""
        if await self._one.wait_for(what, reached, wanted, seconds=PATIENCE) < wanted:
            raise PlayFailed(f"{what}: not {wanted:,} after {PATIENCE:.0f} s")


async def kept(reader: Client, evidence: str) -> int:
    """1 once the worker has verified and cleaned it."""
    return int((await reader.get("inspection", f"/v1/evidence/{evidence}"))["state"] == "kept")


def _at(campaign: str, door: Json) -> Json:
    return {"institution_id": door["institution_id"], "campaign_id": campaign}
