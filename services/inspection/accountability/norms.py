"""How many days each step may take, and after how many days late whom is told: dated, sourced rows, never constants."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Date, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from shared.refusals import Conflict


class StepDaysUnknown(Conflict):
    """No number of days is in force for this step; the bureau has to decide it."""

    code = "step-days-unknown"
    zh = "该环节尚无现行办理天数，须由市局确定。"


class Step(StrEnum):
    """A step that somebody owes."""

    VISIT = "visit"
    RETRY = "retry"
    REVIEW = "review"
    ORDER = "order"
    RECTIFICATION = "rectification"
    VERIFICATION = "verification"
    CASE_PRESERVED = "case_preserved"
    CASE_DECISION = "case_decision"
    CASE_SERVICE = "case_service"
    COMPLAINT_MATCH = "complaint_match"
    COMPLAINT_ANSWER = "complaint_answer"


class Level(StrEnum):
    """After so many days late, the next one is told: street, district, industry department and bureau."""

    FIRST = "escalation.1"
    SECOND = "escalation.2"
    THIRD = "escalation.3"


class Role(StrEnum):
    """The three responsibilities, and the bureau above them."""

    STREET_OFFICER = "street_officer"
    DISTRICT_OFFICER = "district_officer"
    INDUSTRY_DEPARTMENT = "industry_department"
    BUREAU = "bureau"


TOLD: Final[Mapping[Level, tuple[Role, ...]]] = {
    Level.FIRST: (Role.STREET_OFFICER,),
    Level.SECOND: (Role.DISTRICT_OFFICER,),
    Level.THIRD: (Role.INDUSTRY_DEPARTMENT, Role.BUREAU),
}
OWNERS: Final[Mapping[Step, Role]] = {
    Step.VISIT: Role.STREET_OFFICER,
    Step.RETRY: Role.STREET_OFFICER,
    Step.REVIEW: Role.DISTRICT_OFFICER,
    Step.ORDER: Role.STREET_OFFICER,
    Step.RECTIFICATION: Role.STREET_OFFICER,
    Step.VERIFICATION: Role.STREET_OFFICER,
    Step.CASE_PRESERVED: Role.DISTRICT_OFFICER,
    Step.CASE_DECISION: Role.DISTRICT_OFFICER,
    Step.CASE_SERVICE: Role.DISTRICT_OFFICER,
    Step.COMPLAINT_MATCH: Role.DISTRICT_OFFICER,
    Step.COMPLAINT_ANSWER: Role.DISTRICT_OFFICER,
}
"""Which of the three responsibilities owns a step."""


class StepDays(Base):
    """So many days for a step, or until a level is told, from a day on until a later row replaces it."""

    __tablename__ = "step_days"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    days: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)


def seed() -> Iterable[dict[str, Any]]:
    """What the platform begins with; the bureau confirms or replaces it. What a law fixes is not among them."""
    source = "平台默认值，待市局确认"
    for name, days in {
        Step.VISIT: 14,
        Step.RETRY: 3,
        Step.REVIEW: 5,
        Step.ORDER: 3,
        Step.VERIFICATION: 7,
        Step.COMPLAINT_MATCH: 2,
        Step.COMPLAINT_ANSWER: 15,
        Level.FIRST: 1,
        Level.SECOND: 3,
        Level.THIRD: 7,
    }.items():
        yield {
            "name": str(name),
            "valid_from": date(2021, 7, 24),
            "days": days,
            "source": source,
            "status": "to_be_confirmed",
        }
