"""The import contracts, written from the tree: `python -m deploy.floor_plan` checks who may import whom.

No list of slices can be forgotten, because there is none: a package is a slice if it has one of the four files. A
service with wings names them from top to bottom in `WINGS` of its package. Every other name at the top of a service,
or of `shared`, must stand in the lists below.
"""

import ast
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from importlinter import cli

SERVICES: Final = ("registry", "inspection", "afterschool", "metrics")
SLICE: Final = ("routes", "usecases", "queries", "domain")
"""The files of a slice, from the edge to the rule."""
ENTRANCES: Final = ("app | worker", "subscriptions")
"""Modules that start a service or receive events and files: above its slices."""
GROUND: Final = ("sealing", "settings | orm | owed")
"""Modules that every slice of a service may use."""
SHARED: Final = ("worker | tables", "imports", "http", "facts", "data", "process", "events", "domain")
"""The packages of `shared`, from top to bottom."""
EDGE: Final = ("fastapi", "starlette", "httpx", "aiokafka", "asyncpg")


def contracts(root: Path) -> Iterator[Mapping[str, Any]]:
    """The contracts of the tree under `root`, in the words of import-linter."""
    slices = sorted(slices_of(root))
    yield {
        "name": "A service imports no other service",
        "type": "independence",
        "modules": [f"services.{service}" for service in SERVICES],
    }
    yield {
        "name": "shared imports no service",
        "type": "forbidden",
        "source_modules": ["shared"],
        "forbidden_modules": ["services"],
    }
    yield {
        "name": "shared: a package imports only packages below it",
        "type": "layers",
        "containers": ["shared"],
        "layers": list(SHARED),
        "exhaustive": True,
    }
    for service in SERVICES:
        if wings := wings_of(root, service):
            yield {
                "name": f"{service}: a wing imports only wings below it",
                "type": "layers",
                "containers": [f"services.{service}"],
                "layers": [*map(_optional, ENTRANCES), *wings, *map(_optional, GROUND)],
                "exhaustive": True,
                "exhaustive_ignores": ["migrations"],
            }
    yield {
        "name": "A slice reads from the edge to the rule: routes, usecases, queries, domain",
        "type": "layers",
        "containers": slices,
        "layers": [f"({part})" for part in SLICE],
    }
    yield {
        "name": "No cycle: between wings, slices or files",
        "type": "acyclic_siblings",
        "ancestors": [*(f"services.{service}" for service in SERVICES), "shared", "deploy"],
    }
    yield {
        "name": "A rule knows no HTTP, no Kafka and no driver",
        "type": "forbidden",
        "source_modules": ["services.**.domain"],
        "forbidden_modules": list(EDGE),
        "allow_indirect_imports": True,
    }


def slices_of(root: Path) -> set[str]:
    """Every package under a service with one of the four files of a slice."""
    files = (path for name in SLICE for path in (root / "services").rglob(f"{name}.py"))
    return {".".join(path.parent.relative_to(root).parts) for path in files}


def wings_of(root: Path, service: str) -> tuple[str, ...]:
    """The wings that a service names, from top to bottom; empty for a service of few slices."""
    tree = ast.parse((root / "services" / service / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "WINGS" and node.value is not None:
            named: tuple[str, ...] = ast.literal_eval(node.value)
            return named
    return ()


def _optional(layer: str) -> str:
    return " | ".join(f"({part})" for part in layer.split(" | "))


def _ini(found: Sequence[Mapping[str, Any]]) -> str:
    """A configuration file for import-linter."""
    lines = [
        "[importlinter]",
        "root_packages =",
        "  services",
        "  shared",
        "  deploy",
        "include_external_packages = True",
    ]
    for number, contract in enumerate(found):
        lines.append(f"[importlinter:contract:{number}]")
        for key, value in contract.items():
            lines.append(f"{key} = " + ("\n  ".join(["", *value]) if isinstance(value, list) else str(value)))
    return "\n".join(lines) + "\n"


def main(root: Path) -> int:
    with tempfile.NamedTemporaryFile("w", suffix=".ini", encoding="utf-8") as file:
        file.write(_ini(list(contracts(root))))
        file.flush()
        return cli.lint_imports(config_filename=file.name, no_cache=True, no_logo=True)


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
