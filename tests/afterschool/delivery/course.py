"""A course with sessions on every weekday, children with seats, and phones that send marks."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from shared.domain.clock import china_date, utc_now
from tests.afterschool.conftest import World

TODAY = china_date(utc_now())
WEEKDAYS = (1, 2, 3, 4, 5)


def weekly(number: int = 8, starts_at: str = "16:00", ends_at: str = "18:00") -> list[dict[str, Any]]:
    return [{"weekday": weekday, "number": number, "starts_at": starts_at, "ends_at": ends_at} for weekday in WEEKDAYS]


@dataclass
class Course:
    """An offering of the first school with its sessions, oldest first."""

    world: World
    id: str
    teacher: str | None
    sessions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def past(self) -> list[dict[str, Any]]:
        """Sessions on days that are over, newest first."""
        return [one for one in reversed(self.sessions) if one["on"] < str(TODAY)]

    @property
    def coming(self) -> list[dict[str, Any]]:
        return [one for one in self.sessions if one["on"] > str(TODAY)]

    async def generate(self) -> dict[str, Any]:
        answer = await self.world.staff().post("/v1/sessions", json={"offering_id": self.id})
        assert answer.status_code == 200, answer.text
        found = (await self.world.staff().get("/v1/sessions", params={"offering": self.id, "limit": 200})).json()
        self.sessions = sorted(found["items"], key=lambda one: str(one["starts_at"]))
        generated: dict[str, Any] = answer.json()
        return generated

    async def seat(self, guardian: str) -> str:
        """A child that has had a seat for fifty days."""
        enrolled = await self.world.ask(self.id, guardian)
        async with self.world.service.sessions.begin() as session:
            await session.execute(
                text("UPDATE enrolment SET decided_at = decided_at - interval '50 days' WHERE id = :id"),
                {"id": enrolled["id"]},
            )
        return str(enrolled["student_id"])

    def mark(self, one: dict[str, Any], student: str | None = None, state: str = "present", **more: Any) -> Any:
        """A mark of a child or, without one, of the teacher."""
        person = {"teacher_id": self.teacher} if student is None else {"student_id": student}
        return {
            "id": str(uuid4()),
            "offering_id": self.id,
            "on": one["on"],
            "number": one["number"],
            "state": state,
            "at": utc_now().isoformat(),
            **person,
            **more,
        }

    async def send(self, *marks: Any) -> list[dict[str, Any]]:
        answer = await self.world.staff().post("/v1/attendance", json={"marks": list(marks)})
        assert answer.status_code == 200, answer.text
        verdicts: list[dict[str, Any]] = answer.json()["verdicts"]
        return verdicts

    async def hold(self, one: dict[str, Any], *children: str) -> None:
        """The teacher and these children were there."""
        marks = [self.mark(one)] if self.teacher else []
        verdicts = await self.send(*marks, *(self.mark(one, child) for child in children))
        assert {verdict["verdict"] for verdict in verdicts} == {"applied"}, verdicts

    async def days(self) -> dict[str, int]:
        """Days attended, by child."""
        query = {"offering": self.id, "first": str(TODAY - timedelta(days=90)), "last": str(TODAY)}
        answer = await self.world.staff().get("/v1/attendance/days", params=query)
        assert answer.status_code == 200, answer.text
        return {item["student_id"]: item["days"] for item in answer.json()["items"]}

    async def facts(self, one: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        return await self.world.facts(one["id"])


async def a_teacher(world: World, district: str = "140213", *, since: date | None = None) -> str:
    body = {
        "school_id": world.schools[district],
        "name": "张三",
        "valid_from": str(since or TODAY - timedelta(days=300)),
    }
    answer = await world.bureau.post("/v1/teachers", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def a_course(world: World, *, taught: bool = True, **more: Any) -> Course:
    teacher = await a_teacher(world) if taught else None
    named = {"periods": weekly(), **({"teacher_id": teacher} if taught else {}), **more}
    offering = await world.offering(**named)
    course = Course(world, offering["id"], teacher)
    await course.generate()
    return course
