"""What is decided for a day to come can be withdrawn, with a reason, while it counts for nothing yet.

What was entered for today can be withdrawn on this day too: a slip is put right on the day on which it was made. A
withdrawn record stays in every list with its reason; for every other question it was never decided.
"""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import CheckConstraint, ColumnElement, Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.domain.clock import china_date
from shared.domain.refusals import Conflict
from shared.domain.wording import Reason

STANDS = "withdrawn_at IS NULL"
"""What the unique indexes of such records ask for: the place of a withdrawn one is free."""


class SourceStatus(StrEnum):
    """Whether the numbers were found in the source itself, or await the bureau's confirmation."""

    VERIFIED = "verified"
    TO_BE_CONFIRMED = "to_be_confirmed"


class Withdrawn(Conflict):
    """This record was withdrawn and is no longer valid."""

    code = "withdrawn"
    zh = "该记录已撤回，不再有效。"


class WithdrawalTooLate(Conflict):
    """This record took effect on `began` and can no longer be withdrawn."""

    code = "withdrawal-too-late"
    zh = "该记录已生效，不能撤回。"


class LaterVersionStands(Conflict):
    """A later version follows this one. Withdraw the later version first."""

    code = "later-version-stands"
    zh = "其后已有更新的版本，请先撤回更新的版本。"


class Withdrawable:
    """A record that counts from a day on."""

    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(Text)
    withdrawal_reason: Mapped[str | None] = mapped_column(Text)

    def check_stands(self) -> None:
        """Raises `Withdrawn`."""
        if self.withdrawn_at is not None:
            raise Withdrawn

    def _take_back(
        self, reason: str, *, first_day: date, entered_at: datetime | None = None, by: str, at: datetime
    ) -> None:
        """Mark it withdrawn; raises what `_check_not_begun` raises."""
        self._check_not_begun(first_day=first_day, entered_at=entered_at, at=at)
        self._mark_withdrawn(reason, by=by, at=at)

    def _check_not_begun(self, *, first_day: date, entered_at: datetime | None = None, at: datetime) -> None:
        """Check that it has not begun; raises `Withdrawn` or `WithdrawalTooLate`.

        With `entered_at`, it can also be withdrawn on its first day if it was entered on that day.
        """
        self.check_stands()
        today = china_date(at)
        slip_of_today = entered_at is not None and first_day == today == china_date(entered_at)
        if first_day <= today and not slip_of_today:
            raise WithdrawalTooLate(began=first_day)

    def _mark_withdrawn(self, reason: str, *, by: str, at: datetime) -> None:
        self.withdrawn_at, self.withdrawn_by, self.withdrawal_reason = at, by, reason


def stands(record: type[Withdrawable]) -> ColumnElement[bool]:
    return record.withdrawn_at.is_(None)


def withdrawn_for_a_reason() -> CheckConstraint:
    return CheckConstraint(WITHDRAWN_FOR_A_REASON, name="withdrawn_for_a_reason")


WITHDRAWN_FOR_A_REASON = "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)"


class WithdrawalIn(BaseModel):
    """Why the record is withdrawn."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class MayBeWithdrawn(BaseModel):
    """What an answer about a `Withdrawable` shows: when, by whom and why it was withdrawn."""

    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawal_reason: str | None
