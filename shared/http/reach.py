"""Which records a caller reaches: one that was found, and those that a list may show.

Both judge by the same columns, which a slice names once (`ReachColumns`).
"""

from typing import Any, Required, TypedDict, TypeVar, Unpack, cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true

from shared.domain.refusals import NotFound
from shared.http.policies import Principal

Column = Any  # a mapped attribute: its type at class level is not the one mypy sees in a parameter
Record = TypeVar("Record")


class ReachColumns(TypedDict, total=False):
    """The mapped attributes that say where a record lies, and whose it is."""

    district: Required[Column]
    street: Column
    team: Column
    institution: Column


def reachable(
    found: Record | None, caller: Principal, missing: type[NotFound], **place: Unpack[ReachColumns]
) -> Record:
    """The record; raises `missing` where there is none, and where it is beyond the caller's reach."""
    if found is None or not reaches(caller, found, **place):
        raise missing
    return found


def reaches(caller: Principal, record: object, **place: Unpack[ReachColumns]) -> bool:
    """`Principal.covers`, asked of a record."""
    columns = cast("dict[str, Column]", place)
    said = {name: getattr(record, column.key) for name, column in columns.items()}
    return caller.covers(**{name: None if value is None else str(value) for name, value in said.items()})


def within_reach(
    caller: Principal,
    *,
    district: Column,
    street: Column,
    team: Column | None = None,
    institution: Column | None = None,
) -> ColumnElement[bool]:
    """`Principal.covers` as SQL: the condition that a row with these columns is within the caller's reach.

    If rows belong to teams, inspectors see those of their own team, and those of their district without a team.
    """
    if caller.covers():
        return true()
    ours: list[ColumnElement[bool]] = []
    if "district_officer" in caller.roles:
        ours.append(_in_district(caller, district, street))
    if "inspector" in caller.roles:
        in_district = _in_district(caller, district, street)
        if team is not None and caller.team is not None:
            in_district = or_(team == caller.team, and_(team.is_(None), in_district))
        ours.append(in_district)
    own = own_institution(caller)
    if own is not None and institution is not None:
        ours.append(institution == own)
    return or_(false(), *ours)


def _in_district(caller: Principal, district: Column, street: Column) -> ColumnElement[bool]:
    if caller.district is None:
        return false()
    here = district == caller.district
    return and_(here, or_(street.is_(None), street == caller.street)) if caller.street is not None else here


def own_institution(caller: Principal) -> UUID | None:
    """The operator's institution; None for other roles, and for a claim that is no id."""
    if "operator" not in caller.roles or caller.institution is None:
        return None
    try:
        return UUID(caller.institution)
    except ValueError:
        return None
