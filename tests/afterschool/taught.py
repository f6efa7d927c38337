"""Sessions and attendance of tests, as schools would have recorded them; a past term with fixed days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.data.database import copy_rows, new_id
from shared.domain.clock import CHINA
from tests.afterschool.conftest import World
from tests.afterschool.roster import enter_child, tell_calendar

TERM = "2025-autumn"
FIRST, LAST = date(2025, 9, 1), date(2026, 1, 16)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Lesson:
    """A session on a day from a time on, and the children who were there."""

    on: date
    starts: time
    minutes: int
    children: Sequence[str]
    led: str = "present"
    cancelled: bool = False
    absent: Sequence[str] = ()


@dataclass
class Term:
    """A term that is over, with an offering in which everything was taught."""

    world: World
    offerings: dict[str, tuple[UUID, UUID]] = field(default_factory=dict)
    """Id of a school -> its offering and the term."""
    numbers: int = 0

    @classmethod
    async def past(cls, world: World) -> "Term":
        await tell_calendar(world.service, name=TERM, starts_on=FIRST, ends_on=LAST)
        return cls(world)

    async def school_class(self, school: str, code: str, grade: int) -> str:
        body = {"school_id": school, "code": code, "name": code, "grade": grade, "school_year": FIRST.year}
        answer = await self.world.bureau.post("/v1/classes", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def children(self, school_class: str, count: int = 1) -> list[str]:
        async with self.world.service.sessions.begin() as session:
            return [await enter_child(session, school_class, f"{school_class}-{n}", since=FIRST) for n in range(count)]

    async def offering(self, school: str, **more: object) -> UUID:
        """An offering of the school in this term."""
        body = {
            "school_id": school,
            "name": "合唱",
            "category": "artistic_cultivation",
            "term": TERM,
            "capacity": 50,
            "opens_at": "2025-08-25T00:00:00Z",
            "closes_at": "2025-09-01T00:00:00Z",
            **more,
        }
        answer = await self.world.bureau.post("/v1/offerings", json=body)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    async def teach(self, school: str, lessons: Iterable[Lesson], *, offering: UUID | None = None) -> list[UUID]:
        """Record sessions with their attendance; returns their ids."""
        if offering is None:
            if school not in self.offerings:
                self.offerings[school] = await self._entered(await self.offering(school))
            offering, term = self.offerings[school]
        else:
            offering, term = await self._entered(offering)
        async with self.world.service.sessions.begin() as session:
            return await self._record(session, UUID(school), offering, term, lessons)

    async def _entered(self, offering: UUID) -> tuple[UUID, UUID]:
        async with self.world.service.sessions() as session:
            term = await session.scalar(text("SELECT term_id FROM offering WHERE id = :id"), {"id": offering})
            assert isinstance(term, UUID)
            return offering, term

    async def _record(
        self, session: AsyncSession, school: UUID, offering: UUID, term: UUID, lessons: Iterable[Lesson]
    ) -> list[UUID]:
        sessions: list[tuple[object, ...]] = []
        people: list[tuple[object, ...]] = []
        ids = []
        for lesson in lessons:
            ids.append(new_id())
            self.numbers += 1
            begins = datetime.combine(lesson.on, lesson.starts, CHINA)
            ends = begins + timedelta(minutes=lesson.minutes)
            state, why = ("cancelled", "school") if lesson.cancelled else ("planned", None)
            sessions.append(
                (
                    *(ids[-1], 1, offering, school, term, lesson.on, lesson.on.isoweekday(), self.numbers),
                    *(begins, ends, "after_school", state, why, ends, len(lesson.children), len(lesson.absent)),
                    lesson.led,
                )
            )
            marked = [(child, "present") for child in lesson.children]
            marked += [(child, "absent") for child in lesson.absent]
            people += [(new_id(), ids[-1], school, UUID(child), False, mark, 1, ends) for child, mark in marked]
        await copy_rows(
            session,
            "course_session",
            (
                *("id", "version", "offering_id", "school_id", "term_id", "on_day", "weekday", "number"),
                *("starts_at", "ends_at", "care", "state", "cancelled_for", "taken_at", "present", "absent", "led"),
            ),
            sessions,
        )
        await copy_rows(
            session,
            "attendance",
            ("id", "session_id", "school_id", "person_id", "teacher", "state", "version", "marked_at"),
            people,
        )
        return ids

    async def correct(self, session_id: UUID, state: str) -> None:
        """What is recorded of all children of a session is corrected."""
        async with self.world.service.sessions.begin() as session:
            values = {"id": session_id, "state": state}
            await session.execute(text("UPDATE attendance SET state = :state WHERE session_id = :id"), values)
            there = "CASE WHEN :state IN ('present', 'late', 'left_early') THEN present + absent ELSE 0 END"
            counted = f"UPDATE course_session SET present = {there} WHERE id = :id"
            await session.execute(text(counted), values)

    async def set_norms(self, **values: int) -> None:
        """Norms as the migration seeded them, with other values: no new version may begin in a past term."""
        async with self.world.service.sessions.begin() as session:
            for name, value in values.items():
                await session.execute(
                    text("UPDATE norm SET value = :value WHERE name = :name"),
                    {"name": name.replace("__", "."), "value": value},
                )
