"""A number (参数) that an office decides and may change. What a law fixes stands in the code, by its article."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import Date, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from shared.database import Aggregate, new_id
from shared.events.inspection import ParameterSet
from shared.refusals import Conflict, NotFound, Refusal
from shared.wording import Day, Reason, not_bool


class ParameterNotInForce(NotFound):
    """This number was never decided for that day."""

    code = "parameter-not-in-force"
    zh = "该日尚无此项参数的规定。"


class ParameterDecided(Conflict):
    """This number is decided from that day on already; a correction begins on another day."""

    code = "parameter-decided"
    zh = "该参数自该日起已有规定；更正须另定起始日。"


class Name(StrEnum):
    """What the numbers are."""

    DRAW_MINIMUM_SHARE = "draw.minimum_share_bp"
    RISK_HIGH_VIOLATION = "risk.points_high_violation"
    RISK_MODERATE_VIOLATION = "risk.points_moderate_violation"
    RISK_LOW_VIOLATION = "risk.points_low_violation"
    RISK_STALE_DAYS = "risk.stale_days"
    RISK_STALE_POINTS = "risk.stale_points"
    RISK_LONG_STALE_DAYS = "risk.long_stale_days"
    RISK_LONG_STALE_POINTS = "risk.long_stale_points"
    RISK_FROM_MODERATE = "risk.moderate_from_points"
    RISK_FROM_HIGH = "risk.high_from_points"
    RETRY_GAP_DAYS = "campaign.retry_gap_days"


class ParameterDetails(BaseModel):
    """A number, the first day it holds, and who says so where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    valid_from: Day
    value: Annotated[int, BeforeValidator(not_bool), Field(ge=0, le=100_000)]
    source: Reason
    to_be_confirmed: bool = False


class Parameter(Base, Aggregate):
    """One number from one day on."""

    __tablename__ = "parameter"
    __table_args__ = (UniqueConstraint("name", "valid_from", name="uq_parameter_name_valid_from"),)

    name: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    value: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    to_be_confirmed: Mapped[bool]

    @classmethod
    def decide(cls, details: ParameterDetails, *, at: datetime) -> tuple[Self, ParameterSet]:
        """Let it hold from a day on."""
        parameter = cls(id=new_id(), version=0, **details.model_dump())
        return parameter, ParameterSet(
            parameter_id=parameter.id,
            name=details.name,
            valid_from=details.valid_from,
            value=details.value,
            source=details.source,
            at=at,
        )


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_parameter_name_valid_from": ParameterDecided}
