"""Permits, applications and procedures as tests need them: built by their own factories, without a database."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.registry.licensing.applications.domain import Action, Application, ApplicationState, Wish
from services.registry.licensing.permits.domain import CancellationGround, Permit, Scope, Validity
from services.registry.rulebook.calendars.domain import Calendar
from services.registry.rulebook.procedures.domain import Procedure, Terms
from shared.events.registry.permits import PermitStatus

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""A Monday, nine o'clock in China."""
TODAY = date(2026, 3, 2)
CALENDAR = Calendar(published=frozenset({2026}))
INSTITUTION, VISIT, PERMIT, NOTICE = (UUID(int=number) for number in range(1, 5))
SCOPE = Scope("non_subject", ("primary",), ("合唱",), "1 号", "140213", "140213050")
DOCUMENTS: Final = [{"code": "form", "name": "申请书"}]


BEGUN, LASTING = TODAY - timedelta(days=100), TODAY + timedelta(days=100)


def days(number: int) -> timedelta:
    return timedelta(days=number)


def permit(starts: date = BEGUN, ends: date | None = LASTING, *, at: datetime = AT) -> Permit:
    """A permit in force on the day, unless its days say otherwise."""
    granted, _ = Permit.grant(
        "教民1", SCOPE, Validity(starts, None), institution_id=INSTITUTION, application_id=UUID(int=9), at=at
    )
    granted.valid_to = ends
    return granted


def permit_that_is(status: PermitStatus) -> Permit:
    """A permit of that status on `TODAY`."""
    if status is PermitStatus.PENDING:
        return permit(TODAY + days(1))
    if status is PermitStatus.EXPIRED:
        return permit(ends=TODAY - days(1))
    one = permit()
    if status is PermitStatus.SUSPENDED:
        one.suspend(TODAY + days(30), cause="整改", legal_basis="第六十二条", at=AT)
    if status is PermitStatus.REVOKED:
        one.revoke("严重违规", legal_basis="第六十二条", notice_id=NOTICE, at=AT)
    if status is PermitStatus.CANCELLED:
        one.cancel("自愿终止", ground=CancellationGround.REQUESTED_BY_HOLDER, at=AT)
    return one


PERMIT_ACTIONS: Final[Mapping[str, Callable[[Permit], object]]] = {
    "suspend": lambda one: one.suspend(TODAY + days(30), cause="整改", legal_basis="第六十二条", at=AT),
    "reinstate": lambda one: one.reinstate("整改合格", at=AT),
    "revoke": lambda one: one.revoke("严重违规", legal_basis="第六十二条", notice_id=NOTICE, at=AT),
    "renew": lambda one: one.renew(TODAY + days(400), at=AT),
    "cancel": lambda one: one.cancel("自愿终止", ground=CancellationGround.REQUESTED_BY_HOLDER, at=AT),
}


def procedure(**terms: Any) -> Procedure:
    """One that wants a form and a site visit, and gives 5 days to look, 20 to decide and 10 more."""
    says: dict[str, Any] = {
        "matter": "new_permit",
        "valid_from": date(2021, 7, 24),
        "documents": [{"code": "form", "name": "申请书"}, {"code": "photo", "name": "照片", "required": False}],
        "site_visit": True,
        "days": {"submitted": 5, "site_visit_requested": 10},
        "overall_days": 20,
        "extension_days": 10,
        "source": "行政许可法",
    }
    enacted, _ = Procedure.enact(Terms.model_validate(says | terms), at=AT)
    return enacted


RULES = procedure()


def wish(documents: Iterable[Mapping[str, Any]] = DOCUMENTS, **more: Any) -> Wish:
    says = {"institution_id": INSTITUTION, "kind": "non_subject", "stages": ["primary"], "site": "1 号"}
    return Wish.model_validate(says | {"documents": list(documents)} | more)


def draft(**more: Any) -> Application:
    application, _ = Application.draft(wish(**more), applicant="op-1", place=("140213", None), at=AT)
    return application


APPLICATION_ACTIONS: Final[Mapping[Action, Callable[[Application], object]]] = {
    Action.CHANGE: lambda one: one.change(wish(site="2 号"), place=("140213", None), at=AT),
    Action.SUBMIT: lambda one: one.submit(RULES, CALENDAR, at=AT),
    Action.RETURN: lambda one: one.give_back(["photo"], None, RULES, CALENDAR, at=AT),
    Action.ACCEPT: lambda one: one.accept(RULES, CALENDAR, at=AT),
    Action.REQUEST_SITE_VISIT: lambda one: one.request_site_visit(RULES, CALENDAR, coordinates=(None, None), at=AT),
    Action.CONCLUDE_SITE_VISIT: lambda one: one.conclude_site_visit(VISIT, "inspected", True, RULES, CALENDAR, at=AT),
    Action.EXTEND: lambda one: one.extend("案情复杂", RULES, CALENDAR, at=AT),
    Action.GRANT: lambda one: one.grant(PERMIT, RULES, at=AT),
    Action.REFUSE: lambda one: one.refuse("场所不合格", "第十二条", at=AT),
    Action.WITHDRAW: lambda one: one.withdraw(at=AT),
}

_WAYS: Final[Mapping[ApplicationState, tuple[Action, ...]]] = {
    ApplicationState.DRAFT: (),
    ApplicationState.SUBMITTED: (Action.SUBMIT,),
    ApplicationState.RETURNED: (Action.SUBMIT, Action.RETURN),
    ApplicationState.ACCEPTED: (Action.SUBMIT, Action.ACCEPT),
    ApplicationState.SITE_VISIT_REQUESTED: (Action.SUBMIT, Action.ACCEPT, Action.REQUEST_SITE_VISIT),
    ApplicationState.SITE_VISITED: (
        Action.SUBMIT,
        Action.ACCEPT,
        Action.REQUEST_SITE_VISIT,
        Action.CONCLUDE_SITE_VISIT,
    ),
    ApplicationState.GRANTED: (
        Action.SUBMIT,
        Action.ACCEPT,
        Action.REQUEST_SITE_VISIT,
        Action.CONCLUDE_SITE_VISIT,
        Action.GRANT,
    ),
    ApplicationState.REFUSED: (Action.SUBMIT, Action.ACCEPT, Action.REFUSE),
    ApplicationState.WITHDRAWN: (Action.WITHDRAW,),
}


def application_in(state: ApplicationState) -> Application:
    """An application that came to this state by its transitions."""
    application = draft()
    for action in _WAYS[state]:
        APPLICATION_ACTIONS[action](application)
    assert application.state == state
    return application
