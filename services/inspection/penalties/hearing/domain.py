"""Steps in which the party is told of a proposed penalty, answers, and is heard."""

from datetime import date, datetime

from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Notice, Statement
from services.inspection.penalties.cases.refusals import (
    ChairInvolved,
    HearingAskedLate,
    HearingHeld,
    HearingNoticeShort,
    HearingRightUntold,
    NoHearingRight,
    NoticeMissing,
)
from services.inspection.penalties.cases.states import Action, CaseState
from services.inspection.penalties.law import domain as law
from services.inspection.penalties.law.domain import Ground, check_officers
from services.inspection.rulebook.offences.domain import Offence
from shared.domain.clock import china_date
from shared.domain.working_days import CountsWorkingDays
from shared.events.inspection.cases import CaseNotified, CaseStepTaken


def notify(case: Case, notice: Notice, offence: Offence, ground: Ground, *, at: datetime) -> CaseNotified:
    """Notify the party of the proposed penalties, their facts and basis, and its rights.

    Until the decision a new notice may replace the earlier one, and the party's days begin again. After a statement or
    a request for a hearing, a new notice may not be harsher unless an inquiry finds another act.
    """
    case.check(Action.NOTIFY)
    law.check_penalties(case, notice.penalties, offence, on=china_date(at))
    if not notice.rights_told:
        raise NoticeMissing(pointer="/rights_told")
    if law.gives_hearing(notice.penalties, ground.hearing_fen) and not notice.hearing_told:
        raise HearingRightUntold(pointer="/hearing_told")
    check_officers(case.officers, ground.certified, case.recused)
    if case.statements or case.hearing_asked_on is not None:
        for refusal in law.harsher_than_told(case, notice.penalties, named=notice.public_notice):
            raise refusal
    case.supersede_notice(at)
    case.state, case.notified_on = CaseState.NOTIFIED, china_date(at)
    case.notice = {**notice.model_dump(mode="json"), "aggravations": case.aggravations}
    case.hearing_fen = ground.hearing_fen
    case.told_institution_id = case.institution_id
    return case.fact(CaseNotified, at, penalties=[penalty.kind.value for penalty in notice.penalties])


def state_defence(case: Case, statement: Statement, *, by: str, at: datetime) -> CaseStepTaken:
    case.check(Action.STATE)
    said = {"text": statement.text, "by": by, "on": china_date(at).isoformat()}
    case.statements = [*case.statements, said]
    case.hearing_waived = case.hearing_waived or (statement.waives_hearing and case.state != CaseState.HEARING)
    return case.step("statement", at)


def ask_hearing(case: Case, calendar: CountsWorkingDays, *, at: datetime) -> CaseStepTaken:
    """Ask for a hearing, within five working days of the notice."""
    case.check(Action.ASK_HEARING)
    assert case.notified_on is not None
    assert case.hearing_fen is not None
    if not law.gives_hearing(case.proposed, case.hearing_fen):
        raise NoHearingRight
    window = law.hearing_window(case.notified_on, calendar)
    if china_date(at) > window.on:
        raise HearingAskedLate(until=window.on)
    case.state, case.hearing_asked_on, case.hearing_waived = CaseState.HEARING, china_date(at), False
    return case.step("hearing_asked", at)


def call_hearing(case: Case, on: date, chair: str, calendar: CountsWorkingDays, *, at: datetime) -> CaseStepTaken:
    """Tell the party the day and the chair of its hearing, at least seven working days before."""
    case.check(Action.CALL_HEARING)
    _check_not_held(case)
    _check_chair(case, chair, pointer="/chair")
    earliest = calendar.after_working_days(china_date(at), law.HEARING_NOTICE_DAYS).on
    if on < earliest:
        raise HearingNoticeShort(pointer="/on", earliest=earliest)
    case.hearing_told_on, case.hearing_on, case.hearing = china_date(at), on, {"chair": chair, "held": None}
    return case.step("hearing_called", at)


def hold_hearing(case: Case, *, attended: bool, record: str, at: datetime) -> CaseStepTaken:
    """Record the hearing. A party that stays away without reason has given it up (art. 64)."""
    case.check(Action.HOLD_HEARING)
    _check_not_held(case)
    if case.hearing_on is None or case.hearing is None or china_date(at) < case.hearing_on:
        raise HearingNoticeShort(earliest=case.hearing_on)
    _check_chair(case, case.hearing["chair"])
    case.hearing = {**case.hearing, "held": attended, "record": record, "on": china_date(at).isoformat()}
    case.set_review_aside(at)
    return case.step("hearing_held", at, attended=attended)


def _check_not_held(case: Case) -> None:
    if case.heard:
        raise HearingHeld


def _check_chair(case: Case, chair: str, *, pointer: str | None = None) -> None:
    case.check_unrecused(chair, pointer=pointer)
    if chair in case.investigators:
        raise ChairInvolved(pointer=pointer)
