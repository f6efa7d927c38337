"""`make bench`: each measure beside its limit on this machine in the same run."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bench import drain, draw, idle, ledger, roster, rush, scale, street
from bench.measure import HEADING, Measure
from bench.sizes import Sizes, WrongResult, smoke
from deploy.local.platform import Platform
from deploy.local.ports import Ports

PARTS = (idle, ledger, scale, street, rush, draw, drain, roster)


async def run(only: str, sizes: Sizes, *, judged: bool) -> tuple[list[Measure], list[str]]:
    """The measures, and the parts whose results were wrong."""
    folder = Path(tempfile.mkdtemp(prefix="double-wings-bench-"))
    measures: list[Measure] = []
    wrong: list[str] = []
    print(HEADING, flush=True)
    try:
        async with Platform(folder, ports=Ports.free(), quiet=True, environment={"LOG_LEVEL": "WARNING"}) as platform:
            for part in PARTS:
                name = part.__name__.removeprefix("bench.")
                if only in name:
                    for process in platform.names:  # a part may have left some of them stopped
                        await platform.start_process(process)
                    try:
                        async for measure in part.measures(platform, sizes):
                            print(measure.line(judged=judged), flush=True)
                            measures.append(measure)
                    except WrongResult as error:
                        print(f"WRONG in {name}: {error}", flush=True)
                        wrong.append(name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return measures, wrong


def main(
    only: Annotated[
        str, typer.Option(help="idle, ledger, scale, street, rush, draw, drain or roster; without it, all.")
    ] = "",
    small: Annotated[bool, typer.Option("--smoke", help="Every measure once and small: results count, not times.")] = (
        False
    ),
    plant_loss: Annotated[bool, typer.Option(help="Take an effect away in each part, which must end red.")] = False,
) -> None:
    """Measure. A figure that is short is shown and does not fail the run; a wrong result does."""
    sizes = smoke(plant=plant_loss) if small else Sizes(plant=plant_loss)
    measures, wrong = asyncio.run(run(only, sizes, judged=not small))
    if small:
        print(f"{len(measures)} measures ran, results wrong in {len(wrong)} parts")
    else:
        print(f"{sum(one.reached for one in measures)} of {len(measures)} targets reached")
    raise typer.Exit(1 if wrong else 0)


if __name__ == "__main__":
    typer.run(main)
