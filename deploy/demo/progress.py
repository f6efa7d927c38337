"""How far a play is: bars on a terminal, elsewhere one line for each step that came to its end."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Telling:
    """Tells of steps: what it is, how much is done, how much there is."""

    def __init__(self) -> None:
        self._steps: dict[str, TaskID] = {}
        self._ended: set[str] = set()
        self._bars = Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(),
            disable=not sys.stdout.isatty(),
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        if what not in self._steps:
            self._steps[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._steps[what], completed=done, total=total)
        if done >= total > 0 and what not in self._ended:
            self._ended.add(what)
            if self._bars.disable:
                print(f"  {what}: {total:,}", flush=True)
