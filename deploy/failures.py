"""How a command of the platform ends when something fails that a person can mend: with one sentence."""

import errno
import logging
import sys
from collections.abc import Callable


class StartFailed(Exception):
    """A part of the platform could not start; the message is one sentence for the person at the keyboard."""


def run_command(command: Callable[[], object]) -> None:
    """Run a command line. What a person can mend is one sentence; a traceback is for our own mistakes."""
    # Its lines about a broker that is not up yet say nothing that we do not say better.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        command()
    except StartFailed as error:
        sys.exit(str(error))
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        sys.exit(f"{'The disk is full' if full else error}.")
