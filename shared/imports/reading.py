"""A file read in a process of its own (`shared.confined`): mapped rows in chunks, and which of them repeat one another.

The answers, in this order: one `head` or `error`; `doubtful` rows, whose key other rows have too; all `rows`.
"""

import sys
from array import array
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from shared.confined import Limits, confined, say
from shared.imports.cleaning import Identity, identity, serial_from_1904
from shared.imports.mapping import Mapping
from shared.imports.reader import REJECTING, Row, Table, UnreadableFile, codes_of, read_table

LIMITS: Final = Limits(memory=512 * 1024**2, seconds=300)
"""Beside the worker's own memory this has to fit in that of its container."""
_LARGEST_CHUNK: Final = 8 * 1024**2
"""Characters of one chunk; a few long rows are a chunk of their own."""

CONFLICT: Final = "identity-conflict"
"""A row whose second key stands under another reference in the same file, further up."""


class Request(BaseModel):
    """What to read: `identities` are the keys of a row, the first one its reference; `days`, fields that are dates."""

    filename: str
    mapping: Mapping
    identities: dict[str, Identity]
    days: frozenset[str]
    padded: frozenset[str] = frozenset()
    chunk: int
    done: int = 0


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A mapped row, what the reader noticed, and the key that it shares with other rows of the file."""

    number: int
    cells: Row
    codes: Sequence[str]
    key: int | None

    @property
    def refused(self) -> bool:
        return not REFUSING.isdisjoint(self.codes)


REFUSING: Final = REJECTING | {CONFLICT}


class Reading:
    """A file that is being read elsewhere: first its doubtful rows, then all that were not done yet."""

    def __init__(self, answers: AsyncIterator[Any], head: dict[str, Any]) -> None:
        self.total: int = head["total"]
        self.notes: list[dict[str, str]] = head["notes"]
        self.widths: dict[str, int] = head["widths"]
        self._answers = answers
        self._held: list[ReadRow] | None = None

    async def doubtful(self) -> AsyncIterator[list[ReadRow]]:
        async for answer in self._answers:
            if "doubtful" not in answer:
                self._held = _rows(answer["rows"])
                return
            yield _rows(answer["doubtful"])

    async def rows(self) -> AsyncIterator[list[ReadRow]]:
        if self._held is not None:
            yield self._held
            async for answer in self._answers:
                yield _rows(answer["rows"])


def _rows(told: list[list[Any]]) -> list[ReadRow]:
    return [ReadRow(*row) for row in told]


@asynccontextmanager
async def read_elsewhere(request: Request, content: AsyncIterable[bytes]) -> AsyncIterator[Reading]:
    """Raises `UnreadableFile`, or `ProcessEnded` where the file ended its reader."""
    async with confined(__name__, request.model_dump_json(), limits=LIMITS, content=content) as answers:
        head = await anext(answers)
        if "error" in head:
            raise UnreadableFile(head["error"])
        yield Reading(answers, head)


def main(told: str) -> None:
    """In the process of its own."""
    request = Request.model_validate_json(told)
    try:
        table = read_table(sys.stdin.buffer.read(), request.filename, request.mapping.wanted_columns())
        if table.total and request.mapping.missing_columns(table.columns):
            raise UnreadableFile("mapping-column-missing")
        _tell(request, table)
    except UnreadableFile as error:
        say({"error": error.code})
    except MemoryError:
        say({"error": "file-too-large"})


def _tell(request: Request, table: Table) -> None:
    mapping = request.mapping.bound_to(table.columns)

    def rows() -> Iterator[Said]:
        for number, row in enumerate(table.read(), 1):
            mapped = mapping.apply(row)
            if table.epoch_1904:
                mapped |= {field: serial_from_1904(mapped[field]) for field in request.days & mapped.keys()}
            yield number, mapped, codes_of(row)

    widths: dict[str, int] = {}
    keys, conflicting = _keys(request, _measured(request.padded, rows(), widths))
    several = {key for key, times in Counter(keys).items() if key and times > 1}

    def told() -> Iterator[tuple[int, Row, list[str], int | None]]:
        for (number, cells, codes), key in zip(rows(), keys, strict=True):
            noticed = [*codes, CONFLICT] if number in conflicting else codes
            yield number, cells, noticed, key if key in several else None

    notes = [{"code": note.code, "sheet": note.sheet} for note in table.notes]
    say({"total": table.total, "notes": notes, "widths": widths})
    if several:
        _say_in_chunks("doubtful", (row for row in told() if row[3] is not None), request.chunk)
    _say_in_chunks("rows", (row for row in told() if row[0] > request.done), request.chunk)


Said = tuple[int, Row, list[str]]


def _measured(fields: frozenset[str], rows: Iterator[Said], widths: dict[str, int]) -> Iterator[Said]:
    """The rows; in passing, how many digits a field has at most."""
    for row in rows:
        for field in fields & row[1].keys():
            digits = row[1][field].removesuffix(".0")
            if digits.isdigit():
                widths[field] = max(widths.get(field, 0), len(digits))
        yield row


def _keys(request: Request, rows: Iterator[Said]) -> tuple["array[int]", set[int]]:
    """The key of every row, as a hash, 0 for none; and the rows whose other key is under another reference.

    A row is about the thing of its reference; without one, about that whose reference stands beside its other key.
    """
    kinds = list(request.identities.items())
    references, others = array("q"), array("q")
    for _, cells, codes in rows:
        found = [
            identity(kind, cells[field]) if field in cells and REJECTING.isdisjoint(codes) else None
            for field, kind in kinds
        ]
        references.append(hash(found[0]) or 1 if found[0] else 0)
        other = next((said for said in found[1:] if said), None)
        others.append(hash((other,)) or 1 if other else 0)
    owner: dict[int, int] = {}
    for mine, theirs in zip(references, others, strict=True):
        if mine and theirs:
            owner.setdefault(theirs, mine)
    keys, conflicting = array("q"), set()
    for number, (mine, theirs) in enumerate(zip(references, others, strict=True), 1):
        if mine and theirs and owner[theirs] != mine:
            conflicting.add(number)
            keys.append(0)
        else:
            keys.append(mine or owner.get(theirs, theirs))
    return keys, conflicting


def _say_in_chunks(name: str, rows: Iterator[tuple[int, Row, list[str], int | None]], size: int) -> None:
    chunk: list[tuple[int, Row, list[str], int | None]] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        characters += sum(map(len, row[1].values()))
        if len(chunk) == size or characters > _LARGEST_CHUNK:
            say({name: chunk})
            chunk, characters = [], 0
    if chunk:
        say({name: chunk})
