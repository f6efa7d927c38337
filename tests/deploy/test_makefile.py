import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = (
    *(
        "help",
        "run",
        "demo",
        "test",
        "test-all",
        "coverage",
        "test-clock",
        "test-kafka",
        "check",
        "lint",
        "types",
        "format",
        "migrate",
    ),
    *("revision", "openapi", "chain", "campaign", "bench", "faults", "token", "clean"),
)


def make(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["make", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)


def test_help_tells_every_target() -> None:
    said = make(ROOT, "help").stdout
    assert [target for target in TARGETS if f"\n  {target} " not in f"\n{said}"] == []


@pytest.mark.parametrize("target", ["run", "test", "token"])
def test_too_old_a_python_is_one_sentence(tmp_path: Path, target: str) -> None:
    for name in ("Makefile", "requirements.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    said = make(tmp_path, target, "PYTHON=")
    assert said.returncode != 0
    assert said.stdout.strip() in ("", f"make: Entering directory '{tmp_path}'\nmake: Leaving directory '{tmp_path}'")
    assert said.stderr.startswith("Double Wings needs Python 3.11 or newer, and none was found.\n")
