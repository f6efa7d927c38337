"""Polygons from outside, checked as a whole, and the index that places points in them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from math import cos, radians
from typing import Any, Final, Self
from uuid import UUID, uuid5

import numpy as np
import shapely
from pydantic import TypeAdapter, ValidationError
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Float, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.dated import STANDS, Withdrawable, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound
from shared.domain.text import has_controls, key, one_line, without_controls
from shared.domain.wording import Code, Key
from shared.events.inspection.grids import (
    GridPublished,
    GridSetActivated,
    GridSetEndSet,
    GridSetScheduled,
    GridSetWithdrawn,
)

OVERLAP_SHARE: Final = 1e-3
"""Two grids overlap when they share more than this part of the smaller one; less is the noise of drawn borders."""
SAME_AREA: Final = 0.5
"""A code is still the same street when old and new polygon share at least this part of what both cover together."""
FAR_AHEAD: Final = timedelta(days=731)
"""A version that begins later than this is probably a mistake in the year."""
BORDER_METRES: Final = 15.0
"""A point this near to a border may belong to the neighbour: about what a phone's position is worth."""
MAP_TOLERANCE: Final = 3e-4
"""Degrees by which a border on a map may be off: about 30 m."""
MAP_PRECISION: Final = 1e-5
"""Degrees to which a map's coordinates are rounded: about 1 m."""
METRES_PER_DEGREE: Final = 111_320.0
"""Of latitude; of longitude times the cosine of the latitude. For areas, which need not be exact."""


class GridsRefused(Invalid):
    """The grids were not imported; `report` says which grids are at fault and why."""

    code = "grids-refused"
    zh = "网格整体未被接受，详见报告。"


class GridSetOutOfOrder(Conflict):
    """This version of the grids must not begin before the newest one, which begins on `newest`."""

    code = "grid-set-out-of-order"
    zh = "网格新版本的生效日不得早于上一版本。"


class GridSetFarAhead(Conflict):
    """This version would begin after `latest`. If the date is right, confirm it with `accept_far_date=true`."""

    code = "grid-set-far-ahead"
    zh = "新版本的生效日期过远，请以 accept_far_date=true 确认。"


class GridCodesReused(Conflict):
    """Some codes now have another name or area. State a succession for each, or confirm each with `confirm`."""

    code = "grid-codes-reused"
    zh = "部分网格代码在新版本中指向了不同的街道，请逐一说明承继关系，或以 confirm 参数确认。"


class GridSetNotFound(NotFound):
    """There is no such version of the grids."""

    code = "grid-set-not-found"
    zh = "没有此网格版本。"


class NoGrids(NotFound):
    """No grids were in force on that day."""

    code = "grids-not-found"
    zh = "该日尚无生效的网格。"


class GridUnknown(Invalid):
    """This grid is not among the grids in force."""

    code = "grid-unknown"
    zh = "其中有网格不在现行网格之列。"


class GridOutsideYourDistrict(Forbidden):
    """This grid belongs to another district."""

    code = "grid-outside-your-district"
    zh = "该网格属于其他区县。"


class Fault(StrEnum):
    """Why a feature cannot be a grid."""

    UNREADABLE = "feature-unreadable"
    NOT_A_POLYGON = "not-a-polygon"
    GEOMETRY_MALFORMED = "geometry-malformed"
    TOO_FEW_POINTS = "too-few-points"
    RING_NOT_CLOSED = "ring-not-closed"
    GEOMETRY_INVALID = "geometry-invalid"
    OUT_OF_RANGE = "coordinates-out-of-range"
    CODE_MISSING = "code-missing"
    CODE_INVALID = "code-invalid"
    CODE_REPEATED = "code-repeated"
    DISTRICT_INVALID = "district-invalid"
    OVERLAPS = "overlaps"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one feature. `feature` counts from 0; `detail` holds codes and shares, never the geometry.

    `partner` is the feature that this one overlaps; `share` is the overlap as a share of the smaller one.
    """

    feature: int
    code: str | None
    fault: Fault
    detail: str = ""
    partner: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feature that may become a grid."""

    feature: int
    code: str
    name: str
    shape: BaseGeometry
    district: str | None = None
    name_en: str | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """Which properties of a feature say what."""

    code: str = "code"
    name: str = "name"
    district: str = "district"
    name_en: str = "name_en"


@dataclass(frozen=True)
class Survey:
    """What a FeatureCollection holds: candidates that stand every check, and findings about the rest."""

    total: int
    candidates: Sequence[Candidate]
    findings: Sequence[Finding]


def survey(features: Sequence[Any], columns: Columns) -> Survey:
    """Check each feature by itself, then all against one another. Of two features that overlap, both are reported."""
    findings: list[Finding] = []
    candidates: list[Candidate] = []
    for number, feature in enumerate(features):
        found = _examine(number, feature, columns)
        if isinstance(found, Finding):
            findings.append(found)
        else:
            candidates.append(found)
    findings += _repeated(candidates) + _overlapping(candidates)
    bad = {finding.feature for finding in findings}
    return Survey(
        total=len(features),
        candidates=[candidate for candidate in candidates if candidate.feature not in bad],
        findings=sorted(findings, key=lambda finding: finding.feature),
    )


def _examine(number: int, feature: Any, columns: Columns) -> Candidate | Finding:
    if not isinstance(feature, Mapping):
        return Finding(number, None, Fault.UNREADABLE)
    properties = feature.get("properties")
    said = _words(properties.get(columns.code)) if isinstance(properties, Mapping) else ""
    code = key(said)
    if not code:
        return Finding(number, None, Fault.CODE_MISSING)
    if has_controls(said) or not _fits(_CODE, code):
        return Finding(number, None, Fault.CODE_INVALID)
    assert isinstance(properties, Mapping)
    district = key(_words(properties.get(columns.district))) or None
    if district is not None and not _fits(_DISTRICT, district):
        return Finding(number, code, Fault.DISTRICT_INVALID)
    geometry = feature.get("geometry")
    if not isinstance(geometry, Mapping) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return Finding(number, code, Fault.NOT_A_POLYGON)
    if (fault := _ring_fault(geometry.get("coordinates"))) is not None:
        return Finding(number, code, fault)
    try:
        shape = shapely.geometry.shape(dict(geometry))
    except (shapely.GEOSException, TypeError, ValueError, KeyError, IndexError, AttributeError):
        return Finding(number, code, Fault.GEOMETRY_MALFORMED)
    if shape.is_empty:
        return Finding(number, code, Fault.GEOMETRY_MALFORMED)
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return Finding(number, code, Fault.OUT_OF_RANGE)
    if not shape.is_valid:
        return Finding(number, code, Fault.GEOMETRY_INVALID, shapely.is_valid_reason(shape).partition("[")[0])
    name, name_en = (_name(properties.get(column)) for column in (columns.name, columns.name_en))
    return Candidate(number, code, name or code, shape, district, name_en or None)


def _name(written: Any) -> str:
    return one_line(without_controls(_words(written)))[:100]


def _ring_fault(coordinates: Any) -> Fault | None:
    """The fault of a ring by RFC 7946: at least four positions, and the last equals the first. Shapely would repair it
    silently."""
    if not isinstance(coordinates, Sequence) or isinstance(coordinates, str):
        return Fault.GEOMETRY_MALFORMED
    for part in coordinates:
        if not isinstance(part, Sequence) or isinstance(part, str):
            return Fault.GEOMETRY_MALFORMED
        if part and not _is_position(part[0]):
            if (fault := _ring_fault(part)) is not None:
                return fault
        elif len(part) < 4:
            return Fault.TOO_FEW_POINTS
        elif part[0] != part[-1]:
            return Fault.RING_NOT_CLOSED
    return None


def _is_position(value: Any) -> bool:
    return not isinstance(value, Sequence) or not value or not isinstance(value[0], Sequence)


def _words(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


_CODE: Final = TypeAdapter(Key)
_DISTRICT: Final = TypeAdapter(Code)


def _fits(kind: TypeAdapter[str], words: str) -> bool:
    """Whether the text obeys the rules that all other routes apply."""
    try:
        kind.validate_python(words)
    except ValidationError:
        return False
    return True


def _repeated(candidates: Sequence[Candidate]) -> list[Finding]:
    times = Counter(candidate.code for candidate in candidates)
    return [
        Finding(candidate.feature, candidate.code, Fault.CODE_REPEATED)
        for candidate in candidates
        if times[candidate.code] > 1
    ]


def _overlapping(candidates: Sequence[Candidate]) -> list[Finding]:
    shapes = [candidate.shape for candidate in candidates]
    findings: list[Finding] = []
    if not shapes:
        return findings  # NumPy has no idea of what an empty list would hold, and the tree refuses it
    for one, other in shapely.STRtree(shapes).query(shapes, predicate="intersects").T.tolist():
        if one < other:
            share = shapes[one].intersection(shapes[other]).area / min(shapes[one].area, shapes[other].area)
            if share > OVERLAP_SHARE:
                pair = (candidates[one], candidates[other])
                findings += [
                    Finding(
                        mine.feature,
                        mine.code,
                        Fault.OVERLAPS,
                        f"{theirs.code}: {share:.1%}",
                        partner=theirs.feature,
                        share=round(share, 4),
                    )
                    for mine, theirs in (pair, pair[::-1])
                ]
    return findings


@dataclass(frozen=True, slots=True)
class Reused:
    """A code that means another street in the new version: its former name, and the share of the area it kept."""

    feature: int
    code: str
    former_name: str
    name: str
    share: float


def reused(before: Sequence["Grid"], candidates: Sequence[Candidate]) -> list[Reused]:
    former = {grid.code: grid for grid in before}
    pairs = [(former[one.code], one) for one in candidates if one.code in former]
    if not pairs:
        return []
    old: Any = np.array([shapely.geometry.shape(grid.geometry) for grid, _ in pairs], dtype=object)
    new: Any = np.array([one.shape for _, one in pairs], dtype=object)
    common = shapely.area(shapely.intersection(old, new))
    shares = common / (shapely.area(old) + shapely.area(new) - common)
    return [
        Reused(one.feature, one.code, grid.name, one.name, round(float(share), 4))
        for (grid, one), share in zip(pairs, shares, strict=True)
        if share < SAME_AREA or _stem(grid.name) != _stem(one.name)
    ]


_SUFFIX: Final = re.compile(r"(?:街道办事处|办事处|街道|镇|乡|社区|片区|网格)$")


def _stem(name: str) -> str:
    """The name in its normal form, without blanks and without the suffix that says which kind of office it is."""
    plain = "".join(key(name).split()).casefold()
    return _SUFFIX.sub("", plain) or plain


class SetState(StrEnum):
    """The state of a version on a day."""

    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class GridSet(Base, Aggregate, Withdrawable):
    """A version of all street grids. Streets are reformed: on each day the newest version that has begun holds.

    That follows from the days alone. `activated_at` says only that the institutions and teams were moved over.
    """

    __tablename__ = "grid_set"
    __table_args__ = (
        Index("uq_grid_set_number", "number", unique=True, postgresql_where=text(STANDS)),
        withdrawn_for_a_reason(),
    )

    number: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(Text)
    imported_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]

    @classmethod
    def follow(
        cls, before: Self | None, candidates: Sequence[Candidate], *, source: str, valid_from: date, at: datetime
    ) -> tuple[Self, list["Grid"], GridSetEndSet | None]:
        """Make the version that follows `before`; `before` ends when it begins."""
        if before is not None and valid_from < before.valid_from:
            raise GridSetOutOfOrder(newest=before.valid_from)
        ended = before.end(valid_from, at=at) if before is not None else None
        grid_set = cls(
            id=new_id(),
            version=0,
            number=before.number + 1 if before is not None else 1,
            valid_from=valid_from,
            valid_to=None,
            source=source,
            imported_at=at,
            activated_at=None,
        )
        return grid_set, [Grid.of(grid_set.id, candidate) for candidate in candidates], ended

    def end(self, valid_to: date | None, *, at: datetime) -> GridSetEndSet:
        """Set the last day: the first day of the next version, or None if the next version was withdrawn."""
        self.valid_to = valid_to
        return GridSetEndSet(grid_set_id=self.id, number=self.number, valid_to=valid_to, at=at)

    def withdraw(self, reason: str, *, by: str, at: datetime) -> GridSetWithdrawn:
        self._take_back(reason, first_day=self.valid_from, by=by, at=at)
        return GridSetWithdrawn(grid_set_id=self.id, number=self.number, valid_from=self.valid_from, at=at)

    def scheduled(self, codes: Sequence[str], *, at: datetime) -> GridSetScheduled:
        return GridSetScheduled(
            grid_set_id=self.id, number=self.number, codes=sorted(codes), valid_from=self.valid_from, at=at
        )

    def activate(self, codes: Sequence[str], *, at: datetime) -> GridSetActivated:
        self.activated_at = at
        return GridSetActivated(
            grid_set_id=self.id, number=self.number, codes=sorted(codes), valid_from=self.valid_from, at=at
        )

    def state(self, *, on: date) -> SetState:
        if self.withdrawn_at is not None:
            return SetState.WITHDRAWN
        if on < self.valid_from:
            return SetState.SCHEDULED
        return SetState.IN_FORCE if self.valid_to is None or on < self.valid_to else SetState.SUPERSEDED


class Grid(Base):
    """One street's polygon in one set; degrees in WGS 84. Without a district it is everybody's to walk."""

    __tablename__ = "grid"
    __table_args__ = (key_check("code"),)

    grid_set_id: Mapped[UUID] = mapped_column(ForeignKey("grid_set.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    geometry: Mapped[dict[str, Any]] = mapped_column(JSONB)
    area_km2: Mapped[float] = mapped_column(Float)

    @classmethod
    def of(cls, grid_set_id: UUID, candidate: Candidate) -> Self:
        middle = candidate.shape.centroid.y
        square_degree = (METRES_PER_DEGREE / 1000) ** 2 * cos(radians(middle))
        return cls(
            grid_set_id=grid_set_id,
            code=candidate.code,
            name=candidate.name,
            name_en=candidate.name_en,
            district=candidate.district,
            geometry=shapely.geometry.mapping(candidate.shape),
            area_km2=candidate.shape.area * square_degree,
        )


def published(grid_set: GridSet, grids: Sequence[Grid], *, at: datetime) -> list[GridPublished]:
    """Each grid of a set for maps. They are simplified together, so that no gap opens between neighbours."""
    shapes: Any = np.array([shapely.geometry.shape(grid.geometry) for grid in grids], dtype=object)
    # Grids may overlap a little, and touch where neither has a point: a set that is no clean coverage is simplified
    # shape by shape.
    whole = bool(shapely.coverage_is_valid(shapes))
    simple = shapely.coverage_simplify(shapes, MAP_TOLERANCE) if whole else shapely.simplify(shapes, MAP_TOLERANCE)
    return [
        GridPublished(
            grid_id=uuid5(grid_set.id, grid.code),
            grid_set_id=grid_set.id,
            number=grid_set.number,
            code=grid.code,
            name=grid.name,
            name_en=grid.name_en,
            district=grid.district,
            valid_from=grid_set.valid_from,
            polygon=shapely.geometry.mapping(shapely.set_precision(shape, MAP_PRECISION)),
            at=at,
        )
        for grid, shape in zip(grids, simple, strict=True)
    ]


class BlindSpot(StrEnum):
    """Why a target is in no grid, or not certainly in one."""

    NO_COORDINATES = "no_coordinates"
    ZERO_COORDINATES = "zero_coordinates"
    OUTSIDE_EVERY_GRID = "outside_every_grid"
    IN_SEVERAL_GRIDS = "in_several_grids"
    NEAR_BORDER = "near_border"
    SEVERAL_SUCCESSORS = "several_successors"


@dataclass(frozen=True, slots=True)
class Placement:
    """The grid of a point; `blind_spot` says what is doubtful, `nearest` is offered and never assigned."""

    grid: str | None
    blind_spot: BlindSpot | None = None
    nearest: str | None = None
    metres: float | None = None


NOWHERE = Placement(None, BlindSpot.NO_COORDINATES)


@dataclass(frozen=True)
class GridIndex:
    """All grids of one set, ready to place points.

    Everything is compared in a plane where a unit is as long in every direction: degrees of latitude, and of longitude
    scaled by the cosine of the set's middle latitude (equirectangular projection).
    """

    grid_set_id: UUID
    codes: Sequence[str]
    shapes: Sequence[BaseGeometry]
    names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _scale(self) -> float:
        """The length of a degree of longitude, in degrees of latitude."""
        _, south, _, north = shapely.total_bounds(list(self.shapes))
        return cos(radians((south + north) / 2))

    @cached_property
    def _plane(self) -> Any:
        return shapely.transform(np.array(self.shapes, dtype=object), lambda ends: ends * (self._scale, 1.0))

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._plane)

    @cached_property
    def _borders(self) -> Any:
        return shapely.boundary(self._plane)

    def locate(self, lon: float, lat: float) -> Placement:
        return self.place([(lon, lat)])[0]

    def place(self, points: Sequence[tuple[float | None, float | None]]) -> list[Placement]:
        """The placement of every point, in order. A point on a border between two grids is in the first by code."""
        placements = [NOWHERE] * len(points)
        known = [(number, lon, lat) for number, (lon, lat) in enumerate(points) if lon is not None and lat is not None]
        if not known:
            return placements
        shapes: Any = shapely.points(np.array([(lon, lat) for _, lon, lat in known]) * (self._scale, 1.0))
        hits: dict[int, list[int]] = {}
        for point, grid in self._tree.query(shapes, predicate="intersects").T.tolist():
            hits.setdefault(point, []).append(grid)
        # The grid each point is in, or the nearest one, and how far it is to that grid's border, all at once.
        grids = [min(hits[n], key=lambda grid: self.codes[grid]) if n in hits else -1 for n in range(len(known))]
        for n in (outside := [n for n, grid in enumerate(grids) if grid < 0]):
            grids[n] = int(self._tree.nearest(shapes[n]))
        metres = self._metres(shapes, self._borders[grids])
        lost = set(outside)
        for n, (number, lon, lat) in enumerate(known):
            code = self.codes[grids[n]]
            if n in lost:
                placements[number] = _outside(code, metres[n], zero=lon == 0 and lat == 0)
            elif len(hits[n]) > 1:
                placements[number] = Placement(code, BlindSpot.IN_SEVERAL_GRIDS)
            else:
                near = metres[n] < BORDER_METRES
                placements[number] = Placement(code, BlindSpot.NEAR_BORDER if near else None, metres=metres[n])
        return placements

    def _metres(self, points: Any, borders: Any) -> list[float]:
        """Distances on the ground, in metres.

        The nearest point of the border is found in the plane. Its distance is measured on the ellipsoid of WGS 84, with
        the length of a degree halfway (series of the meridian and of the parallel).
        """
        ends = shapely.get_coordinates(shapely.shortest_line(points, borders)).reshape(-1, 2, 2)
        across, along = (ends[:, 0] - ends[:, 1]).T
        lat = np.radians(ends[:, :, 1].mean(axis=1))
        across = across / self._scale * (111_412.84 * np.cos(lat) - 93.5 * np.cos(3 * lat) + 0.118 * np.cos(5 * lat))
        along = along * (111_132.954 - 559.822 * np.cos(2 * lat) + 1.175 * np.cos(4 * lat))
        return [float(distance) for distance in np.hypot(across, along)]


def _outside(nearest: str, metres: float, *, zero: bool) -> Placement:
    if zero:
        return Placement(None, BlindSpot.ZERO_COORDINATES)
    return Placement(None, BlindSpot.OUTSIDE_EVERY_GRID, nearest, metres)
