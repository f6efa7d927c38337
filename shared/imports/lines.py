"""The lines of a table, and those of CSV: a quote that nobody closed spoils its own row and swallows no other."""

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain, islice, tee
from typing import Final

Cells = list[str]
Lines = Callable[[Collection[int]], Iterator[Cells]]
"""The lines of a table from its top, each time anew; at these places a number is a key, and wants all its digits."""

UNPAIRED: Final = "quote-unpaired"


class Spoilt(Cells):
    """A line of which something could not be read: its code by the place of the cell; under -1, of the line."""

    codes: dict[int, str]

    @classmethod
    def of(cls, cells: Iterable[str], codes: dict[int, str]) -> "Spoilt":
        line = cls(cells)
        line.codes = codes
        return line


def records(source: Iterator[str], delimiter: str, width: int) -> Iterator[Cells]:
    """CSV, read strictly. A record with broken quotes, or one that contains whole rows, is read line by line."""
    again: Iterator[str] = iter(())
    while True:
        ahead, behind = tee(chain(again, source))
        reader = csv.reader(ahead, delimiter=delimiter, strict=True)
        before = 0
        try:
            for cells in reader:
                if reader.line_num == before + 1:
                    next(behind)
                    yield cells
                else:
                    yield from _long_record(cells, list(islice(behind, reader.line_num - before)), delimiter, width)
                before = reader.line_num
            return
        except csv.Error:
            first, *more = islice(behind, reader.line_num - before)
            again = iter([*more, *again])  # without what a chain of chains would hold
            yield _alone(first, delimiter)


def _long_record(cells: Cells, lines: list[str], delimiter: str, width: int) -> Iterator[Cells]:
    if not _holds_rows(lines, delimiter, width):
        yield cells
        return
    *above, last = lines
    yield from (_alone(line, delimiter) for line in above)
    yield Spoilt.of(_alone(last, delimiter), {-1: UNPAIRED})


def _alone(line: str, delimiter: str) -> Cells:
    """One line by itself. If it leaves a quote open, its last cell is marked."""
    reader = csv.reader([line, ""], delimiter=delimiter)
    cells = next(reader)
    return Spoilt.of((cell.rstrip("\r\n") for cell in cells), {-1: UNPAIRED}) if reader.line_num > 1 else cells


def _holds_rows(lines: list[str], delimiter: str, width: int) -> bool:
    """Whether every line of a record is a row by itself: then the first one's quote swallowed the others.

    Lines inside a cell rarely have as many delimiters as a row, and in prose a blank follows a comma.
    """
    said = [line for line in lines if line.strip()]
    return (
        width > 1
        and len(said) > 1
        and all(line.count(delimiter) == width - 1 and f"{delimiter} " not in line for line in said)
    )


_AS_TEXT: Final = re.compile(r'\s*="(.*)"\s*', re.DOTALL)


def without_formulas(cells: Cells) -> Cells:
    """`="0123"` is how CSV keeps a spreadsheet from reading a text as a number."""
    if not any('="' in cell for cell in cells):
        return cells
    plain = [found[1].replace('""', '"') if (found := _AS_TEXT.fullmatch(cell)) else cell for cell in cells]
    return Spoilt.of(plain, cells.codes) if isinstance(cells, Spoilt) else plain
