"""The rows of one chunk of an import against what is recorded already, earlier rows of the chunk included."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.orm import Base
from services.inspection.stories.records.rows import (
    Model,
    Rejected,
    RowFields,
    codes_of,
    read_cells,
    without_lost_cells,
)
from shared.events import Event
from shared.facts.journal import Fact, record_many
from shared.imports.cleaning import DateOrder
from shared.imports.reader import Row
from shared.imports.runner import RowReport


@dataclass(frozen=True, slots=True)
class Parsed(Generic[Model]):
    """A row that can be a record, and what was corrected or interpreted in it."""

    said: Model
    notes: Sequence[str]

    def noted(self, report: RowReport) -> RowReport:
        """The report of this row with its notes, unless it was rejected."""
        return report if report.outcome == "rejected" else replace(report, codes=[*report.codes, *self.notes])


def parse(
    row: Row, model: type[Model], fields: RowFields, dispensable: frozenset[str], dates: DateOrder | None
) -> Parsed[Model] | RowReport:
    """A mapped row as a `model`, or the report that it cannot be one. Unreadable `dispensable` cells are left out."""
    try:
        values, notes = read_cells(row, fields, dates)
        return Parsed(without_lost_cells(model, values, dispensable, notes), notes)
    except Rejected as rejected:
        return RowReport("rejected", [rejected.code])
    except ValidationError as error:
        return RowReport("rejected", codes_of(error))


class Records:
    """Records of one table by their external reference: those that are stored, new ones, changed ones, and the facts.

    A record is a mapping of columns. `compared` are the columns that a later row may correct.
    """

    def __init__(
        self, table: type[Base], known: Iterable[Any], *, kept: Sequence[str], compared: Sequence[str]
    ) -> None:
        self._table, self._compared = table, compared
        columns = (*kept, *compared)
        self._current = {one.external_ref: {name: getattr(one, name) for name in columns} for one in known}
        self._new: dict[str, dict[str, Any]] = {}
        self._changed: dict[str, dict[str, Any]] = {}
        self._facts: list[Fact] = []

    def of(self, reference: str) -> dict[str, Any] | None:
        """The record as it is now."""
        return self._current.get(reference)

    @property
    def new(self) -> Iterable[Mapping[str, Any]]:
        return self._new.values()

    def enter(self, record: dict[str, Any], event: Event) -> UUID:
        """Take a new record; its id."""
        self._current[record["external_ref"]] = self._new[record["external_ref"]] = record
        self._facts.append(Fact(record["id"], record["version"], event))
        entered: UUID = record["id"]
        return entered

    def correct(self, record: dict[str, Any], said: Mapping[str, Any]) -> bool:
        """Change columns of a record and count its version; whether the record is stored already."""
        record.update(said, version=record["version"] + 1)
        stored = record["external_ref"] not in self._new
        if stored:
            self._changed[record["external_ref"]] = record
        return stored

    def tell(self, record: Mapping[str, Any], event: Event) -> None:
        self._facts.append(Fact(record["id"], record["version"], event))

    async def write(self, session: AsyncSession, *also: str) -> None:
        """Store new and changed records and their facts; `also` are changed columns besides the compared ones."""
        if self._new:
            # Without NULLs rendered, rows go out in groups that have the same columns empty: mostly one by one.
            statement = insert(self._table).execution_options(render_nulls=True)
            await session.execute(statement, list(self._new.values()))
        if self._changed:
            names = ("id", "version", *also, *self._compared)
            changed = [{name: record[name] for name in names} for record in self._changed.values()]
            await session.execute(update(self._table), changed)
        await record_many(session, self._facts)
