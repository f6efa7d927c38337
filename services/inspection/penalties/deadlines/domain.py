"""The deadlines of a case: each with its article, its day, and what is left of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.refusals import LAW
from services.inspection.penalties.cases.states import ENDED
from services.inspection.penalties.law import domain as law
from shared.domain.working_days import CountsWorkingDays, Deadline


class Clock(StrEnum):
    """What must be done by a day."""

    LIMITATION = "limitation"
    DECISION = "decision"
    PRESERVED_ITEMS = "preserved_items"
    HEARING_REQUEST = "hearing_request"
    HEARING = "hearing"
    SERVICE = "service"
    PAYMENT = "payment"


ARTICLES = {
    Clock.LIMITATION: ("第三十六条", "发现违法行为的时效"),
    Clock.DECISION: ("第六十条", "立案之日起九十日内作出决定"),
    Clock.PRESERVED_ITEMS: ("第五十六条", "先行登记保存的证据七日内处理"),
    Clock.HEARING_REQUEST: ("第六十四条", "告知后五日内可要求听证"),
    Clock.HEARING: ("第六十四条", "举行听证"),
    Clock.SERVICE: ("第六十一条", "决定后七日内送达"),
    Clock.PAYMENT: ("第六十七条", "收到决定书之日起十五日内缴纳"),
}


@dataclass(frozen=True, slots=True)
class Tick:
    """One deadline. `days_left` are natural days, negative once it has passed; null when it is done."""

    name: Clock
    title: str
    law: str
    article: str
    due_on: date
    working_days: bool
    provisional: bool
    done_on: date | None
    days_left: int | None
    working_days_left: int | None
    overdue: bool


def ticks(case: Case, calendar: CountsWorkingDays, *, five_years: bool, on: date) -> Iterator[Tick]:
    limit = law.limitation_ends(case.acts_until, five_years=five_years and case.harmful)
    yield _tick(Clock.LIMITATION, Deadline(limit, False), case.found_on, calendar, on=on)
    if case.preserved_on is not None:
        due = calendar.after_working_days(case.preserved_on, law.SETTLE_DAYS)
        yield _tick(Clock.PRESERVED_ITEMS, due, case.settled_on, calendar, on=on, working=True)
    done = case.decided_on or (case.closed_on if case.state in ENDED else None)
    yield _tick(Clock.DECISION, Deadline(case.due_on, False), done, calendar, on=on)
    if case.notified_on is not None and case.notice is not None and case.notice["hearing_told"]:
        due = law.hearing_window(case.notified_on, calendar)
        asked = case.hearing_asked_on or (case.notified_on if case.hearing_waived else None)
        yield _tick(Clock.HEARING_REQUEST, due, asked, calendar, on=on, working=True)
    if case.hearing_on is not None and case.hearing is not None:
        held = case.hearing.get("on")
        done = None if held is None else date.fromisoformat(held)
        yield _tick(Clock.HEARING, Deadline(case.hearing_on, False), done, calendar, on=on)
    if case.decided_on is not None:
        due = calendar.after_working_days(case.decided_on, law.SERVICE_DAYS)
        yield _tick(Clock.SERVICE, due, case.served_on, calendar, on=on, working=True)
    if case.served_on is not None and case.owed_fen:
        due = Deadline(law.payment_due(case.served_on), False)
        yield _tick(Clock.PAYMENT, due, case.paid_on or case.enforced_on, calendar, on=on)


def _tick(
    name: Clock, due: Deadline, done: date | None, calendar: CountsWorkingDays, *, on: date, working: bool = False
) -> Tick:
    article, title = ARTICLES[name]
    open_ = done is None
    # A window that nobody used is over, not overdue.
    overdue = open_ and on > due.on and name is not Clock.HEARING_REQUEST
    return Tick(
        name=name,
        title=title,
        law=LAW,
        article=article,
        due_on=due.on,
        working_days=working,
        provisional=due.provisional,
        done_on=done,
        days_left=(due.on - on).days if open_ else None,
        working_days_left=calendar.working_days(on, due.on) if open_ else None,
        overdue=overdue,
    )
