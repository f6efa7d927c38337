"""Schools with a term, a class and pupils whose guardian proved it, as other plays need them."""

import asyncio
from datetime import date, timedelta
from typing import Final

from deploy.demo.player import Client
from shared.domain.clock import china_date, utc_now

TERM: Final = "（演示）本学期"
HEARD_WITHIN: Final = 90.0
"""Seconds until after-school has heard of a term."""


class SchoolLife:
    """Enter what the bureau and a school decide before the first child can get a seat."""

    def __init__(self, bureau: Client, guardian: Client) -> None:
        self._bureau, self._guardian = bureau, guardian

    async def open_term(self) -> str:
        """The name of a school term that is on today, entered if there is none."""
        today = china_date(utc_now())
        known = await self._terms(today)
        if not known:
            term = {
                "period": "term",
                "name": TERM,
                "starts_on": str(today - timedelta(days=60)),
                "ends_on": str(today + timedelta(days=60)),
                "source": "demo",
            }
            await self._bureau.post("registry", "/v1/calendar/terms", term)
            async with asyncio.timeout(HEARD_WITHIN):
                while not (known := await self._terms(today)):
                    await asyncio.sleep(0.2)
        return known[0]

    async def form_class(self, school_id: str, grade: int) -> str:
        """A class of a school; returns its id."""
        body = {"school_id": school_id, "code": f"{grade}-1", "name": f"{grade}年级一班", "grade": grade}
        answer = await self._bureau.post("afterschool", "/v1/classes", body | {"school_year": 2026})
        return str(answer.json()["id"])

    async def admit(self, class_id: str, name: str) -> str:
        """A pupil of the guardian; returns the pupil's id."""
        since = str(china_date(utc_now()) - timedelta(days=60))
        pupil = await self._bureau.post(
            "afterschool", "/v1/students", {"class_id": class_id, "name": name, "valid_from": since}
        )
        student_id = str(pupil.json()["id"])
        body = {"student_id": student_id, "relation": "mother", "valid_from": since}
        guardianship = await self._bureau.post("afterschool", "/v1/guardianships", body)
        address = f"/v1/guardianships/{guardianship.json()['id']}/code"
        code = (await self._bureau.post("afterschool", address, {})).json()["code"]
        await self._guardian.post("afterschool", "/v1/guardianships/proof", {"code": code})
        return student_id

    async def _terms(self, on: date) -> list[str]:
        found = await self._bureau.get("afterschool", "/v1/terms", on=str(on))
        return [term["name"] for term in found["items"]]
