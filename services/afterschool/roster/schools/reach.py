"""Whose schools a caller reaches. Everything here belongs to a school, so this is every scope but the guardian's."""

from uuid import UUID

from services.afterschool.roster.schools.domain import School
from shared.http.policies import Principal
from shared.http.reads import Condition, given


def reaches(caller: Principal, school: School) -> bool:
    """Whether the school is within reach; the claim `school` of school staff is its id."""
    return caller.covers(district=school.district, street=school.street, school=str(school.id))


def may_look(caller: Principal, school: School) -> bool:
    """Guardians may look at all schools, to choose among their courses."""
    return "guardian" in caller.roles or reaches(caller, school)


def school_of(caller: Principal) -> UUID | None:
    """The school of the staff member; None if the claim names none."""
    if "school_staff" not in caller.roles or caller.school is None:
        return None
    try:
        return UUID(caller.school)
    except ValueError:
        return None


def within_reach(caller: Principal) -> list[Condition] | None:
    """Conditions on a joined `school`; None if nothing is within reach."""
    if caller.covers():
        return []
    if "district_officer" in caller.roles and caller.district is not None:
        place = given(("school.district = {}", caller.district), ("school.street = {}", caller.street))
        return list(place)
    own = school_of(caller)
    return None if own is None else [("school.id = {}::uuid", own)]
