"""`python -m deploy.demo`: what `make demo` calls."""

import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.demo.fill import fill
from deploy.demo.player import PlayFailed
from deploy.demo.report import SizeName
from deploy.demo.story import tell_story
from deploy.failures import run_command
from deploy.local.platform import LOCAL
from shared.domain.clock import china_date, utc_now


class Play(StrEnum):
    """The report in small, the report in full, or one district with phones, closed doors, complaints and a draw."""

    SMALL = SizeName.SMALL.value
    FULL = SizeName.FULL.value
    CITY = "city"


def main(
    folder: Annotated[Path, typer.Option(help="Where the data is kept.")] = LOCAL,
    size: Annotated[Play, typer.Option(help="Which play, and how large.")] = Play.SMALL,
) -> None:
    """Play on the running platform. Interrupted, it goes on when it is called again."""
    today = china_date(utc_now())
    try:
        if size is Play.CITY:
            asyncio.run(fill(folder, on=today))
        elif asyncio.run(tell_story(folder, SizeName(size), on=today)):
            sys.exit(1)
    except KeyboardInterrupt:
        sys.exit("Interrupted: make demo goes on from here.")
    except PlayFailed as failed:
        sys.exit(f"The play stopped: {failed}")


if __name__ == "__main__":
    run_command(lambda: typer.run(main))
