"""`/v1/rules`: the rules for institutions with their sources, and the check of a plan against them."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.registry.rulebook.rules import queries, usecases
from services.registry.rulebook.rules.domain import (
    Rule,
    RuleCheck,
    RuleContent,
    RuleDaysReversed,
    RuleEndPast,
    RuleEndsAlready,
    RuleNotFound,
    RuleOverlaps,
    RuleParametersInvalid,
    RuleStatus,
    Scope,
)
from services.registry.rulebook.rules.evaluation import LessonModeMissing, LessonOverMidnight, LessonReversed, Plan
from shared.domain.clock import china_date, utc_now
from shared.domain.dated import MayBeWithdrawn, WithdrawalIn, WithdrawalTooLate, Withdrawn
from shared.domain.wording import KEY, Day, Reason
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/rules", tags=["rules"])

ReaderDep = Annotated[
    Principal,
    allow("bureau", "district_officer", "inspector", "operator", "school_staff", "guardian", "auditor", "service"),
]
BureauDep = Annotated[Principal, allow("bureau")]


class RepealIn(BaseModel):
    """A rule's last day, and why it ends."""

    model_config = ConfigDict(extra="forbid")

    effective_to: Day
    reason: Reason


class RuleOut(MayBeWithdrawn):
    """A rule. With `status` `to_be_confirmed`, the bureau has not yet confirmed the number. `version` is its ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    code: str
    check: RuleCheck
    title_zh: str
    title_en: str
    citation: str
    scope: Scope
    parameters: dict[str, Any]
    status: RuleStatus
    effective_from: date
    effective_to: date | None


class RuleBreachOut(BaseModel):
    """A rule the plan would break, where in the plan, and by how much."""

    rule: str
    rule_id: UUID
    title: str
    title_en: str
    citation: str
    status: RuleStatus
    pointer: str
    facts: dict[str, Any]


class UndecidedOut(BaseModel):
    """A rule that cannot be applied yet, and why: `calendar-unpublished`, `stage-missing`, `fee-span-missing`."""

    rule: str
    pointer: str
    reason: str


class VerdictOut(BaseModel):
    """The rules that the plan breaks, those that could not be decided, and the codes of all rules checked."""

    breaches: list[RuleBreachOut]
    undecided: list[UndecidedOut]
    checked: list[str]


@router.get("", response_model=Page[RuleOut])
async def list_rules(
    _: ReaderDep,
    session: SessionDep,
    page: PageParams,
    on: Annotated[Day | None, Query(description="Only rules in force on this day.")] = None,
    code: Annotated[str | None, KEY, Query(max_length=80)] = None,
    check: RuleCheck | None = None,
) -> PageOf[Rule]:
    """Rules with their sources and days, in the order they were entered."""
    binding = {"on": on, "code": code, "check": check}
    (after,) = page.position(**binding) or (None,)
    found = await queries.rules(session, on=on, code=code, check=check, after=after, limit=page.limit + 1)
    return page.page(found, "id", **binding)


@router.get("/{rule_id}", response_model=RuleOut, responses=problems(RuleNotFound))
async def get_rule(rule_id: UUID, _: ReaderDep, session: SessionDep) -> Rule:
    """One rule."""
    return await queries.rule(session, rule_id)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=RuleOut,
    responses=problems(RuleOverlaps, RuleDaysReversed, RuleParametersInvalid),
)
async def enact_rule(body: RuleContent, _: BureauDep, session: SessionDep, response: Response) -> Rule:
    """Put a rule in force. To change a number, enact a new rule from the day after the old one's last day."""
    rule = await usecases.enact_rule(session, body, at=utc_now())
    response.headers["Location"] = f"/v1/rules/{rule.id}"
    return rule


@router.post(
    "/{rule_id}/repeal",
    response_model=RuleOut,
    responses=problems(RuleNotFound, RuleEndPast, RuleEndsAlready, Withdrawn),
)
async def repeal_rule(rule_id: UUID, body: RepealIn, _: BureauDep, session: SessionDep) -> Rule:
    """Give a rule its last day."""
    return await usecases.repeal_rule(
        session, rule_id, effective_to=body.effective_to, reason=body.reason, at=utc_now()
    )


@router.post(
    "/{rule_id}/withdrawal",
    response_model=RuleOut,
    responses=problems(RuleNotFound, Withdrawn, WithdrawalTooLate),
)
async def withdraw_rule(rule_id: UUID, body: WithdrawalIn, caller: BureauDep, session: SessionDep) -> Rule:
    """Withdraw a rule before its first day, or on it if it was enacted that day."""
    return await usecases.withdraw_rule(session, rule_id, reason=body.reason, by=caller.subject, at=utc_now())


@router.post(
    "/check",
    response_model=VerdictOut,
    responses=problems(LessonReversed, LessonOverMidnight, LessonModeMissing),
)
async def check_plan(body: Plan, _: ReaderDep, session: SessionDep) -> VerdictOut:
    """Check a plan against the rules. Nothing is stored."""
    verdict = await usecases.check_plan(session, body, today=china_date(utc_now()))
    return VerdictOut(
        breaches=[
            RuleBreachOut(
                rule=breach.rule.code,
                rule_id=breach.rule.id,
                title=breach.rule.title_zh,
                title_en=breach.rule.title_en,
                citation=breach.rule.citation,
                status=RuleStatus(breach.rule.status),
                pointer=breach.pointer,
                facts=dict(breach.facts),
            )
            for breach in verdict.breaches
        ],
        undecided=[
            UndecidedOut(rule=found.rule.code, pointer=found.pointer, reason=found.reason)
            for found in verdict.undecided
        ],
        checked=list(verdict.checked),
    )
