"""Attendance against the simplest thing that could be right: the last applied mark of each child in each session.

Phones remember what they saw and may send old batches again; the model knows which marks nobody had overtaken.
"""

import asyncio
import os
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.afterschool.conftest import World
from tests.afterschool.delivery.course import Course, a_course

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "12"))
SESSIONS, CHILDREN, PHONES = 3, 3, 2
STATES = ("present", "absent", "excused", "late", "left_early", "not_taken")
WAS_THERE = {"present", "late", "left_early"}
PLACES = (st.integers(0, SESSIONS - 1), st.integers(0, CHILDREN - 1))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), st.integers(0, PHONES - 1), *PLACES, st.sampled_from(STATES)),
        st.tuples(st.just("look"), st.integers(0, PHONES - 1)),
        st.tuples(st.just("resend"), st.integers(0, 30)),
    ),
    min_size=1,
    max_size=30,
)
Key = tuple[int, int]
WEDNESDAY = {"weekday": 3, "number": 8, "starts_at": "16:00", "ends_at": "18:00"}


@dataclass
class Model:
    """What holds by session and child, as state and version, and what each phone saw of it."""

    held: dict[Key, tuple[str, int]] = field(default_factory=dict)
    seen: list[dict[Key, int]] = field(default_factory=lambda: [{} for _ in range(PHONES)])
    sent: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    def mark(self, key: Key, state: str, base: int) -> str:
        """The verdict."""
        now, version = self.held.get(key, ("not_taken", 0))
        if state == now:
            return "unchanged"
        if base < version:
            return "conflict"
        self.held[key] = state, version + 1
        return "applied"

    def counts(self, session: int) -> tuple[int, ...]:
        states = [state for (one, _), (state, _) in self.held.items() if one == session]
        return tuple(states.count(state) for state in STATES[:-1])

    def days(self, child: int) -> int:
        return sum(state in WAS_THERE for (_, one), (state, _) in self.held.items() if one == child)


async def play(course: Course, children: list[str], steps: list[tuple[Any, ...]]) -> None:
    model = Model()
    for kind, *more in steps:
        if kind == "look":
            model.seen[more[0]] = {key: version for key, (_, version) in model.held.items()}
        elif kind == "mark":
            phone, session, child, state = more
            base = model.seen[phone].get((session, child), 0)
            mark = course.mark(course.past[session], children[child], state, base_version=base)
            [answer] = await course.send(mark)
            assert answer["verdict"] == model.mark((session, child), state, base)
            model.sent.append((mark, answer["verdict"]))
        elif model.sent:
            mark, verdict = model.sent[more[0] % len(model.sent)]
            [answer] = await course.send(mark)
            assert answer["verdict"] == ("already_applied" if verdict == "applied" else verdict)
    await check(course, children, model)


_RECOMPUTED = text(
    """
    -- The versions of a mark, from the first: the last applied one holds, and the session counts those that hold.
    SELECT course_session.id, present, absent, excused, late, left_early,
           array_agg(last.state ORDER BY last.state) FILTER (WHERE last.state IS NOT NULL) AS states
    FROM course_session
    LEFT JOIN LATERAL (
        SELECT DISTINCT ON (person_id) state FROM attendance_mark
        WHERE session_id = course_session.id AND verdict = 'applied' AND NOT teacher
        ORDER BY person_id, version DESC
    ) last ON true
    WHERE offering_id = :offering GROUP BY course_session.id
    """
)


async def check(course: Course, children: list[str], model: Model) -> None:
    """Counts, days and facts equal recomputation, from the model and from the marks as they were sent."""
    place = {one["id"]: number for number, one in enumerate(course.past[:SESSIONS])}
    async with course.world.service.sessions() as session:
        for row in (await session.execute(_RECOMPUTED, {"offering": course.id})).all():
            stored = (row.present, row.absent, row.excused, row.late, row.left_early)
            assert stored == tuple((row.states or []).count(state) for state in STATES[:-1])
            if str(row.id) in place:
                assert stored == model.counts(place[str(row.id)])
    days = await course.days()
    assert days == {child: model.days(number) for number, child in enumerate(children) if model.days(number)}
    for number, one in enumerate(course.past[:SESSIONS]):
        facts = await course.facts(one)
        applied = sum(version for (session, _), (_, version) in model.held.items() if session == number)
        assert sum(len(told["changed"]) for _, told in facts) == applied
        if facts:
            assert tuple(facts[-1][1][state] for state in STATES[:-1]) == model.counts(number)


async def test_attendance_agrees_with_the_model(world: World) -> None:
    """Hypothesis finds the stories in a thread of its own; the service lives in this loop."""
    loop, told = asyncio.get_running_loop(), count()

    async def story(steps: list[tuple[Any, ...]]) -> None:
        name = next(told)
        course = await a_course(world, taught=False, periods=[WEDNESDAY])
        children = [await course.seat(f"{name}-{number}") for number in range(CHILDREN)]
        await play(course, children, steps)

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(STEPS)
    def stories(steps: list[tuple[Any, ...]]) -> None:
        asyncio.run_coroutine_threadsafe(story(steps), loop).result(120)

    await asyncio.to_thread(stories)
