"""Whose column is which field: the importer's fields on the left, the file's words on the right."""

from collections.abc import Mapping as Dict
from functools import reduce
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.refusals import Invalid
from shared.imports.cleaning import DIGITS_LOST, DateOrder, Unreadable, code_text, column_key, says_nothing
from shared.imports.reader import Row


class UnknownField(Invalid):
    """The mapping names a field that this kind of import does not have; `fields` lists those it has."""

    code = "mapping-field-unknown"
    zh = "映射中有此类导入不存在的字段。"


class Mapping(BaseModel):
    """`columns`: our field to the file's column, or to several columns whose cells follow one another. `constants`: our
    field to one value for every row.

    `values`: for a field, the file's words to ours, such as `{"kind": {"学科": "subject"}}`; `*` stands for every other
    word. `qualify`: for a field, the columns within which alone it is unique, such as `{"external_ref": ["office"]}`;
    their cells go before it, with colons between. `prefix`: for a field, a word before all of that, such as the name
    of the ledger. `dates`: the order of the numbers in dates that leave it open: `ymd`, `mdy` or `dmy`.
    `lenient`: a column that the file lacks is a field without a value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, str | Annotated[list[str], Field(min_length=1, max_length=10)]] = Field(default_factory=dict)
    constants: dict[str, str | int | float | bool | list[str] | None] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    qualify: dict[str, list[str]] = Field(default_factory=dict)
    prefix: dict[str, str] = Field(default_factory=dict)
    dates: DateOrder | None = None
    lenient: bool = False

    def or_template(self, template: Dict[str, str]) -> "Mapping":
        """The mapping; without columns, that of the template, of whose columns a file may lack any."""
        if self.columns or not template:
            return self
        columns = {field: name for field, name in template.items() if field not in self.constants}
        return self.model_copy(update={"columns": columns, "lenient": True})

    def check(self, fields: frozenset[str]) -> None:
        """Raise `UnknownField` unless every field named is one of `fields`."""
        if not fields.issuperset({*self.columns, *self.constants, *self.values, *self.qualify, *self.prefix}):
            raise UnknownField(pointer="/mapping", fields=sorted(fields))

    def wanted_columns(self) -> frozenset[str]:
        return frozenset().union(*map(_several, self.columns.values()), *self.qualify.values())

    def columns_of(self, fields: frozenset[str]) -> frozenset[str]:
        """The columns from which these fields are read, and those within which they are unique."""
        read = [_several(names) for field, names in self.columns.items() if field in fields]
        return frozenset().union(*read, *(names for field, names in self.qualify.items() if field in fields))

    def missing_columns(self, present: frozenset[str]) -> list[str]:
        known = {column_key(name) for name in present}
        return sorted(name.strip() for name in self.wanted_columns() if column_key(name) not in known)

    def narrowed_to(self, present: frozenset[str], *, keep: frozenset[str]) -> "Mapping":
        """Without the fields whose columns are not there, except those to keep."""
        known = {column_key(name) for name in present}
        columns = {
            field: names
            for field, names in self.columns.items()
            if field in keep or all(column_key(name) in known for name in _several(names))
        }
        return self.model_copy(update={"columns": columns})

    def bound_to(self, present: frozenset[str]) -> "Mapping":
        """The mapping with its columns spelled as in the file."""
        spelt = {column_key(name): name for name in sorted(present, reverse=True)}

        def spelling(name: str) -> str:
            return name.strip() if name.strip() in present else spelt.get(column_key(name), name)

        return self.model_copy(
            update={
                "columns": {
                    field: spelling(names) if isinstance(names, str) else [spelling(name) for name in names]
                    for field, names in self.columns.items()
                },
                "qualify": {field: [spelling(name) for name in names] for field, names in self.qualify.items()},
            }
        )

    def apply(self, row: Row) -> Row:
        """The row in our words. A blank cell, a word for blank and a missing cell are all absent."""
        mapped = {field: _constant(value) for field, value in self.constants.items() if value is not None}
        for field, column in self.columns.items():
            cell = row.get(column, "") if isinstance(column, str) else _joined(row, column)
            if not cell:
                continue
            words = self.values.get(field)
            if words is not None and (word := _word(words, cell)) is not None:
                mapped[field] = word
            elif not says_nothing(cell):
                mapped[field] = cell
        if self.qualify or self.prefix:
            self._qualify(row, mapped)
        return mapped

    def _qualify(self, row: Row, mapped: Row) -> None:
        """Drop a key without its qualifier: it could collide with another one's. A key that lost digits keeps its
        code."""
        for field in self.qualify.keys() | self.prefix.keys():
            if field not in mapped:
                continue
            qualifiers = [row.get(column, "") for column in self.qualify.get(field, ())]
            if DIGITS_LOST in qualifiers:
                mapped[field] = DIGITS_LOST
            if all(qualifiers) and _has_its_digits(mapped[field]):
                before = [self.prefix[field]] if field in self.prefix else []
                mapped[field] = ":".join([*before, *qualifiers, mapped[field]])
            elif all(qualifiers):
                mapped[field] = DIGITS_LOST
            else:
                del mapped[field]


def _has_its_digits(key: str) -> bool:
    try:
        code_text(key, "")
    except Unreadable:
        return False
    return True


def _several(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _joined(row: Row, columns: list[str]) -> str:
    """Several cells as one text; Chinese words are joined without a blank."""
    cells = [cell for column in columns if (cell := row.get(column, "")) and not says_nothing(cell)]
    return reduce(lambda said, cell: f"{said} {cell}" if said[-1:].isascii() and cell[:1].isascii() else said + cell,
                  cells, "")  # fmt: skip


OTHERWISE = "*"


def _word(words: dict[str, str], cell: str) -> str | None:
    """Our word for the file's word: as it stands, then ignoring blanks, width and case, then the word for all
    others."""
    if cell in words:
        return words[cell]
    plain = column_key(cell)
    found = next((ours for theirs, ours in words.items() if column_key(theirs) == plain), None)
    if found is None and not says_nothing(cell):
        return words.get(OTHERWISE)
    return found


def _constant(value: str | int | float | bool | list[str]) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
