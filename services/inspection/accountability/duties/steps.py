"""The steps that somebody owes, who owns each, and who is told, level by level, when it is late."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from services.inspection.rulebook.norms.domain import NormName


class Step(StrEnum):
    """A kind of duty."""

    TARGET = "target"
    VISIT = "visit"
    SUBMISSION = "submission"
    RETRY = "retry"
    REVIEW = "review"
    ORDER = "order"
    RECTIFICATION = "rectification"
    VERIFICATION = "verification"
    CASE_PRESERVED = "case_preserved"
    CASE_HEARING = "case_hearing"
    CASE_DECISION = "case_decision"
    CASE_SERVICE = "case_service"
    COMPLAINT_MATCH = "complaint_match"
    COMPLAINT_ANSWER = "complaint_answer"
    EVIDENCE = "evidence"
    EVIDENCE_STALLED = "evidence_stalled"
    SYNC_DECISION = "sync_decision"
    RECHECK = "recheck"


class Level(StrEnum):
    """The levels of escalation. The norm of the same name sets after how many days a level is told."""

    FIRST = NormName.ESCALATION_FIRST.value
    SECOND = NormName.ESCALATION_SECOND.value
    THIRD = NormName.ESCALATION_THIRD.value


class Role(StrEnum):
    """The three responsibilities, and the bureau."""

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
    Step.TARGET: Role.DISTRICT_OFFICER,
    Step.VISIT: Role.STREET_OFFICER,
    Step.SUBMISSION: Role.STREET_OFFICER,
    Step.RETRY: Role.STREET_OFFICER,
    Step.REVIEW: Role.DISTRICT_OFFICER,
    Step.ORDER: Role.STREET_OFFICER,
    Step.RECTIFICATION: Role.STREET_OFFICER,
    Step.VERIFICATION: Role.STREET_OFFICER,
    Step.CASE_PRESERVED: Role.DISTRICT_OFFICER,
    Step.CASE_HEARING: Role.DISTRICT_OFFICER,
    Step.CASE_DECISION: Role.DISTRICT_OFFICER,
    Step.CASE_SERVICE: Role.DISTRICT_OFFICER,
    Step.COMPLAINT_MATCH: Role.DISTRICT_OFFICER,
    Step.COMPLAINT_ANSWER: Role.DISTRICT_OFFICER,
    Step.EVIDENCE: Role.STREET_OFFICER,
    Step.EVIDENCE_STALLED: Role.DISTRICT_OFFICER,
    Step.SYNC_DECISION: Role.DISTRICT_OFFICER,
    Step.RECHECK: Role.DISTRICT_OFFICER,
}
"""Which of the three responsibilities owns a step."""
