"""Makes a clean copy of a file nobody trusts: decoded whole and encoded anew, so only picture and sound are left.

`python -m services.inspection.evidence.laundry IN OUT MEDIA_TYPE` does it in a process of its own, whose memory, time
and output are limited. It prints one line of JSON: the clean copy, the `code` that the file itself proves, or the
`fault` of ours that kept it from being decided. A process that ends without a line was ended, which proves nothing.
"""

import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from services.inspection.evidence.cleaning import Unclean
from services.inspection.evidence.pictures import FORMATS, clean_picture
from services.inspection.evidence.recordings import clean_recording

MEMORY: Final = 2 * 1024**3
CPU_SECONDS: Final[Mapping[str, int]] = {"image": 30, "audio": 120, "video": 900}
OUTPUT: Final = 600 * 1024**2


def clean(source: Path, target: Path, media_type: str) -> dict[str, Any]:
    """Write the clean copy; its media type, and the position the camera wrote, if any. Raises `Unclean`."""
    return (clean_picture if media_type in FORMATS else clean_recording)(source, target, media_type)


def main(source: str, target: str, media_type: str) -> None:
    """Limit this process, then clean."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seconds = CPU_SECONDS[media_type.partition("/")[0]]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = clean(Path(source), Path(target), media_type)
    except Unclean as unclean:
        answer = {"code": unclean.code}
    except Exception as error:
        answer = {"fault": type(error).__name__}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
