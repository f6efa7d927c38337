"""Named crash windows (W1 to W13, `docs/crash-windows.md`): where a test makes the process die or an error rise.

Disarmed, a failpoint is one dictionary look-up. A test arms one in the process (`armed`), a fault run arms one in a
child through the environment: `FAILPOINTS="W6=kill W10=raise"`.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class InjectedFault(Exception):
    """Raised by an armed failpoint; only tests and fault runs ever see it."""


def _raise(name: str) -> None:
    raise InjectedFault(name)


def _kill(name: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


ACTIONS: dict[str, Callable[[str], None]] = {"raise": _raise, "kill": _kill}

_armed: dict[str, Callable[[str], None]] = {
    name: ACTIONS[action]
    for name, _, action in (word.partition("=") for word in os.environ.get("FAILPOINTS", "").split())
}


async def failpoint(name: str) -> None:
    """Mark a crash window; does nothing unless a test armed it."""
    action = _armed.get(name)
    if action is not None:
        action(name)


@contextmanager
def armed(name: str, action: Callable[[str], None] = _raise) -> Iterator[None]:
    _armed[name] = action
    try:
        yield
    finally:
        _armed.pop(name, None)
