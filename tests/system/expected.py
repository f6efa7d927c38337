"""What a data set must come to, counted from its files by code that shares nothing with the services.

Points are placed by ray casting in plain Python, where the service uses an index of a geometry library.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from deploy.demo.dataset import Dataset

Ring = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Licences:
    """What the ledger says of permits on a day, by the external references of its institutions."""

    permits: int
    in_force: frozenset[str]
    lapsed: frozenset[str]
    subject: frozenset[str]


@dataclass(frozen=True)
class Expected:
    """Counts from the files alone."""

    institutions: int
    by_grid: Counter[str]
    unplaced: int
    visits: int
    severities: Counter[str]
    filed: Counter[str]
    """Visits and violations by the external reference of their institution."""
    licences: Licences | None
    """None where the ledger knows no permits."""


def count(dataset: Dataset, on: date) -> Expected:
    shapes = _shapes(dataset)
    lon, lat = dataset.column("institutions", "lon"), dataset.column("institutions", "lat")
    by_grid: Counter[str] = Counter()
    unplaced = institutions = 0
    for row in _rows(dataset, "institutions"):
        institutions += 1
        code = _locate(shapes, row[lon].strip(), row[lat].strip())
        if code is None:
            unplaced += 1
        else:
            by_grid[code] += 1
    institution_of = {}
    filed: Counter[str] = Counter()
    visits = 0
    for row in _rows(dataset, "visits"):
        visits += 1
        institution = row[dataset.column("visits", "institution_ref")]
        institution_of[row[dataset.column("visits", "external_ref")]] = institution
        filed[institution] += 1
    severities: Counter[str] = Counter()
    words = dataset.manifest["violations"]["severities"]
    for row in _rows(dataset, "violations"):
        severities[words[row[dataset.column("violations", "severity")]]] += 1
        filed[institution_of[row[dataset.column("violations", "visit_ref")]]] += 1
    return Expected(institutions, by_grid, unplaced, visits, severities, filed, _licences(dataset, on))


def _licences(dataset: Dataset, on: date) -> Licences | None:
    columns = dataset.mapping("institutions")["columns"]
    if "permit_no" not in columns:
        return None
    manifest = dataset.manifest["institutions"]
    in_force, lapsed, subject = set(), set(), set()
    for row in _rows(dataset, "institutions"):
        ref, starts, ends = (row[columns[name]] for name in ("external_ref", "permit_valid_from", "permit_valid_to"))
        if row[columns["kind"]] == manifest["subject"]:
            subject.add(ref)
        if not row[columns["permit_no"]]:
            continue
        if ends != manifest["open_ended"] and date.fromisoformat(ends) < on:
            lapsed.add(ref)
        elif date.fromisoformat(starts) <= on:
            in_force.add(ref)
    permits = sum(bool(row[columns["permit_no"]]) for row in _rows(dataset, "institutions"))
    return Licences(permits, frozenset(in_force), frozenset(lapsed), frozenset(subject))


def _rows(dataset: Dataset, part: str) -> Iterable[dict[str, str]]:
    with dataset.path(part).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _shapes(dataset: Dataset) -> list[tuple[str, tuple[float, float, float, float], list[list[Ring]]]]:
    """Code, box and polygons (outer ring first) of every grid."""
    code_property = dataset.manifest["grids"]["code_property"]
    shapes = []
    for feature in dataset.grids()["features"]:
        geometry: Any = feature["geometry"]
        polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        points = [point for polygon in polygons for point in polygon[0]]
        west, east = min(point[0] for point in points), max(point[0] for point in points)
        south, north = min(point[1] for point in points), max(point[1] for point in points)
        shapes.append((str(feature["properties"][code_property]).strip(), (west, south, east, north), polygons))
    return shapes


def _locate(
    shapes: Sequence[tuple[str, tuple[float, float, float, float], list[list[Ring]]]], lon: str, lat: str
) -> str | None:
    if not lon or not lat:
        return None
    x, y = float(lon), float(lat)
    for code, (west, south, east, north), polygons in shapes:
        if west <= x <= east and south <= y <= north and any(_inside(x, y, polygon) for polygon in polygons):
            return code
    return None


def _inside(x: float, y: float, polygon: Sequence[Ring]) -> bool:
    """Inside the outer ring and in none of the holes."""
    return _crosses(x, y, polygon[0]) and not any(_crosses(x, y, hole) for hole in polygon[1:])


def _crosses(x: float, y: float, ring: Ring) -> bool:
    """Whether a ray to the east leaves the ring an odd number of times."""
    odd = False
    for (x1, y1, *_), (x2, y2, *_) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd
