"""`make bench`: each measure beside its limit on this machine in the same run."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bench import drain, ledger, scale, street
from bench.measure import HEADING, Measure
from deploy.local.platform import Platform
from deploy.local.ports import Ports


async def run(only: str) -> list[Measure]:
    folder = Path(tempfile.mkdtemp(prefix="double-wings-bench-"))
    measures: list[Measure] = []
    print(HEADING, flush=True)
    try:
        async with Platform(folder, ports=Ports.free(), quiet=True, environment={"LOG_LEVEL": "WARNING"}) as platform:
            for part in (ledger.measures, scale.measures, street.measures, drain.measures):
                if only in part.__module__:
                    async for measure in part(platform):
                        print(measure.line(), flush=True)
                        measures.append(measure)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return measures


def main(only: Annotated[str, typer.Option(help="ledger, scale, street or drain; without it, all.")] = "") -> None:
    """Measure; a figure that is short is shown, not hidden, and does not fail the run."""
    measures = asyncio.run(run(only))
    print(f"{sum(one.reached for one in measures)} of {len(measures)} targets reached")


if __name__ == "__main__":
    typer.run(main)
