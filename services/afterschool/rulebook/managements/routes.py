"""`/v1/management-rules`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status

from services.afterschool.rulebook.edge import BureauDep, ReaderDep, RepealIn, VersionOut, VersionWithdrawalIn
from services.afterschool.rulebook.managements import queries, usecases
from services.afterschool.rulebook.managements.domain import (
    Management,
    ManagementRule,
    ManagementRuleContent,
    ManagementRuleNotFound,
    Question,
)
from services.afterschool.rulebook.versions import (
    VersionBeginsPast,
    VersionEndPast,
    VersionEndsAlready,
    VersionOverlaps,
)
from shared.domain.clock import utc_now
from shared.domain.dated import LaterVersionStands, WithdrawalTooLate, Withdrawn
from shared.domain.wording import Day
from shared.facts.versions import place, versions
from shared.http.paging import Page, PageOf, PageParams
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/management-rules", tags=["rulebook"])


class ManagementRuleIn(ManagementRuleContent):
    """A version of a management's rule to put in force. The earlier version ends the day before."""


class ManagementRuleOut(VersionOut):
    """One version of a management's rule: what a school declares, and the norms that its figures must keep."""

    management: Management
    summary: str
    questions: list[Question]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ManagementRuleOut,
    responses=problems(VersionBeginsPast, VersionOverlaps),
)
async def enact_management_rule(
    body: ManagementRuleIn, caller: BureauDep, session: SessionDep, response: Response
) -> ManagementRule:
    """Put a rule of one of the five managements in force from a day on."""
    rule = await usecases.enact_management_rule(session, body, at=utc_now())
    response.headers["Location"] = f"/v1/management-rules/{rule.id}"
    return rule


@router.get("", response_model=Page[ManagementRuleOut])
async def list_management_rules(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    management: Management | None = None,
    on: Annotated[Day | None, Query(description="Only versions in force on this day.")] = None,
) -> PageOf[ManagementRule]:
    """The rules of the five managements by management and first day."""
    binding = {"management": management, "on": on}
    after = place(page.position(**binding))
    found = await versions(session, ManagementRule, code=management, on=on, after=after, limit=page.limit + 1)
    return page.page(found, "code", "valid_from", "id", **binding)


@router.get("/{rule_id}", response_model=ManagementRuleOut, responses=problems(ManagementRuleNotFound))
async def get_management_rule(rule_id: UUID, caller: ReaderDep, session: SessionDep) -> ManagementRule:
    """One version of a rule, with its ETag."""
    return await queries.management_rule(session, rule_id)


@router.post(
    "/{rule_id}/repeal",
    response_model=ManagementRuleOut,
    responses=problems(ManagementRuleNotFound, VersionEndPast, VersionEndsAlready, Withdrawn),
)
async def repeal_management_rule(
    rule_id: UUID, body: RepealIn, caller: BureauDep, session: SessionDep
) -> ManagementRule:
    """Give a version of a rule its last day."""
    return await usecases.repeal_management_rule(
        session, rule_id, valid_to=body.valid_to, reason=body.reason, at=utc_now()
    )


@router.post(
    "/{rule_id}/withdrawal",
    response_model=ManagementRuleOut,
    responses=problems(ManagementRuleNotFound, Withdrawn, WithdrawalTooLate, LaterVersionStands),
)
async def withdraw_management_rule(
    rule_id: UUID, body: VersionWithdrawalIn, caller: BureauDep, session: SessionDep
) -> ManagementRule:
    """Withdraw a version before its first day, or on it if it was enacted that day. The earlier version stays in
    force."""
    return await usecases.withdraw_management_rule(
        session, rule_id, reason=body.reason, by=caller.subject, at=utc_now()
    )
