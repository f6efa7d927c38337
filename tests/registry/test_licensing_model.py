"""Licensing against a model of it: whatever is done in whatever order, on whatever day, both say the same.

The model is written from the law's words and knows neither the transition tables nor the calendar's code.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, ClassVar
from uuid import UUID, uuid4

import holidays
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.registry.ledger.institutions.domain import Institution
from services.registry.licensing.applications import usecases as applications
from services.registry.licensing.applications.domain import Application, Wish
from services.registry.licensing.applications.usecases import Grant
from services.registry.licensing.permits import usecases as permits
from services.registry.licensing.permits.domain import CancellationGround, Permit, Validity
from services.registry.licensing.permits.queries import permits_of
from services.registry.licensing.permits.usecases import Revocation
from services.registry.settings import Settings
from shared.data.database import open_engine, open_sessions
from shared.domain.refusals import Refusal
from shared.http.auth import Principal
from shared.process.context import acting_as
from tests.infrastructure import ScratchDatabase
from tests.registry.test_application_routes import DOCUMENTS
from tests.services import settings_on

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "12"))
"""Where time does not matter, MODEL_EXAMPLES=200: then every refusal must have been met."""
STEPS = 30
GIVEN_UP = CancellationGround.REQUESTED_BY_HOLDER
BUREAU = Principal(subject="bureau-1", roles=frozenset({"bureau"}))
NEEDED = [document["code"] for document in DOCUMENTS]
REFUSALS = (
    "application-state", "documents-missing", "document-unknown", "accepted-by-law", "site-visit-missing",
    "site-visit-failed", "extended-already", "permit-in-force-already", "permit-not-in-force", "permit-not-suspended",
    "permit-ended", "suspension-over", "end-not-later", "missing-not-told-at-once", "required-not-named",
)  # fmt: skip
MOSTLY = st.sampled_from([True, True, True, False])
EXAMINED = ("accepted", "site_visit_requested", "site_visited")
OPEN = ("draft", "submitted", "returned", *EXAMINED)
FAR = date(2026, 9, 30)
"""Deadlines of cases begun until here end in a year whose calendar is published."""


@cache
def _china() -> Any:
    return holidays.country_holidays("CN", years=range(2025, 2028))


def after_working_days(start: date, number: int) -> date:
    day = start
    while number:
        day += timedelta(days=1)
        number -= _china().is_working_day(day)
    return day


@dataclass
class ModelPermit:
    starts: date
    ends: date
    rests: tuple[date, date] | None = None
    ended: tuple[date, str] | None = None

    def on(self, day: date) -> str:
        if self.ended and day >= self.ended[0]:
            return self.ended[1]
        if day < self.starts:
            return "pending"
        if day > self.ends:
            return "expired"
        return "suspended" if self.rests and self.rests[0] <= day < self.rests[1] else "in_force"


@dataclass
class ModelApplication:
    institution: UUID
    site: str
    complete: bool
    state: str = "draft"
    due: date | None = None
    overall: date | None = None
    submitted: date | None = None
    received: date | None = None
    accepted: date | None = None
    told: bool = False
    extended: bool = False
    passed: bool | None = None
    permit: UUID | None = None


@dataclass
class Model:
    today: date = date(2026, 3, 2)
    applications: dict[UUID, ModelApplication] = field(default_factory=dict)
    permits: dict[UUID, ModelPermit] = field(default_factory=dict)
    owners: dict[UUID, UUID] = field(default_factory=dict)
    sites: dict[UUID, str] = field(default_factory=dict)
    statuses: dict[UUID, str] = field(default_factory=dict)

    def standing(self, institution: UUID, *, kinds: tuple[str, ...]) -> list[UUID]:
        return [
            one
            for one, owner in self.owners.items()
            if owner == institution and self.permits[one].on(self.today) in kinds
        ]


class Licensing(RuleBasedStateMachine):
    """Each rule does one thing to the service and to the model, and compares what both say of it."""

    runner: ClassVar[asyncio.Runner]
    sessions: ClassVar[async_sessionmaker[AsyncSession]]
    seen: ClassVar[Counter[str]]
    """How often the service said what: that nothing was left out by chance."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.told: dict[UUID, set[str]] = {}
        self.late: dict[UUID, set[str]] = {}
        self.touched: UUID | None = None

    @property
    def at(self) -> datetime:
        day = self.model.today
        return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)

    def does(self, act: Callable[[AsyncSession], Coroutine[Any, Any, Any]], expected: str | None) -> Any:
        """Do it in a transaction: it is refused with that code, or (None) it succeeds."""

        async def transaction() -> Any:
            with acting_as("bureau-1"):
                async with self.sessions.begin() as session:
                    return await act(session)

        result, said = None, None
        try:
            result = self.runner.run(transaction())
        except Refusal as refused:
            said = refused.code
        self.seen[said or "done"] += 1
        assert said == expected, f"the service says {said or 'yes'}, the model {expected or 'yes'}"
        return result

    @initialize(steps=st.integers(0, 5), complete=MOSTLY)
    def begin(self, steps: int, complete: bool) -> None:
        """Somewhere on the ordinary way, or with a permit already: chance alone would seldom come so far."""
        self.advanced(steps, complete, "1 号")

    @rule(steps=st.integers(0, 5), complete=MOSTLY, site=st.sampled_from(["1 号", "2 号"]))
    def another(self, steps: int, complete: bool, site: str) -> None:
        self.advanced(steps, complete, site)

    def advanced(self, steps: int, complete: bool, site: str) -> None:
        case = self.draft(complete, site)
        one = self.model.applications[case]
        for _ in range(steps):
            taken = self.model.standing(one.institution, kinds=("pending", "in_force", "suspended"))
            if (one.state == "submitted" and not one.complete) or (one.state == "site_visited" and taken):
                break
            self.goes_well(case)

    def in_time(self, one: ModelApplication) -> bool:
        """Whether everything missing may still be told."""
        return one.received is None or self.model.today <= after_working_days(one.received, 5)

    def has(self, *states: str) -> bool:
        return any(one.state in states for one in self.model.applications.values())

    def likely(self, data: st.DataObject, *states: str) -> UUID:
        """Mostly a case in one of these states, sometimes any: refusals are worth meeting, not worth most steps."""
        fitting = [case for case, one in self.model.applications.items() if one.state in states]
        return data.draw(st.sampled_from(fitting * 4 + list(self.model.applications)))

    def draft(self, complete: bool, site: str) -> UUID:
        institution = next(iter(self.model.statuses), None)
        said: dict[str, Any] = {"kind": "non_subject", "site": site, "documents": DOCUMENTS if complete else []}
        if institution is None:
            said["newcomer"] = {"name": f"新校 {uuid4()}", "kind": "non_subject", "address": site, "district": "140213"}
        else:
            said["institution_id"] = institution
        wish = Wish.model_validate(said)
        made = self.does(lambda s: applications.draft_application(s, wish, caller=BUREAU, at=self.at), None)
        self.model.applications[made.id] = ModelApplication(institution or UUID(int=0), site, complete)
        self.touched = made.id
        case: UUID = made.id
        return case

    @rule(days=st.integers(1, 12))
    def time_passes(self, days: int) -> None:
        self.model.today = min(self.model.today + timedelta(days=days), FAR)

    @precondition(lambda self: self.has("draft", "returned"))
    @rule(data=st.data())
    def submit_some(self, data: st.DataObject) -> None:
        self.submit(self.likely(data, "draft", "returned"))

    def submit(self, case: UUID) -> None:
        one = self.model.applications[case]
        refused = None if one.state in ("draft", "returned") else "application-state"
        done = self.does(lambda s: applications.submit_application(s, case, caller=BUREAU, at=self.at), refused)
        self.touched = case
        if refused is None:
            one.institution = done.institution_id
            self.model.statuses.setdefault(done.institution_id, "applying")
            one.state, one.submitted = "submitted", self.model.today
            one.received = one.received or self.model.today
            one.due = after_working_days(self.model.today, 5)

    @precondition(lambda self: self.has(*OPEN))
    @rule(data=st.data())
    def goes_well_some(self, data: st.DataObject) -> None:
        self.goes_well(self.likely(data, *OPEN))

    def goes_well(self, case: UUID) -> None:
        """The next step of an ordinary case."""
        match self.model.applications[case].state:
            case "draft" | "returned":
                self.submit(case)
            case "submitted":
                self.accept(case)
            case "accepted":
                self.ask_for_a_site_visit(case)
            case "site_visit_requested":
                self.inspection_answers(case, passed=True)
            case "site_visited":
                self.grant(case, lasting=20, waiting=0)

    @precondition(lambda self: self.has("submitted"))
    @rule(
        data=st.data(),
        missing=st.one_of(
            st.lists(st.sampled_from([*NEEDED, "horoscope"]), min_size=1, max_size=2),
            st.just(NEEDED),
        ),
        acknowledged=st.booleans(),
    )
    def give_back_some(self, data: st.DataObject, missing: list[str], acknowledged: bool) -> None:
        self.give_back(self.likely(data, "submitted"), missing, acknowledged)

    def give_back(self, case: UUID, missing: list[str], acknowledged: bool) -> None:
        one = self.model.applications[case]
        refused = None
        if one.state != "submitted":
            refused = "application-state"
        elif one.due is not None and self.model.today > one.due:
            refused = "accepted-by-law"
        elif "horoscope" in missing:
            refused = "document-unknown"
        else:
            told, asked = self.told.get(case, set()), self.told.get(case, set()) | self.late.get(case, set())
            if one.told and not self.in_time(one) and not set(missing) <= asked and not acknowledged:
                refused = "missing-not-told-at-once"
            elif not one.complete and not set(NEEDED) <= asked | set(missing) and not acknowledged:
                refused = "required-not-named"
        self.does(
            lambda s: applications.return_application(
                s, case, missing, note=None, acknowledged=acknowledged, caller=BUREAU, at=self.at
            ),
            refused,
        )
        self.touched = case
        if refused is None:
            if not one.told or self.in_time(one):
                self.told[case] = told | (set(missing) - self.late.get(case, set()))
            else:
                self.late.setdefault(case, set()).update(set(missing) - told)
            one.told, one.state, one.due = True, "returned", after_working_days(self.model.today, 30)

    @precondition(lambda self: self.has("submitted"))
    @rule(data=st.data())
    def accept_some(self, data: st.DataObject) -> None:
        self.accept(self.likely(data, "submitted"))

    def accept(self, case: UUID) -> None:
        one = self.model.applications[case]
        late = one.due is not None and self.model.today > one.due
        refused = None
        if one.state != "submitted":
            refused = "application-state"
        elif not one.complete and not late and not (one.told and not self.in_time(one) and not self.told[case]):
            refused = "documents-missing"
        self.does(
            lambda s: applications.accept_application(s, case, caller=BUREAU, at=self.at),
            refused,
        )
        self.touched = case
        if refused is None:
            one.state, one.due = "accepted", after_working_days(self.model.today, 5)
            one.accepted = one.submitted if late else self.model.today
            excused = not one.complete and one.told and not self.in_time(one) and set(NEEDED) - self.told[case]
            if self.late.get(case) or excused:
                one.accepted = one.received
            assert one.accepted is not None
            one.overall = after_working_days(one.accepted, 20)

    @precondition(lambda self: self.has("accepted", "site_visited"))
    @rule(data=st.data())
    def ask_for_a_site_visit_some(self, data: st.DataObject) -> None:
        self.ask_for_a_site_visit(self.likely(data, "accepted", "site_visited"))

    def ask_for_a_site_visit(self, case: UUID) -> None:
        one = self.model.applications[case]
        if one.institution == UUID(int=0):
            return
        refused = None if one.state in ("accepted", "site_visited") else "application-state"
        self.does(lambda s: applications.request_site_visit(s, case, caller=BUREAU, at=self.at), refused)
        self.touched = case
        if refused is None:
            one.state, one.passed, one.due = "site_visit_requested", None, after_working_days(self.model.today, 10)

    @precondition(lambda self: self.has("site_visit_requested"))
    @rule(data=st.data(), passed=st.sampled_from([True, False, None]))
    def inspection_answers_some(self, data: st.DataObject, passed: bool | None) -> None:
        self.inspection_answers(self.likely(data, "site_visit_requested"), passed)

    def inspection_answers(self, case: UUID, passed: bool | None) -> None:
        one = self.model.applications[case]
        outcome = "closed_door" if passed is None else "inspected"
        self.does(
            lambda s: applications.note_site_visit(s, case, uuid4(), outcome=outcome, passed=passed, at=self.at), None
        )
        self.touched = case
        if one.state == "site_visit_requested":
            one.state, one.passed, one.due = "site_visited", passed, after_working_days(self.model.today, 5)

    @precondition(lambda self: self.has(*EXAMINED))
    @rule(data=st.data())
    def take_more_time_some(self, data: st.DataObject) -> None:
        self.take_more_time(self.likely(data, *EXAMINED))

    def take_more_time(self, case: UUID) -> None:
        one = self.model.applications[case]
        refused = None
        if one.state not in EXAMINED:
            refused = "application-state"
        elif one.extended:
            refused = "extended-already"
        self.does(
            lambda s: applications.extend_application(s, case, cause="案情复杂", caller=BUREAU, at=self.at),
            refused,
        )
        self.touched = case
        if refused is None:
            assert one.accepted is not None
            one.extended, one.overall = True, after_working_days(one.accepted, 30)

    @precondition(lambda self: self.has("accepted", "site_visited"))
    @rule(data=st.data(), lasting=st.integers(0, 40), waiting=st.integers(0, 5))
    def grant_some(self, data: st.DataObject, lasting: int, waiting: int) -> None:
        self.grant(self.likely(data, "accepted", "site_visited"), lasting, waiting)

    def grant(self, case: UUID, lasting: int, waiting: int) -> None:
        one = self.model.applications[case]
        starts = self.model.today + timedelta(days=waiting)
        ends = starts + timedelta(days=lasting)
        refused = None
        if one.state not in ("accepted", "site_visited"):
            refused = "application-state"
        elif one.state == "accepted":
            refused = "site-visit-missing"
        elif not one.passed:
            refused = "site-visit-failed"
        elif any(
            self.model.sites[other] == one.site
            for other in self.model.standing(one.institution, kinds=("pending", "in_force", "suspended"))
        ):
            refused = "permit-in-force-already"
        grant = Grant(Validity(starts, ends), None)
        done = self.does(
            lambda s: applications.grant_application(s, case, grant, caller=BUREAU, at=self.at),
            refused,
        )
        self.touched = case
        if refused is None:
            one.state, one.due, one.permit = "granted", None, done.permit_id
            self.model.permits[done.permit_id] = ModelPermit(starts, ends)
            self.model.owners[done.permit_id] = one.institution
            self.model.sites[done.permit_id] = one.site
            self.model.statuses[one.institution] = "active"

    @precondition(lambda self: self.has("accepted", "site_visited"))
    @rule(data=st.data())
    def refuse_some(self, data: st.DataObject) -> None:
        self.refuse(self.likely(data, "accepted", "site_visited"))

    def refuse(self, case: UUID) -> None:
        one = self.model.applications[case]
        refused = None if one.state in ("accepted", "site_visited") else "application-state"
        self.does(
            lambda s: applications.refuse_application(
                s, case, grounds="不合格", legal_basis="第十二条", caller=BUREAU, at=self.at
            ),
            refused,
        )
        self.touched = case
        if refused is None:
            one.state, one.due = "refused", None

    @precondition(lambda self: self.has("draft"))
    @rule(data=st.data())
    def withdraw_some(self, data: st.DataObject) -> None:
        self.withdraw(self.likely(data, "draft"))

    def withdraw(self, case: UUID) -> None:
        one = self.model.applications[case]
        refused = "application-state" if one.state in ("granted", "refused", "withdrawn") else None
        self.does(lambda s: applications.withdraw_application(s, case, reason=None, caller=BUREAU, at=self.at), refused)
        self.touched = case
        if refused is None:
            one.state, one.due = "withdrawn", None

    @precondition(lambda self: self.model.permits)
    @rule(data=st.data(), until=st.integers(-1, 15))
    def suspend(self, data: st.DataObject, until: int) -> None:
        permit = data.draw(st.sampled_from(list(self.model.permits)))
        one, end = self.model.permits[permit], self.model.today + timedelta(days=until)
        refused = None if one.on(self.model.today) == "in_force" else "permit-not-in-force"
        if refused is None and until <= 0:
            refused = "suspension-over"
        self.does(
            lambda s: permits.suspend_permit(
                s, permit, end, cause="整改", legal_basis="第六十二条", caller=BUREAU, at=self.at
            ),
            refused,
        )
        if refused is None:
            one.rests = (self.model.today, end)

    @precondition(lambda self: self.model.permits)
    @rule(data=st.data())
    def reinstate(self, data: st.DataObject) -> None:
        permit = data.draw(st.sampled_from(list(self.model.permits)))
        one = self.model.permits[permit]
        refused = None if one.on(self.model.today) == "suspended" else "permit-not-suspended"
        self.does(lambda s: permits.reinstate_permit(s, permit, cause="合格", caller=BUREAU, at=self.at), refused)
        if refused is None:
            assert one.rests is not None
            one.rests = (one.rests[0], self.model.today)

    @precondition(lambda self: self.model.permits)
    @rule(data=st.data(), longer=st.integers(-5, 60))
    def renew(self, data: st.DataObject, longer: int) -> None:
        permit = data.draw(st.sampled_from(list(self.model.permits)))
        one = self.model.permits[permit]
        end = one.ends + timedelta(days=longer)
        refused = None if one.on(self.model.today) == "in_force" else "permit-not-in-force"
        if refused is None and longer <= 0:
            refused = "end-not-later"
        self.does(lambda s: permits.renew_permit(s, permit, end, reason=None, caller=BUREAU, at=self.at), refused)
        if refused is None:
            one.ends = end

    @precondition(lambda self: self.model.permits)
    @rule(data=st.data(), penalty=st.booleans())
    def end(self, data: st.DataObject, penalty: bool) -> None:
        permit = data.draw(st.sampled_from(list(self.model.permits)))
        one = self.model.permits[permit]
        may_end = {"pending", "in_force", "suspended"} | (set() if penalty else {"expired"})
        refused = None if one.on(self.model.today) in may_end else "permit-ended"
        revocation, notice = Revocation("违规", "第六十二条"), uuid4()
        self.does(
            lambda s: (
                permits.revoke_permit(s, permit, revocation, notice, caller=BUREAU, at=self.at)
                if penalty
                else permits.cancel_permit(s, permit, GIVEN_UP, cause="终止", caller=BUREAU, at=self.at)
            ),
            refused,
        )
        if refused is None:
            one.ended = (self.model.today, "revoked" if penalty else "cancelled")
            owner = self.model.owners[permit]
            if not self.model.standing(owner, kinds=("pending", "in_force", "suspended")):
                self.model.statuses[owner] = "unlicensed"

    @invariant()
    def both_say_the_same(self) -> None:
        self.runner.run(self._compare())

    async def _compare(self) -> None:
        async with self.sessions() as session:
            for permit, one in self.model.permits.items():
                stored = await session.get_one(Permit, permit)
                for later in (0, 1, 7, 30):
                    day = self.model.today + timedelta(days=later)
                    assert stored.status_on(day) == one.on(day)
            if self.touched is not None:
                case = await session.get_one(Application, self.touched)
                said = self.model.applications[self.touched]
                assert (case.state, case.due_on, case.permit_id) == (said.state, said.due, said.permit)
                assert (case.accepted_on, case.overall_due_on) == (said.accepted, said.overall)
                assert not any((case.due_provisional, case.overall_provisional))
            for institution, status in self.model.statuses.items():
                entry = await session.get_one(Institution, institution)
                assert entry.status == status
                if entry.permit_no is not None:
                    held = await permits_of(session, [institution])
                    assert entry.permit_no in {one.number for one in held if one.ending is None}


@pytest.fixture
async def registry_url(scratch_database: ScratchDatabase) -> str:
    return await scratch_database("registry")


@pytest.mark.timeout(600)
def test_licensing_agrees_with_its_model(registry_url: str) -> None:
    with asyncio.Runner() as runner:
        engine = open_engine(settings_on(Settings, registry_url), pool_size=1)
        seen: Counter[str] = Counter()
        here = {"runner": runner, "sessions": open_sessions(engine), "seen": seen}
        machine = type("LicensingHere", (Licensing,), here)
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=STEPS,
                    deadline=None,
                    derandomize=True,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(engine.dispose())
    missed = {"done", *REFUSALS} - set(seen)
    assert EXAMPLES < 200 or not missed, f"never met: {missed}; met {seen}"
