"""Whom the bureau can tell something: institutions at work, licensed or not."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, select

from services.registry.institutions.domain import Institution, Mode, Status

AT_WORK: Final = (Status.ACTIVE, Status.SUSPENDED, Status.UNLICENSED)
"""Not those that closed, were another entry twice, or have not begun."""


def at_work(
    *, district: str | None = None, street: str | None = None, kind: str | None = None, mode: str | None = None
) -> ColumnElement[bool]:
    """The condition that an institution is at work and one of these; who trains both ways trains in either mode."""
    wanted: list[ColumnElement[bool]] = [Institution.status.in_(AT_WORK)]
    for column, value in ((Institution.district, district), (Institution.street, street), (Institution.kind, kind)):
        if value is not None:
            wanted.append(column == value)
    if mode is not None:
        wanted.append(Institution.mode.in_({mode, Mode.BOTH}))
    return and_(*wanted)


def places(wanted: ColumnElement[bool], *more: Any) -> Select[Any]:
    """Id, district and street of the institutions that meet a condition, after these columns."""
    return select(*more, Institution.id, Institution.district, Institution.street).where(wanted)
