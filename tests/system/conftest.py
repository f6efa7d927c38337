"""A place for a platform's data."""

from pathlib import Path
from uuid import uuid4

import pytest


@pytest.fixture
def folder(scratch_folder: Path) -> Path:
    folder = scratch_folder / f"platform-{uuid4().hex[:8]}"
    folder.mkdir()
    return folder
