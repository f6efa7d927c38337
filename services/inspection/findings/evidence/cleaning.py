"""How a cleaning fails: the file itself proves that no clean copy can be made, or something of ours failed."""

import errno
from typing import Final

MAX_PIXELS: Final = 40_000_000
"""Of a picture, or of one picture of a recording."""
_OURS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EROFS})


class Unclean(Exception):
    """The file proves that no clean copy can be made; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_our_fault(error: Exception) -> bool:
    """Whether memory, disk or handles ran out. That says nothing about the file, so another try may succeed."""
    return isinstance(error, MemoryError) or getattr(error, "errno", None) in _OURS
