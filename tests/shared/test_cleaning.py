"""Cells as people and programs leave them."""

from datetime import date

import pytest

from shared.imports.cleaning import (
    Unreadable,
    code_text,
    column_key,
    coordinates,
    day,
    one_line,
    says_nothing,
    visible,
    whole_number,
)

FIRST = date(2024, 9, 1)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (" a ", "a"),
        ("\ufeffa\u200bb\u00ad", "ab"),
        ("\u3000a\u3000b\u00a0c ", "a b c"),
        ("a\x00\x1f\x7f\x9fb", "ab"),
        ("a\tb\nc\u2028d", "a\tb\nc\nd"),
        ("\u200b", ""),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
    ],
)
def test_what_can_be_seen(cell: str, said: str) -> None:
    assert visible(cell) == said
    assert visible(said) == said


@pytest.mark.parametrize("cell", ["-", "——", "NULL", "n/a", "#N/A", "无", "暂无", "/", "NaN", "#REF!", "\\N"])
def test_words_for_nothing(cell: str) -> None:
    assert says_nothing(cell)


@pytest.mark.parametrize("cell", ["", "0", "无锡", "none of them", "N", "否"])
def test_words_that_say_something(cell: str) -> None:
    assert not says_nothing(cell)


def test_names_of_columns() -> None:
    assert len({column_key(name) for name in ("机构 名称(全称)", "机构\n名称（全称）", " 机构名称(全称)\u200b")}) == 1
    assert column_key("License_Number") != column_key("License Number") == column_key("LICENSE  NUMBER")


@pytest.mark.parametrize(
    ("cell", "line", "note"),
    [
        ("a & b", "a & b", None),
        ("a &amp; b", "a & b", "html-unescaped"),
        ("a&nbsp;&#39;b&#39;", "a 'b'", "html-unescaped"),
        ("AT&T; x", "AT&T; x", None),
        ("AT&T", "AT&T", None),
        ("a\r\n  b", "a b", "line-break-removed"),
        ("a\tb", "a b", None),
    ],
)
def test_text_of_one_line(cell: str, line: str, note: str | None) -> None:
    assert one_line(cell) == (line, note)


@pytest.mark.parametrize(
    ("cell", "text", "note"),
    [
        ("B-01", "B-01", None),
        ("教民 1 号", "教民 1 号", None),
        ("（２０２４）１", "(2024)1", "x"),
        ("a  b", "a b", "x"),
        ("1.3800000000E+10", "13800000000", "x"),
        ("1.380013800138e+12", "1380013800138", "x"),
        ("'0123", "0123", "x"),
        ("`0123", "0123", "x"),
        ("'教民1号", "教民1号", "x"),
        ("'=1", "'=1", None),
        ("1E5", "1E5", None),
        ("1.2E1", "1.2E1", None),
        ("1.5E+1", "1.5E+1", None),
        ("3.0e01", "3.0e01", None),
        ("1.23e+2", "1.23e+2", None),
    ],
)
def test_keys_and_numbers_made_of_characters(cell: str, text: str, note: str | None) -> None:
    assert code_text(cell, "x") == (text, note)
    assert code_text(text, "x") == (text, None)


@pytest.mark.parametrize("cell", ["1.38E+10", "1E+10", "1.40213E+15", "1.2e+123"])
def test_digits_that_a_spreadsheet_threw_away(cell: str) -> None:
    with pytest.raises(Unreadable) as caught:
        code_text(cell, "x")
    assert caught.value.code == "digits-lost"


@pytest.mark.parametrize(
    ("cell", "number", "note"),
    [
        ("30", "30", None),
        ("'30", "30", "number-normalised"),
        ("30.00", "30", None),
        ("-5", "-5", None),
        ("30人", "30", "number-normalised"),
        ("30 Children", "30", "number-normalised"),
        ("1,200", "1200", "number-normalised"),
        ("１，２００", "1200", "number-normalised"),
        ("$1,200.00", "1200", "number-normalised"),
        ("约30人", "30", "number-approximate"),
        ("30余人", "30", "number-approximate"),
        ("1,20", "1,20", None),
        ("30-50", "30-50", None),
        ("1.5", "1.5", None),
        ("三十", "三十", None),
    ],
)
def test_counts(cell: str, number: str, note: str | None) -> None:
    assert whole_number(cell) == (number, note)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-09-01", "2024-9-1", "2024/09/01", "2024.9.1", "2024年9月1日", "2024 年 09 月 01 号", "20240901",
        "01.09.2024",
        "2024-09-01 00:00:00", "2024-09-01T00:00:00.000", "2024-09-01T08:30:00Z", "2024-09-01T00:00:00+08:00",
        "9/1/2024 12:00 AM", "２０２４－０９－０１", "1-Sep-2024", "Sep 1, 2024", "September 1st, 2024", "1 sept 2024",
    ],
)  # fmt: skip
def test_one_day_in_many_notations(cell: str) -> None:
    found, note = day(cell)
    assert found == FIRST
    assert note in (None, "date-ambiguous")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("45536", (FIRST, "date-serial")),
        ("45536.75", (FIRST, "date-serial")),
        ("2024-08-31 16:00:00+00", (FIRST, None)),
        ("2024-08-31 16:00:00.123+00", (FIRST, None)),
        ("2024-08-31 16:00 +0000", (FIRST, None)),
        ("2024-08-31 23:00:00+08", (date(2024, 8, 31), None)),
        ("2024-08-31 18:30:00-05:30", (FIRST, None)),
        ("09/01/2024", (FIRST, "date-ambiguous")),
        ("13/09/2024", (date(2024, 9, 13), None)),
        ("09/13/2024", (date(2024, 9, 13), None)),
        ("09-09-2024", (date(2024, 9, 9), None)),
    ],
)
def test_days_with_a_note(cell: str, expected: tuple[date, str | None]) -> None:
    assert day(cell) == expected


@pytest.mark.parametrize(
    "cell",
    ["9999-12-31", "99991231", "9999/12/31", "9999-12-31 00:00:00", "9999-12-31T00:00:00.000", "2099-12-31",
     "20991231",
     "2099年12月31日",
     "长期", "永久有效", "无固定期限", "0000-00-00", "0000-00-00 00:00:00", "Indefinite", "12/31/9999",
     "31.12.2099"],
)  # fmt: skip
def test_days_that_mean_without_end(cell: str) -> None:
    assert day(cell) == (None, "date-open-ended")


@pytest.mark.parametrize(
    "cell",
    ["", "民国113年9月1日", "113-09-01", "113.09.01", "2024-13-01", "2024-02-30", "20241301", "2024-09", "2024",
     "99999",
     "12345", "1066-10-14", "2204-09-01", "31 Foo 2024", "soon", "2024-09-01 或以后", "2024-09-01+08", "32/13/2024"],
)  # fmt: skip
def test_what_is_no_day(cell: str) -> None:
    with pytest.raises(Unreadable, match="date-unreadable"):
        day(cell)


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        ("113.3", "40.1", ("113.3", "40.1", [])),
        ("40.1", "113.3", ("113.3", "40.1", ["coordinates-swapped"])),
        ("10", "-120", ("-120", "10", ["coordinates-swapped"])),
        ("15.6", "78.2", ("15.6", "78.2", [])),
        ("39.5", "76", ("39.5", "76", [])),
        ("-73.9", "40.7", ("-73.9", "40.7", [])),
        ("113.3", "91", ("113.3", "91", [])),
        ("113°18'36\"E", "40°06'00\"N", ("113.31", "40.1", ["coordinates-converted"])),
        ("113°18′36″", "40°06′", ("113.31", "40.1", ["coordinates-converted"])),
        ("73.5W", "40.5S", ("-73.5", "-40.5", ["coordinates-converted"])),
        ("东经113.3", "北纬40.1", ("113.3", "40.1", ["coordinates-converted"])),
        ("40.1N", "113.3E", ("113.3", "40.1", ["coordinates-converted", "coordinates-swapped"])),
        ("113,3", "40,1", ("113.3", "40.1", ["coordinates-converted"])),
        ("+113.3", " 40.1", ("113.3", "40.1", [])),
        ("POINT (113.3 40.1)", "POINT (113.3 40.1)", ("113.3", "40.1", [])),
        ("1 Main St\n(40.1, 113.3)", "1 Main St\n(40.1, 113.3)", ("113.3", "40.1", [])),
        ("40.1N", "40.1N", ("40.1N", "40.1N", [])),
        ("E113W", "40", ("E113W", "40", [])),
        ("113°61'", "40", ("113°61'", "40", [])),
        ("east", "40", ("east", "40", [])),
        ("", "40", ("", "40", [])),
    ],
)
def test_coordinates(lon: str, lat: str, expected: tuple[str, str, list[str]]) -> None:
    assert coordinates(lon, lat) == expected
