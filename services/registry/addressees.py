"""Whom the bureau can tell something: institutions at work, licensed or not; and what officials record of answers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Select, and_, select

from services.registry.institutions.domain import Institution, Mode, Status
from shared.domain.clock import china_date
from shared.domain.refusals import Invalid
from shared.domain.wording import Day, Reason


class AnsweredInFuture(Invalid):
    """The day of the answer must not be in the future."""

    code = "answered-in-future"
    zh = "签收日期晚于今天。"


class AnsweredTooEarly(Invalid):
    """The day of the answer must not be before the notice or order was issued."""

    code = "answered-too-early"
    zh = "签收日期早于发布日期。"


class Means(StrEnum):
    PAPER = "paper"
    TELEPHONE = "telephone"


class RecordedAnswer(BaseModel):
    """An answer of an institution, on paper or by telephone, that an official records."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    means: Means
    on: Day
    note: Reason | None = None

    def check(self, issued_on: date, at: datetime) -> None:
        """It came after the issue, and not in the future."""
        if self.on > china_date(at):
            raise AnsweredInFuture(pointer="/on")
        if self.on < issued_on:
            raise AnsweredTooEarly(pointer="/on", issued_on=issued_on)


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
