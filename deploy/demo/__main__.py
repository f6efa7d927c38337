"""`python -m deploy.demo`: what `make demo` calls."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from deploy.demo.fill import fill
from deploy.failures import run_command
from deploy.local.platform import LOCAL
from shared.domain.clock import china_date, utc_now


def main(folder: Annotated[Path, typer.Option(help="Where the data is kept.")] = LOCAL) -> None:
    """Fill the running platform with a small made-up city."""
    asyncio.run(fill(folder, on=china_date(utc_now())))


if __name__ == "__main__":
    run_command(lambda: typer.run(main))
