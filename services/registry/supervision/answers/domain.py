"""An answer to a notice or an order that did not come over the API."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

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
        """Check that the answer came after the issue, and is not in the future."""
        if self.on > china_date(at):
            raise AnsweredInFuture(pointer="/on")
        if self.on < issued_on:
            raise AnsweredTooEarly(pointer="/on", issued_on=issued_on)
