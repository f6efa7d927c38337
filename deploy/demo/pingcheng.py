"""Pingcheng District of Datong: 18 real streets with their codes as synthetic cells, and synthetic institutions.

Street names and codes: statistical division codes of Pingcheng District (平城区, 140213), after the reform of 2021. The
outline is the district's public one, simplified to 32 points. Street boundaries are not public: the cells are a Voronoi
diagram inside that outline. No public list of institutions exists: every institution, visit and violation is made up.
"""

import csv
import json
import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import shapely

DISTRICT: Final = "140213"
SEED: Final = 140213
INSTITUTIONS: Final = 311
"""As many as signed the commitment, in the report."""

STREETS: Final = {
    "140213050": "永泰街道", "140213051": "古城街道", "140213052": "新旺街道", "140213053": "迎宾街道",
    "140213054": "振华街道", "140213055": "清远街道", "140213056": "武定街道", "140213057": "御河街道",
    "140213058": "开源街道", "140213059": "大庆路街道", "140213060": "马军营街道", "140213061": "卧虎湾街道",
    "140213062": "新华街道", "140213063": "鹿苑街道", "140213064": "白登山街道", "140213065": "文瀛湖街道",
    "140213066": "水泊寺街道", "140213067": "小南头街道",
}  # fmt: skip

STREETS_EN: Final = {
    "140213050": "Yongtai", "140213051": "Gucheng", "140213052": "Xinwang", "140213053": "Yingbin",
    "140213054": "Zhenhua", "140213055": "Qingyuan", "140213056": "Wuding", "140213057": "Yuhe",
    "140213058": "Kaiyuan", "140213059": "Daqinglu", "140213060": "Majunying", "140213061": "Wohuwan",
    "140213062": "Xinhua", "140213063": "Luyuan", "140213064": "Baidengshan", "140213065": "Wenyinghu",
    "140213066": "Shuibosi", "140213067": "Xiaonantou",
}  # fmt: skip
"""The names in Hanyu Pinyin, spelled together as GB/T 28039 wants."""

OUTLINE: Final = (
    (113.331, 40.159), (113.343, 40.143), (113.355, 40.151), (113.384, 40.147), (113.386, 40.129), (113.404, 40.111),
    (113.396, 40.091), (113.403, 40.079), (113.392, 40.073), (113.388, 40.059), (113.402, 40.031), (113.374, 39.985),
    (113.366, 39.982), (113.347, 39.999), (113.336, 39.996), (113.302, 40.004), (113.278, 40.033), (113.234, 40.059),
    (113.216, 40.088), (113.211, 40.109), (113.209, 40.155), (113.219, 40.155), (113.223, 40.163), (113.250, 40.164),
    (113.244, 40.171), (113.250, 40.176), (113.275, 40.164), (113.302, 40.160), (113.305, 40.142), (113.317, 40.146),
    (113.318, 40.164), (113.331, 40.159),
)  # fmt: skip
"""Degrees in WGS 84, simplified to about 400 m."""

OPEN_ENDED: Final = "长期"
_SUBJECTS: Final = ("语文", "数学", "英语", "物理", "化学")
_ARTS: Final = ("舞蹈", "美术", "书法", "围棋", "篮球", "编程", "钢琴")
_VIOLATIONS: Final = (
    ("low", "收费公示不完整"),
    ("moderate", "教师信息未公示"),
    ("moderate", "一次性收取超过三个月费用"),
    ("high", "法定节假日开展学科类培训"),
    ("high", "培训结束时间晚于20:30"),
)


def cells() -> dict[str, Any]:
    """Every street as a GeoJSON feature; together they fill the outline and overlap nowhere."""
    outline = shapely.Polygon(OUTLINE)
    dice = random.Random(SEED)
    seeds = shapely.MultiPoint(_spread(outline, len(STREETS), dice))
    diagram = shapely.voronoi_polygons(seeds, extend_to=outline)
    shapes = [cell.intersection(outline) for cell in diagram.geoms]
    shapes.sort(key=lambda shape: (-round(shape.centroid.y, 2), shape.centroid.x))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "code": code,
                    "name": name,
                    "name_en": f"{STREETS_EN[code]} Subdistrict",
                    "district": DISTRICT,
                    "synthetic": "cell inside the real outline",
                },
                "geometry": shapely.geometry.mapping(shape),
            }
            for (code, name), shape in zip(STREETS.items(), shapes, strict=True)
        ],
    }


def _spread(outline: shapely.Polygon, number: int, dice: random.Random) -> list[tuple[float, float]]:
    """Points inside the outline that keep away from one another: the best of many candidates, one by one."""
    chosen: list[tuple[float, float]] = []
    while len(chosen) < number:
        candidates = [_inside(outline, dice) for _ in range(40)]
        chosen.append(max(candidates, key=lambda at: min((_squared(at, other) for other in chosen), default=0.0)))
    return chosen


def _squared(one: tuple[float, float], other: tuple[float, float]) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


def _inside(shape: Any, dice: random.Random) -> tuple[float, float]:
    west, south, east, north = shape.bounds
    while True:
        at = (round(dice.uniform(west, east), 6), round(dice.uniform(south, north), 6))
        if shape.contains(shapely.Point(at)):
            return at


def write(folder: Path, *, institutions: int = INSTITUTIONS, on: date = date(2026, 9, 1)) -> None:
    """A data folder as `deploy.demo.dataset` reads one: grids, institutions, past visits and violations."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(SEED)
    grids = cells()
    (folder / "grids.geojson").write_text(json.dumps(grids, ensure_ascii=False), encoding="utf-8")
    entries = [_institution(number, grids["features"], dice, on) for number in range(1, institutions + 1)]
    visits = [visit for entry in entries for visit in _visits(entry, on, dice)]
    violations = [violation for visit in visits for violation in _violations(visit, dice)]
    _table(folder / "institutions.csv", entries)
    _table(folder / "visits.csv", visits)
    _table(folder / "violations.csv", violations)
    (folder / "chain.json").write_text(json.dumps(MANIFEST, ensure_ascii=False, indent=1), encoding="utf-8")


def _institution(number: int, features: Sequence[Any], dice: random.Random, on: date) -> dict[str, Any]:
    feature = dice.choice(features)
    subject = number * 154 // 311 > (number - 1) * 154 // 311  # 154 of 311, as the report counts them
    taught = dice.choice(_SUBJECTS if subject else _ARTS)
    lon: float | str
    lat: float | str
    lon, lat = _inside(shapely.geometry.shape(feature["geometry"]), dice)
    if number % 60 == 0:  # some entries of every ledger have no position, and some a wrong one
        lon, lat = ("", "") if number % 120 else (0, 0)
    return {
        "编号": f"PC-{number:04d}",
        "机构名称": f"（演示）{feature['properties']['name'][:-2]}{taught}培训第{number}校",
        "类别": "学科类" if subject else "非学科类",
        "街道": feature["properties"]["code"],
        "地址": f"{feature['properties']['name']}演示路{dice.randint(1, 300)}号",
        "经度": lon,
        "纬度": lat,
        "核定人数": dice.randint(20, 400),
        **_permit(number, on),
    }


def _permit(number: int, on: date) -> dict[str, str]:
    """Most have a permit, some an open-ended one, some one that has lapsed, some none; every number is made up."""
    starts, ends = on - timedelta(days=4 * 365 + number), on + timedelta(days=5 * 365 - number)
    if number % 11 == 5:
        return {"状态": "无证", "许可证编号": "", "有效期起": "", "有效期止": ""}
    if number % 11 == 8:
        ends = on - timedelta(days=1 + number % 90)
    return {
        "状态": "正常",
        "许可证编号": f"教民1{DISTRICT}7{9_000_000 + number}号",
        "有效期起": starts.isoformat(),
        "有效期止": OPEN_ENDED if number % 11 == 3 else ends.isoformat(),
    }


def _visits(entry: dict[str, Any], on: date, dice: random.Random) -> Iterable[dict[str, Any]]:
    for number in range(dice.randint(0, 4)):
        day = on - timedelta(days=dice.randint(1, 700))
        yield {
            "检查编号": f"{entry['编号']}-V{number}",
            "机构编号": entry["编号"],
            "日期": day.isoformat(),
            "得分": dice.choice(("", dice.randint(60, 100))),
        }


def _violations(visit: dict[str, Any], dice: random.Random) -> Iterable[dict[str, Any]]:
    for number in range(dice.choice((0, 0, 1, 1, 2, 3))):
        severity, words = dice.choice(_VIOLATIONS)
        yield {
            "问题编号": f"{visit['检查编号']}-{number}",
            "检查编号": visit["检查编号"],
            "等级": {"low": "低", "moderate": "中", "high": "高"}[severity],
            "问题": words,
        }


def _table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


MANIFEST: Final = {
    "title": "Pingcheng, synthetic institutions on real streets",
    "grids": {"file": "grids.geojson", "code_property": "code", "name_property": "name"},
    "institutions": {
        "file": "institutions.csv",
        "mapping": {
            "columns": {
                "external_ref": "编号", "name": "机构名称", "kind": "类别", "street": "街道", "address": "地址",
                "lon": "经度", "lat": "纬度", "capacity": "核定人数", "status": "状态", "permit_no": "许可证编号",
                "permit_valid_from": "有效期起", "permit_valid_to": "有效期止",
            },
            "constants": {"district": DISTRICT},
        },
        "subject": "学科类",
        "open_ended": OPEN_ENDED,
    },
    "visits": {
        "file": "visits.csv",
        "mapping": {
            "columns": {
                "external_ref": "检查编号", "institution_ref": "机构编号", "visited_on": "日期", "score": "得分",
            },
            "constants": {"outcome": "inspected"},
        },
    },
    "violations": {
        "file": "violations.csv",
        "mapping": {
            "columns": {
                "external_ref": "问题编号", "visit_ref": "检查编号", "severity": "等级", "description": "问题",
            },
        },
        "severities": {"低": "low", "中": "moderate", "高": "high"},
    },
}  # fmt: skip
