"""One owner per folder, for as long as the owner lives: the kernel gives the lock back even after kill -9."""

import fcntl
from pathlib import Path
from typing import IO

from deploy.failures import StartFailed


class FolderLock:
    """An exclusive lock on a file beside the data it protects. Children do not inherit it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("a")
        except OSError as error:
            raise StartFailed(f"{self.path.parent} cannot be used as a data folder: {error.strerror}.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise StartFailed(f"{self.path.parent} is in use by another run; stop that one first.") from error
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
