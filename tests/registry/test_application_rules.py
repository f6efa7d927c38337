"""An application's way, its clocks, and what the law says of them. No I/O."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from services.registry.ledger.institutions.domain import Details
from services.registry.licensing.applications.domain import (
    OPEN,
    TRANSITIONS,
    AcceptedByLaw,
    Action,
    Application,
    ApplicationNotReady,
    ApplicationState,
    DocumentsMissing,
    DocumentUnknown,
    ExtendedAlready,
    MissingNotToldAtOnce,
    RequiredNotNamed,
    SiteVisitFailed,
    SiteVisitMissing,
)
from services.registry.rulebook.calendars.domain import Calendar
from services.registry.rulebook.procedures.domain import NoProcedure, governing
from shared.data.database import new_id
from shared.events.registry.applications import ApplicationChanged, ApplicationEvent
from tests.registry.licensing import (
    APPLICATION_ACTIONS,
    AT,
    CALENDAR,
    DOCUMENTS,
    PERMIT,
    RULES,
    VISIT,
    application_in,
    draft,
    procedure,
    wish,
)


@pytest.mark.parametrize("state", ApplicationState)
@pytest.mark.parametrize("action", Action)
def test_every_action_in_every_state(action: Action, state: ApplicationState) -> None:
    application = application_in(state)
    sources, target = TRANSITIONS[action]
    if state not in sources:
        with pytest.raises(ApplicationNotReady) as refused:
            APPLICATION_ACTIONS[action](application)
        assert refused.value.facts == {"state": state}
        assert application.state == state
    elif (action, state) == (Action.GRANT, ApplicationState.ACCEPTED):
        with pytest.raises(SiteVisitMissing):
            APPLICATION_ACTIONS[action](application)
    else:
        event = APPLICATION_ACTIONS[action](application)
        assert isinstance(event, ApplicationEvent)
        assert (event.state, event.application_id) == (application.state, application.id)
        assert application.state == (target or state)


def test_the_table_leads_everywhere() -> None:
    assert {target for _, target in TRANSITIONS.values() if target} | {ApplicationState.DRAFT} == set(ApplicationState)
    assert frozenset().union(*(sources for sources, _ in TRANSITIONS.values())) == OPEN


def test_a_draft_keeps_what_is_wished() -> None:
    application = draft()
    assert application.wish() == wish()
    assert application.change(wish(), place=("140213", None), at=AT) is None
    changed = application.change(wish(site="2 号", kind="subject"), place=("140214", None), at=AT)
    assert isinstance(changed, ApplicationChanged)
    assert (changed.changed, changed.district, application.site) == (["kind", "site"], "140214", "2 号")


def test_a_newcomer_once_entered_stays_who_it_is() -> None:
    newcomer = Details(name="新校", kind="non_subject", address="1 号", district="140213")
    application = draft(institution_id=None, newcomer=newcomer)
    application.submit(RULES, CALENDAR, at=AT)
    application.institution_id = VISIT  # as the use case that entered it in the ledger did
    application.give_back(["photo"], None, RULES, CALENDAR, at=AT)
    application.change(wish(institution_id=PERMIT, site="2 号"), place=("140213", None), at=AT)
    assert (application.institution_id, application.site) == (VISIT, "2 号")
    assert application.wish().newcomer == newcomer


def test_days_count_working_days_and_not_the_first() -> None:
    application = draft()
    application.submit(RULES, CALENDAR, at=AT)
    assert application.due_on == date(2026, 3, 9)
    clock = application.state_clock(date(2026, 3, 9))
    assert clock is not None
    assert (clock.overdue, clock.provisional) == (False, False)
    late = application.state_clock(date(2026, 3, 10))
    assert late is not None
    assert late.overdue


def test_the_overall_clock_runs_from_acceptance_to_decision() -> None:
    application = draft()
    application.submit(RULES, CALENDAR, at=AT)
    assert application.overall_clock(date(2026, 3, 2)) is None
    application.accept(RULES, CALENDAR, at=AT + timedelta(days=1))
    clock = application.overall_clock(date(2026, 4, 1))
    assert clock is not None
    assert (clock.due_on, clock.overdue) == (date(2026, 3, 31), True)
    application.extend("案情复杂", RULES, CALENDAR, at=AT)
    extended = application.overall_clock(date(2026, 4, 1))
    assert extended is not None
    assert (extended.due_on, extended.overdue) == (date(2026, 4, 14), False)
    with pytest.raises(ExtendedAlready):
        application.extend("再次", RULES, CALENDAR, at=AT)
    application.refuse("场所不合格", "第十二条", at=AT)
    assert application.overall_clock(date(2027, 1, 1)) is None
    assert application.state_clock(date(2027, 1, 1)) is None


def test_a_procedure_without_extension_knows_none() -> None:
    strict = procedure(extension_days=0)
    application = draft()
    application.submit(strict, CALENDAR, at=AT)
    application.accept(strict, CALENDAR, at=AT)
    with pytest.raises(ExtendedAlready):
        application.extend("案情复杂", strict, CALENDAR, at=AT)


def test_a_clock_into_an_unpublished_year_says_so_until_the_year_is_published() -> None:
    unknown = Calendar(published=frozenset({2025}))
    application = draft()
    application.submit(RULES, unknown, at=AT)
    application.accept(RULES, unknown, at=AT)
    clock = application.overall_clock(date(2026, 3, 2))
    assert clock is not None
    assert clock.provisional
    application.recount(RULES, CALENDAR)
    counted = application.overall_clock(date(2026, 3, 2))
    assert counted is not None
    assert (counted.due_on, counted.provisional) == (date(2026, 3, 30), False)


def test_what_is_missing_is_told_once() -> None:
    application = draft(documents=[])
    application.submit(RULES, CALENDAR, at=AT)
    with pytest.raises(DocumentsMissing) as missing:
        application.accept(RULES, CALENDAR, at=AT)
    assert missing.value.facts == {"missing": ["form"]}
    application.give_back(["form", "form"], "请补正", RULES, CALENDAR, at=AT)
    assert application.told_missing == ["form"]
    application.submit(RULES, CALENDAR, at=LATE)
    with pytest.raises(MissingNotToldAtOnce):
        application.give_back(["photo"], None, RULES, CALENDAR, at=LATE)
    application.give_back(["form"], None, RULES, CALENDAR, at=LATE)


TWO = procedure(documents=[{"code": "form", "name": "申请书"}, {"code": "funds", "name": "资金证明"}])
LATE = AT + timedelta(days=20)
"""Long after the five days within which the applicant is told everything."""
FORM = {"code": "form", "name": "申请书"}


def returned_incomplete() -> Application:
    """Submitted empty, told of one of two documents, and handed in again with it."""
    application = draft(documents=[])
    application.submit(TWO, CALENDAR, at=AT)
    with pytest.raises(RequiredNotNamed) as warned:
        application.give_back(["form"], None, TWO, CALENDAR, at=AT)
    assert warned.value.facts == {"missing": ["funds"]}
    told = application.give_back(["form"], None, TWO, CALENDAR, acknowledged=True, at=AT)
    assert (told.untold, application.untold) == (["funds"], ["funds"])
    application.documents = [FORM]
    application.submit(TWO, CALENDAR, at=LATE)
    return application


def test_more_is_told_within_the_five_days_without_a_consequence() -> None:
    application = draft(documents=[])
    application.submit(TWO, CALENDAR, at=AT)
    application.give_back(["form"], None, TWO, CALENDAR, acknowledged=True, at=AT)
    application.documents = [FORM]
    application.submit(TWO, CALENDAR, at=AT)
    with pytest.raises(DocumentsMissing):
        application.accept(TWO, CALENDAR, at=AT)
    application.give_back(["funds"], None, TWO, CALENDAR, at=AT)
    assert (application.told_missing, application.told_late) == (["form", "funds"], None)


def test_what_was_not_told_holds_nothing_up() -> None:
    application = returned_incomplete()
    told = application.accept(TWO, CALENDAR, at=LATE)
    assert application.accepted_on == told.accepted_on == date(2026, 3, 2)
    assert application.overall_due_on == date(2026, 3, 30), "the time for the decision runs from the day of receipt"


def test_what_is_told_late_has_its_consequence() -> None:
    application = returned_incomplete()
    with pytest.raises(MissingNotToldAtOnce) as refused:
        application.give_back(["funds"], None, TWO, CALENDAR, at=LATE)
    assert refused.value.facts == {"told": ["form"], "accepted_on": date(2026, 3, 2)}
    told = application.give_back(["funds"], None, TWO, CALENDAR, acknowledged=True, at=LATE)
    assert (told.told_late, told.untold) == (["funds"], [])
    application.submit(TWO, CALENDAR, at=LATE)
    application.give_back(["funds"], None, TWO, CALENDAR, at=LATE)
    application.submit(TWO, CALENDAR, at=LATE)
    application.documents = [FORM, {"code": "funds", "name": "资金证明"}]
    application.accept(TWO, CALENDAR, at=LATE)
    assert application.accepted_on == date(2026, 3, 2)


def test_what_was_told_in_time_is_still_wanted() -> None:
    application = returned_incomplete()
    application.documents = [{"code": "funds", "name": "资金证明"}]
    with pytest.raises(DocumentsMissing) as missing:
        application.accept(TWO, CALENDAR, at=LATE)
    assert missing.value.facts == {"missing": ["form"]}


def test_who_is_silent_for_five_days_has_accepted() -> None:
    application = draft(documents=[])
    application.submit(RULES, CALENDAR, at=AT)
    too_late = AT + timedelta(days=8)
    with pytest.raises(AcceptedByLaw):
        application.give_back(["form"], None, RULES, CALENDAR, at=too_late)
    application.accept(RULES, CALENDAR, at=too_late)
    assert application.accepted_on == date(2026, 3, 2), "the time for the decision runs from the day of receipt"


def test_documents_nobody_knows() -> None:
    with pytest.raises(DocumentUnknown) as unknown:
        draft(documents=[*DOCUMENTS, {"code": "horoscope", "name": "命书"}]).submit(RULES, CALENDAR, at=AT)
    assert unknown.value.pointer == "/documents/1/code"
    with pytest.raises(DocumentUnknown):
        application_in(ApplicationState.SUBMITTED).give_back(["horoscope"], None, RULES, CALENDAR, at=AT)


@pytest.mark.parametrize("passed", [False, None])
def test_premises_that_did_not_pass(passed: bool | None) -> None:
    application = application_in(ApplicationState.SITE_VISIT_REQUESTED)
    application.conclude_site_visit(VISIT, "closed_door", passed, RULES, CALENDAR, at=AT)
    with pytest.raises(SiteVisitFailed):
        application.grant(PERMIT, RULES, at=AT)
    application.request_site_visit(RULES, CALENDAR, coordinates=(None, None), at=AT)
    assert application.site_visit_id is None
    application.conclude_site_visit(VISIT, "inspected", True, RULES, CALENDAR, at=AT)
    application.grant(PERMIT, RULES, at=AT)
    assert (application.permit_id, application.decided_at) == (PERMIT, AT)


def test_a_procedure_that_wants_no_visit() -> None:
    at_the_desk = procedure(site_visit=False)
    application = draft()
    application.submit(at_the_desk, CALENDAR, at=AT)
    application.accept(at_the_desk, CALENDAR, at=AT)
    application.grant(PERMIT, at_the_desk, at=AT)
    assert application.state == ApplicationState.GRANTED


def test_which_procedure_governs() -> None:
    city, newer = procedure(), procedure(valid_from=date(2026, 3, 1))
    subject, here = procedure(kind="subject"), procedure(district="140213")
    future = procedure(valid_from=date(2026, 3, 3))
    everything = [city, newer, subject, here, future]
    on = date(2026, 3, 2)
    assert governing(everything, kind="non_subject", district="140214", on=on) is newer
    assert governing(everything, kind="subject", district="140214", on=on) is subject
    assert governing(everything, kind="subject", district="140213", on=on) is here
    assert governing(everything, kind="non_subject", district=None, on=date(2026, 3, 3)) is future
    assert governing(everything, kind="non_subject", district=None, on=date(2022, 1, 1)) is city
    with pytest.raises(NoProcedure):
        governing(everything, kind="non_subject", district=None, on=date(2020, 1, 1))


def test_every_state_has_a_way_to_an_end() -> None:
    ends = {ApplicationState.GRANTED, ApplicationState.REFUSED, ApplicationState.WITHDRAWN}
    for state in OPEN:
        application: Application = application_in(state)
        application.withdraw(at=AT)
        assert application.state in ends


def test_a_visit_that_was_not_requested_concludes_nothing() -> None:
    application = application_in(ApplicationState.SITE_VISIT_REQUESTED)
    known = APPLICATION_ACTIONS[Action.CONCLUDE_SITE_VISIT](application)
    assert isinstance(known, ApplicationEvent)
    with pytest.raises(ApplicationNotReady):
        application.conclude_site_visit(new_id(), "inspected", True, RULES, CALENDAR, at=AT)


def test_a_procedure_without_days_for_the_first_look_has_no_time_that_runs_out() -> None:
    patient = procedure(days={})
    application = draft()
    application.documents = []
    application.submit(patient, CALENDAR, at=AT)
    application.give_back(["form"], None, patient, CALENDAR, at=AT)
    application.submit(patient, CALENDAR, at=LATE)
    again = application.give_back(["form", "photo"], None, patient, CALENDAR, at=LATE)
    assert (again.missing, again.told_late) == (["form", "photo"], [])


def test_no_code_stands_twice_in_a_procedure() -> None:
    with pytest.raises(ValidationError) as refused:
        procedure(documents=[{"code": "form", "name": "申请书"}, {"code": "form", "name": "申请表"}])
    assert [error["type"] for error in refused.value.errors()] == ["code_repeated"]
