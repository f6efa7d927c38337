"""The pupils of a chunk against those who are known: entered, corrected, moved, or left as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.classes.domain import ClassDetails, GradeNotTaught, SchoolClass
from services.afterschool.roster.guardianships.domain import Guardianship, GuardianshipDetails
from services.afterschool.roster.people import queries as people
from services.afterschool.roster.people import usecases as people_usecases
from services.afterschool.roster.people.domain import Identity, Person, PersonKind, Prints, prints, sealed_row
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.domain import (
    GroupMembership,
    Membership,
    Origin,
    Student,
    admission,
    upgrades,
)
from services.afterschool.sealing import Sealer
from services.afterschool.stories.rosters.entities import copy_entities, school_named, schools_of
from services.afterschool.stories.rosters.rows import Guardian, PupilRow
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.events import Event
from shared.facts.journal import Fact, record_many
from shared.imports.runner import RowReport

ClassKey = tuple[UUID, int, str]
"""School, school year and code."""


@dataclass
class Known:
    """What the database has of the people in a chunk, locked."""

    prints: Mapping[Identity, Prints]
    """The fingerprints of each pupil as a row states it."""
    schools: Mapping[str, School]
    classes: dict[ClassKey, SchoolClass]
    people: dict[UUID, Person]
    students: dict[UUID, Student]
    memberships: dict[UUID, Membership]
    years: dict[UUID, int]
    """The school year of each class to which somebody belongs."""
    guardianships: dict[UUID, dict[bytes, Guardianship]]
    groups: dict[UUID, set[str]]
    by_print: dict[bytes, UUID] = field(default_factory=dict)


class Batch:
    """Takes row after row; `write` stores what came of them. A dry run writes as well, and is undone."""

    def __init__(self, known: Known, sealer: Sealer, *, scope: str | None, at: datetime) -> None:
        self._known, self._sealer, self._scope, self._at = known, sealer, scope, at
        self._today = china_date(at)
        self._identities: dict[UUID, Identity] = {}
        self._people: list[dict[str, Any]] = []
        self._new: list[Student] = []
        self._joined: list[Membership] = []
        self._grouped: list[GroupMembership] = []
        self._formed: list[SchoolClass] = []
        self._guarded: list[Guardianship] = []
        self._facts: list[Fact] = []

    def take(self, row: PupilRow) -> RowReport:
        """The report of one row."""
        school = school_named(self._known.schools, row.school)
        if school is None:
            return RowReport("rejected", ["school-unknown", *row.notes])
        if self._scope not in (None, school.district):
            return RowReport("rejected", ["outside-your-district", *row.notes])
        marks = self._known.prints[row.identity]
        owners = {
            self._known.by_print[mark]
            for mark in (marks["number_print"], marks["reference_print"])
            if mark is not None and mark in self._known.by_print
        }
        if len(owners) > 1:
            return RowReport("rejected", ["identity-conflict", *row.notes])
        try:
            school_class, noted = self._class_of(row, school)
        except GradeNotTaught as refused:
            return RowReport("rejected", [refused.code, *row.notes])
        if school_class is None:
            return RowReport("rejected", ["class-unknown", *row.notes])
        notes = [*row.notes, *noted]
        if not owners and not row.identity.name:
            return RowReport("rejected", ["student-unknown", *notes])
        if not owners:
            return RowReport("accepted", notes, self._admit(row, school, school_class, marks, notes))
        student_id = owners.pop()
        changed = self._correct(row, student_id, school, school_class, notes)
        return RowReport("updated" if changed else "unchanged", notes, student_id)

    def _class_of(self, row: PupilRow, school: School) -> tuple[SchoolClass | None, list[str]]:
        key = school.id, row.school_year, row.class_code
        known = self._known.classes.get(key)
        if known is not None:
            differs = row.grade is not None and row.grade != known.grade
            return known, ["grade-contradicted"] if differs else []
        if row.grade is None:
            return None, []
        details = ClassDetails(code=row.class_code, name=row.class_name, grade=row.grade, school_year=row.school_year)
        formed, event = SchoolClass.form(details, school=school, at=self._at)
        formed.version = 1
        self._formed.append(formed)
        self._known.classes[key] = formed
        self._facts.append(Fact(formed.id, 1, event))
        return formed, ["class-formed"]

    def _admit(
        self,
        row: PupilRow,
        school: School,
        school_class: SchoolClass,
        marks: Prints,
        notes: list[str],
    ) -> UUID:
        since = row.valid_from or date(row.school_year, 9, 1)
        student, membership, admitted = Student.admit(
            school_class, school=school, on=since, origin=Origin.FILE, at=self._at
        )
        student.version = 1
        self._new.append(student)
        self._joined.append(membership)
        self._facts.append(Fact(student.id, 1, admitted))
        self._people.append(sealed_row(student.id, PersonKind.STUDENT, row.identity, self._sealer, marks))
        self._remember(student, membership, row.identity, marks)
        self._known.years[school_class.id] = school_class.school_year
        self._keep_group(row, student.id, since)
        for guardian in row.guardians:
            self._keep_guardian(guardian, student.id, school, since, notes)
        return student.id

    def _remember(self, student: Student, membership: Membership, identity: Identity, marks: Prints) -> None:
        self._known.students[student.id] = student
        self._known.memberships[student.id] = membership
        self._identities[student.id] = identity
        for mark in (marks["number_print"], marks["reference_print"]):
            if mark is not None:
                self._known.by_print[mark] = student.id

    def _correct(
        self, row: PupilRow, student_id: UUID, school: School, school_class: SchoolClass, notes: list[str]
    ) -> bool:
        changed = self._correct_identity(row, student_id, notes)
        changed |= self._place(row, student_id, school, school_class, notes)
        changed |= self._keep_group(row, student_id, self._today)
        for guardian in row.guardians:
            changed |= self._keep_guardian(guardian, student_id, school, self._today, notes)
        return changed

    def let_go(self, reference: str, class_code: str | None) -> RowReport:
        """A pupil whom the file ends leaves, if no person decided otherwise; with a class, only from that class."""
        student_id = self._known.by_print.get(self._sealer.fingerprint("reference", reference))
        if student_id is None:
            return RowReport("unchanged", ["student-unknown"])
        present = self._known.memberships[student_id]
        school = next((one for one in self._known.schools.values() if one.id == present.school_id), None)
        codes = {one.id: one.code for one in self._known.classes.values()}
        if present.valid_to is not None or class_code not in (None, codes.get(present.class_id)):
            return RowReport("unchanged", [], student_id)
        if school is None:
            return RowReport("unchanged", ["outside-your-district"], student_id)
        if present.origin == Origin.SCHOOL or present.valid_from >= self._today:
            code = "class-set-by-hand" if present.origin == Origin.SCHOOL else "move-too-early"
            return RowReport("unchanged", [code], student_id)
        student = self._known.students[student_id]
        left = student.leave(present, school=school, on=self._today, origin=Origin.FILE, at=self._at)
        student.version += 1
        self._facts.append(Fact(student_id, student.version, left))
        return RowReport("updated", ["left"], student_id)

    def _correct_identity(self, row: PupilRow, student_id: UUID, notes: list[str]) -> bool:
        person = self._known.people.get(student_id)
        before = self._identities.get(student_id) or (person.identity(self._sealer) if person else None)
        if before is None:
            notes.append("identity-erased")
            return False
        stated, number = row.identity, before.number
        if stated.number is not None and stated.number != before.number:
            if upgrades(before.number, stated.number):
                number = stated.number
                notes.append("number-changed")
            else:
                notes.append("number-kept")
        after = replace(stated, number=number).completed_by(before)
        if after == before or person is None:
            return False
        people_usecases.correct(person, after, self._sealer)
        self._identities[student_id] = after
        return True

    def _place(
        self, row: PupilRow, student_id: UUID, school: School, school_class: SchoolClass, notes: list[str]
    ) -> bool:
        """Move the pupil to the class of the row, unless a person decided otherwise by hand."""
        present = self._known.memberships[student_id]
        if present.class_id == school_class.id and present.valid_to is None:
            return False
        if self._scope is not None and self._district_of(present) not in (None, self._scope):
            notes.append("outside-your-district")
            return False
        if present.origin == Origin.SCHOOL and row.school_year <= self._known.years[present.class_id]:
            notes.append("left-by-hand" if present.valid_to is not None else "class-set-by-hand")
            return False
        since = row.valid_from or self._today
        if since <= present.valid_from or (present.valid_to is not None and since < present.valid_to):
            notes.append("move-too-early")
            return False
        student = self._known.students[student_id]
        event: Event
        if present.valid_to is not None:
            joined, event = admission(
                student_id, school_class, school=school, on=since, origin=Origin.FILE, at=self._at
            )
        else:
            joined, event = student.move(
                present, school_class, school=school, on=since, origin=Origin.FILE, at=self._at
            )
        self._known.years[school_class.id] = school_class.school_year
        student.version += 1
        self._facts.append(Fact(student_id, student.version, event))
        self._joined.append(joined)
        self._known.memberships[student_id] = joined
        notes.append("class-changed")
        return True

    def _district_of(self, membership: Membership) -> str | None:
        return next(
            (school.district for school in self._known.schools.values() if school.id == membership.school_id), None
        )

    def _keep_group(self, row: PupilRow, student_id: UUID, since: date) -> bool:
        groups = self._known.groups.setdefault(student_id, set())
        if row.group is None or row.group in groups:
            return False
        groups.add(row.group)
        self._grouped.append(
            GroupMembership(
                id=new_id(),
                student_id=student_id,
                group=row.group,
                valid_from=since,
                valid_to=None,
                decided_by="roster",
            )
        )
        return True

    def _keep_guardian(self, stated: Guardian, student_id: UUID, school: School, since: date, notes: list[str]) -> bool:
        """Enter a guardian. What a person decided about one stays, and is reported."""
        mark = self._sealer.fingerprint("guardian", stated.name)
        reference = None if stated.reference is None else self._sealer.fingerprint("guardian-id", stated.reference)
        guardianships = self._known.guardianships.setdefault(student_id, {})
        known = guardianships.get(reference or mark) or guardianships.get(mark)
        if known is None:
            details = GuardianshipDetails(relation=stated.relation, valid_from=since)
            entered, event = Guardianship.enter(
                student_id,
                details,
                school=school,
                origin=Origin.FILE,
                name_print=mark,
                reference_print=reference,
                at=self._at,
            )
            entered.version = 1
            guardianships |= {print_: entered for print_ in (mark, reference) if print_ is not None}
            self._guarded.append(entered)
            self._facts.append(Fact(entered.id, 1, event))
            identity = Identity(stated.name, phone=stated.phone, reference=None)
            self._people.append(sealed_row(entered.id, PersonKind.GUARDIAN, identity, self._sealer))
            return True
        if known.barred:
            notes.append("guardian-barred")
        elif known.valid_to is not None:
            notes.append("guardianship-ended")
        return False

    async def write(self, session: AsyncSession) -> None:
        """Store everything: what was changed, then the new rows, then the facts."""
        await session.flush()
        for table, rows in (
            ("school_class", self._formed),
            ("student", self._new),
            ("membership", self._joined),
            ("student_group", self._grouped),
            ("guardianship", self._guarded),
        ):
            await copy_entities(session, table, rows)
        await people_usecases.enter(session, self._people)
        await record_many(session, self._facts)


async def known_of(session: AsyncSession, rows: Sequence[PupilRow], sealer: Sealer) -> Known:
    """What is known of the people in these rows. Locks persons, then students, by id."""
    stated = {row.identity: prints(PersonKind.STUDENT, row.identity, sealer) for row in rows}
    numbers = {mark for one in stated.values() if (mark := one["number_print"]) is not None}
    references = {mark for one in stated.values() if (mark := one["reference_print"]) is not None}
    found = await people.with_prints(session, PersonKind.STUDENT, numbers=numbers, references=references)
    ids = [person.id for person in found]
    schools = await schools_of(session, [row.school for row in rows])
    by_print = {
        mark: person.id
        for person in found
        for mark in (person.number_print, person.reference_print)
        if mark is not None
    }
    return Known(
        prints=stated,
        schools=schools,
        classes=await _classes(session, rows, schools),
        people={person.id: person for person in found},
        students={one.id: one for one in await _locked_students(session, ids)},
        memberships=(memberships := await _memberships(session, ids)),
        years=await _years(session, [one.class_id for one in memberships.values()]),
        guardianships=await _guardianships(session, ids),
        groups=await _groups(session, ids),
        by_print=by_print,
    )


async def _classes(
    session: AsyncSession, rows: Sequence[PupilRow], schools: Mapping[str, School]
) -> dict[ClassKey, SchoolClass]:
    wanted = select(SchoolClass).where(
        SchoolClass.school_id.in_({school.id for school in schools.values()}),
        SchoolClass.school_year.in_({row.school_year for row in rows}),
    )
    return {(one.school_id, one.school_year, one.code): one for one in await session.scalars(wanted)}


async def _locked_students(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Student]:
    wanted = select(Student).where(Student.id.in_(ids)).order_by(Student.id).with_for_update()
    return (await session.scalars(wanted.execution_options(populate_existing=True))).all()


async def _memberships(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Membership]:
    """The newest one of each pupil."""
    wanted = (
        select(Membership)
        .where(Membership.student_id.in_(ids))
        .order_by(Membership.student_id, Membership.valid_from)
        .execution_options(populate_existing=True)
    )
    return {one.student_id: one for one in await session.scalars(wanted)}


async def _guardianships(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, dict[bytes, Guardianship]]:
    found: dict[UUID, dict[bytes, Guardianship]] = {}
    for one in await session.scalars(select(Guardianship).where(Guardianship.student_id.in_(ids))):
        marks = (one.name_print, one.reference_print)
        found.setdefault(one.student_id, {}).update({mark: one for mark in marks if mark is not None})
    return found


async def _years(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, int]:
    wanted = select(SchoolClass.id, SchoolClass.school_year).where(SchoolClass.id.in_(set(ids)))
    return {row.id: row.school_year for row in await session.execute(wanted)}


async def _groups(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Every group that was ever decided, also one that a person ended."""
    found: dict[UUID, set[str]] = {}
    wanted = select(GroupMembership.student_id, GroupMembership.group).where(GroupMembership.student_id.in_(ids))
    for student_id, group in await session.execute(wanted):
        found.setdefault(student_id, set()).add(group)
    return found
