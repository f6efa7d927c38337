"""Schools, teachers and sessions without a database."""

from datetime import UTC, date, datetime
from typing import Any

from services.afterschool.delivery.sessions.domain import CourseSession
from services.afterschool.roster.schools.domain import School, SchoolDetails, Stage
from services.afterschool.roster.teachers.domain import Teacher
from services.afterschool.roster.terms.domain import Term
from shared.data.database import new_id

DAY = date(2026, 10, 14)
"""A Wednesday."""
AT = datetime(2026, 10, 14, 10, 30, tzinfo=UTC)


def a_school() -> School:
    details = SchoolDetails(code="s1", name="第一小学", stage=Stage.PRIMARY, district="140213", street="140213050")
    return School.register(details, at=AT)[0]


def a_teacher(school: School, **more: Any) -> Teacher:
    teacher, _ = Teacher.register(school, on=date(2026, 9, 1), at=AT)
    for name, value in more.items():
        setattr(teacher, name, value)
    return teacher


def a_term(**more: Any) -> Term:
    values = {"name": "2026-autumn", "district": None, "starts_on": date(2026, 9, 1), "ends_on": date(2027, 1, 20)}
    return Term(id=new_id(), withdrawn_at=None, sequence=1, **values | more)


def a_session(school: School, **more: Any) -> CourseSession:
    """From 16:00 to 18:00 in China, without a teacher and without attendance."""
    values: dict[str, Any] = {
        "id": new_id(),
        "version": 0,
        "offering_id": new_id(),
        "school_id": school.id,
        "term_id": new_id(),
        "on": DAY,
        "weekday": 3,
        "number": 8,
        "starts_at": datetime(2026, 10, 14, 8, tzinfo=UTC),
        "ends_at": datetime(2026, 10, 14, 10, tzinfo=UTC),
        "care": "after_school",
        "teacher_id": None,
        "provider_id": None,
        "outside_person_id": None,
        "substitute_id": None,
        "state": "planned",
        "cancelled_for": None,
        "reason": None,
        "taken_at": None,
        "led": None,
        **dict.fromkeys(("present", "absent", "excused", "late", "left_early"), 0),
    }
    return CourseSession(**values | more)
