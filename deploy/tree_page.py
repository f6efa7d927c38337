"""The tree in `docs/architecture.md`: every package with the first sentence of its docstring, written from the code."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.floor_plan import SERVICES, SHARED, wings_of

BEGIN: Final = "<!-- the tree: written by `make openapi` -->"
END: Final = "<!-- end of the tree -->"


def with_tree(page: str, root: Path) -> str:
    """The page with the tree between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"The page has no {BEGIN} with {END} behind it.")
    tree = "\n".join(_tree(root))
    return f"{before}{BEGIN}\n\n{tree}\n\n{END}{after}"


def _tree(root: Path) -> Iterator[str]:
    for service in SERVICES:
        yield f"- **`services/{service}/`** {_says(root / 'services' / service)}"
        wings = wings_of(root, service)
        for wing in wings:
            yield f"  - `{wing}/` {_says(root / 'services' / service / wing)}"
            yield from _slices(root / "services" / service / wing, depth=2)
        if not wings:
            yield from _slices(root / "services" / service, depth=1)
    yield "- **`shared/`** Technique that two services use, without a word of the domain."
    for package in SHARED:
        for name in package.split(" | "):
            place = root / "shared" / name
            path, name = (place, f"{name}/") if place.is_dir() else (place.with_suffix(".py"), f"{name}.py")
            yield f"  - `{name}` {_says(path)}"


def _slices(folder: Path, *, depth: int) -> Iterator[str]:
    for file in sorted(folder.glob("*/__init__.py")):
        if file.parent.name != "migrations":
            yield f"{'  ' * depth}- `{file.parent.name}/` {_says(file.parent)}"


def _says(path: Path) -> str:
    """The first sentence of a package's or module's docstring."""
    file = path / "__init__.py" if path.is_dir() else path
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return paragraph.split(". ")[0].rstrip(".") + "."
