"""What the person who typed `make run` sees, and the same in a file."""

import contextlib
import sys
from pathlib import Path
from typing import IO

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)


class Console:
    """Lines with the name of who said them in front; colour on a terminal only."""

    def __init__(self, *, quiet: bool = False, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout
        self._quiet = quiet
        self._log: IO[str] | None = None
        self._colour = self._stream.isatty()
        self._names: list[str] = []

    def log_to(self, file: Path) -> None:
        self._log = file.open("w", encoding="utf-8")

    def say(self, line: str = "") -> None:
        """A line of the platform itself."""
        self._write(line, line)

    def relay(self, name: str, line: str) -> None:
        """A line that a child said."""
        prefix = f"{name:<19} | "
        self._write(self._coloured(name, prefix) + line, prefix + line)

    def close(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def _coloured(self, name: str, prefix: str) -> str:
        if not self._colour:
            return prefix
        if name not in self._names:
            self._names.append(name)
        return f"\033[{COLOURS[self._names.index(name) % len(COLOURS)]}m{prefix}\033[0m"

    def _write(self, shown: str, logged: str) -> None:
        if not self._quiet:
            # Whoever read us may have gone (`make run | head`); the platform then goes on to its orderly end.
            with contextlib.suppress(BrokenPipeError):
                print(shown, file=self._stream, flush=True)
        if self._log is not None:
            with contextlib.suppress(OSError):  # a full disk must not end the platform for its log
                self._log.write(logged + "\n")
                self._log.flush()
