"""What the licensing section decides over a played city: every decision made up, every one by the official way."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

from deploy.demo.player import Client, Json, Player, PlayFailed

Item = TypeVar("Item")

SIDE_BY_SIDE = 8
REVOCATIONS = 3
VACATION_DAYS: Final = 35
"""The vacation begins on the day it is played, and its days are made up: a visit counts on a day of the order only."""
MEDIA: Final = ("leaflet", "poster", "billboard", "online", "vehicle")
SOURCES: Final = ("visit", "complaint", "patrol")
PATIENCE = 60.0


@dataclass
class Stop:
    """A stop order that was played to its end."""

    order_id: str
    recipients: int


class Licensing:
    """The licensing section with inspectors, operators and a district officer at hand."""

    def __init__(
        self, one: Player, district: str, streets: Sequence[str], tell: Callable[[str, int, int], None]
    ) -> None:
        self._one, self._district, self._streets, self._tell = one, district, streets, tell
        self._bureau = one.bureau
        self._inspector = self._of_team("demo")

    async def everything(self, *, on: date) -> None:
        """One after the other, as the campaign of a year would go."""
        ledger = [entry async for entry in self._bureau.pages("registry", "/v1/institutions")]
        await self.name_responsible(on=on)
        await self.sign_commitments(ledger, on=on)
        await self.clean_up_advertisements(ledger, 488, on=on)
        await self.grant_permit(next(one for one in ledger if may_apply(one)), on=on)
        await self.stop_for_vacation(on=on)
        await self.revoke(REVOCATIONS)
        await self.confirm_newest_notice()
        await self.transform(next(one for one in ledger if one["kind"] == "subject"))

    async def name_responsible(self, *, on: date) -> None:
        """The three responsibilities, in bulk: a district, its streets, the industry departments."""
        place = {"district": self._district}
        named = [
            place | {"role": "district_officer", "officer": "officer-district", "officer_name": "（演示）区责任人"},
            *(
                place | {"street": street, "role": "street_officer", "officer": f"officer-{street}",
                         "officer_name": "（演示）街道责任人"}
                for street in self._streets
            ),
            *(
                place | {"kind": kind, "role": "industry_department", "officer": f"officer-{department}",
                         "officer_name": "（演示）行业责任人", "department": department}
                for kind, department in (("subject", "education"), ("non_subject", "culture_tourism"))
            ),
        ]  # fmt: skip
        await self._each(
            "responsibilities", named, lambda body: self._bureau.post("registry", "/v1/responsibilities", body)
        )

    async def sign_commitments(self, ledger: Sequence[Json], *, on: date) -> None:
        """A text, and its signature by every institution, on paper."""
        text = (
            await self._bureau.post(
                "registry",
                "/v1/commitment-texts",
                {"title": "规范办学承诺书（演示）", "body": "（演示）本机构承诺规范办学。", "valid_from": f"{on}"},
            )
        ).json()
        signature = {"text_id": text["id"], "sha256": text["sha256"], "signatory": "（演示）负责人", "on_paper": True}

        async def sign(entry: Json) -> None:
            await self._bureau.post("registry", f"/v1/institutions/{entry['id']}/commitments", signature)

        await self._each("commitments", ledger, sign)

    async def clean_up_advertisements(self, ledger: Sequence[Json], number: int, *, on: date) -> None:
        """Found in many places, ordered away, said to be gone, and looked for again by somebody else."""

        async def clean_up(place: int) -> None:
            entry = ledger[place * 7 % len(ledger)]
            found = await self._inspector.post(
                "registry",
                "/v1/advertisements",
                {
                    "source": SOURCES[place % len(SOURCES)], "medium": MEDIA[place % len(MEDIA)],
                    "place": f"{entry['address']}（演示）", "institution_id": entry["id"] if place % 5 else None,
                    "district": self._district, "street": entry["street"],
                    "found_on": f"{on - timedelta(days=place % 300)}",
                },
            )  # fmt: skip
            path = f"/v1/advertisements/{found.json()['id']}"
            await self._bureau.post(
                "registry",
                f"{path}/removal-order",
                {"due_on": f"{on + timedelta(days=7)}", "requirement": "（演示）清除"},
            )
            await self._bureau.post("registry", f"{path}/removal", {"removed_on": f"{on}"})
            await self._inspector.post("registry", f"{path}/verification", {"holds": True})

        await self._each("advertisements", range(number), clean_up)

    async def grant_permit(self, entry: Json, *, on: date) -> Json:
        """One application from its draft over the visit of the premises to the permit, as the procedure wants it."""
        procedure = (await self._bureau.get("registry", "/v1/procedures", matter="new_permit"))["items"][-1]
        operator = self._operator(entry["id"])
        wish = {
            "institution_id": entry["id"], "kind": "non_subject", "stages": ["primary"], "subjects": ["（演示）舞蹈"],
            "site": entry["address"],
            "documents": [{"code": one["code"], "name": one["name"]} for one in procedure["documents"]],
        }  # fmt: skip
        drafted = await operator.post("registry", "/v1/permit-applications", wish)
        path = f"/v1/permit-applications/{drafted.json()['id']}"
        await operator.post("registry", f"{path}/submission", {})
        await self._bureau.post("registry", f"{path}/acceptance", {})
        await self._bureau.post("registry", f"{path}/site-visit-request", {})
        await self._walk("site visit", drafted.json()["id"], 1)

        async def visited() -> int:
            return int((await self._bureau.get("registry", path))["state"] == "site_visited")

        await self._reach("site visit concluded", visited, 1)
        decision = {"outcome": "granted", "valid_from": f"{on}", "valid_to": f"{on + timedelta(days=3 * 365)}"}
        return (await self._bureau.post("registry", f"{path}/decision", decision)).json()

    async def stop_for_vacation(self, *, on: date) -> Stop:
        """Everybody who trains subjects offline is ordered to stop, acknowledges it, and is looked at."""
        last = on + timedelta(days=VACATION_DAYS)
        term = {
            "period": "winter_vacation", "name": f"{on.year}年寒假（演示）", "starts_on": f"{on}", "ends_on": f"{last}",
            "source": "（演示）",
        }  # fmt: skip
        for year in {on.year, last.year}:
            await self._know_calendar(year)
        term_id = (await self._bureau.post("registry", "/v1/calendar/terms", term)).json()["id"]
        order = {
            "title": f"{on.year}年寒假停止线下学科类培训的通知（演示）", "legal_basis": "双减意见第13条",
            "term_id": term_id,
            "acknowledge_by": f"{on}",
        }  # fmt: skip
        order_id = (await self._bureau.post("registry", "/v1/stop-orders", order)).json()["id"]
        path = f"/v1/stop-orders/{order_id}"
        recipients = [item async for item in self._bureau.pages("registry", f"{path}/recipients")]

        async def acknowledge(recipient: Json) -> None:
            await self._operator(recipient["institution_id"]).post("registry", f"{path}/acknowledgements", {})

        await self._each("stop order acknowledged", recipients, acknowledge)
        await self._walk("stop order verified", order_id, len(recipients))
        return Stop(order_id, len(recipients))

    async def _know_calendar(self, year: int) -> None:
        """The calendar of a year that nobody has announced yet is made up."""
        known = await self._bureau.get("registry", "/v1/calendar", **{"from": f"{year}-01-01", "to": f"{year}-01-01"})
        if known["unpublished_years"]:
            new_year = {"on": f"{year}-01-01", "kind": "public_holiday", "name": "元旦"}
            body = {"year": year, "source": "（演示）", "days": [new_year]}
            await self._bureau.post("registry", "/v1/calendar/years", body)

    async def revoke(self, number: int) -> Sequence[str]:
        """Permits in force are taken back, each with its notice to the city; the institutions that lost them."""
        found = await self._bureau.get("registry", "/v1/permits", status="in_force", limit=number)

        async def one(permit: Json) -> None:
            decision = {"exception": "obtained_by_deception", "cause": "（演示）以虚假材料取得办学许可"}
            await self._bureau.post("registry", f"/v1/permits/{permit['id']}/revocation", decision)

        await self._each("permits revoked", found["items"], one)
        return [permit["institution_id"] for permit in found["items"]]

    async def confirm_newest_notice(self) -> None:
        """Every recipient confirms that it received what the city was told last."""
        newest = [item async for item in self._bureau.pages("registry", "/v1/notices")][-1]
        path = f"/v1/notices/{newest['id']}/receipts"
        receipts = [item async for item in self._bureau.pages("registry", path)]

        async def confirm(receipt: Json) -> None:
            await self._operator(receipt["institution_id"]).post("registry", path, {})

        await self._each("notice confirmed", receipts, confirm)

    async def transform(self, entry: Json) -> None:
        """A subject institution becomes a non-subject one."""
        path = f"/v1/institutions/{entry['id']}/transformations"
        started = (await self._bureau.post("registry", path, {"target": "non_subject"})).json()
        for step in started["steps"]:
            await self._bureau.post("registry", f"{path}/{started['id']}/steps/{step['code']}/completion", {})
        await self._bureau.post("registry", f"{path}/{started['id']}/completion", {})
        self._tell("transformations", 1, 1)

    def _of_team(self, team: str) -> Client:
        return self._one.person("inspector", subject=f"inspector-{team}", district=self._district, team=team)

    def _operator(self, institution: str) -> Client:
        return self._one.person("operator", subject=f"operator-{institution}", institution=institution)

    async def _walk(self, what: str, reference: str, number: int) -> None:
        """Inspectors make every visit that was asked for, and find all as it should be."""

        async def asked() -> list[Json]:
            planned = self._bureau.pages("inspection", "/v1/visits", state="planned")
            return [visit async for visit in planned if visit["reference_id"] == reference]

        async def planned() -> int:
            return len(await asked())

        await self._reach(f"{what}: planned", planned, number)

        async def visit(one: Json) -> None:
            inspector, path = self._of_team(one["team"] or "demo"), f"/v1/visits/{one['id']}"
            await inspector.post("inspection", f"{path}/start", {})
            await inspector.post("inspection", f"{path}/submission", {"outcome": "inspected", "passed": True})

        await self._each(what, await asked(), visit)

    async def _reach(self, what: str, reached: Callable[[], Awaitable[int]], wanted: int) -> None:
        if await self._one.wait_for(what, reached, wanted, seconds=PATIENCE) < wanted:
            raise PlayFailed(f"{what}: not {wanted:,} after {PATIENCE:.0f} s")

    async def _each(self, what: str, items: Sequence[Item], do: Callable[[Item], Awaitable[object]]) -> None:
        """All of them, some side by side."""
        left, done = iter(items), 0

        async def work() -> None:
            nonlocal done
            for item in left:
                await do(item)
                done += 1
                self._tell(what, done, len(items))

        await asyncio.gather(*(work() for _ in range(SIDE_BY_SIDE)))


def may_apply(entry: Json) -> bool:
    """A non-subject institution without a permit: new subject institutions are not approved any more."""
    return bool(entry["kind"] == "non_subject" and entry["status"] == "unlicensed")
