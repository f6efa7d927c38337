"""Reads a file in a confined process (`shared.process.confined`): mapped rows in chunks, and which repeat one another.

The answers, in this order: one head or `error`; `strays`, keys of rows without a reference beside rows that have one,
unless the request links them; `contested` rows, whose other key stands under several references, unless the request
says which of them are refused; `doubtful` rows, whose key other rows have too; all `rows`.
"""

import json
import sys
from array import array
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pydantic import BaseModel

from shared.imports.cleaning import Identity, identity, serial_from_1904
from shared.imports.mapping import Mapping
from shared.imports.reader import REJECTING, Row, Table, UnreadableFile, codes_of, read_table
from shared.process.confined import Limits, confined, say

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
    required: frozenset[str] = frozenset()
    coded: frozenset[str] = frozenset()
    padded: frozenset[str] = frozenset()
    chunk: int
    done: int = 0
    links: dict[str, str] | None = None
    """Keys of rows without a reference, each with the reference that the database has beside it; null: tell them."""
    refused: frozenset[int] | None = None
    """Contested rows that are refused whoever has the key: it is not theirs. Null: tell the contested rows."""


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
        self._held: dict[str, Any] | None = None

    async def strays(self) -> list[str]:
        return [stray async for chunk in self._said("strays") for stray in chunk]

    async def contested(self) -> AsyncIterator[list[ReadRow]]:
        async for told in self._said("contested"):
            yield _rows(told)

    async def doubtful(self) -> AsyncIterator[list[ReadRow]]:
        async for told in self._said("doubtful"):
            yield _rows(told)

    async def rows(self) -> AsyncIterator[list[ReadRow]]:
        async for told in self._said("rows"):
            yield _rows(told)

    async def _said(self, name: str) -> AsyncIterator[list[Any]]:
        """Successive answers of one name."""
        while True:
            answer = await anext(self._answers, None) if self._held is None else self._held
            self._held = answer if answer is None or name not in answer else None
            if answer is None or name not in answer:
                return
            yield answer[name]


def _rows(told: list[list[Any]]) -> list[ReadRow]:
    return [ReadRow(*row) for row in told]


@asynccontextmanager
async def read_elsewhere(request: Request, content: AsyncIterable[bytes]) -> AsyncIterator[Reading]:
    """Raises `UnreadableFile`, or `ProcessEnded` if the file ended its reader."""
    found_out = {"links", "refused"}  # too much for an argument of a process

    async def led_by_a_line() -> AsyncIterator[bytes]:
        yield request.model_dump_json(include=found_out).encode() + b"\n"
        async for piece in content:
            yield piece

    arguments = request.model_dump_json(exclude=found_out)
    async with confined(__name__, arguments, limits=LIMITS, content=led_by_a_line()) as answers:
        head = await anext(answers)
        if "error" in head:
            raise UnreadableFile(head["error"])
        yield Reading(answers, head)


def main(told: str) -> None:
    request = Request.model_validate({**json.loads(told), **json.loads(sys.stdin.buffer.readline())})
    try:
        content = sys.stdin.buffer.read()
        request = _narrowed(request, content)
        mapping = request.mapping
        exact = mapping.columns_of(request.coded)
        required = mapping.columns_of(request.required)
        table = read_table(content, request.filename, mapping.wanted_columns(), exact=exact, required=required)
        if table.total and mapping.missing_columns(table.columns):
            raise UnreadableFile("mapping-column-missing")
        _tell(request, table)
    except UnreadableFile as error:
        say({"error": error.code})
    except MemoryError:
        say({"error": "file-too-large"})


def _narrowed(request: Request, content: bytes) -> Request:
    """A template's mapping without the columns that this file lacks; its header is that with the required columns."""
    mapping = request.mapping
    if not mapping.lenient:
        return request
    required = mapping.columns_of(request.required)
    present = read_table(content, request.filename, required, required=required).columns
    return request.model_copy(update={"mapping": mapping.narrowed_to(present, keep=request.required)})


def _tell(request: Request, table: Table) -> None:
    mapping = request.mapping.bound_to(table.columns)

    def rows() -> Iterator[Said]:
        for number, row in enumerate(table.read(), 1):
            mapped = mapping.apply(row)
            if table.epoch_1904:
                mapped |= {field: serial_from_1904(mapped[field]) for field in request.days & mapped.keys()}
            yield number, mapped, codes_of(row)

    lengths: dict[str, Lengths] = {}
    found = _keys(request, _measured(request.padded, rows(), lengths))
    widths = {field: _prevailing(*counted) for field, counted in lengths.items()}
    several = {key for key, times in Counter(found.keys).items() if key and times > 1}

    def told() -> Iterator[Told]:
        for (number, cells, codes), key in zip(rows(), found.keys, strict=True):
            noticed = [*codes, CONFLICT] if number in found.conflicting else codes
            yield number, cells, noticed, key if key in several else None

    def plain() -> Iterator[Told]:
        return ((number, cells, codes, None) for number, cells, codes in rows())

    notes = [
        {"code": note.code, "sheet": note.sheet} | ({} if note.column is None else {"column": note.column})
        for note in table.notes
    ]
    say({"total": table.total, "notes": notes, "widths": widths})
    if found.strays and request.links is None:
        others = (other for _, cells, codes in rows() for _, other in [_identities(request, cells, codes)] if other)
        for chunk in _chunks((other for other in others if _hashed_other(other) in found.strays), _STRAYS):
            say({"strays": chunk})
    if found.contested and request.refused is None:
        _say_in_chunks(
            "contested", (row for row in plain() if _other_key(request, row) in found.contested), request.chunk
        )
    if several:
        _say_in_chunks("doubtful", (row for row in told() if row[3] is not None), request.chunk)
    _say_in_chunks("rows", (row for row in told() if row[0] > request.done), request.chunk)


Said = tuple[int, Row, list[str]]
Told = tuple[int, Row, list[str], int | None]


Lengths = tuple[Counter[int], Counter[int]]


def _measured(fields: frozenset[str], rows: Iterator[Said], lengths: dict[str, Lengths]) -> Iterator[Said]:
    """The rows. On the way, count for each field how often it has how many digits, and how often a leading zero."""
    for row in rows:
        for field in fields & row[1].keys():
            digits = row[1][field].removesuffix(".0")
            if digits.isdigit():
                every, zeros = lengths.setdefault(field, (Counter(), Counter()))
                every[len(digits)] += 1
                zeros[len(digits)] += digits[0] == "0"
        yield row


def _prevailing(lengths: Counter[int], zeros: Counter[int]) -> int:
    """The number of digits that most cells have, of two equal candidates the larger; one more if cells of that
    length show a leading zero, because a spreadsheet may have dropped it from all the others."""
    most = max(lengths, key=lambda digits: (lengths[digits], digits))
    return most + 1 if zeros[most + 1] else most


def _identities(request: Request, cells: Row, codes: Sequence[str]) -> tuple[str | None, str | None]:
    """The reference of a row, and the first of its other keys."""
    found = [
        identity(kind, cells[field]) if field in cells and REJECTING.isdisjoint(codes) else None
        for field, kind in request.identities.items()
    ]
    return found[0] if found else None, next((said for said in found[1:] if said), None)


def _hashed(reference: str | None) -> int:
    return hash(reference) or 1 if reference else 0


def _hashed_other(other: str | None) -> int:
    """Hashed apart from references: a reference that looks like a code is a different key."""
    return hash((other,)) or 1 if other else 0


def _other_key(request: Request, row: Told) -> int:
    return _hashed_other(_identities(request, row[1], row[2])[1])


@dataclass(frozen=True, slots=True)
class _Keys:
    """The key of every row, as a hash, 0 for none; the rows whose other key is under another reference; other keys of
    rows without a reference of which no row says whose they are; and those that stand under several references."""

    keys: "array[int]"
    conflicting: set[int]
    strays: set[int]
    contested: set[int]


def _keys(request: Request, rows: Iterator[Said]) -> _Keys:
    """Find which thing each row is about: that of its reference, or without one, that whose reference stands beside
    its other key.

    The other key counts from the first row that has both, unless that row is refused; after that, from the database.
    """
    references, others = array("q"), array("q")
    for _, cells, codes in rows:
        reference, other = _identities(request, cells, codes)
        references.append(_hashed(reference))
        others.append(_hashed_other(other))
    refused = request.refused or frozenset()
    owner: dict[int, int] = {}
    contested: set[int] = set()
    for number, (mine, theirs) in enumerate(zip(references, others, strict=True), 1):
        if mine and theirs and number not in refused and owner.setdefault(theirs, mine) != mine:
            contested.add(theirs)
    if request.links:
        _link(request.links, owner, references, others)
    keys, conflicting, strays, met = array("q"), set(), set(), set()
    for number, (mine, theirs) in enumerate(zip(references, others, strict=True), 1):
        if refused and theirs and owner.get(theirs) == mine:
            met.add(theirs)
        if mine and theirs and owner.get(theirs, mine) != mine and (number not in refused or theirs in met):
            conflicting.add(number)
            keys.append(0)
        else:
            keys.append(mine or owner.get(theirs, theirs))
            if theirs and not mine and theirs not in owner:
                strays.add(theirs)
    return _Keys(keys, conflicting, strays if any(references) else set(), contested)


def _link(links: dict[str, str], owner: dict[int, int], references: "array[int]", others: "array[int]") -> None:
    """Add the links between keys that the database knows. A reference that has another key in the file no longer has
    its own."""
    here = set(references)
    stated = {mine: theirs for mine, theirs in zip(references, others, strict=True) if mine and theirs}
    for other, reference in links.items():
        mine, theirs = _hashed(reference), _hashed_other(other)
        if mine in here and stated.get(mine, theirs) == theirs:
            owner.setdefault(theirs, mine)


_STRAYS: Final = 50_000


def _chunks(values: Iterator[str], size: int) -> Iterator[list[str]]:
    while chunk := list(islice(values, size)):
        yield chunk


def _say_in_chunks(name: str, rows: Iterator[Told], size: int) -> None:
    chunk: list[Told] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        characters += sum(map(len, row[1].values()))
        if len(chunk) == size or characters > _LARGEST_CHUNK:
            say({name: chunk})
            chunk, characters = [], 0
    if chunk:
        say({name: chunk})
