"""Words that files use for ours, cells as every import reads them, and what is wrong with a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError

from shared.domain.text import key
from shared.imports.cleaning import DateOrder, Unreadable, code_text, day, one_line, whole_number
from shared.imports.reader import Row

OUTCOMES: Final[Mapping[str, str]] = {
    "已检查": "inspected",
    "检查完成": "inspected",
    "闭门": "closed_door",
    "关门": "closed_door",
    "已搬迁": "moved",
    "搬迁": "moved",
    "重复": "duplicate",
    "拒绝": "refused",
    "拒绝检查": "refused",
    "新发现": "newly_found",
    "pass": "inspected",
    "pass w/ conditions": "inspected",
    "pass with conditions": "inspected",
    "fail": "inspected",
    "合格": "inspected",
    "不合格": "inspected",
}
INTERPRETED: Final[Mapping[str, str]] = {
    "no entry": "closed_door",
    "not ready": "closed_door",
    "无人": "closed_door",
    "未开门": "closed_door",
    "未就绪": "closed_door",
    "out of business": "moved",
    "business not located": "moved",
    "停业": "moved",
    "已停业": "moved",
    "查无此机构": "moved",
}
"""Words that say more than any of ours: the nearest one is taken, the file's word stays in the note, the row's report
says `outcome-interpreted`.

A person would come again where nobody let him in or nothing was ready to be looked at: a closed door. He would not
where the business is gone or was never there: of our outcomes only `moved` says that nobody stands at this address any
more, ends a campaign's target, and counts as having been there.
"""
SEVERITIES: Final[Mapping[str, str]] = {
    "low risk": "low",
    "moderate risk": "moderate",
    "medium": "moderate",
    "medium risk": "moderate",
    "high risk": "high",
    "低": "low",
    "中": "moderate",
    "高": "high",
    "低风险": "low",
    "中风险": "moderate",
    "高风险": "high",
}
STATUSES: Final[Mapping[str, str]] = {"已上报": "reported", "已办结": "closed", "已销号": "closed"}


@dataclass(frozen=True, slots=True)
class RowFields:
    """Which fields of a row are read how."""

    days: frozenset[str]
    keys: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()


class Rejected(Exception):
    """The row cannot be read."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_cells(row: Row, fields: RowFields, dates: DateOrder | None) -> tuple[dict[str, Any], list[str]]:
    """The row with its days, numbers and keys normalised as in every import, and notes of what was corrected. Raises
    `Rejected`."""
    values: dict[str, Any] = dict(row)
    notes: list[str] = []

    def noted(field: str, value: str, note: str | None) -> None:
        values[field] = value
        if note is not None:
            notes.append(note)

    for field in fields.keys & values.keys():
        try:
            noted(field, *code_text(values[field], f"{field.replace('_', '-')}-normalised"))
        except Unreadable as unreadable:
            raise Rejected(f"{field}-{unreadable.code}") from None
    for field in fields.numbers & values.keys():
        number, note = whole_number(values[field])
        noted(field, number, None if note is None else f"{field}-{note.removeprefix('number-')}")
    for field in fields.lines & values.keys():
        noted(field, *one_line(values[field]))
    for field in fields.days & values.keys():
        try:
            values[field], note = day(values[field], dates)
        except Unreadable as unreadable:
            raise Rejected(f"{field}-{unreadable.code.removeprefix('date-')}") from None
        if values[field] is None:  # a thing that happened has a day
            raise Rejected(f"{field}-unreadable")
        if note is not None:
            notes.append(note)
    return values, notes


def read_word(words: Mapping[str, str]) -> BeforeValidator:
    """Translate the file's word into ours, whatever its case; an unknown word is left to the validator."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        plain = _plain(value)
        return words.get(plain, plain.replace(" ", "_"))

    return BeforeValidator(read)


def _plain(word: str) -> str:
    return " ".join(key(word).lower().split())


def interpreted(outcome: object) -> bool:
    return isinstance(outcome, str) and _plain(outcome) in INTERPRETED


Model = TypeVar("Model", bound=BaseModel)


def without_lost_cells(
    model: type[Model], values: dict[str, Any], dispensable: frozenset[str], notes: list[str]
) -> Model:
    """Validate the row. Optional cells that cannot be read are dropped, and the notes say so."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lost = {str(problem["loc"][0]) if problem["loc"] else "" for problem in error.errors(include_url=False)}
        if not lost <= dispensable:
            raise
        notes += codes_of(error)
    return model.model_validate({field: value for field, value in values.items() if field not in lost})


def codes_of(error: ValidationError) -> list[str]:
    """A code `field-reason` for each invalid field, without repetition."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return sorted(
        {
            f"{problem['loc'][0] if problem['loc'] else 'row'}-{problem['type'].replace('_', '-')}"
            for problem in problems
        }
    )
