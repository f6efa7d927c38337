"""`make demo`: "Datong 2021", the founding report reproduced from recorded facts. Everything in it is synthetic."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from deploy.demo.acts import campaign, cases, holiday, ledger, money, programmes, promises, schools, service, surveys
from deploy.demo.acts.stage import Stage
from deploy.demo.player import player
from deploy.demo.progress import Telling
from deploy.demo.report import SIZES, SizeName
from deploy.demo.running import RunningPlatform, require_running
from deploy.demo.table import closing, show
from deploy.failures import StartFailed

ACTS: Final[Sequence[Callable[[Stage], Awaitable[None]]]] = (
    ledger.play, promises.play, holiday.play, campaign.play, cases.play,
    schools.play, service.play, surveys.play, money.play, programmes.play,
)  # fmt: skip
"""Outside schools, then inside. The holiday comes before the visits that find violations, and revocations last."""


OTHERS: Final = (("inspection", "/v1/teams"), ("afterschool", "/v1/schools"), ("registry", "/v1/calendar/terms"))
"""Lists that are empty on a platform on which nobody has worked."""


class Holds(StrEnum):
    """The contents of a platform."""

    NOTHING = "nothing"
    OURS = "ours"
    OTHER = "other"


async def tell_story(folder: Path, name: SizeName, *, on: date) -> int:
    """Play what is missing, and print the table; the number of figures that differ.

    Raises `StartFailed` if the platform is not running, or holds other data: then nothing is touched.
    """
    place = RunningPlatform.of(folder)
    await require_running(place)
    with Telling() as tell:
        async with player(place, tell) as one:
            stage = Stage(one, SIZES[name], on, folder / f"demo-{name}", tell)
            if await holds(stage) is Holds.OTHER:
                raise StartFailed(
                    f"This platform holds other data than the size {name} of Datong 2021; nothing was touched. "
                    "An empty one: make clean, then make run."
                )
            for act in ACTS:
                await act(stage)
            lines = await closing(stage)
    return show(lines, stage.size)


async def holds(stage: Stage) -> Holds:
    """The first institution tells whose data it is: it is the first thing that the play enters."""
    found = (await stage.bureau.get("registry", "/v1/institutions", limit=1))["items"]
    if found:
        return Holds.OURS if (found[0]["external_ref"] or "").startswith(f"{stage.prefix}-") else Holds.OTHER
    others = [
        await stage.bureau.get("inspection", ledger.GRID_SETS),
        *[(await stage.bureau.get(*one, limit=1))["items"] for one in OTHERS],
    ]
    return Holds.OTHER if any(others) else Holds.NOTHING
