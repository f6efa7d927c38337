"""Rules of the house that the import contracts cannot see."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOMAINS = sorted(ROOT.glob("services/**/domain.py"))
BANNED_NAMES = {"utils.py", "helpers.py", "common.py", "base.py", "manager.py"}
SESSION_WORK = {"select", "insert", "update", "delete", "AsyncSession", "Session"}


def imported_names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}


@pytest.mark.parametrize("path", DOMAINS, ids=lambda path: path.parent.name)
def test_a_domain_decides_and_does_not_fetch(path: Path) -> None:
    assert not imported_names(path) & SESSION_WORK


def test_there_are_domains_to_look_at() -> None:
    assert len(DOMAINS) >= 10


def test_no_file_has_a_name_that_says_nothing() -> None:
    found = {path.name for folder in ("services", "shared", "deploy") for path in (ROOT / folder).rglob("*.py")}
    assert not found & BANNED_NAMES


def test_only_edges_commit() -> None:
    """A request's route, a consumer's batch, an import's chunk, a rebuild's step: nobody below opens or commits."""
    offenders = [
        str(path.relative_to(ROOT))
        for path in ROOT.glob("services/**/*.py")
        if ".commit()" in path.read_text(encoding="utf-8")
    ]
    assert offenders == []


def test_every_package_says_what_it_decides() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in ROOT.glob("services/**/__init__.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


DAY_OF_THE_MACHINE = {"today", "utcnow", "now", "date"}
"""Methods of `date` and `datetime` that give a day or an hour of some zone; `shared/domain/clock.py` knows which."""
SQL_DAY = re.compile(r"\b(current_date|localtimestamp|current_timestamp::|now\(\)::date)\b", re.IGNORECASE)


def days_of_the_machine(source: str) -> list[int]:
    """Lines that take a day from UTC or from the zone of the machine or the database."""
    lines = [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (
            (node.func.attr == "date" and not node.args)
            or (node.func.attr in DAY_OF_THE_MACHINE and ast.unparse(node.func.value) in ("date", "datetime"))
        )
    ]
    return sorted({*lines, *(number for number, line in enumerate(source.splitlines(), 1) if SQL_DAY.search(line))})


def test_every_day_is_chinas() -> None:
    clocks = {ROOT / "shared/domain/clock.py", ROOT / "tests/clock.py", Path(__file__)}
    folders = ("services", "shared", "deploy", "tests", "bench")
    offenders = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path not in clocks
        for line in days_of_the_machine(path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


@pytest.mark.parametrize(
    "line", ["date.today()", "datetime.now(UTC)", "at.date()", "later(30).date()", 'text("SELECT current_date")']
)
def test_a_day_of_the_machine_is_seen(line: str) -> None:
    assert days_of_the_machine(line) == [1]
