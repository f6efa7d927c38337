"""How large the measures are, and what makes a run of them wrong: a result that is not what it must be."""

from dataclasses import dataclass

import asyncpg


class WrongResult(RuntimeError):
    """The measured part gave a wrong result."""


@dataclass(frozen=True)
class Sizes:
    """`rows` of a ledger, institutions of the `small` and the `large` database, events of the `backlog`; an idle
    platform is watched for `idle_seconds`, after `settle_seconds`; a load lasts `seconds` and is repeated for `rounds`.
    A city has `pupils` and `teachers`; `children` ask for seats in `courses` of 40, half of them for every hundredth
    course.
    `plant`: take an effect away in each part, which must be seen."""

    rows: int = 50_000
    small: int = 10_000
    large: int = 1_000_000
    backlog: int = 60_000
    steady_seconds: float = 15.0
    idle_seconds: float = 60.0
    settle_seconds: float = 15.0
    seconds: float = 2.0
    rounds: int = 5
    pupils: int = 196_659
    teachers: int = 14_510
    children: int = 200_000
    courses: int = 2_000
    plant: bool = False


def smoke(*, plant: bool) -> Sizes:
    """Every measure once, to see that it works: its figures mean nothing."""
    return Sizes(
        rows=1000, small=200, large=2000, backlog=2000, steady_seconds=2.0, idle_seconds=2.0, settle_seconds=0.0,
        seconds=0.2, rounds=1, pupils=2_000, teachers=200,
        children=2_000, courses=100, plant=plant,
    )  # fmt: skip


def expect(what: str, found: object, wanted: object) -> None:
    """Raises `WrongResult`."""
    if found != wanted:
        raise WrongResult(f"{what}: {found!r} instead of {wanted!r}")


async def lose(sizes: Sizes, database: str, statement: str) -> None:
    """Take something away, as a bug would."""
    if sizes.plant:
        connection = await asyncpg.connect(database)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
