"""A OneRoster bundle: its schools, classes, teachers and pupils with their guardians, row by row."""

import json
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.classes.domain import school_year_of
from services.afterschool.roster.guardianships.domain import Relation
from services.afterschool.roster.people.domain import Identity
from services.afterschool.roster.students.domain import StudentNumberMalformed, student_number
from services.afterschool.sealing import Sealer
from services.afterschool.stories.rosters.importer import ClassImporter, SchoolImporter, TeacherImporter, Unreferenced
from services.afterschool.stories.rosters.pupils import Batch, known_of
from services.afterschool.stories.rosters.rows import (
    LONGEST_NAME,
    Guardian,
    PupilRow,
    Rejected,
    day_of,
    name_of,
    phone_of,
    required,
)
from services.afterschool.stories.rosters.words import RELATIONS
from shared.domain.clock import china_date
from shared.imports.cleaning import Identity as KeyKind
from shared.imports.oneroster import COLUMNS, ENDED, STUDENT
from shared.imports.reader import Row
from shared.imports.runner import NO_HINTS, Hints, RowReport

TEACHERS = frozenset({"teacher", "administrator", "principal", "aide", "proctor", "siteadministrator"})
GUARDIANS = frozenset({"guardian", "parent", "relative"})


class OneRosterImporter(Unreferenced):
    """Each row goes to the importer of its kind; what has no place here is reported as not used."""

    fields: ClassVar[frozenset[str]] = COLUMNS | {"district", "stage"}
    table: ClassVar[str] = "student"
    identities: ClassVar[Dict[str, KeyKind]] = {}
    days: ClassVar[frozenset[str]] = frozenset({"valid_from"})
    required: ClassVar[frozenset[str]] = frozenset({"file"})
    coded: ClassVar[frozenset[str]] = frozenset()
    padded: ClassVar[frozenset[str]] = frozenset()
    template: ClassVar[Dict[str, str]] = {name: name for name in COLUMNS}

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._schools, self._classes, self._teachers = SchoolImporter(), ClassImporter(), TeacherImporter(sealer)

    async def apply(
        self, session: AsyncSession, rows: Sequence[Row], *, scope: str | None, at: datetime, hints: Hints = NO_HINTS
    ) -> Sequence[RowReport]:
        """Rows of one kind that follow one another are applied together."""
        reports: list[RowReport] = []
        for kind, found in groupby(rows, key=_kind):
            part = list(found)
            if kind == "school":
                stated = [_school(row, scope) for row in part]
                reports += await self._schools.apply(session, stated, scope=scope, at=at, hints=hints)
            elif kind == "class":
                stated = [_class(row) for row in part]
                reports += await self._classes.apply(session, stated, scope=scope, at=at, hints=hints)
            elif kind == "teacher":
                stated = [_teacher(row) for row in part]
                reports += await self._teachers.apply(session, stated, scope=scope, at=at, hints=hints)
            elif kind == "pupil":
                reports += await self._pupils(session, part, scope, at, hints)
            else:
                reports += [RowReport("unchanged", [kind]) for _ in part]
        return reports

    async def _pupils(
        self, session: AsyncSession, rows: Sequence[Row], scope: str | None, at: datetime, hints: Hints
    ) -> list[RowReport]:
        parsed = [_parsed(row, china_date(at), hints) for row in rows]
        readable = [row for row in parsed if isinstance(row, PupilRow)]
        batch = Batch(await known_of(session, readable, self._sealer), self._sealer, scope=scope, at=at)
        reports = []
        for row, one in zip(rows, parsed, strict=True):
            if isinstance(one, RowReport):
                reports.append(one)
            elif row.get("status") == ENDED:
                whole = row["file"] == "users"
                reports.append(batch.let_go(one.identity.reference or "", None if whole else one.class_code))
            else:
                reports.append(batch.take(one))
        await batch.write(session)
        return reports


def _kind(row: Row) -> str:
    """Which importer a row goes to, or the code of its report."""
    file, role, ended = row.get("file"), row.get("role", "").lower(), row.get("status") == ENDED
    if file == "orgs":
        return "not-removed" if ended else "school" if role == "school" else "not-a-school"
    if file == "classes":
        return "not-removed" if ended else "class"
    if file == "users" and role == STUDENT:
        return "pupil"
    if file == "users" and role in TEACHERS:
        return "not-removed" if ended else "teacher"
    if file == "users" and role in GUARDIANS:
        return "joined-to-student"
    if file == "enrollments":
        return "joined-to-user" if role == "joined" else "pupil" if role == STUDENT else "not-used"
    return "joined-to-user" if file in ("roles", "demographics") else "not-used"


def _school(row: Row, scope: str | None) -> Row:
    said = {"code": row.get("reference", ""), "name": row.get("name", ""), "stage": row.get("stage", "nine_year")}
    district = row.get("district") or scope
    return _said(said | ({"district": district} if district else {}))


def _class(row: Row) -> Row:
    names = {"reference": "code", "name": "name", "school": "school", "grade": "grade"}
    return {ours: row[theirs] for theirs, ours in names.items() if theirs in row}


def _teacher(row: Row) -> Row:
    names = ("reference", "name", "school", "phone", "valid_from")
    return {name: row[name] for name in names if name in row}


def _said(row: Row) -> Row:
    return {name: value for name, value in row.items() if value}


def _parsed(row: Row, today: date, hints: Hints) -> PupilRow | RowReport:
    notes: list[str] = []
    try:
        reference, class_code = required(row, "reference"), row.get("class_code", "")
        if not class_code and row.get("status") != ENDED:
            raise Rejected("class-missing")
        named = row["file"] == "users" and row.get("status") != ENDED
        name = name_of(row, "name", notes) if named else ""
        return PupilRow(
            identity=Identity(name, _number(row, notes), phone_of(row, "phone"), reference),
            school=row.get("school", ""),
            class_code=class_code,
            class_name=class_code,
            grade=None,
            school_year=school_year_of(today),
            valid_from=day_of(row, "valid_from", hints.dates, notes),
            group=None,
            guardians=tuple(_guardians(row.get("guardians", "[]"))),
            notes=tuple(notes),
        )
    except Rejected as rejected:
        return RowReport("rejected", [rejected.code])


def _number(row: Row, notes: list[str]) -> str | None:
    """The identifier, where it is a student number."""
    if "number" not in row:
        return None
    try:
        return student_number(row["number"])
    except StudentNumberMalformed:
        notes.append("identifier-not-used")
        return None


def _guardians(told: str) -> list[Guardian]:
    agents: list[dict[str, Any]] = json.loads(told)
    return [
        Guardian(
            agent["name"][:LONGEST_NAME],
            agent["phone"],
            RELATIONS.get(agent["role"], Relation.OTHER),
            agent["reference"],
        )
        for agent in agents
        if agent["name"]
    ]
