"""The service against the simplest thing that could be right: a list for the places and a list for the line."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.afterschool.conftest import World

CHILDREN = st.integers(0, 7)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), CHILDREN),
        st.tuples(st.just("leave"), CHILDREN),
        st.tuples(st.just("resize"), st.integers(0, 6)),
    ),
    min_size=1,
    max_size=25,
)


@dataclass
class Model:
    """Children by number."""

    capacity: int
    enrolled: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)

    def ask(self, child: int) -> bool:
        if child in self.enrolled or child in self.waiting:
            return False
        self.waiting.append(child)
        return self._settle()

    def leave(self, child: int) -> bool:
        for held in (self.enrolled, self.waiting):
            if child in held:
                held.remove(child)
                return self._settle()
        return False

    def resize(self, capacity: int) -> bool:
        if capacity < len(self.enrolled):
            return False
        self.capacity = capacity
        return self._settle()

    def _settle(self) -> bool:
        while self.waiting and len(self.enrolled) < self.capacity:
            self.enrolled.append(self.waiting.pop(0))
        return True


async def play(world: World, steps: list[tuple[str, int]]) -> None:
    offering = (await world.offering(2))["id"]
    model, last = Model(2), dict[int, str]()
    student = {child: await world.child(f"{offering}-{child}") for child in range(8)}
    for act, number in steps:
        accepted = await _ACTS[act](world, offering, student, last, number)
        assert accepted == getattr(model, act)(number)
        state = await world.state(offering)
        assert (state["capacity"], state["enrolled"], state["waiting"]) == (
            model.capacity, len(model.enrolled), len(model.waiting),
        )  # fmt: skip
        assert await world.queue(offering) == [last[child] for child in model.waiting]
    await world.check_invariants()


async def _ask(world: World, offering: str, student: dict[int, str], last: dict[int, str], child: int) -> bool:
    body = {"offering_id": offering, "student_id": student[child], "accepts_promotion": True}
    answer = await world.guardian(f"{offering}-{child}").post("/v1/enrolments", json=body)
    if answer.status_code == 201:
        last[child] = answer.json()["id"]
    return answer.status_code == 201


async def _leave(world: World, offering: str, student: dict[int, str], last: dict[int, str], child: int) -> bool:
    if child not in last:
        return False
    answer = await world.guardian(f"{offering}-{child}").post(f"/v1/enrolments/{last[child]}/withdrawal")
    return answer.status_code == 200


async def _resize(world: World, offering: str, student: dict[int, str], last: dict[int, str], capacity: int) -> bool:
    version = (await world.state(offering))["version"]
    headers = {"if-match": f'"{version}"'}
    answer = await world.bureau.patch(f"/v1/offerings/{offering}", json={"capacity": capacity}, headers=headers)
    return answer.status_code == 200


_ACTS: dict[str, Any] = {"ask": _ask, "leave": _leave, "resize": _resize}


async def test_the_service_agrees_with_the_model(world: World) -> None:
    """Hypothesis finds the stories in a thread of its own; the service lives in this loop."""
    loop = asyncio.get_running_loop()

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(STEPS)
    def stories(steps: list[tuple[str, int]]) -> None:
        asyncio.run_coroutine_threadsafe(play(world, steps), loop).result(60)

    await asyncio.to_thread(stories)
