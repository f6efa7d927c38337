"""Makes a clean copy of a file nobody trusts: decoded whole and encoded anew, so only picture and sound are left.

It does so in a process of its own (`shared.process.confined`), whose memory, time and output are limited. It answers
with the clean copy, with the `code` of what the file itself proves, or with the `fault` on our side that prevented a
decision. A process that ends without an answer was killed, which proves nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from services.inspection.findings.evidence.cleaning import Unclean
from services.inspection.findings.evidence.pictures import FORMATS, clean_picture
from services.inspection.findings.evidence.recordings import clean_recording
from shared.process.confined import Limits, say

MEMORY: Final = 2 * 1024**3
CPU_SECONDS: Final[Mapping[str, int]] = {"image": 30, "audio": 120, "video": 900}
OUTPUT: Final = 600 * 1024**2


def clean(source: Path, target: Path, media_type: str) -> dict[str, Any]:
    """Write the clean copy; its media type, and the position the camera wrote, if any. Raises `Unclean`."""
    return (clean_picture if media_type in FORMATS else clean_recording)(source, target, media_type)


def limits(media_type: str) -> Limits:
    return Limits(MEMORY, CPU_SECONDS[media_type.partition("/")[0]], OUTPUT)


def main(source: str, target: str, media_type: str) -> None:
    try:
        say(clean(Path(source), Path(target), media_type))
    except Unclean as unclean:
        say({"code": unclean.code})
    except Exception as error:
        say({"fault": type(error).__name__})
