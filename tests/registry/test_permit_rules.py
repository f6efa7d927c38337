"""What a permit is on a day, and what it takes on it. No I/O."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.registry.licensing.permits.domain import (
    TRANSITIONS,
    Action,
    CancellationGround,
    EndNotLater,
    Paper,
    Permit,
    SuspensionOver,
    Validity,
    ValidityReversed,
)
from shared.domain.refusals import Conflict
from shared.events.registry.permits import PermitEvent, PermitStatus
from tests.registry.licensing import (
    AT,
    INSTITUTION,
    NOTICE,
    PERMIT_ACTIONS,
    SCOPE,
    TODAY,
    days,
    permit,
    permit_that_is,
)

AFTER = {
    Action.SUSPEND: PermitStatus.SUSPENDED,
    Action.REINSTATE: PermitStatus.IN_FORCE,
    Action.REVOKE: PermitStatus.REVOKED,
    Action.RENEW: PermitStatus.IN_FORCE,
    Action.CANCEL: PermitStatus.CANCELLED,
}


@pytest.mark.parametrize("status", PermitStatus)
@pytest.mark.parametrize("action", Action)
def test_every_action_on_every_status(action: Action, status: PermitStatus) -> None:
    one = permit_that_is(status)
    before = {name: getattr(one, name) for name in PermitEvent.model_fields if name not in ("permit_id", "at")}
    if status in TRANSITIONS[action]:
        event = PERMIT_ACTIONS[action](one)
        assert isinstance(event, PermitEvent)
        assert one.status_on(TODAY) is AFTER[action]
        assert event.model_dump() | {"at": AT} == event.model_dump()
        assert (event.permit_id, event.ended_on, event.street) == (one.id, one.ended_on, SCOPE.street)
    else:
        with pytest.raises(Conflict) as refused:
            PERMIT_ACTIONS[action](one)
        assert refused.value.facts == {"status": status.value}
        assert before == {name: getattr(one, name) for name in before}, "a refusal changes nothing"


def test_the_days_of_a_permit() -> None:
    one = permit(date(2026, 1, 10), date(2026, 1, 20))
    said = {day: one.status_on(date(2026, 1, day)) for day in (9, 10, 20, 21)}
    assert said == {
        9: PermitStatus.PENDING,
        10: PermitStatus.IN_FORCE,
        20: PermitStatus.IN_FORCE,
        21: PermitStatus.EXPIRED,
    }


def test_a_suspension_lifts_by_itself_on_its_day() -> None:
    one = permit_that_is(PermitStatus.SUSPENDED)
    assert one.status_on(TODAY - days(1)) is PermitStatus.IN_FORCE
    assert one.status_on(TODAY + days(29)) is PermitStatus.SUSPENDED
    assert one.status_on(TODAY + days(30)) is PermitStatus.IN_FORCE
    one.suspend(TODAY + days(60), cause="再次", legal_basis="第六十二条", at=AT + timedelta(days=31))
    assert one.status_on(TODAY + days(31)) is PermitStatus.SUSPENDED


def test_a_suspension_runs_on_over_the_expiry() -> None:
    one = permit(ends=TODAY + days(10))
    one.suspend(TODAY + days(30), cause="整改", legal_basis="第六十二条", at=AT)
    assert one.status_on(TODAY + days(11)) is PermitStatus.EXPIRED


def test_the_day_is_the_day_in_china() -> None:
    """23:30 UTC on the last day of validity is half past seven of the next morning in Datong."""
    one = permit(ends=date(2026, 3, 1))
    late = datetime(2026, 3, 1, 15, 59, tzinfo=UTC)
    one.check(Action.SUSPEND, late)
    with pytest.raises(Conflict):
        one.check(Action.SUSPEND, late + timedelta(minutes=1))


def test_open_ended_and_of_unknown_beginning() -> None:
    recorded, event = Permit.record(Paper(INSTITUTION, "旧证1号", SCOPE, Validity(None, None)), at=AT)
    assert recorded.status_on(date(1990, 1, 1)) is recorded.status_on(date(2090, 1, 1)) is PermitStatus.IN_FORCE
    assert (event.valid_from, event.valid_to, event.source) == (None, None, "ledger")
    with pytest.raises(EndNotLater):
        recorded.renew(date(2090, 1, 1), at=AT)


def test_days_that_cannot_be() -> None:
    with pytest.raises(ValidityReversed):
        Validity(TODAY, TODAY - days(1))
    with pytest.raises(SuspensionOver):
        permit().suspend(TODAY, cause="整改", legal_basis="第六十二条", at=AT)
    for too_early in (TODAY + days(100), TODAY - days(1)):
        with pytest.raises(EndNotLater):
            permit().renew(too_early, at=AT)
    with pytest.raises(EndNotLater):
        Permit.grant(
            "教民1",
            SCOPE,
            Validity(None, TODAY - days(1)),
            institution_id=INSTITUTION,
            application_id=NOTICE,
            at=AT,
        )


def test_a_newer_ledger_corrects_what_only_ledgers_said() -> None:
    paper = Paper(INSTITUTION, "旧证1号", SCOPE, Validity(None, TODAY))
    newer = Paper(INSTITUTION, "旧证1号", SCOPE, Validity(None, TODAY + days(365)))
    recorded, _ = Permit.record(paper, at=AT)
    assert recorded.record_again(paper, at=AT) is None
    again = recorded.record_again(newer, at=AT)
    assert again is not None
    assert again.valid_to == TODAY + days(365)
    recorded.cancel("自愿终止", ground=CancellationGround.REQUESTED_BY_HOLDER, at=AT)
    assert recorded.record_again(paper, at=AT) is None
    assert permit().record_again(paper, at=AT) is None, "what was granted here is not the ledger's to change"


@pytest.mark.parametrize("name", ["suspend", "reinstate", "renew"])
def test_a_permit_decided_on_here_is_not_the_ledgers_to_change(name: str) -> None:
    paper = Paper(INSTITUTION, "旧证", SCOPE, Validity(TODAY - days(9), TODAY + days(300)))
    one, _ = Permit.record(paper, at=AT)
    if name == "reinstate":
        PERMIT_ACTIONS["suspend"](one)
    PERMIT_ACTIONS[name](one)
    ends = one.valid_to
    older = Paper(INSTITUTION, "旧证", SCOPE, Validity(TODAY - days(9), TODAY - days(1)))
    assert (one.record_again(older, at=AT), one.valid_to) == (None, ends)
