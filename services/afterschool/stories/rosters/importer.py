"""The importers of rosters: pupils, teachers, schools and classes."""

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.classes.domain import ClassDetails, GradeNotTaught, SchoolClass, school_year_of
from services.afterschool.roster.people import queries as people
from services.afterschool.roster.people import usecases as people_usecases
from services.afterschool.roster.people.domain import Identity, PersonKind, number_print, sealed_row
from services.afterschool.roster.schools.domain import School, SchoolDetails
from services.afterschool.roster.teachers.domain import Teacher
from services.afterschool.sealing import Sealer
from services.afterschool.stories.rosters.entities import copy_entities, school_named, schools_of
from services.afterschool.stories.rosters.pupils import Batch, known_of
from services.afterschool.stories.rosters.rows import (
    PupilRow,
    Rejected,
    code_cell,
    day_of,
    name_of,
    phone_of,
    pupil_row,
    required,
    school_year,
)
from services.afterschool.stories.rosters.words import (
    CLASS_COLUMNS,
    SCHOOL_COLUMNS,
    STAGES,
    STUDENT_COLUMNS,
    TEACHER_COLUMNS,
    code_of,
    grade_of,
)
from shared.domain.clock import china_date
from shared.domain.text import key
from shared.facts.journal import Fact, record_many
from shared.imports.cleaning import Identity as KeyKind
from shared.imports.reader import Row
from shared.imports.runner import NO_HINTS, Hints, RowReport

IDENTITIES: Dict[str, KeyKind] = {"reference": "reference", "number": "reference"}


class Unreferenced:
    """An importer whose rows have no other key to look up before they are applied.

    Schools and classes have one key, rows of a bundle no second one. References of people are sealed: a number finds
    its person when the row is applied.
    """

    async def references(self, session: AsyncSession, field: str, keys: Sequence[str]) -> Dict[str, str]:
        return {}


class StudentImporter(Unreferenced):
    """Enters, corrects and moves pupils; every row gets its report."""

    fields: ClassVar[frozenset[str]] = frozenset({*STUDENT_COLUMNS, "reference", "guardian_reference"})
    table: ClassVar[str] = "student"
    identities: ClassVar[Dict[str, KeyKind]] = IDENTITIES
    days: ClassVar[frozenset[str]] = frozenset({"valid_from"})
    required: ClassVar[frozenset[str]] = frozenset({"name"})
    coded: ClassVar[frozenset[str]] = frozenset({"number", "reference", "school", "class_code", "phone"})
    padded: ClassVar[frozenset[str]] = frozenset()
    template: ClassVar[Dict[str, str]] = STUDENT_COLUMNS

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def apply(
        self, session: AsyncSession, rows: Sequence[Row], *, scope: str | None, at: datetime, hints: Hints = NO_HINTS
    ) -> Sequence[RowReport]:
        """Locks the persons named in the rows, then the pupils, both by id."""
        parsed = [_parsed(row, china_date(at), hints) for row in rows]
        readable = [row for row in parsed if isinstance(row, PupilRow)]
        batch = Batch(await known_of(session, readable, self._sealer), self._sealer, scope=scope, at=at)
        reports = [batch.take(row) if isinstance(row, PupilRow) else row for row in parsed]
        await batch.write(session)
        return reports


def _parsed(row: Row, today: date, hints: Hints) -> PupilRow | RowReport:
    try:
        return pupil_row(row, today=today, dates=hints.dates)
    except Rejected as rejected:
        return RowReport("rejected", [rejected.code])


class TeacherImporter(Unreferenced):
    """Enters and corrects teachers."""

    fields: ClassVar[frozenset[str]] = frozenset({*TEACHER_COLUMNS, "reference"})
    table: ClassVar[str] = "teacher"
    identities: ClassVar[Dict[str, KeyKind]] = IDENTITIES
    days: ClassVar[frozenset[str]] = frozenset({"valid_from"})
    required: ClassVar[frozenset[str]] = frozenset({"name"})
    coded: ClassVar[frozenset[str]] = frozenset({"number", "reference", "school", "phone"})
    padded: ClassVar[frozenset[str]] = frozenset()
    template: ClassVar[Dict[str, str]] = TEACHER_COLUMNS

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def apply(
        self, session: AsyncSession, rows: Sequence[Row], *, scope: str | None, at: datetime, hints: Hints = NO_HINTS
    ) -> Sequence[RowReport]:
        """Locks the persons named in the rows by id. A teacher's school is changed by people, not by a file."""
        schools = await schools_of(session, [row.get("school", "") for row in rows])
        stated = [self._stated(row, hints) for row in rows]
        numbers = {one[1]["number"] for one in stated if not isinstance(one, RowReport) and one[1]["number"]}
        references = {one[1]["reference"] for one in stated if not isinstance(one, RowReport) and one[1]["reference"]}
        known = await people.with_prints(session, PersonKind.TEACHER, numbers=numbers, references=references)
        by_print = {mark: one for one in known for mark in (one.number_print, one.reference_print) if mark is not None}
        new: list[Teacher] = []
        sealed: list[dict[str, Any]] = []
        facts: list[Fact] = []
        reports: list[RowReport] = []
        entered: dict[bytes, UUID] = {}
        for row, one in zip(rows, stated, strict=True):
            if isinstance(one, RowReport):
                reports.append(one)
                continue
            identity, marks, since, notes = one
            school = school_named(schools, row["school"])
            if school is None or scope not in (None, school.district):
                code = "school-unknown" if school is None else "outside-your-district"
                reports.append(RowReport("rejected", [code, *notes]))
                continue
            found = [mark for mark in marks.values() if mark is not None]
            person = next((by_print[mark] for mark in found if mark in by_print), None)
            again = next((entered[mark] for mark in found if mark in entered), None)
            if person is not None:
                before = person.identity(self._sealer)
                after = None if before is None else identity.completed_by(before)
                if after is not None and after != before:
                    people_usecases.correct(person, after, self._sealer)
                    reports.append(RowReport("updated", notes, person.id))
                else:
                    reports.append(RowReport("unchanged", notes, person.id))
            elif again is not None:
                reports.append(RowReport("unchanged", notes, again))
            else:
                teacher, registered = Teacher.register(school, on=since or _september(at), at=at)
                teacher.version = 1
                new.append(teacher)
                facts.append(Fact(teacher.id, 1, registered))
                sealed.append(sealed_row(teacher.id, PersonKind.TEACHER, identity, self._sealer))
                entered |= dict.fromkeys(found, teacher.id)
                reports.append(RowReport("accepted", notes, teacher.id))
        await session.flush()
        await copy_entities(session, "teacher", new)
        await people_usecases.enter(session, sealed)
        await record_many(session, facts)
        return reports

    def _stated(
        self, row: Row, hints: Hints
    ) -> tuple[Identity, dict[str, bytes | None], date | None, list[str]] | RowReport:
        notes: list[str] = []
        try:
            number, reference = code_cell(row, "number", notes), code_cell(row, "reference", notes)
            if number is None and reference is None:
                raise Rejected("identity-missing")
            required(row, "school")
            identity = Identity(name_of(row, "name", notes), number, phone_of(row, "phone"), reference)
            since = day_of(row, "valid_from", hints.dates, notes)
        except Rejected as rejected:
            return RowReport("rejected", [rejected.code])
        marks = {
            "number": None if number is None else number_print(PersonKind.TEACHER, number, self._sealer),
            "reference": None if reference is None else self._sealer.fingerprint("reference", reference),
        }
        return identity, marks, since, notes


class SchoolImporter(Unreferenced):
    """Enters and corrects schools."""

    fields: ClassVar[frozenset[str]] = frozenset(SCHOOL_COLUMNS)
    table: ClassVar[str] = "school"
    identities: ClassVar[Dict[str, KeyKind]] = {"code": "reference"}
    days: ClassVar[frozenset[str]] = frozenset()
    required: ClassVar[frozenset[str]] = frozenset({"name"})
    coded: ClassVar[frozenset[str]] = frozenset({"code", "district", "street"})
    padded: ClassVar[frozenset[str]] = frozenset()
    template: ClassVar[Dict[str, str]] = SCHOOL_COLUMNS

    async def apply(
        self, session: AsyncSession, rows: Sequence[Row], *, scope: str | None, at: datetime, hints: Hints = NO_HINTS
    ) -> Sequence[RowReport]:
        """A school that is known keeps its place and stage, which events have told; only new ones are entered."""
        known = await schools_of(session, [row.get("code", "") for row in rows])
        by_code = {school.code: school for school in known.values()}
        new: list[School] = []
        facts: list[Fact] = []
        reports: list[RowReport] = []
        for row in rows:
            details = _school_details(row)
            if isinstance(details, RowReport):
                reports.append(details)
            elif scope not in (None, details.district):
                reports.append(RowReport("rejected", ["outside-your-district"]))
            elif (school := by_code.get(details.code)) is not None:
                differs = any(getattr(school, name) != value for name, value in details.model_dump().items())
                reports.append(RowReport("unchanged", ["school-differs"] if differs else [], school.id))
            else:
                school, registered = School.register(details, at=at)
                school.version = 1
                by_code[details.code] = school
                new.append(school)
                facts.append(Fact(school.id, 1, registered))
                reports.append(RowReport("accepted", (), school.id))
        await copy_entities(session, "school", new)
        await record_many(session, facts)
        return reports


def _school_details(row: Row) -> SchoolDetails | RowReport:
    try:
        stage = STAGES.get(key(required(row, "stage")))
        if stage is None:
            raise Rejected("stage-unknown")
        district = code_of(required(row, "district"))
        street = code_of(row["street"]) if "street" in row else None
        code, name = code_of(required(row, "code")), name_of(row, "name", [])
    except Rejected as rejected:
        return RowReport("rejected", [rejected.code])
    try:
        return SchoolDetails(code=code, name=name, stage=stage, district=district, street=street)
    except ValidationError as error:
        fields = sorted({str(problem["loc"][0]) for problem in error.errors(include_input=False)})
        return RowReport("rejected", [f"{name}-malformed" for name in fields])


class ClassImporter(Unreferenced):
    """Forms classes."""

    fields: ClassVar[frozenset[str]] = frozenset(CLASS_COLUMNS)
    table: ClassVar[str] = "school_class"
    identities: ClassVar[Dict[str, KeyKind]] = {"code": "reference"}
    days: ClassVar[frozenset[str]] = frozenset()
    required: ClassVar[frozenset[str]] = frozenset({"school"})
    coded: ClassVar[frozenset[str]] = frozenset({"code", "school"})
    padded: ClassVar[frozenset[str]] = frozenset()
    template: ClassVar[Dict[str, str]] = CLASS_COLUMNS

    async def apply(
        self, session: AsyncSession, rows: Sequence[Row], *, scope: str | None, at: datetime, hints: Hints = NO_HINTS
    ) -> Sequence[RowReport]:
        """A class that is known stays as it is."""
        schools = await schools_of(session, [row.get("school", "") for row in rows])
        wanted = select(SchoolClass).where(SchoolClass.school_id.in_({one.id for one in schools.values()}))
        known = {(one.school_id, one.school_year, one.code): one for one in await session.scalars(wanted)}
        new: list[SchoolClass] = []
        facts: list[Fact] = []
        reports: list[RowReport] = []
        for row in rows:
            try:
                school, details = _class_details(row, schools, scope, china_date(at))
                identity = school.id, details.school_year, details.code
                if identity in known:
                    reports.append(RowReport("unchanged", (), known[identity].id))
                    continue
                formed, event = SchoolClass.form(details, school=school, at=at)
            except (Rejected, GradeNotTaught) as refused:
                reports.append(RowReport("rejected", [refused.code]))
                continue
            formed.version = 1
            known[identity] = formed
            new.append(formed)
            facts.append(Fact(formed.id, 1, event))
            reports.append(RowReport("accepted", (), formed.id))
        await copy_entities(session, "school_class", new)
        await record_many(session, facts)
        return reports


def _class_details(row: Row, schools: Dict[str, School], scope: str | None, today: date) -> tuple[School, ClassDetails]:
    named = required(row, "school")
    school = school_named(schools, named)
    if school is None:
        raise Rejected("school-unknown")
    if scope not in (None, school.district):
        raise Rejected("outside-your-district")
    grade = grade_of(required(row, "grade"))
    if grade is None:
        raise Rejected("grade-unknown")
    code = code_cell(row, "code", []) or str(grade)
    name = name_of(row, "name", []) if "name" in row else code
    return school, ClassDetails(code=code, name=name, grade=grade, school_year=school_year(row, today))


def _september(at: datetime) -> date:
    return date(school_year_of(china_date(at)), 9, 1)
