"""Odd ledgers, each a file of its own: every row below the header is accepted, corrected with a note or rejected with a
code, none is lost, and the same file again changes nothing."""

import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from shared.imports.tables import import_row
from tests.registry.conftest import OTHER_USCC, USCC, World
from tests.registry.test_importer import Report, listed, runner_of, start

HEADER = ["编号", "名称", "类别", "地址"]
COLUMNS = {"external_ref": "编号", "name": "名称", "kind": "类别", "address": "地址"}
FINE: Report = ("accepted", [])


def noted(*codes: str) -> Report:
    return "accepted", list(codes)


def no(*codes: str) -> Report:
    return "rejected", list(codes)


def line(number: object, *more: object) -> list[object]:
    return [number, f"机构{number}", "学科类", f"{number} 号", *more]


def csv_of(*lines: Sequence[object], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    return "\r\n".join(delimiter.join(map(str, one)) for one in lines).encode(encoding)


Prepare = Callable[[Any], None]


def xlsx_of(*lines: Sequence[object], prepare: Prepare = lambda sheet: None, cover: bool = False) -> bytes:
    workbook = openpyxl.Workbook()
    sheet: Any = workbook.active
    if cover:
        sheet.append(["填表说明"])
        sheet = workbook.create_sheet("台账")
    for one in lines:
        sheet.append(list(one))
    prepare(sheet)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


@dataclass(frozen=True)
class Odd:
    """A file, how it is mapped, and what becomes of its rows."""

    content: bytes
    reports: list[Report]
    more: dict[str, str] = field(default_factory=dict)
    filename: str = "a.csv"
    mapping: dict[str, Any] = field(default_factory=dict)
    entries: dict[str, list[Any]] = field(default_factory=dict)
    """Of the entries made, in their order: what these fields say."""


def with_column(name: str, *cells: str) -> bytes:
    return csv_of([*HEADER, name], *(line(number, cell) for number, cell in enumerate(cells, 1)))


def merged(sheet: Any) -> None:
    sheet.merge_cells("A1:E1")
    sheet.merge_cells("C4:C5")


def two_lines(sheet: Any) -> None:
    for area in ("A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:F1"):
        sheet.merge_cells(area)


FOREIGN = {
    "external_ref": "License Number", "name": "Business Name", "address": "Street Address", "status": "License Status",
    "capacity": "Maximum Capacity", "lat": "Latitude", "lon": "Longitude", "postcode": "Zip Code", "phone": "Phone",
}  # fmt: skip

ODD: dict[str, Odd] = {
    "titles above, footnotes below": Odd(
        csv_of(
            ["某区校外培训机构台账", "", "", ""],
            ["填报单位：某区教育局", "", "", ""],
            HEADER,
            line(1),
            ["", "", "", ""],
            line(2),
            ["合计", "", "", "2"],
            ["注：以上为正式机构", "", "", ""],
            ["填表人：王", "", "审核人：李", ""],
            ["制表日期：2024-09-01", "", "", ""],
        ),
        [FINE, FINE, *[no("footnote")] * 4],
    ),
    "an institution with the name of a footnote": Odd(
        csv_of(HEADER, ["合计", "合计培训", "学科类", "1 号"], ["说明:", "x", "学科类", "2 号"]), [FINE, FINE]
    ),
    "the header again on every page": Odd(
        csv_of(HEADER, line(1), HEADER, line(2)), [FINE, no("header-repeated"), FINE]
    ),
    "names of columns with blanks and line breaks": Odd(
        '编 号　,"机构\n名称",类别 \u200b,ＡＤＤＲ（全称）\r\n1,晨光,学科类,1 号\r\n'.encode(),
        [FINE],
        mapping={"columns": {"external_ref": "编号", "name": "机构名称", "kind": "类别", "address": "addr(全称)"}},
    ),
    "a header of two lines": Odd(
        xlsx_of(
            ["编号", "名称", "类别", "地址", "坐标", None],
            [None, None, None, None, "经度", "纬度"],
            line(1, 113.3, 40.1),
            prepare=two_lines,
        ),
        [FINE],
        {"lon": "经度", "lat": "纬度"},
        "a.xlsx",
        entries={"lon": [113.3]},
    ),
    "a header of two lines in CSV": Odd(
        csv_of(["编号", "名称", "类别", "地址", "坐标", ""], ["", "", "", "", "经度", "纬度"], line(1, 113.3, 40.1)),
        [FINE],
        {"lon": "经度", "lat": "纬度"},
        entries={"lat": [40.1]},
    ),
    "merged cells say the same in every row": Odd(
        xlsx_of(
            ["台账", None, None, None, None], HEADER, line(1), line(2), ["3", "机构3", None, "3 号"], prepare=merged
        ),
        [FINE, FINE, FINE],
        filename="a.xlsx",
        entries={"kind": ["subject"] * 3},
    ),
    "blank cells that are not merged stay blank": Odd(
        xlsx_of(HEADER, line(1), ["2", "机构2", None, "2 号"]), [FINE, no("kind-missing")], filename="a.xlsx"
    ),
    "a sheet of explanations first, empty columns and rows": Odd(
        xlsx_of([None, None, *HEADER], [], [None, None, *line(7)], [None], [None, " ", *line(8)], cover=True),
        [FINE, FINE],
        filename="a.xlsx",
        entries={"external_ref": ["7", "8"]},
    ),
    "formulas, days, truths and numbers": Odd(
        xlsx_of(
            [*HEADER, "电话", "办学规模"],
            line(1, 13800000000, 30.0),
            line(2, True, "=1+1"),
            line(3, date(2024, 9, 1), 1e9),
            line(4, 1.38e10, None),
        ),
        [FINE, no("cell-unreadable"), noted("phone-digits-lost", "capacity-less-than-equal"), FINE],
        {"phone": "电话", "capacity": "办学规模"},
        "a.xlsx",
        entries={"phone": ["13800000000", None, "13800000000"], "capacity": [30, None, None]},
    ),
    "a remark beyond the columns of a sheet": Odd(
        xlsx_of(HEADER, line(1), line(2, None, "待核")), [FINE, noted("cells-beyond-columns")], filename="a.xlsx"
    ),
    "more cells than columns": Odd(
        csv_of(HEADER, line(1), line(2, "二楼"), line(3, "", " ")), [FINE, no("more-cells-than-columns"), FINE]
    ),
    "fewer cells than columns": Odd(
        csv_of([*HEADER, "电话"], ["1", "晨光", "学科类"], line(2)), [no("address-missing"), FINE], {"phone": "电话"}
    ),
    "two columns of one name": Odd(
        csv_of([*HEADER, "电话", "电话"], line(1, "1", "2"), line(2, "", "3")),
        [FINE, FINE],
        {"phone": "电话"},
        entries={"phone": ["1", None]},
    ),
    "line breaks in quotes": Odd(
        '编号,名称,类别,地址\r\n1,"晨光\n学校",学科类,"1 号\r\n二楼"\r\n2,a,学科类,"""b"""\r\n'.encode(),
        [noted("line-break-removed", "line-break-removed"), FINE],
        entries={"name": ["晨光 学校", "a"], "address": ["1 号 二楼", '"b"']},
    ),
    "a quote that nobody closed": Odd(
        '编号,名称,类别,地址\r\n1,"晨光,学科类,1 号\r\n2,b,学科类,2 号\r\n3,c,学科类,3 号\r\n'.encode(),
        [no("quote-unpaired"), FINE, FINE],
    ),
    "UTF-8 with a mark": Odd(csv_of(HEADER, line(1), encoding="utf-8-sig"), [FINE]),
    "GBK": Odd(csv_of(HEADER, line(1), encoding="gbk"), [FINE], entries={"name": ["机构1"]}),
    "UTF-16": Odd(csv_of(HEADER, line(1), delimiter="\t", encoding="utf-16"), [FINE], entries={"name": ["机构1"]}),
    "UTF-16, the other end first": Odd(b"\xfe\xff" + csv_of(HEADER, line(1), encoding="utf-16-be"), [FINE]),
    "Windows-1252": Odd(
        csv_of(["id", "name", "kind", "address"], ["1", "Cafés Zoé", "subject", "Rue 1"], encoding="cp1252"),
        [FINE],
        mapping={"columns": {"external_ref": "id", "name": "name", "kind": "kind", "address": "address"}},
        entries={"name": ["Cafés Zoé"]},
    ),
    "semicolons": Odd(csv_of(["台账,某区"], HEADER, line("1,5"), delimiter=";"), [FINE]),
    "tabs": Odd(csv_of(HEADER, line(1), delimiter="\t"), [FINE]),
    "bars": Odd(csv_of(HEADER, line(1), delimiter="|"), [FINE]),
    "control bytes, marks of no width, blanks that do not break": Odd(
        csv_of(HEADER, ["\ufeff1\x00", "晨\u200b光\u00a0学校\x07", "　学科类　", "1\u3000号"]),
        [noted("control-characters-removed")],
        entries={"external_ref": ["1"], "name": ["晨光 学校"], "address": ["1 号"]},
    ),
    "words for nothing": Odd(
        with_column("电话", "null", "N/A", "-", "无", "—", "NaN", "/", "#N/A"),
        [FINE] * 8,
        {"phone": "电话"},
        entries={"phone": [None] * 8},
    ),
    "full-width digits and letters": Odd(
        csv_of([*HEADER, "电话", "许可证"], ["Ａ－１", "Ａ班", "学科类", "１号", "１３８", "教民１号"]),
        [noted("external-ref-normalised", "phone-normalised", "permit-no-normalised")],
        {"phone": "电话", "permit_no": "许可证"},
        entries={"external_ref": ["A-1"], "name": ["Ａ班"], "phone": ["138"], "permit_no": ["教民1号"]},
    ),
    "telephones as amounts": Odd(
        with_column("电话", "1.3800000000E+10", "13800000000.0", "1.38E+10", "0352-7654321"),
        [noted("phone-normalised"), noted("phone-normalised"), noted("phone-digits-lost"), FINE],
        {"phone": "电话"},
        entries={"phone": ["13800000000", "13800000000", None, "0352-7654321"]},
    ),
    "keys as amounts": Odd(
        csv_of(HEADER, line("1.40213E+14"), line("1.40213000000001E+14")),
        [no("external-ref-digits-lost"), noted("external-ref-normalised")],
        entries={"external_ref": ["140213000000001"]},
    ),
    "codes of institutions": Odd(
        with_column(
            "信用代码",
            USCC.lower(),
            f"{OTHER_USCC[:9]} {OTHER_USCC[9:]}",
            "91350100-M000100Y44",
            "911101057715",
            "９",
        ),
        [
            noted("uscc-normalised"),
            noted("uscc-normalised"),
            no("uscc-uscc-checksum"),
            no("uscc-uscc-format"),
            no("uscc-uscc-format"),
        ],
        {"uscc": "信用代码"},
        entries={"uscc": [USCC, OTHER_USCC]},
    ),
    "absurd numbers": Odd(
        with_column("规模", "1000000000", "-5", "约30人", "30人", '"1,200"', "60.0", "三十", "20-30", "1e9", "９０"),
        [
            noted("capacity-less-than-equal"),
            noted("capacity-greater-than-equal"),
            noted("capacity-approximate"),
            noted("capacity-normalised"),
            noted("capacity-normalised"),
            FINE,
            noted("capacity-int-parsing"),
            noted("capacity-int-parsing"),
            noted("capacity-int-parsing"),
            noted("capacity-normalised"),
        ],
        {"capacity": "规模"},
        entries={"capacity": [None, None, 30, 30, 1200, 60, None, None, None, 90]},
    ),
    "keys of one office only": Odd(
        csv_of([*HEADER, "办事处"], line(1, "东"), line(1, "西"), line(1, "")),
        [FINE, FINE, no("identity-missing")],
        mapping={"columns": COLUMNS, "qualify": {"external_ref": ["办事处"]}, "prefix": {"external_ref": "城"}},
        entries={"external_ref": ["城:东:1", "城:西:1"]},
    ),
    "names that repeat": Odd(
        csv_of(HEADER, ["1", "晨光", "学科类", "1 号"], ["2", "晨光", "学科类", "2 号"]), [FINE, FINE]
    ),
    "coordinates in each other's column": Odd(
        csv_of(
            [*HEADER, "经度", "纬度"],
            line(1, 40.1, 113.3),
            line(2, 113.3, 40.1),
            line(3, 10, -120),
            line(4, -73.9, 40.7),
        ),
        [noted("coordinates-swapped"), FINE, noted("coordinates-swapped"), FINE],
        {"lon": "经度", "lat": "纬度"},
        entries={"lon": [113.3, 113.3, -120, -73.9], "lat": [40.1, 40.1, 10, 40.7]},
    ),
    "coordinates in degrees and minutes": Odd(
        csv_of(
            [*HEADER, "经度", "纬度"],
            line(1, "113°18′36″", "40°6′0″"),
            line(2, "E113.3", "40.1N"),
            line(3, "东经113度18分", "北纬40度6分"),
            line(4, "40.1N", "113.3E"),
            line(5, "113.3°", "40.1°"),
            line(6, "73.5W", "40.5N"),
            line(7, "113°61′", "40°1′"),
            line(8, "0", "0"),
            delimiter=";",
        ),
        [
            noted("coordinates-converted"),
            noted("coordinates-converted"),
            noted("coordinates-converted"),
            noted("coordinates-converted", "coordinates-swapped"),
            noted("coordinates-converted"),
            noted("coordinates-converted"),
            noted("lat-float-parsing", "lon-float-parsing"),
            noted("coordinates-zero"),
        ],
        {"lon": "经度", "lat": "纬度"},
        entries={"lon": [113.31, 113.3, 113.3, 113.3, 113.3, -73.5, None, 0], "lat": [40.1] * 5 + [40.5, None, 0]},
    ),
    "a point in one column": Odd(
        csv_of([*HEADER, "位置"], line(1, '"POINT (113.3 40.1)"'), line(2, '"(40.1, 113.3)"')),
        [FINE, FINE],
        {"lon": "位置", "lat": "位置"},
        entries={"lon": [113.3, 113.3], "lat": [40.1, 40.1]},
    ),
    "postcodes without their zero": Odd(
        with_column("邮编", "37000", "037000", "37000.0"),
        [noted("postcode-zero-restored"), FINE, noted("postcode-zero-restored")],
        {"postcode": "邮编"},
        entries={"address": ["1 号 037000", "2 号 037000", "3 号 037000"]},
    ),
    "JSON with numbers as text and nested values": Odd(
        json.dumps(
            {
                "data": [
                    {
                        "编号": 1,
                        "名称": "a",
                        "类别": "学科",
                        "地址": "x",
                        "规模": "30",
                        "学段": ["小学", "初中"],
                        "其他": {"n": 1},
                    },
                    {"编号": "2", "名称": {"zh": "b"}, "类别": "学科", "地址": "x"},
                    {"编号": 3.0, "名称": "c", "类别": "学科", "地址": None},
                    7,
                    {"编号": None, "名称": ""},
                ]
            },
            ensure_ascii=False,
        ).encode("utf-8-sig"),
        [FINE, no("value-nested"), no("address-missing"), no("row-not-an-object")],
        {"capacity": "规模", "stages": "学段"},
        "a.json",
        entries={"stages": [["primary", "junior"]], "capacity": [30]},
    ),
    "another city's open data": Odd(
        "\ufeffLICENSE NUMBER,Business Name,Street Address,License Status,Fee,Maximum Capacity,Zip Code,Phone,Latitude,"
        "Longitude,Open?,Issued\r\n"
        'DC-1,"Tom &amp; Jerry&#39;s, Inc.",1 Main St.,Expired Permit,"$1,200.00",45,7030,(201) 555-0100,40.7,-74.02,Y,'
        "2019-05-31T00:00:00.000\r\n"
        "DC-2,B,2 Main St.,Active,$5,,10001-1234,null,0.0,0.0,N,\r\n"
        "DC-3,C,3 Main St.,Something,$5,,10001,,,,N,\r\n".encode(),
        [
            noted("html-unescaped", "postcode-zero-restored", "status-interpreted"),
            noted("coordinates-zero"),
            no("status-enum", "status-unknown:something"),
        ],
        mapping={"columns": FOREIGN, "constants": {"kind": "non_subject", "district": "NYC"}},
        entries={
            "name": ["Tom & Jerry's, Inc.", "B"],
            "address": ["1 Main St. 07030", "2 Main St. 10001-1234"],
            "status": ["unlicensed", "active"],
            "capacity": [45, None],
            "phone": ["(201) 555-0100", None],
        },
    ),
    "districts by name": Odd(
        with_column("district", "Bronx 8", "140213.0", "平城区", "Financial District/South Beach"),
        [
            noted("district-normalised"),
            noted("district-normalised"),
            noted("district-normalised"),
            noted("district-normalised", "district-string-pattern-mismatch"),
        ],
        {"district": "district"},
        entries={"district": ["Bronx-8", "140213", "140213", None]},
    ),
    "states that only the platform knows": Odd(
        with_column("状态", "merged", "applying", "在业"),
        [no("status-not-from-ledgers"), no("status-not-from-ledgers"), FINE],
        {"status": "状态"},
    ),
    "a header alone": Odd(csv_of(["标题"], HEADER), []),
}


async def reports_of(world: World, odd: Odd) -> tuple[list[Report], dict[str, Any]]:
    mapping = odd.mapping or {"columns": {**COLUMNS, **odd.more}, "constants": {}}
    job = await start(world, odd.filename, odd.content, mapping)
    assert await runner_of(world).run_next()
    told = (await world.bureau.get(f"/v1/imports/{job}")).json()
    assert (told["state"], told["error"]) == ("done", None)
    async with world.sessions() as session:
        row = import_row.c
        found = await session.execute(
            select(row.row, row.outcome, row.codes).where(row.job_id == job).order_by(row.row)
        )
        rows = found.all()
    assert [one.row for one in rows] == list(range(1, told["total"] + 1))
    counts = Counter(one.outcome for one in rows)
    assert all(told[name] == counts[name] for name in ("accepted", "updated", "unchanged", "rejected"))
    return [(one.outcome, list(one.codes)) for one in rows], told


@pytest.mark.parametrize("shape", ODD)
async def test_every_row_of_an_odd_ledger_is_accounted_for(world: World, shape: str) -> None:
    odd = ODD[shape]
    reports, _ = await reports_of(world, odd)
    assert reports == odd.reports
    entries = await listed(world)
    for name, expected in odd.entries.items():
        assert [entry[name] for entry in entries] == expected
    facts = await world.facts()
    again, _ = await reports_of(world, odd)
    assert again == [("unchanged" if outcome == "accepted" else outcome, codes) for outcome, codes in odd.reports]
    assert await listed(world) == entries
    assert await world.facts() == facts


def test_there_are_enough_of_them() -> None:
    assert len(ODD) >= 20


async def permits(world: World) -> list[tuple[str, str | None, str | None]]:
    items = (await world.bureau.get("/v1/permits?limit=200")).json()["items"]
    return [(one["number"], one["valid_from"], one["valid_to"]) for one in items]


PERMITS = [
    # number, from, to, report, what is recorded
    ("P1", "2024-9-1", "2027/08/31", FINE, ("2024-09-01", "2027-08-31")),
    ("P2", "45536", "2027年8月31日", noted("date-serial"), ("2024-09-01", "2027-08-31")),
    ("Ｐ３", "20240901", "长期", noted("permit-no-normalised", "date-open-ended"), ("2024-09-01", None)),
    ("P4", "01.09.2024", "9999-12-31", noted("date-open-ended"), ("2024-09-01", None)),
    ("P5", "2024-09-01 00:00:00", "0000-00-00", noted("date-open-ended"), ("2024-09-01", None)),
    ("P6", "", "2099-12-31", noted("date-open-ended"), (None, None)),
    ("P7", "民国113年9月1日", "2027-08-31", no("permit-valid-from-unreadable"), None),
    ("P8", "2024-09-01", "soon", no("permit-valid-to-unreadable"), None),
    ("P9", "2024-09-01", "2023-09-01", no("permit-validity-reversed"), None),
    ("", "2024-09-01", "2027-08-31", noted("permit-incomplete"), None),
    ("P11", "2024-09-01", "", noted("permit-incomplete"), None),
    ("P1", "2024-09-01", "2027-08-31", noted("permit-number-taken"), None),
]  # fmt: skip


async def test_permits_that_a_ledger_states(world: World) -> None:
    lines = [line(number, *cells[:3]) for number, cells in enumerate(PERMITS, 1)]
    more = {"permit_no": "许可证", "permit_valid_from": "自", "permit_valid_to": "至"}
    odd = Odd(csv_of([*HEADER, *more.values()], *lines), [row[3] for row in PERMITS], more)
    reports, _ = await reports_of(world, odd)
    assert reports == odd.reports
    expected = [(f"P{number}", *row[4]) for number, row in enumerate(PERMITS, 1) if row[4] is not None]
    assert await permits(world) == expected
    facts = await world.facts()
    again, _ = await reports_of(world, odd)
    assert again == [("unchanged" if outcome == "accepted" else outcome, codes) for outcome, codes in odd.reports]
    assert (await world.facts(), await permits(world)) == (facts, expected)
    longer = csv_of([*HEADER, *more.values()], line(1, "P1", "2024-09-01", "2030-08-31"))
    await reports_of(world, Odd(longer, [], more))
    assert (await permits(world))[0] == ("P1", "2024-09-01", "2030-08-31")


async def test_two_institutions_exchange_their_references(world: World) -> None:
    def ledger(*lines: tuple[str, str]) -> Odd:
        rows = [[ref, f"机构{uscc[-2:]}", "学科类", "1 号", uscc] for ref, uscc in lines]
        return Odd(csv_of([*HEADER, "信用代码"], *rows), [], {"uscc": "信用代码"})

    await reports_of(world, ledger(("a", USCC), ("b", OTHER_USCC)))
    reports, _ = await reports_of(world, ledger(("c", USCC), ("a", OTHER_USCC)))
    assert [outcome for outcome, _ in reports] == ["updated"] * 2
    assert {entry["uscc"]: entry["external_ref"] for entry in await listed(world)} == {USCC: "c", OTHER_USCC: "a"}
    assert [entry["version"] for entry in await listed(world)] == [2, 2]


@pytest.mark.slow
async def test_a_large_ledger_shows_its_progress(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{number},机构{number},{'学科类' if number % 5 else '体育'},{number} 号" for number in range(50_000)]
    content = "\r\n".join([",".join(HEADER), *lines]).encode("gb18030")
    job = await start(world, "a.csv", content, {"columns": COLUMNS})
    seen: list[tuple[int, int]] = []
    runner = runner_of(world)
    report = runner._report

    async def watched(*args: Any, **options: Any) -> None:
        told = (await world.bureau.get(f"/v1/imports/{job}")).json()
        seen.append((told["accepted"] + told["rejected"], told["total"] or 0))
        await report(*args, **options)

    monkeypatch.setattr(runner, "_report", watched)
    assert await runner.run_next()
    told = (await world.bureau.get(f"/v1/imports/{job}")).json()
    assert (told["total"], told["accepted"], told["rejected"]) == (50_000, 40_000, 10_000)
    assert len(seen) == 20
    assert seen == sorted(seen)
    assert {total for _, total in seen} == {50_000}
