"""Files as rows of text, and rows in our words."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from pydantic import ValidationError

from shared.imports import cleaning, reader
from shared.imports.mapping import Mapping, UnknownField
from shared.imports.reader import Row, UnreadableFile, read_table


def read_rows(content: bytes, filename: str, *wanted: str) -> list[Row]:
    return read_table(content, filename, wanted).rows


ROWS = [{"name": "晨光", "n": "1"}, {"name": "晨曦", "n": "2"}]


def sheet(*lines: list[Any]) -> bytes:
    workbook = openpyxl.Workbook()
    active = workbook.active
    assert active is not None
    for line in lines:
        active.append(line)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n"])
def test_csv_of_every_program(encoding: str, delimiter: str, ending: str) -> None:
    lines = [delimiter.join(line) for line in (["name", "n"], ["晨光", "1"], ["晨曦", "2"])]
    assert read_rows(ending.join(lines).encode(encoding), "a.csv") == ROWS


def test_cells_lose_outer_blanks_and_what_cannot_be_printed() -> None:
    content = '\ufeff name ,b\n  a\x00b\x07\u3000,"x, ""y""\n z"\n'.encode()
    assert read_rows(content, "a.csv") == [{"name": "ab", "b": 'x, "y"\n z', "": "control-characters-removed"}]


def test_short_and_long_rows() -> None:
    assert read_rows(b"a,b\n1\n1,2,\n1,2,3\n", "a.csv") == [
        {"a": "1"}, {"a": "1", "b": "2"}, {"a": "1", "b": "2", "": "more-cells-than-columns"}
    ]  # fmt: skip


def test_a_header_alone_is_no_row() -> None:
    assert read_rows(b"a,b\n", "a.csv") == []
    assert read_rows(b"name\nx\n", "one-column.csv") == [{"name": "x"}]


def test_xlsx_as_its_author_sees_it() -> None:
    lines: list[list[Any]] = [
        ["a", "b", "c", "d", "e"],
        [7.0, 7.5, True, date(2026, 3, 2), None],
        [None] * 5,
        ["=1+1", "x", 1, 2, 3],
    ]
    first, second = read_rows(sheet(*lines), "a.xlsx")
    assert (first["a"], first["b"], first["c"], first["d"][:10], first["e"]) == ("7", "7.5", "true", "2026-03-02", "")
    assert second["b"] == "x"


@pytest.mark.parametrize(
    ("cell", "words"),
    [(True, "true"), (False, "false"), (3.0, "3"), (1e20, "1.00000000000000E+20"),
     (1402130001123450.0, "1402130001123450"),
     (time(8, 30), "08:30:00"),
     (datetime(2026, 3, 2, 1, 0), "2026-03-02T01:00:00"), ("x", "x")],  # noqa: DTZ001  # as a sheet says it
)  # fmt: skip
def test_cells_as_text(cell: object, words: str) -> None:
    assert reader._text(cell) == words


def test_json_lists() -> None:
    items = [{" name ": "晨光", "n": 1, "x": None}, {"n": 2.0, "ok": True}]
    expected = [{"name": "晨光", "n": "1", "x": ""}, {"n": "2", "ok": "true"}]
    assert read_rows(json.dumps(items).encode(), "a.JSON") == expected
    assert read_rows(json.dumps({"items": items}).encode(), "a.json") == expected


@pytest.mark.parametrize(
    ("broken", "codes"),
    [
        ("null", "row-not-an-object"), ('{"n": "\\ud83d"}', "characters-damaged"), ('{"n": NaN}', ""),
        ('{"n": 1, "n": 2}', "member-repeated"), ('{"n": {"a": 1}}', "value-nested"),
        ('{"n": "a\\u0000b"}', "control-characters-removed"),
    ],
)  # fmt: skip
def test_one_broken_row_of_a_json_list_refuses_no_other(broken: str, codes: str) -> None:
    first, found, last = read_rows(f'[{{"n": "1"}}, {broken}, {{"n": "3"}}]'.encode(), "a.json", "n")
    assert (first, last, found.get("", "")) == ({"n": "1"}, {"n": "3"}, codes)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("2.50e1", "25"),
        ("1.40213E15", "1.40213E+15"), ("1e-5", "1e-5"), ("1.10", "1.10"), ("2.5E4", "2.5E+4"), ("2.5E2", "250"),
        ("1e99999999999999999999", "1e99999999999999999999"), ("1e-99999999999999999999", "1e-99999999999999999999"),
        ("1e" + "9" * 5000, "1e" + "9" * 5000), ("-1.5E400", "-1.5E+400"),
    ],
)  # fmt: skip
def test_numbers_of_json(number: str, said: str) -> None:
    assert read_rows(f'[{{"a": {number}}}, {{"a": 1}}]'.encode(), "a.json", "a") == [{"a": said}, {"a": "1"}]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.csv", "file-empty"), (b"\n\n", "a.csv", "file-empty"), (b"\xff\xff", "a.csv", "encoding-unknown"),
        (b"{", "a.json", "json-malformed"),
        (b"1", "a.json", "json-not-a-list"), (b'{"items":[1]}', "a.json", "json-not-a-list"),
        (b"no", "a.xlsx", "xlsx-malformed"), (b"PK\x03\x04", "a", "xlsx-malformed"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(content: bytes, name: str, code: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read_rows(content, name)
    assert caught.value.code == code


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"])
def test_an_archive_with_a_damaged_part_is_refused(part: str) -> None:
    content = bytearray(sheet(["a"], [1]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        begin = archive.getinfo(part).header_offset + 30 + len(part)
    content[begin + 5 : begin + 40] = b"\xff" * 35
    with pytest.raises(UnreadableFile, match="xlsx-malformed"):
        read_rows(bytes(content), "a.xlsx")


def test_an_archive_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 1_000_000)
    monkeypatch.setattr(reader, "MAX_UNPACKED", 500_000)
    with pytest.raises(UnreadableFile, match="xlsx-too-large"):
        read_rows(file.getvalue(), "a.xlsx")


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.xlsx"])
def test_too_many_rows(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(reader, "MAX_ROWS", 2)
    files: dict[str, Callable[[int], bytes]] = {
        "a.csv": lambda count: b"a\n" + b"1\n" * count,
        "a.json": lambda count: json.dumps([{"a": 1}] * count).encode(),
        "a.xlsx": lambda count: sheet(["a"], *[[1]] * count),
    }
    assert len(read_rows(files[name](2), name)) == 2
    with pytest.raises(UnreadableFile, match="too-many-rows"):
        read_rows(files[name](3), name)


def test_a_mapping_says_which_column_is_which_field() -> None:
    mapping = Mapping(
        columns={"name": " 名称 ", "kind": "类别"},
        constants={"district": "140213", "capacity": 20, "stages": ["primary", "junior"], "open": True, "none": None},
        values={"kind": {"学科": "subject"}},
    )
    columns = frozenset({"名称", "类别", "x"})
    assert mapping.bound_to(columns).apply({"名称": "晨光", "类别": "学科", "x": "y"}) == {
        "name": "晨光", "kind": "subject", "district": "140213", "capacity": "20", "stages": "primary,junior",
        "open": "true",
    }  # fmt: skip
    assert "name" not in mapping.apply({"名称": "", "类别": "体育"})
    assert mapping.apply({"类别": "体育"})["kind"] == "体育"
    assert mapping.missing_columns(frozenset({"名称"})) == ["类别"]


def test_a_cell_goes_before_a_constant_unless_it_is_blank() -> None:
    mapping = Mapping(columns={"kind": "类别"}, constants={"kind": "subject"})
    assert mapping.apply({"类别": "non_subject"}) == {"kind": "non_subject"}
    assert mapping.apply({"类别": ""}) == {"kind": "subject"}


@pytest.mark.parametrize("part", [{"columns": {"x": "a"}}, {"constants": {"x": "a"}}, {"values": {"x": {}}}])
def test_fields_that_do_not_exist_are_refused(part: dict[str, Any]) -> None:
    with pytest.raises(UnknownField):
        Mapping(**part).check(frozenset({"name"}))
    Mapping(columns={"name": "a"}).check(frozenset({"name"}))


@pytest.mark.parametrize("part", [{"rows": {}}, {"columns": []}, {"columns": {"a": 1}}, {"values": {"a": "b"}}])
def test_mappings_of_another_shape_are_refused(part: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Mapping.model_validate(part)


def test_the_header_is_where_the_columns_are() -> None:
    content = "某区台账\n填报单位：,\n名称 ,N\n晨光,1\n".encode()
    assert read_rows(content, "a.csv", "名称", "n") == [{"名称": "晨光", "N": "1"}]
    assert read_rows(content, "a.csv")[0] == {"某区台账": "填报单位："}
    assert read_table(content, "a.csv", ["名称", "x"]).columns == {"某区台账"}


def test_a_header_of_two_lines() -> None:
    content = "名称,坐标,\n,经度,纬度\n晨光,1,2\n".encode()
    assert read_rows(content, "a.csv", "名称", "经度", "纬度") == [{"名称": "晨光", "经度": "1", "纬度": "2"}]


def test_the_delimiter_is_the_one_with_which_the_header_is_found() -> None:
    for delimiter in ",;\t|":
        content = f"a, b; c | d \t e\nname{delimiter}n\nx{delimiter}1\n".encode()
        assert read_rows(content, "a.csv", "name", "n") == [{"name": "x", "n": "1"}]


def test_a_quote_that_nobody_closed_spoils_one_line() -> None:
    assert read_rows(b'a,b\n"x,1\ny,2\r\n"z","3"\n', "a.csv") == [
        {"a": "x,1", "": "quote-unpaired"},
        {"a": "y", "b": "2"},
        {"a": "z", "b": "3"},
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("合计,,2", "footnote"), ("合 计：,,", "footnote"), ("注：x,,", "footnote"), (",备注1：x,", "footnote"),
        ("共 2 家,,", "footnote"), ("Total,,5", "footnote"), ("合计,b,3", ""), ("注意安全,,", ""), ("totally,,", ""),
        ("名称,甲,乙", "header-repeated"), ("名称,甲,丙", ""), ("x,y,z,", ""), ("x,y,z,1", "more-cells-than-columns"),
    ],
)  # fmt: skip
def test_rows_that_are_none(line: str, code: str) -> None:
    (row,) = read_rows(f"名称,甲,乙\n{line}\n".encode(), "a.csv", "名称", "甲", "乙")
    assert reader.codes_of(row) == ([code] if code else [])


def test_a_row_that_has_what_every_row_has_is_no_footnote() -> None:
    content = "编号,名称,电话,地址\n共12家艺术学校,晨光,,1 号\n7,Total,,2 号\nTotal,Sum,,\n小计,晨曦,,3 号\n合计,,2,\n"
    table = read_table(content.encode(), "a.csv", ["编号", "名称", "电话", "地址"], required=["名称", "地址"])
    assert [reader.codes_of(row) for row in table.read()] == [[], [], ["footnote"], [], ["footnote"]]


def test_files_put_one_behind_another() -> None:
    once = '\ufeff编号,名称\n1,晨光\n2,"晨曦"\n'.encode()
    for content in (once, once.replace(b'"', b"")):
        codes = [(row["编号"], *reader.codes_of(row)) for row in read_rows(content * 2, "a.csv", "编号", "名称")]
        assert codes == [("1",), ("2",), ("编号", "header-repeated"), ("1",), ("2",)]


def summary(content: str, *wanted: str) -> list[tuple[str, ...]]:
    return [tuple(row.values()) for row in read_rows(content.encode(), "a.csv", *wanted)]


def test_a_quote_that_swallows_rows_is_refused_and_the_rows_are_not() -> None:
    wanted = ("ref", "addr", "kind", "name")
    content = 'ref,addr,kind,name\n1,甲,subject,"晨光\n2,乙,subject,晨曦\n\n3,丙,subject,新星"\n4,丁,subject,乙\n'
    assert summary(content, *wanted) == [
        ("1", "甲", "subject", "晨光", "quote-unpaired"),
        ("2", "乙", "subject", "晨曦"),
        ("3", "丙", "subject", '新星"', "quote-unpaired"),
        ("4", "丁", "subject", "乙"),
    ]
    content = 'ref,addr,kind,name\n1,"甲,subject,晨光\n2,乙,subject,晨曦\n3,丙,subject,"新"星\n4,"丁\n1号",subject,乙\n'
    assert summary(content, *wanted) == [
        ("1", "甲,subject,晨光", "quote-unpaired"),
        ("2", "乙", "subject", "晨曦"),
        ("3", "丙", "subject", "新星"),
        ("4", "丁\n1号", "subject", "乙"),
    ]


def test_a_quote_that_ends_too_early_leaves_other_records_whole() -> None:
    content = 'n,名称,地址\n1,"晨"光,甲\n2,晨曦,"大同市\n平城区1号, 东, 南, 西"\n3,"新","a\nb"\n'
    assert summary(content, "n", "名称", "地址") == [
        ("1", "晨光", "甲"), ("2", "晨曦", "大同市\n平城区1号, 东, 南, 西"), ("3", "新", "a\nb")
    ]  # fmt: skip


def test_a_text_that_csv_keeps_from_being_a_number() -> None:
    content = 'n,name\n="0123",x\n ="0123" ,x\n"=""01""""23""","a ="" b"\n'
    assert summary(content, "n", "name") == [("0123", "x"), ("0123", "x"), ('01"23', 'a =" b')]


def test_a_quote_that_nobody_closed_reaches_a_limit() -> None:
    rows = summary('a,b\n1,"x\n' + "22222222\n" * 20_000, "a", "b")
    assert (len(rows), rows[0], set(rows[1:])) == (20_001, ("1", "x", "quote-unpaired"), {("22222222",)})


def test_a_cell_of_any_length_leaves_the_others_as_they_are() -> None:
    assert [len(row["b"]) for row in read_rows(b"a,b\n1,2\n1," + b"x" * 140_000 + b'\n1,"2"\n', "a.csv")] == [
        1,
        140_000,
        1,
    ]


def test_columns_without_a_name_and_with_one_name() -> None:
    assert read_rows(b",a,a\n0,1,2\n", "a.csv", "a") == [{"a": "1", "a (2)": "2"}]
    assert read_rows(sheet(["a", None], [1, "x"]), "a.xlsx") == [{"a": "1", "": "cells-beyond-columns"}]


def test_cells_merged_downwards() -> None:
    workbook = openpyxl.Workbook()
    active = workbook.active
    assert active is not None
    for line in ([], [None, "a", "b"], [None, "x", 1], [None, None, 2], [None, None, 3]):
        active.append(line)
    active.merge_cells("B3:B4")
    file = io.BytesIO()
    workbook.save(file)
    assert read_rows(file.getvalue(), "a.xlsx") == [{"a": "x", "b": "1"}, {"a": "x", "b": "2"}, {"a": "", "b": "3"}]


def test_cells_merged_across_belong_to_the_first_column() -> None:
    def prepare(sheet: Any) -> None:
        for area in ("A1:C1", "B3:C4", "A5:B5", "A6:C6", "C7:D7"):
            sheet.merge_cells(area)

    lines: list[list[Any]] = [["台账"], ["a", "b", "c", "x"], ["1", "y"], ["2"], ["3", None, "z"], ["合计"]]
    lines.append(["5", "y", "z"])
    rows = read_rows(prepared(prepare, *lines), "a.xlsx", "a", "b", "c")
    assert [(row["a"], row["b"], row["c"], *reader.codes_of(row)) for row in rows] == [
        ("1", "y", "", "merged-not-read"), ("2", "y", "", "merged-not-read"), ("3", "", "z", "merged-not-read"),
        ("合计", "", "", "footnote"), ("5", "y", "z"),
    ]  # fmt: skip


@pytest.mark.parametrize(("spanned", "notes"), [("1", []), ("2", ["merged-not-read"])])
def test_an_ods_with_merged_cells_has_a_note(spanned: str, notes: list[str]) -> None:
    names = "office", "table", "text"
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    cell = f'<table:table-cell office:value-type="string" table:number-rows-spanned="{spanned}"><text:p>a</text:p>'
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="s"><table:table-row>{cell}</table:table-cell></table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    assert [note.code for note in read_table(file.getvalue(), "a.ods", ["a"]).notes] == notes


def prepared(prepare: Callable[[Any], None], *lines: list[Any]) -> bytes:
    workbook = openpyxl.Workbook()
    for line in lines:
        workbook.active.append(line)  # type: ignore[union-attr]
    prepare(workbook.active)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def test_a_cell_of_a_workbook_without_a_value_refuses_its_row() -> None:
    def prepare(sheet: Any) -> None:
        sheet["D3"], sheet["E4"], sheet["D6"] = '="closed"', "=1+1", "=NA()"
        for place, error in (("D5", "#REF!"), ("D7", "#N/A")):
            sheet[place] = error
            sheet[place].data_type = "e"
        sheet.merge_cells("D5:D6")

    lines = [[None, None, "ref", "status", "other"], *([None, None, str(number), None, None] for number in range(1, 7))]
    rows = read_rows(prepared(prepare, [], *lines), "a.xlsx", "ref", "status")
    assert [(row["ref"], reader.codes_of(row)) for row in rows] == [
        ("1", ["cell-unreadable"]), ("2", []), ("3", ["cell-unreadable"]), ("4", ["cell-unreadable"]), ("5", []),
        ("6", []),
    ]  # fmt: skip


def test_numbers_have_the_zeros_that_their_format_shows() -> None:
    def prepare(sheet: Any) -> None:
        for place, shown in (("A2", "000000"), ("A3", "00000;-00000"), ("A4", "0.00"), ("A5", "#,##0")):
            sheet[place].number_format = shown

    content = prepared(prepare, ["a"], [123], [123456], [5], [1200])
    assert [row["a"] for row in read_rows(content, "a.xlsx")] == ["000123", "123456", "5", "1200"]


def test_a_number_that_cannot_be_the_key_that_was_typed_says_so() -> None:
    def prepare(sheet: Any) -> None:
        sheet["A5"].number_format, sheet["A6"].number_format = 'A"-"0000', "0000"

    cells: list[Any] = [1.1, date(2026, 3, 1), 12.0, 34, 56, "1.10", time(8, 30)]
    content = prepared(prepare, ["ref", "day"], *([cell, cell] for cell in cells))
    rows = read_table(content, "a.xlsx", ["ref", "day"], exact=["REF"]).rows
    lost = cleaning.DIGITS_LOST
    assert [row["ref"] for row in rows] == [lost, lost, "12", lost, "0056", "1.10", lost]
    assert [row["day"][:10] for row in rows] == ["1.1", "2026-03-01", "12", "34", "56", "1.10", "08:30:00"]
    keys = Mapping(columns={"ref": "ref", "name": "day"}, qualify={"ref": ["office"]}, prefix={"name": "X"})
    assert keys.columns_of(frozenset({"ref"})) == {"ref", "office"}
    assert keys.apply({"ref": lost, "day": "1.4E+14", "office": "E"}) == {"ref": lost, "name": lost}
    assert keys.apply({"ref": "1", "day": "1", "office": lost}) == {"ref": lost, "name": "X:1"}


def test_the_sheet_with_the_header() -> None:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    workbook.active.append(["read me"])
    workbook.create_sheet("x").append(["n"])
    file = io.BytesIO()
    workbook.save(file)
    assert read_table(file.getvalue(), "a.xlsx", ["n"]).columns == {"n"}
    assert read_table(file.getvalue(), "a.xlsx", ["other"]).columns == {"read me"}


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("é,b\n" + "Zoé and some,x\n" * 3, "cp1252"), ("名,b\n晨光,x\n", "gb18030"), ("名,b\n晨光,x\n", "utf-16")],
)
def test_encodings(text: str, encoding: str) -> None:
    assert list(read_table(text.encode(encoding), "a.csv").rows[0].values()) == text.split("\n")[1].split(",")


def test_json_of_every_shape() -> None:
    items: list[Any] = [{"a": 1, "b": [1, "x", None]}, {"b": {"c": 1}}, 7, {"a": None}]
    expected = [{"a": "1", "b": "1,x"}, {"": "row-not-an-object"}]
    assert read_rows(json.dumps({"records": items}).encode(), "a.json", "a") == expected
    nested = read_rows(json.dumps(items).encode("utf-8-sig"), "a.json", "b")
    assert nested == [expected[0], {"b": "", "": "value-nested"}, expected[1]]
    assert read_table(json.dumps(items).encode(), "a.json").columns == {"a", "b"}


def test_members_of_json_are_named_as_columns_are() -> None:
    content = (
        '[{"Phone": "139", "x": 1}, {"phone ": "138", "X": 2},'
        ' {"ＰＨＯＮＥ": "1", "phone": "2"}, {"x": 1, "X": 2, "phone": 3}]'
    )
    table = read_table(content.encode(), "a.json", ["phone"])
    rows = list(map(Mapping(columns={"p": "phone"}).bound_to(table.columns).apply, table.read()))
    assert [row["p"] for row in rows] == ["139", "138", "2", "3"]
    assert [reader.codes_of(row) for row in table.read()] == [[], [], ["member-repeated"], []]


def test_a_column_that_has_its_name_from_another_is_noted() -> None:
    table = read_table("编号,名称,名 称,x,x\n1,旧,新,,\n".encode(), "a.csv", ["编号", "名称"])
    assert [(note.code, note.column) for note in table.notes] == [("column-repeated", "名称")]
    table = read_table("编号,名称,名称\n1,旧,新\n".encode(), "a.csv", ["编号", "名称"])
    assert [(note.code, note.column) for note in table.notes] == [("column-repeated", "名称")]
    assert table.rows == [{"编号": "1", "名称": "旧", "名称 (2)": "新"}]


def test_keys_that_are_unique_within_an_office_only() -> None:
    mapping = Mapping(columns={"ref": "No", "name": "N"}, qualify={"ref": ["Office"]}, prefix={"ref": "X", "more": "Y"})
    mapping.check(frozenset({"ref", "name", "more"}))
    bound = mapping.bound_to(frozenset({"NO", "n", "office"}))
    assert mapping.missing_columns(frozenset({"NO", "n"})) == ["Office"]
    assert bound.apply({"NO": "1", "n": "a", "office": "E"}) == {"ref": "X:E:1", "name": "a"}
    assert bound.apply({"NO": "1", "n": "a", "office": ""}) == {"name": "a"}
    for part in ({"qualify": {"x": ["a"]}}, {"prefix": {"x": "a"}}):
        with pytest.raises(UnknownField):
            Mapping.model_validate(part).check(frozenset({"ref"}))


def test_a_word_for_nothing_is_blank_unless_the_mapping_knows_it() -> None:
    mapping = Mapping(columns={"a": "a"}, values={"a": {"-": "none"}}, constants={"a": "c"})
    assert [mapping.apply({"a": cell})["a"] for cell in ("-", "N/A", "x")] == ["none", "c", "x"]


def test_a_file_spoilt_in_a_few_places() -> None:
    lines = [f"{number},晨光培训学校第{number}分校,某某路\n" for number in range(20)]
    content = bytearray("n,名称,地址\n".encode() + "".join(lines).encode())
    content[content.index("晨".encode())] = 0x41
    del content[-2:]
    rows = read_rows(bytes(content), "a.csv", "n", "名称")
    assert [reader.codes_of(row) for row in rows] == [["characters-damaged"], *[[]] * 19]
    assert rows[1]["名称"] == "晨光培训学校第1分校"


ROWS_OF_40 = "".join(f"{number},晨光培训学校,大同市平城区\n" for number in range(40))


@pytest.mark.parametrize(
    ("content", "damaged"),
    [
        (f"n,名称,地址\n{ROWS_OF_40}41,{chr(0xFFFD) * 60},x\n".encode(), 1),
        (f"n,名称,地址\n{ROWS_OF_40}41,".encode() + b"\xff" * 60 + b",x\n", 1),
        (f"n,名称,地址\n{ROWS_OF_40}41,".encode("gb18030") + b"\xff" * 60 + b",x\n", 1),
        (("n,名称,地址\n" + "1,晨光,x\n41,".replace("晨光", "晨光" * 3)).encode() + b"\xff" * 60 + b",x\n", 1),
        (("n,名称,地址\n" + "1,Morning School,Main St\n" * 300 + "2,Caf\ufffd,x\n").encode(), 1),
    ],
    ids=["replaced-before", "utf-8", "gbk", "small", "plain-rows"],
)
def test_a_damaged_row_leaves_the_others_as_they_are(content: bytes, damaged: int) -> None:
    *sound, last = read_rows(content, "a.csv", "n", "名称", "地址")
    assert reader.codes_of(last) == ["characters-damaged"]
    assert {(row["名称"][:2], *reader.codes_of(row)) for row in sound} <= {("晨光",), ("Mo",)}
    assert len(sound) in (1, 40, 300)


def test_a_damaged_member_of_json_on_one_line() -> None:
    rows = [{"n": str(number), "名称": "晨光"} for number in range(40)]
    content = json.dumps(rows, ensure_ascii=False).encode().replace(b"}]", b'},{"n":"' + b"\xff" * 600 + b'"}]')
    *sound, last = read_rows(content, "a.json", "n")
    assert (sound, reader.codes_of(last)) == (rows, ["characters-damaged"])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["name,n\n晨光,1\n晨曦,2\n", "名称,数\n" + "晨光培训学校平城区第一分校,1\n" * 9])
def test_wide_encodings_with_a_mark_or_without(encoding: str, text: str) -> None:
    assert [list(row.values()) for row in read_rows(text.encode(encoding), "a.csv")] == [
        line.split(",") for line in text.split("\n")[1:-1]
    ]


@pytest.mark.parametrize(
    "content",
    [
        "ref,name\n1,大同補習班\n2,平城學校\n".encode("big5"),
        "ref,名\n1,晨光\n".encode() * 3 + b"2,\xff\xff\n" * 3,
        b"\xef\xbb\xbfa,b\n" + "1,晨光\n2,晨曦\n".encode("gb18030"),
    ],
    ids=["big5", "several-rows", "mark"],
)
def test_what_would_be_stored_as_nonsense_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match="encoding-unknown"):
        read_rows(content, "a.csv")
