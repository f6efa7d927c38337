"""Whose column is which field: the importer's fields on the left, the file's words on the right."""

from pydantic import BaseModel, ConfigDict, Field

from shared.imports.reader import Row
from shared.refusals import Invalid


class UnknownField(Invalid):
    """The mapping names a field this kind of import does not have."""

    code = "mapping-field-unknown"
    zh = "映射中有此类导入不存在的字段。"


class Mapping(BaseModel):
    """`columns`: our field to the file's column. `constants`: our field to one value for every row.

    `values`: for a field, the file's words to ours, such as `{"kind": {"学科": "subject"}}`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str | int | float | bool | list[str] | None] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)

    def check(self, fields: frozenset[str]) -> None:
        """Raise `UnknownField` unless every field named is one of `fields`."""
        unknown = (self.columns.keys() | self.constants.keys() | self.values.keys()) - fields
        if unknown:
            raise UnknownField(pointer="/mapping", fields=sorted(fields))

    def missing_columns(self, present: frozenset[str]) -> list[str]:
        """Columns the mapping promises and the file does not have."""
        return sorted({column.strip() for column in self.columns.values()} - present)

    def apply(self, row: Row) -> Row:
        """The row in our words; a blank cell and a missing one are both absent."""
        mapped = {field: _constant(value) for field, value in self.constants.items() if value is not None}
        for field, column in self.columns.items():
            cell = row.get(column.strip(), "")
            if cell:
                mapped[field] = self.values[field].get(cell, cell) if field in self.values else cell
        return mapped


def _constant(value: str | int | float | bool | list[str]) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
