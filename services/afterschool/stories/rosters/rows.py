"""A row of a roster, cleaned: what it says in our terms, and what was corrected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from services.afterschool.roster.classes.domain import school_year_of
from services.afterschool.roster.guardianships.domain import Relation
from services.afterschool.roster.people.domain import Identity
from services.afterschool.roster.students.domain import Group, StudentNumberMalformed, student_number
from services.afterschool.stories.rosters.words import GROUPS, RELATIONS, grade_of
from shared.domain import text
from shared.imports.cleaning import DateOrder, Unreadable, code_text, day, one_line
from shared.imports.reader import Row

LONGEST_NAME = 100
EARLIEST, LATEST = 1990, 2099
"""Years outside are slips of the pen: 0003, 6209."""


class Rejected(Exception):
    """The row cannot be used; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Guardian:
    """A guardian as a roster states one; `reference` is the id in the other system, if there is one."""

    name: str
    phone: str | None
    relation: Relation
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class PupilRow:
    """A pupil as a roster states one. Without a class, the school has one class for the grade."""

    identity: Identity
    school: str
    class_code: str
    class_name: str
    grade: int | None
    school_year: int
    valid_from: date | None
    group: Group | None
    guardians: tuple[Guardian, ...]
    notes: tuple[str, ...]


def pupil_row(row: Row, *, today: date, dates: DateOrder | None) -> PupilRow:
    """The pupil of a mapped row. Raises `Rejected`."""
    notes: list[str] = []
    number = _number(row)
    reference = code_cell(row, "reference", notes)
    if number is None and reference is None:
        raise Rejected("identity-missing")
    grade = None if "grade" not in row else grade_of(row["grade"])
    if "grade" in row and grade is None:
        raise Rejected("grade-unknown")
    class_code = code_cell(row, "class_code", notes)
    if grade is None and class_code is None:
        raise Rejected("class-missing")
    return PupilRow(
        identity=Identity(name_of(row, "name", notes), number, phone_of(row, "phone"), reference),
        school=required(row, "school"),
        class_code=class_code or str(grade),
        class_name=_line(row, "class_name", notes) or (class_code or f"{grade}年级"),
        grade=grade,
        school_year=school_year(row, today),
        valid_from=day_of(row, "valid_from", dates, notes),
        group=_word(row, "group", GROUPS, notes),
        guardians=_guardians(row, notes),
        notes=tuple(notes),
    )


def required(row: Row, field: str) -> str:
    """A cell that every row has. Raises `Rejected`."""
    if not row.get(field):
        raise Rejected(f"{field.replace('_', '-')}-missing")
    return row[field]


def name_of(row: Row, field: str, notes: list[str]) -> str:
    """A name on one line. Raises `Rejected`."""
    name = _line(row, field, notes)
    if not name:
        raise Rejected(f"{field.replace('_', '-')}-missing")
    if len(name) > LONGEST_NAME:
        raise Rejected(f"{field.replace('_', '-')}-too-long")
    return name


def day_of(row: Row, field: str, dates: DateOrder | None, notes: list[str]) -> date | None:
    """A day of China, or None. Raises `Rejected` for what is no day, and for years of slips."""
    if field not in row:
        return None
    try:
        found, note = day(row[field], dates)
    except Unreadable as unreadable:
        raise Rejected(unreadable.code) from None
    if note is not None:
        notes.append(note)
    if found is not None and not EARLIEST <= found.year <= LATEST:
        raise Rejected("date-out-of-range")
    return found


def _number(row: Row) -> str | None:
    if "number" not in row:
        return None
    try:
        plain, _ = code_text(row["number"], "")
        return student_number(plain)
    except Unreadable as unreadable:
        raise Rejected(unreadable.code) from None
    except StudentNumberMalformed as malformed:
        raise Rejected(malformed.code) from None


def code_cell(row: Row, field: str, notes: list[str]) -> str | None:
    if field not in row:
        return None
    try:
        plain, note = code_text(row[field], f"{field.replace('_', '-')}-normalised")
    except Unreadable as unreadable:
        raise Rejected(unreadable.code) from None
    if note is not None:
        notes.append(note)
    return plain or None


def _line(row: Row, field: str, notes: list[str]) -> str | None:
    if field not in row:
        return None
    plain, note = one_line(row[field])
    if note is not None:
        notes.append(note)
    return plain or None


def phone_of(row: Row, field: str) -> str | None:
    return text.phone(row[field]) or None if field in row else None


def school_year(row: Row, today: date) -> int:
    """The year in which the school year begins: 2026, 2026-2027 and 2026-2027学年 are the same."""
    if "school_year" not in row:
        return school_year_of(today)
    digits = text.key(row["school_year"])[:4]
    if not digits.isdigit() or not EARLIEST <= int(digits) <= LATEST:
        raise Rejected("school-year-unknown")
    return int(digits)


Word = TypeVar("Word", bound=StrEnum)


def _word(row: Row, field: str, words: Mapping[str, Word], notes: list[str]) -> Word | None:
    """Our term for the cell; an unknown word is noted, and refuses nothing."""
    if field not in row:
        return None
    found = words.get(text.key(row[field]))
    if found is None:
        notes.append(f"{field.replace('_', '-')}-unknown")
    return found


def _guardians(row: Row, notes: list[str]) -> tuple[Guardian, ...]:
    name = _line(row, "guardian_name", notes)
    if name is None:
        return ()
    relation = _word(row, "guardian_relation", RELATIONS, notes) or Relation.OTHER
    phone = phone_of(row, "guardian_phone")
    return (Guardian(name[:LONGEST_NAME], phone, relation, row.get("guardian_reference")),)
