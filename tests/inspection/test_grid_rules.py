"""Polygons as people send them, where a point then lies, and what becomes of a code."""

import itertools
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from services.inspection.field.grids.domain import (
    BlindSpot,
    Columns,
    Fault,
    GridIndex,
    GridSet,
    GridSetOutOfOrder,
    Placement,
    SetState,
    Survey,
    published,
    survey,
)
from services.inspection.field.grids.successions import (
    GridNotFound,
    Succession,
    SuccessionFault,
    Successors,
    Version,
    faults_of,
    followed,
    uncontested,
)
from services.inspection.field.targets.domain import Cause, stayed, succeeded
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.domain.dated import WithdrawalTooLate

DATA = Path(__file__).parents[3] / "shared" / "data"
AT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = date(2026, 3, 2)
Ring = Any  # lists of positions, where nobody sent something else


def box(west: float, south: float, east: float, north: float) -> Ring:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(code: Any, *rings: Ring, **more: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": code, "name": f"街道{code}"} | more,
        "geometry": {"type": "Polygon", "coordinates": list(rings)},
    }


def multi(code: str, *polygons: list[Ring]) -> dict[str, Any]:
    return polygon(code) | {"geometry": {"type": "MultiPolygon", "coordinates": list(polygons)}}


def surveyed(*features: Any) -> Survey:
    return survey(features, Columns())


def faults(*features: Any) -> list[tuple[int, Fault]]:
    return [(finding.feature, finding.fault) for finding in surveyed(*features).findings]


def index(*features: Any) -> GridIndex:
    found = surveyed(*features)
    assert not found.findings
    return GridIndex(new_id(), [one.code for one in found.candidates], [one.shape for one in found.candidates])


LEFT, RIGHT = polygon("a", box(113, 40, 113.1, 40.1)), polygon("b", box(113.1, 40, 113.2, 40.1))
ODD_CODES = ("a\nb", "a\x00b", "a\u202eb", "L" * 101)
BOW_TIE = polygon("x", [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]])


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ([LEFT, RIGHT], []),
        ([LEFT, polygon("c", box(113.05, 40, 113.15, 40.1))], [(0, Fault.OVERLAPS), (1, Fault.OVERLAPS)]),
        ([LEFT, polygon("c", box(113.0999999, 40, 113.2, 40.1))], []),  # borders as they are drawn
        ([LEFT, polygon("a", box(114, 40, 114.1, 40.1))], [(0, Fault.CODE_REPEATED), (1, Fault.CODE_REPEATED)]),
        ([BOW_TIE], [(0, Fault.GEOMETRY_INVALID)]),
        ([polygon("x", box(0, 0, 3, 3), box(2, 2, 4, 4))], [(0, Fault.GEOMETRY_INVALID)]),
        ([polygon("x", box(0, 0, 3, 3)[:-1])], [(0, Fault.RING_NOT_CLOSED)]),
        ([polygon("x", box(0, 0, 3, 3), box(1, 1, 2, 2)[:-1])], [(0, Fault.RING_NOT_CLOSED)]),
        ([polygon("x", [[0, 0], [1, 1], [0, 0]])], [(0, Fault.TOO_FEW_POINTS)]),
        ([multi("x", [box(0, 0, 1, 1)], [box(3, 3, 4, 4)[:3]])], [(0, Fault.TOO_FEW_POINTS)]),
        ([polygon("x", [])], [(0, Fault.TOO_FEW_POINTS)]),
        ([polygon("x")], [(0, Fault.GEOMETRY_MALFORMED)]),
        ([polygon("x", [["0", "0"], ["1", "0"], ["1", "1"], ["0", "0"]])], [(0, Fault.GEOMETRY_MALFORMED)]),
        ([polygon("x", [1, 2, 3, 1])], [(0, Fault.GEOMETRY_MALFORMED)]),
        ([polygon("x", "POLYGON")], [(0, Fault.GEOMETRY_MALFORMED)]),
        ([polygon("x") | {"geometry": {"type": "Polygon"}}], [(0, Fault.GEOMETRY_MALFORMED)]),
        ([polygon("x") | {"geometry": {"type": "Point", "coordinates": [0, 0]}}], [(0, Fault.NOT_A_POLYGON)]),
        ([polygon("x") | {"geometry": None}], [(0, Fault.NOT_A_POLYGON)]),
        ([polygon("x", box(170, 0, 190, 1))], [(0, Fault.OUT_OF_RANGE)]),
        ([polygon("x", box(4475000, 560000, 4476000, 561000))], [(0, Fault.OUT_OF_RANGE)]),  # metres of a projection
        (
            [polygon(None, box(0, 0, 1, 1)), polygon("", box(2, 0, 3, 1)), 7],
            [(0, Fault.CODE_MISSING), (1, Fault.CODE_MISSING), (2, Fault.UNREADABLE)],
        ),
        ([polygon(code, box(0, 0, 1, 1)) for code in ODD_CODES], [(n, Fault.CODE_INVALID) for n in range(4)]),
        ([polygon("x", box(0, 0, 1, 1), district="大同 平城")], [(0, Fault.DISTRICT_INVALID)]),
    ],
)
def test_faults_have_codes(features: Sequence[Any], expected: list[tuple[int, Fault]]) -> None:
    assert faults(*features) == expected


def test_what_stands_every_check_is_kept_beside_what_does_not() -> None:
    found = surveyed(LEFT, BOW_TIE, polygon(140213050.0, box(1, 1, 2, 2)))
    assert [(one.code, one.name) for one in found.candidates] == [("a", "街道a"), ("140213050", "街道140213050.0")]
    assert found.findings[0].detail == "Self-intersection"
    long = surveyed(polygon("L" * 100, box(0, 0, 1, 1), district="140213"))
    assert [(one.code, one.district) for one in long.candidates] == [("L" * 100, "140213")]


def test_a_point_in_a_hole_is_outside() -> None:
    holed = index(polygon("a", box(113, 40, 113.1, 40.1), box(113.04, 40.04, 113.06, 40.06)))
    assert (holed.locate(113.02, 40.02).grid, holed.locate(113.02, 40.02).blind_spot) == ("a", None)
    found = holed.locate(113.05, 40.05)
    assert (found.grid, found.blind_spot, found.nearest) == (None, BlindSpot.OUTSIDE_EVERY_GRID, "a")
    assert found.metres == pytest.approx(853, rel=0.02)
    island = index(
        polygon("a", box(113, 40, 113.1, 40.1), box(113.04, 40.04, 113.06, 40.06)),
        polygon("b", box(113.04, 40.04, 113.06, 40.06)),
    )
    assert island.locate(113.05, 40.05).grid == "b"


def test_every_part_of_a_multipolygon_is_the_grid() -> None:
    parts = index(multi("a", [box(113, 40, 113.1, 40.1)], [box(113.5, 40, 113.6, 40.1)]), RIGHT)
    assert [parts.locate(lon, 40.05).grid for lon in (113.05, 113.15, 113.55)] == ["a", "b", "a"]
    assert parts.locate(113.3, 40.05).nearest == "b"


@pytest.mark.parametrize(
    ("lon", "lat", "grid", "blind_spot"),
    [
        (113.1, 40.05, "a", BlindSpot.IN_SEVERAL_GRIDS),  # on the common border: the first by code, and said
        (113.1, 40.0, "a", BlindSpot.IN_SEVERAL_GRIDS),  # on a common corner
        (113.0, 40.05, "a", BlindSpot.NEAR_BORDER),
        (113.0, 40.0, "a", BlindSpot.NEAR_BORDER),
        (113.0001, 40.05, "a", BlindSpot.NEAR_BORDER),
        (113.0003, 40.05, "a", None),
        (112.9999, 40.05, None, BlindSpot.OUTSIDE_EVERY_GRID),
        (0, 0, None, BlindSpot.ZERO_COORDINATES),
    ],
)
def test_points_on_borders_and_corners(lon: float, lat: float, grid: str | None, blind_spot: BlindSpot | None) -> None:
    found = index(LEFT, RIGHT).locate(lon, lat)
    assert (found.grid, found.blind_spot) == (grid, blind_spot)


def test_outside_by_metres_the_nearest_is_offered_and_not_assigned() -> None:
    grids = index(LEFT, RIGHT)
    found = grids.locate(113.05, 40 - 60 / 111_035)
    assert (found.grid, found.nearest) == (None, "a")
    assert found.metres == pytest.approx(60, abs=0.1)
    assert grids.place([(None, None), (113.05, None)]) == [Placement(None, BlindSpot.NO_COORDINATES)] * 2


def test_nearest_is_nearest_on_the_ground() -> None:
    east, north = polygon("east", box(113.011, 39.9, 113.02, 40.1)), polygon("north", box(112.9, 40.0009, 113.01, 40.1))
    found = index(east, north).locate(113.01, 40)
    assert (found.nearest, round(found.metres or 0)) == ("east", 85), "north is fewer degrees away, and 100 m"


def metres_to(lon: float, lat: float, ring: Ring) -> float:
    """To the nearest of many points on the ring, by Bowring's short lines on the ellipsoid of WGS 84."""
    ends = np.array(ring)
    on_it = np.concatenate([np.linspace(one, other, 200_000) for one, other in itertools.pairwise(ends)])
    a, e2 = 6_378_137.0, 0.00669437999014
    middle = np.radians((on_it[:, 1] + lat) / 2)
    across = a / np.sqrt(1 - e2 * np.sin(middle) ** 2) * np.cos(middle) * np.radians(on_it[:, 0] - lon)
    along = a * (1 - e2) / (1 - e2 * np.sin(middle) ** 2) ** 1.5 * np.radians(on_it[:, 1] - lat)
    return float(np.hypot(across, along).min())


@pytest.mark.parametrize("lat", [20.0, 40.0, 50.0])
@pytest.mark.parametrize("slope", [0.3, 1.0, 3.0])
def test_metres_to_a_slanting_border(lat: float, slope: float) -> None:
    ring = [[113.0, lat], [113.2, lat], [113.2, lat + 0.2 * slope], [113.0, lat]]
    slanting = index(polygon("a", ring))
    for lon, up in ((113.09, 0.02), (113.1, 0.0005), (113.11, -0.0008)):
        point = (lon, lat + (lon - 113) * slope + up)
        assert slanting.locate(*point).metres == pytest.approx(metres_to(*point, ring), rel=0.005)


def test_near_is_fifteen_metres_whichever_way_the_border_runs() -> None:
    ring = [[113.0, 40.0], [113.2, 40.0], [113.2, 40.2], [113.0, 40.0]]
    slanting = index(polygon("a", ring))
    across = 1 / np.hypot(1 / 85_394, 1 / 111_035)  # metres to the border for each degree that a point is off it
    for metres, blind_spot in ((14.8, BlindSpot.NEAR_BORDER), (15.2, None)):
        assert slanting.locate(113.1, 40.1 - metres / across).blind_spot is blind_spot


def test_a_grid_of_nearly_four_megabytes() -> None:
    angles = np.linspace(0, 2 * np.pi, 95_000, endpoint=False)
    ring = np.column_stack([113.3 + 0.1 * np.cos(angles), 40.1 + 0.1 * np.sin(angles)]).tolist()
    big = polygon("a", [*ring, ring[0]])
    assert len(json.dumps(big)) > 3_700_000
    grids = index(big, polygon("b", box(113.41, 40, 113.5, 40.2)))
    assert grids.locate(113.3, 40.1).grid == "a"
    assert grids.locate(113.4005, 40.1).nearest == "a"


def following(valid_from: date, before: GridSet | None = None) -> GridSet:
    return GridSet.follow(before, surveyed(LEFT).candidates, source="s", valid_from=valid_from, at=AT)[0]


def test_versions_are_in_order() -> None:
    first = following(DAY)
    second = following(DAY + timedelta(days=1), first)
    assert (second.number, first.valid_to) == (2, DAY + timedelta(days=1))
    assert following(second.valid_from, second).number == 3
    with pytest.raises(GridSetOutOfOrder) as refused:
        following(DAY, second)
    assert refused.value.facts == {"newest": DAY + timedelta(days=1)}


def test_a_set_is_withdrawn_before_its_first_day_and_the_one_before_holds_on() -> None:
    tomorrow = china_date(AT) + timedelta(days=1)
    first = following(china_date(AT))
    second = following(tomorrow, first)
    told = second.withdraw("年份有误", by="b", at=AT)
    assert (told.number, told.valid_from, second.state(on=tomorrow)) == (2, tomorrow, SetState.WITHDRAWN)
    assert (first.end(None, at=AT).valid_to, first.state(on=tomorrow)) == (None, SetState.IN_FORCE)
    with pytest.raises(WithdrawalTooLate):
        first.withdraw("年份有误", by="b", at=AT)


def test_a_set_holds_from_its_first_day_to_the_next_ones() -> None:
    first = following(DAY)
    following(DAY + timedelta(days=2), first)
    days = [DAY + timedelta(days=n) for n in range(-1, 3)]
    assert [first.state(on=day) for day in days] == [
        SetState.SCHEDULED,
        SetState.IN_FORCE,
        SetState.IN_FORCE,
        SetState.SUPERSEDED,
    ]
    assert first.scheduled(["b", "a"], at=AT).codes == ["a", "b"]
    assert first.activate(["b", "a"], at=AT).codes == ["a", "b"]
    assert first.activated_at == AT


HEIRS = Successors(frozenset("acxyz"), {"a": ["a", "x"], "b": ["y"], "c": ["x", "z"]})
"""a is split and goes on, b is renamed, c's code is used again for another area, d vanished."""


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (("o", "n"), None),
        (("p", "n"), SuccessionFault.CODE_UNKNOWN),
        (("o", "m"), SuccessionFault.SUCCESSOR_UNKNOWN),
        (("o", "nn"), SuccessionFault.SUCCESSOR_REPEATED),
    ],
)
def test_successions_are_checked_against_both_sets(entry: tuple[str, str], fault: SuccessionFault | None) -> None:
    one = Succession(code=entry[0], successors=list(entry[1]))
    assert [finding.fault for finding in faults_of([one], old=["o"], new=["n"])] == ([fault] if fault else [])
    twice = [finding.fault for finding in faults_of([one, one], old=["o"], new=["n"])]
    assert twice.count(SuccessionFault.CODE_REPEATED) == 2


def test_what_vanished_is_told() -> None:
    assert HEIRS.vanished("abcd") == ["d"]


@pytest.mark.parametrize(
    ("grids", "walked"), [("a", "a"), ("b", "y"), ("c", ""), ("d", "d"), ("abcd", "ayd"), ("by", "y")]
)
def test_a_team_takes_over_the_only_successor(grids: str, walked: str) -> None:
    assert HEIRS.walked(list(grids)) == list(walked)


def test_one_grid_never_goes_to_two_teams() -> None:
    one, two = new_id(), new_id()
    assert uncontested({one: ["y"], two: ["b"]}, {one: ["y"], two: ["y"]}) == {one: ["y"], two: []}
    assert uncontested({one: ["e"], two: ["b"]}, {one: ["y"], two: ["y", "a"]}) == {one: [], two: ["a"]}


HERE = Placement("n", metres=50.0)
POINTLESS = Placement(None, BlindSpot.NO_COORDINATES)


@pytest.mark.parametrize(
    ("found", "old", "placement", "cause"),
    [
        (HERE, "b", HERE, Cause.GRIDS_CHANGED),
        (Placement(None, BlindSpot.OUTSIDE_EVERY_GRID), "b", Placement(None, BlindSpot.OUTSIDE_EVERY_GRID), None),
        (POINTLESS, "b", Placement("y", BlindSpot.NO_COORDINATES), Cause.SUCCEEDED),
        (Placement(None, BlindSpot.ZERO_COORDINATES), "b", Placement("y", BlindSpot.ZERO_COORDINATES), None),
        (POINTLESS, "c", Placement(None, BlindSpot.SEVERAL_SUCCESSORS), Cause.SUCCEEDED),
        (POINTLESS, "d", POINTLESS, Cause.SUCCEEDED),
        (POINTLESS, None, POINTLESS, Cause.SUCCEEDED),
    ],
)
def test_an_institution_goes_where_its_point_lies_or_its_grid_went(
    found: Placement, old: str | None, placement: Placement, cause: Cause | None
) -> None:
    where, why = succeeded(found, old, HEIRS)
    assert where == placement
    assert cause in (None, why)


def test_who_loses_only_the_point_keeps_the_grid() -> None:
    assert stayed(POINTLESS, "a") == Placement("a", BlindSpot.NO_COORDINATES)
    assert stayed(HERE, "a") == HERE


def test_a_code_is_followed_through_the_versions() -> None:
    def version(number: int, codes: str, **told: str) -> Version:
        successors = Successors(frozenset(codes), {code: list(after) for code, after in told.items()})
        return Version(number, DAY + timedelta(days=number), successors)

    versions = [version(1, "ab"), version(2, "ab"), version(3, "bcd", a="cd"), version(4, "be", c="e"), version(9, "f")]
    found = followed("a", versions, on=DAY + timedelta(days=5))
    assert list(found.current) == ["e"]
    steps = [(step.number, former, "".join(after)) for step, former, after in found.steps]
    assert steps == [(3, "a", "cd"), (4, "c", "e"), (4, "d", ""), (9, "e", "")]
    assert list(followed("f", versions, on=DAY + timedelta(days=5)).current) == []
    assert list(followed("b", versions, on=DAY + timedelta(days=5)).current) == ["b"]
    with pytest.raises(GridNotFound):
        followed("z", versions, on=DAY)


def features_of(path: str) -> list[Any]:
    file = DATA / path
    if not file.is_file():
        pytest.skip("the public data sets are not beside the project")
    features: list[Any] = json.loads(file.read_text(encoding="utf-8"))["features"]
    return features


@pytest.mark.data
@pytest.mark.parametrize(
    ("path", "code", "number"),
    [
        ("pingcheng_outline.geojson", "adcode", 1),
        ("chicago/community_areas_77.geojson", "community", 77),
        ("sf/neighborhoods_41.geojson", "nhood", 41),
    ],
)
def test_real_areas_are_grids(path: str, code: str, number: int) -> None:
    found = survey(features_of(path), Columns(code))
    assert (found.total, len(found.candidates), found.findings) == (number, number, [])
    grids = GridIndex(new_id(), [one.code for one in found.candidates], [one.shape for one in found.candidates])
    inside = [shapely.get_coordinates(one.shape.representative_point())[0].tolist() for one in found.candidates]
    assert [placement.grid for placement in grids.place(inside)] == list(grids.codes)


def wavy(west: float, east: float) -> Ring:
    """A street whose eastern and western borders have 200 points each, a few metres apart from a straight line."""
    steps = [40 + 0.1 * step / 200 for step in range(201)]
    up = [[east + 2e-5 * (step % 2), lat] for step, lat in enumerate(steps)]
    down = [[west + 2e-5 * (step % 2), lat] for step, lat in enumerate(steps)][::-1]
    return [*up, *down, up[0]]


def test_a_map_has_fewer_points_and_no_gap_between_neighbours() -> None:
    found = surveyed(
        polygon("g1", wavy(113, 113.1), name="永泰街道", name_en="Yongtai", district="140213"),
        polygon("g2", wavy(113.1, 113.2)),
    )
    grid_set, grids, _ = GridSet.follow(None, found.candidates, source="", valid_from=DAY, at=AT)
    facts = published(grid_set, grids, at=AT)
    assert [(fact.code, fact.name, fact.name_en, fact.district) for fact in facts] == [
        ("g1", "永泰街道", "Yongtai", "140213"),
        ("g2", "街道g2", None, None),
    ]
    assert len({fact.grid_id for fact in facts}) == 2
    assert {fact.grid_set_id for fact in facts} == {grid_set.id}
    west, east = (shapely.geometry.shape(fact.polygon) for fact in facts)
    assert shapely.get_num_coordinates([west, east]).max() < 40
    assert west.intersection(east).length == pytest.approx(0.1, rel=0.01)
    assert west.intersection(east).area < 1e-9


def test_grids_that_overlap_a_little_are_published_too() -> None:
    found = surveyed(polygon("g1", box(113, 40, 113.1, 40.1)), polygon("g2", box(113.09999, 40, 113.2, 40.1)))
    grid_set, grids, _ = GridSet.follow(None, found.candidates, source="", valid_from=DAY, at=AT)
    facts = published(grid_set, grids, at=AT)
    assert [round(shapely.geometry.shape(fact.polygon).area, 4) for fact in facts] == [0.01, 0.01]
