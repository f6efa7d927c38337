"""The import contracts written from the tree refuse what they are there to refuse."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FIELD = "services/inspection/field"
ROUNDS = "services/inspection/rounds"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code, to plant faults in."""
    root = tmp_path_factory.mktemp("tree")
    for folder in ("services", "shared", "deploy"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "local", "demo"))
    return root


@pytest.fixture
def broken(tree: Path) -> Callable[[str, str], set[str]]:
    """`broken(path, line)` gives the contracts that break once the line stands at the end of the file."""

    def plant(path: str, line: str) -> set[str]:
        file = tree / path
        before = file.read_text(encoding="utf-8") if file.exists() else None
        file.parent.mkdir(exist_ok=True)
        file.write_text((before or "") + f"\n{line}\n", encoding="utf-8")
        try:
            ran = subprocess.run(
                [sys.executable, "-m", "deploy.floor_plan"], cwd=tree, capture_output=True, text=True, check=False
            )
        finally:
            if before is not None:
                file.write_text(before, encoding="utf-8")
            elif file.name == "__init__.py":
                shutil.rmtree(file.parent)
            else:
                file.unlink()
        found = {name.removesuffix(" BROKEN") for name in ran.stdout.splitlines() if name.endswith(" BROKEN")}
        assert (ran.returncode == 0) == (not found), ran.stdout
        return found

    return plant


CYCLE = "No cycle: between wings, slices or files"
CLIMB = "inspection: a wing imports only wings below it"
ORDER = "A slice reads from the edge to the rule: routes, usecases, queries, domain"


def test_the_tree_as_it_is_breaks_none(broken: Callable[[str, str], set[str]]) -> None:
    assert broken(f"{FIELD}/places.py", "") == set()


@pytest.mark.parametrize(
    ("path", "line", "contracts"),
    [
        pytest.param(
            f"{ROUNDS}/campaigns/queries.py",
            "from services.inspection.rounds.visits import queries as visits",
            {CYCLE},
            id="a cycle between slices",
        ),
        pytest.param(
            f"{ROUNDS}/visits/domain.py",
            "from services.inspection.rounds.visits import bodies",
            {CYCLE},
            id="a cycle between files of a slice, in a file that no slice has to have",
        ),
        pytest.param(
            f"{FIELD}/teams/usecases.py",
            "def late():\n    from services.inspection.rounds.visits import queries as visits",
            {CLIMB, CYCLE},
            id="a climb, hidden in a function",
        ),
        pytest.param(
            f"{ROUNDS}/visits/queries.py",
            "from services.inspection.rounds.visits import usecases",
            {ORDER, CYCLE},
            id="queries that call use cases",
        ),
        pytest.param(
            "services/inspection/annex/__init__.py", '"""A wing nobody named."""', {CLIMB}, id="a wing nobody named"
        ),
        pytest.param(
            "services/registry/leftover.py",
            '"""A file beside the wings."""',
            {"registry: a wing imports only wings below it"},
            id="a file beside the wings",
        ),
        pytest.param(
            "shared/attic/__init__.py",
            '"""A room nobody named."""',
            {"shared: a package imports only packages below it"},
            id="a package of shared nobody named",
        ),
        pytest.param(
            f"{ROUNDS}/surveys/__init__.py",
            "from services.inspection.findings.violations import queries",
            {CLIMB, CYCLE},
            id="a new slice is in the contracts at once",
        ),
        pytest.param(
            "services/metrics/indicators/queries.py",
            "from services.registry.ledger.institutions import queries as institutions",
            {"A service imports no other service"},
            id="another service",
        ),
        pytest.param(
            f"{ROUNDS}/visits/domain.py",
            "import httpx",
            {"A rule knows no HTTP, no Kafka and no driver"},
            id="a rule that knows HTTP",
        ),
    ],
)
def test_a_planted_fault_breaks_its_contract(
    broken: Callable[[str, str], set[str]], path: str, line: str, contracts: set[str]
) -> None:
    assert broken(path, line) == contracts
