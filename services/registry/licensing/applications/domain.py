"""An application for a permit: its way from draft to decision, and the statutory days on which each part is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import ARRAY, Boolean, CheckConstraint, Date, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.ledger.institutions.domain import Details, Kind, Stage
from services.registry.licensing.permits.domain import Scope
from services.registry.orm import Base
from services.registry.rulebook.calendars.domain import Calendar
from services.registry.rulebook.procedures.domain import Matter, Procedure, Slug
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound
from shared.domain.wording import Address, Line
from shared.domain.working_days import Deadline
from shared.events.registry.applications import (
    ApplicationAccepted,
    ApplicationChanged,
    ApplicationDrafted,
    ApplicationEvent,
    ApplicationExtended,
    ApplicationGranted,
    ApplicationRefused,
    ApplicationReturned,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    SiteVisitConcluded,
    SiteVisitRequested,
)


class ApplicationNotFound(NotFound):
    """There is no such application, or you may not see it."""

    code = "application-not-found"
    zh = "没有此申请，或不在您的权限范围内。"


class ApplicationNotReady(Conflict):
    """The application's present state (`state`) does not allow this step."""

    code = "application-state"
    zh = "申请当前状态不允许此操作。"


class ApprovalClosed(Conflict):
    """No new institutions of this kind are approved; `rule` names the rule."""

    code = "approval-closed"
    zh = "此类机构不再审批。"


class DocumentsMissing(Conflict):
    """Required documents are missing. Return the application and list them."""

    code = "documents-missing"
    zh = "缺少必要材料，请一次性告知补正。"


class DocumentUnknown(Invalid):
    """The procedure does not list this document."""

    code = "document-unknown"
    zh = "办事规程中没有此项材料。"


class MissingNotToldAtOnce(Conflict):
    """The first list did not name this document. To add it, acknowledge that the application counts as accepted."""

    code = "missing-not-told-at-once"
    zh = (
        "补正内容须一次告知，首次告知中没有此项；如仍要告知，请确认：申请自收到之日起视为受理（行政许可法第三十二条）。"
    )


class RequiredNotNamed(Conflict):
    """Some required documents are missing but not listed. List them, or acknowledge that you do not ask for them."""

    code = "required-not-named"
    zh = "有必要材料缺少但未列入告知：请一并列入，或确认不再要求补正。"


class AcceptedByLaw(Conflict):
    """The time to list missing documents has passed: the application counts as accepted (行政许可法 art. 32)."""

    code = "accepted-by-law"
    zh = "逾期未告知补正，申请自收到之日起视为受理。"


class SiteVisitMissing(Conflict):
    """The procedure requires a site visit before the permit is granted."""

    code = "site-visit-missing"
    zh = "须先完成现场核查。"


class SiteVisitFailed(Conflict):
    """The premises did not pass the site visit."""

    code = "site-visit-failed"
    zh = "现场核查未通过。"


class ExtendedAlready(Conflict):
    """The time was already extended, or this procedure allows no extension."""

    code = "extended-already"
    zh = "已延长过期限，或该规程不允许延长。"


class NotYourDecision(Forbidden):
    """Another office (`office`) decides this application."""

    code = "not-your-decision"
    zh = "该事项由其他机关决定。"


class PlaceUnknown(Invalid):
    """An application for a new institution must name its district."""

    code = "district-missing"
    zh = "须填写所属区县。"


class ApplicantUnclear(Invalid):
    """Name an institution of the ledger or describe a new one, not both."""

    code = "applicant-unclear"
    zh = "须指明台账机构或填写新机构信息，二者取一。"


class ApplicationState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    SITE_VISIT_REQUESTED = "site_visit_requested"
    SITE_VISITED = "site_visited"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OPEN: Final = frozenset(ApplicationState) - {
    ApplicationState.GRANTED,
    ApplicationState.REFUSED,
    ApplicationState.WITHDRAWN,
}
UNDER_EXAMINATION: Final = frozenset(
    {ApplicationState.ACCEPTED, ApplicationState.SITE_VISIT_REQUESTED, ApplicationState.SITE_VISITED}
)


class Action(StrEnum):
    CHANGE = "change"
    SUBMIT = "submit"
    RETURN = "return"
    ACCEPT = "accept"
    REQUEST_SITE_VISIT = "request_site_visit"
    CONCLUDE_SITE_VISIT = "conclude_site_visit"
    EXTEND = "extend"
    GRANT = "grant"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


TRANSITIONS: Final[Mapping[Action, tuple[frozenset[ApplicationState], ApplicationState | None]]] = {
    Action.CHANGE: (frozenset({ApplicationState.DRAFT, ApplicationState.RETURNED}), None),
    Action.SUBMIT: (frozenset({ApplicationState.DRAFT, ApplicationState.RETURNED}), ApplicationState.SUBMITTED),
    Action.RETURN: (frozenset({ApplicationState.SUBMITTED}), ApplicationState.RETURNED),
    Action.ACCEPT: (frozenset({ApplicationState.SUBMITTED}), ApplicationState.ACCEPTED),
    Action.REQUEST_SITE_VISIT: (
        frozenset({ApplicationState.ACCEPTED, ApplicationState.SITE_VISITED}),
        ApplicationState.SITE_VISIT_REQUESTED,
    ),
    # Again by the same visit: a reviewer may have sent the team back to it.
    Action.CONCLUDE_SITE_VISIT: (
        frozenset({ApplicationState.SITE_VISIT_REQUESTED, ApplicationState.SITE_VISITED}),
        ApplicationState.SITE_VISITED,
    ),
    Action.EXTEND: (UNDER_EXAMINATION, None),
    Action.GRANT: (frozenset({ApplicationState.ACCEPTED, ApplicationState.SITE_VISITED}), ApplicationState.GRANTED),
    Action.REFUSE: (frozenset({ApplicationState.ACCEPTED, ApplicationState.SITE_VISITED}), ApplicationState.REFUSED),
    Action.WITHDRAW: (OPEN, ApplicationState.WITHDRAWN),
}
"""Action -> the states it is taken in, and the state it leads to (null: it stays)."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Document(BaseModel):
    """A submitted document: its kind, its fingerprint, and where the paper or file is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Slug
    name: Line
    sha256: Sha256 | None = None
    reference: Line | None = None


class Wish(BaseModel):
    """What is asked for: leave for an institution of the ledger, or for a newcomer, to teach this at this site."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    institution_id: UUID | None = None
    newcomer: Details | None = None
    kind: Kind
    stages: Annotated[list[Stage], Field(max_length=4)] = Field(default_factory=list)
    subjects: Annotated[list[Line], Field(max_length=30)] = Field(default_factory=list)
    site: Address
    documents: Annotated[list[Document], Field(max_length=50)] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Clock:
    """When a thing is due, and whether it is late on the day asked about."""

    due_on: date
    provisional: bool
    overdue: bool


Fact = TypeVar("Fact", bound=ApplicationEvent)


class Application(Base, Aggregate):
    """An application. `procedure_id` is set at the first submission and governs it to its end."""

    __tablename__ = "application"
    __table_args__ = (
        Index("ix_application_institution_id_id", "institution_id", "id"),
        Index("ix_application_state_id", "state", "id"),
        Index("ix_application_applicant_id", "applicant", "id"),
        CheckConstraint("state IN ('draft', 'withdrawn') OR procedure_id IS NOT NULL", name="under_a_procedure"),
    )

    matter: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    applicant: Mapped[str] = mapped_column(Text)
    institution_id: Mapped[UUID | None]
    newcomer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    kind: Mapped[str] = mapped_column(Text)
    stages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    subjects: Mapped[list[str]] = mapped_column(ARRAY(Text))
    site: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    procedure_id: Mapped[UUID | None]
    drafted_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    state_since: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    due_provisional: Mapped[bool] = mapped_column(Boolean)
    submitted_on: Mapped[date | None] = mapped_column(Date)
    accepted_on: Mapped[date | None] = mapped_column(Date)
    overall_due_on: Mapped[date | None] = mapped_column(Date)
    overall_provisional: Mapped[bool] = mapped_column(Boolean)
    extended_because: Mapped[str | None] = mapped_column(Text)
    received_on: Mapped[date | None] = mapped_column(Date)
    told_missing: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    told_late: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    untold: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    return_note: Mapped[str | None] = mapped_column(Text)
    site_visit_id: Mapped[UUID | None]
    site_visit_outcome: Mapped[str | None] = mapped_column(Text)
    site_visit_passed: Mapped[bool | None]
    decided_at: Mapped[datetime | None]
    permit_id: Mapped[UUID | None]
    grounds: Mapped[str | None] = mapped_column(Text)
    legal_basis: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def draft(
        cls, wish: Wish, *, applicant: str, place: tuple[str | None, str | None], at: datetime
    ) -> tuple[Self, ApplicationDrafted]:
        application = cls(
            id=new_id(),
            version=0,
            matter=Matter.NEW_PERMIT,
            state=ApplicationState.DRAFT,
            applicant=applicant,
            drafted_at=at,
            changed_at=at,
            state_since=china_date(at),
            due_provisional=False,
            overall_provisional=False,
        )
        application._write(wish, place)
        return application, application._fact(ApplicationDrafted, at)

    def change(self, wish: Wish, *, place: tuple[str | None, str | None], at: datetime) -> ApplicationChanged | None:
        """Replace the content while the applicant may change it; None if nothing would change."""
        self._check(Action.CHANGE)
        before = self.wish()
        if self.institution_id is not None and before.newcomer is not None:
            wish = wish.model_copy(update={"newcomer": before.newcomer, "institution_id": None})
        changed = [name for name in Wish.model_fields if getattr(before, name) != getattr(wish, name)]
        if not changed:
            return None
        entered = self.institution_id
        self._write(wish, place)
        self.institution_id = self.institution_id or entered
        self.changed_at = at
        return self._fact(ApplicationChanged, at, changed=changed)

    def submit(self, procedure: Procedure, calendar: Calendar, *, at: datetime) -> ApplicationSubmitted:
        """Submit it. `procedure` governs it from the first submission on. A newcomer is in the ledger by now."""
        self._check(Action.SUBMIT)
        for place, document in enumerate(self.documents):
            if not procedure.knows_document(document["code"]):
                raise DocumentUnknown(pointer=f"/documents/{place}/code")
        self.procedure_id = procedure.id
        self.submitted_on = china_date(at)
        self.received_on = self.received_on or self.submitted_on
        self._enter(Action.SUBMIT, procedure, calendar, at)
        return self._fact(ApplicationSubmitted, at, procedure_id=procedure.id)

    def give_back(
        self,
        missing: Sequence[str],
        note: str | None,
        procedure: Procedure,
        calendar: Calendar,
        *,
        acknowledged: bool = False,
        at: datetime,
    ) -> ApplicationReturned:
        """Return it with the complete list of what is missing, once.

        If the office acknowledges it, more can be listed later, or left out. What was not listed within the days from
        the receipt no longer counts: the application is then accepted as of the day of receipt (行政许可法 art. 32).
        """
        self._check(Action.RETURN)
        if self._late(at):
            raise AcceptedByLaw(due_on=self.due_on)
        named = list(dict.fromkeys(missing))
        for place, code in enumerate(missing):
            if not procedure.knows_document(code):
                raise DocumentUnknown(pointer=f"/missing/{place}")
        told = self.told_missing or []
        more = [code for code in named if code not in (*told, *(self.told_late or ()))]
        in_time = self.told_missing is None or self._in_time_to_tell(procedure, calendar, at)
        if more and not in_time and not acknowledged:
            raise MissingNotToldAtOnce(told=told, accepted_on=self.received_on)
        asked_for = {*told, *(self.told_late or ()), *named}
        untold = [code for code in self._missing(procedure) if code not in asked_for]
        if untold and not acknowledged:
            raise RequiredNotNamed(missing=untold)
        if in_time:
            self.told_missing = [*told, *more]
        else:
            self.told_late = [*(self.told_late or ()), *more]
        self.return_note, self.untold = note, untold
        self._enter(Action.RETURN, procedure, calendar, at)
        return self._fact(
            ApplicationReturned, at, missing=named, note=note, untold=untold, told_late=[] if in_time else more
        )

    def accept(self, procedure: Procedure, calendar: Calendar, *, at: datetime) -> ApplicationAccepted:
        """Accept it as complete. If that is late, or something missing was not listed in time, it counts as accepted
        on the day of its receipt."""
        self._check(Action.ACCEPT)
        late = self._late(at)
        missing = self._missing(procedure)
        excused: list[str] = []
        if self.told_missing is not None and not self._in_time_to_tell(procedure, calendar, at):
            excused = [code for code in missing if code not in self.told_missing]
        if len(missing) > len(excused) and not late:
            raise DocumentsMissing(missing=[code for code in missing if code not in excused])
        self._enter(Action.ACCEPT, procedure, calendar, at)
        self.accepted_on = self.submitted_on if late else china_date(at)
        if self.told_late or excused:
            self.accepted_on = self.received_on
        self._set_overall(procedure, calendar, extended=False)
        return self._fact(ApplicationAccepted, at, overall_due_on=self.overall_due_on, accepted_on=self.accepted_on)

    def _missing(self, procedure: Procedure) -> list[str]:
        return procedure.missing(document["code"] for document in self.documents)

    def _in_time_to_tell(self, procedure: Procedure, calendar: Calendar, at: datetime) -> bool:
        """Whether the days from the receipt, within which everything missing must be listed, are still running."""
        days = procedure.days.get(ApplicationState.SUBMITTED)
        if days is None:
            return True
        assert self.received_on is not None, "only what was submitted is returned or accepted"
        return china_date(at) <= calendar.after_working_days(self.received_on, days).on

    def request_site_visit(
        self, procedure: Procedure, calendar: Calendar, *, coordinates: tuple[float | None, float | None], at: datetime
    ) -> SiteVisitRequested:
        self._check(Action.REQUEST_SITE_VISIT)
        self.site_visit_id = self.site_visit_outcome = self.site_visit_passed = None
        self._enter(Action.REQUEST_SITE_VISIT, procedure, calendar, at)
        lon, lat = coordinates
        return self._fact(SiteVisitRequested, at, address=self.site, lon=lon, lat=lat)

    def conclude_site_visit(
        self,
        visit_id: UUID,
        outcome: str,
        passed: bool | None,
        procedure: Procedure,
        calendar: Calendar,
        *,
        at: datetime,
    ) -> SiteVisitConcluded:
        self._check(Action.CONCLUDE_SITE_VISIT)
        if not self.awaits(visit_id):
            raise ApplicationNotReady(state=self.state)
        self.site_visit_id, self.site_visit_outcome, self.site_visit_passed = visit_id, outcome, passed
        self._enter(Action.CONCLUDE_SITE_VISIT, procedure, calendar, at)
        return self._fact(SiteVisitConcluded, at, visit_id=visit_id, outcome=outcome, passed=passed)

    def awaits(self, visit_id: UUID) -> bool:
        """Whether it waits for the result of this visit, or the visit may correct its result."""
        asked = self.state == ApplicationState.SITE_VISIT_REQUESTED
        return asked or (self.state == ApplicationState.SITE_VISITED and self.site_visit_id == visit_id)

    def extend(self, cause: str, procedure: Procedure, calendar: Calendar, *, at: datetime) -> ApplicationExtended:
        self._check(Action.EXTEND)
        if self.extended_because is not None or not procedure.extension_days:
            raise ExtendedAlready
        self.extended_because = cause
        self._set_overall(procedure, calendar, extended=True)
        return self._fact(ApplicationExtended, at, overall_due_on=self.overall_due_on, cause=cause)

    def check_grantable(self, procedure: Procedure) -> None:
        self._check(Action.GRANT)
        if procedure.site_visit and self.state != ApplicationState.SITE_VISITED:
            raise SiteVisitMissing
        if self.state == ApplicationState.SITE_VISITED and not self.site_visit_passed:
            raise SiteVisitFailed(outcome=self.site_visit_outcome)

    def grant(self, permit_id: UUID, procedure: Procedure, *, at: datetime) -> ApplicationGranted:
        self.check_grantable(procedure)
        self.permit_id = permit_id
        self._decide(Action.GRANT, at)
        return self._fact(ApplicationGranted, at, permit_id=permit_id)

    def refuse(self, grounds: str, legal_basis: str, *, at: datetime) -> ApplicationRefused:
        self._check(Action.REFUSE)
        self.grounds, self.legal_basis = grounds, legal_basis
        self._decide(Action.REFUSE, at)
        return self._fact(ApplicationRefused, at, grounds=grounds, legal_basis=legal_basis)

    def withdraw(self, *, at: datetime) -> ApplicationWithdrawn:
        self._check(Action.WITHDRAW)
        self._decide(Action.WITHDRAW, at)
        return self._fact(ApplicationWithdrawn, at)

    def recount(self, procedure: Procedure, calendar: Calendar) -> None:
        """Recompute the running deadlines after the calendar changed. The number of days stays that of the
        procedure."""
        self._set_due(procedure, calendar)
        if self.accepted_on is not None:
            self._set_overall(procedure, calendar, extended=self.extended_because is not None)

    def state_clock(self, on: date) -> Clock | None:
        return _clock(self.due_on, self.due_provisional, on) if self.state in OPEN else None

    def overall_clock(self, on: date) -> Clock | None:
        return _clock(self.overall_due_on, self.overall_provisional, on) if self.state in UNDER_EXAMINATION else None

    @property
    def scope(self) -> Scope:
        return Scope(self.kind, tuple(self.stages), tuple(self.subjects), self.site, self.district, self.street)

    def wish(self) -> Wish:
        return Wish.model_construct(
            institution_id=self.institution_id if self.newcomer is None else None,
            newcomer=None if self.newcomer is None else Details.model_validate(self.newcomer),
            kind=Kind(self.kind),
            stages=[Stage(stage) for stage in self.stages],
            subjects=self.subjects,
            site=self.site,
            documents=[Document.model_validate(document) for document in self.documents],
        )

    def _write(self, wish: Wish, place: tuple[str | None, str | None]) -> None:
        self.institution_id = wish.institution_id
        self.newcomer = None if wish.newcomer is None else wish.newcomer.model_dump(mode="json")
        self.kind, self.site = wish.kind.value, wish.site
        self.stages, self.subjects = [stage.value for stage in wish.stages], list(wish.subjects)
        self.documents = [document.model_dump(mode="json") for document in wish.documents]
        self.district, self.street = place

    def _check(self, action: Action) -> None:
        if self.state not in TRANSITIONS[action][0]:
            raise ApplicationNotReady(state=self.state)

    def _enter(self, action: Action, procedure: Procedure, calendar: Calendar, at: datetime) -> None:
        _, state = TRANSITIONS[action]
        assert state is not None
        self.state, self.state_since = state, china_date(at)
        self._set_due(procedure, calendar)

    def _decide(self, action: Action, at: datetime) -> None:
        _, state = TRANSITIONS[action]
        assert state is not None
        self.state, self.state_since, self.decided_at = state, china_date(at), at
        self.due_on, self.due_provisional = None, False

    def _set_due(self, procedure: Procedure, calendar: Calendar) -> None:
        days = procedure.days.get(self.state)
        due = None if days is None else calendar.after_working_days(self.state_since, days)
        self.due_on, self.due_provisional = _parts(due)

    def _set_overall(self, procedure: Procedure, calendar: Calendar, *, extended: bool) -> None:
        assert self.accepted_on is not None
        days = procedure.overall_days + (procedure.extension_days if extended else 0)
        self.overall_due_on, self.overall_provisional = _parts(calendar.after_working_days(self.accepted_on, days))

    def _late(self, at: datetime) -> bool:
        return self.due_on is not None and china_date(at) > self.due_on

    def _fact(self, kind: type[Fact], at: datetime, **more: object) -> Fact:
        state = {name: getattr(self, name) for name in _STATE}
        return kind.model_validate({**state, "application_id": self.id, **more, "at": at})


_STATE: Final = tuple(name for name in ApplicationEvent.model_fields if name not in ("application_id", "at"))


def _parts(deadline: Deadline | None) -> tuple[date | None, bool]:
    return (None, False) if deadline is None else (deadline.on, deadline.provisional)


def _clock(due_on: date | None, provisional: bool, on: date) -> Clock | None:
    return None if due_on is None else Clock(due_on, provisional, on > due_on)
