"""A complaint (投诉举报): somebody says that something is wrong somewhere, and is told what became of it."""

import base64
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.field.places import Place
from services.inspection.orm import Base
from services.inspection.rounds.outcomes import SAW_NOTHING
from services.inspection.rounds.visits.domain import Visit, VisitState
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound, Refusal
from shared.domain.text import key
from shared.domain.wording import Code, Key, Line, Name, Paragraph
from shared.events.inspection.complaints import (
    ComplaintAnswered,
    ComplaintContactRead,
    ComplaintEvent,
    ComplaintHandedOver,
    ComplaintJoined,
    ComplaintMatched,
    ComplaintParted,
    ComplaintReceived,
    ComplaintVisitPlanned,
)


class ComplaintNotFound(NotFound):
    """There is no such complaint, or you may not see it."""

    code = "complaint-not-found"
    zh = "没有此投诉，或不在您的权限范围内。"


class ReceiptUnknown(NotFound):
    """There is no complaint with this receipt number."""

    code = "receipt-unknown"
    zh = "没有此回执编号的投诉。"


class ComplaintStateRefuses(Conflict):
    """The complaint's present state (`state`) does not allow this step."""

    code = "complaint-state"
    zh = "投诉当前状态不允许此操作。"


class HotlineNumberTaken(Conflict):
    """A complaint with this hotline number is already on record."""

    code = "hotline-number-taken"
    zh = "该热线工单编号已登记。"


class ComplaintUnmatched(Conflict):
    """The complaint is not matched to an institution or a grid yet. Match it first, or answer it as `not_ours`."""

    code = "complaint-unmatched"
    zh = "尚未确认投诉对象，只能答复“不属于受理范围”。"


class ComplaintVisitOpen(Conflict):
    """The visit about this complaint is not finished yet."""

    code = "complaint-visit-open"
    zh = "相关检查尚未完成。"


class ComplaintLookedInto(Conflict):
    """A visit about this complaint has already seen the place; no further visit is needed."""

    code = "complaint-looked-into"
    zh = "相关检查已有结果，无须再次安排。"


class ComplaintUnseen(Conflict):
    """No visit has seen the place, so the complaint cannot be answered as `substantiated`."""

    code = "complaint-unseen"
    zh = "检查人员尚未见到现场，不能认定属实。"


class MatchOneThing(Invalid):
    """Name either an institution or a grid, not both."""

    code = "match-one-thing"
    zh = "须指明机构或网格，二者择一。"


class ComplaintOutsideYourDistrict(Forbidden):
    """You may take in complaints only for your own district."""

    code = "complaint-outside-your-district"
    zh = "区县人员只能登记本区县投诉。"


class ContactMissing(NotFound):
    """The complainant left no contact."""

    code = "contact-missing"
    zh = "投诉人未留联系方式。"


class Source(StrEnum):
    """Who passed the complaint on. `afterschool`: a guardian or a school reported it there."""

    PUBLIC = "public"
    HOTLINE = "hotline"
    AFTERSCHOOL = "afterschool"


class Subject(StrEnum):
    """What a complaint is about, as the hotline sorts them."""

    FORBIDDEN_TIME = "forbidden_time"
    UNLICENSED = "unlicensed"
    DISGUISED = "disguised"
    FEES = "fees"
    REFUND = "refund"
    ADVERTISING = "advertising"
    PREMISES = "premises"
    STAFF = "staff"
    HOMEWORK = "homework"
    OTHER = "other"


class ComplaintState(StrEnum):
    RECEIVED = "received"
    MATCHED = "matched"
    INVESTIGATING = "investigating"
    JOINED = "joined"
    ANSWERED = "answered"


class ComplaintOutcome(StrEnum):
    """The result of a complaint."""

    SUBSTANTIATED = "substantiated"
    UNSUBSTANTIATED = "unsubstantiated"
    NOT_OURS = "not_ours"


class Action(StrEnum):
    """What can be done with a complaint."""

    MATCH = "match"
    JOIN = "join"
    PART = "part"
    VISIT = "visit"
    ANSWER = "answer"
    ANSWER_JOINED = "answer_joined"


TRANSITIONS: Final[Mapping[Action, frozenset[ComplaintState]]] = {
    Action.MATCH: frozenset({ComplaintState.RECEIVED, ComplaintState.MATCHED, ComplaintState.JOINED}),
    Action.JOIN: frozenset({ComplaintState.MATCHED}),
    Action.PART: frozenset({ComplaintState.JOINED}),
    Action.VISIT: frozenset({ComplaintState.MATCHED, ComplaintState.INVESTIGATING}),
    Action.ANSWER: frozenset({ComplaintState.RECEIVED, ComplaintState.MATCHED, ComplaintState.INVESTIGATING}),
    Action.ANSWER_JOINED: frozenset({ComplaintState.JOINED}),
}
OPEN: Final = (ComplaintState.MATCHED, ComplaintState.INVESTIGATING)
"""What another complaint about the same may join: never one that is joined itself."""

RECEIPT_BYTES: Final = 10
_MISREAD: Final = str.maketrans("018", "OIB")
"""Digits that no receipt has, and the letters they are taken for."""


def _as_printed(receipt: str) -> str:
    """The receipt as it was printed: people type small letters, spaces, and O instead of 0."""
    return "".join(letter for letter in key(receipt).upper() if letter.isalnum()).translate(_MISREAD)


Receipt = Annotated[
    str, BeforeValidator(_as_printed), StringConstraints(pattern=r"^[A-Z2-7]{16}$"), WithJsonSchema({"type": "string"})
]
Fact = TypeVar("Fact", bound=ComplaintEvent)


class ComplaintContent(BaseModel):
    """The subject of the complaint and its place, as far as the complainant knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Subject
    text: Paragraph
    institution_name: Name | None = None
    uscc: Line | None = None
    address: Name | None = None
    district: Code | None = None


class Contact(BaseModel):
    """The complainant's contact. It is stored separately, and reading it needs a reason."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line | None = None
    phone: Key


@dataclass(frozen=True, slots=True)
class Looks:
    """What the visits about a complaint came to: one is `coming`, one is `back`, one has `seen` something."""

    coming: bool = False
    back: bool = False
    seen: bool = False

    @classmethod
    def of(cls, visits: Iterable[Visit]) -> Self:
        told = [(visit.state, visit.outcome) for visit in visits]
        ended = [outcome for state, outcome in told if state in (VisitState.DONE, VisitState.REVIEWED)]
        return cls(
            coming=any(state in (VisitState.PLANNED, VisitState.STARTED) for state, _ in told),
            back=bool(ended),
            seen=any(outcome not in SAW_NOTHING for outcome in ended),
        )


class ComplaintContact(Base):
    """A complainant's contact: personal, so no event and no list has it."""

    __tablename__ = "complaint_contact"

    complaint_id: Mapped[UUID] = mapped_column(ForeignKey("complaint.id"), primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)


class Complaint(Base, Aggregate):
    """A complaint. One that joined another is answered with it."""

    __tablename__ = "complaint"
    __table_args__ = (
        Index("uq_complaint_receipt", "receipt", unique=True),
        Index("uq_complaint_hotline_no", "hotline_no", unique=True, postgresql_where=text("hotline_no IS NOT NULL")),
        key_check("hotline_no"),
        Index("ix_complaint_institution_id_id", "institution_id", "id"),
        Index("ix_complaint_lead_id", "lead_id", postgresql_where=text("lead_id IS NOT NULL")),
        Index("ix_complaint_state_id", "state", "id"),
        CheckConstraint("(state = 'answered') = (answered_at IS NOT NULL)", name="answered_at_a_time"),
        CheckConstraint("state <> 'joined' OR lead_id IS NOT NULL", name="joined_to_another"),
    )

    receipt: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    hotline_no: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    institution_name: Mapped[str | None] = mapped_column(Text)
    uscc: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    place_key: Mapped[str | None] = mapped_column(Text)
    institution_id: Mapped[UUID | None]
    grid: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    lead_id: Mapped[UUID | None]
    visit_id: Mapped[UUID | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime]
    due_on: Mapped[date] = mapped_column(Date)
    matched_by: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]

    @classmethod
    def receive(
        cls,
        content: ComplaintContent,
        *,
        source: Source,
        hotline_no: str | None,
        receipt: str,
        days: int,
        at: datetime,
    ) -> tuple[Self, ComplaintReceived]:
        complaint = cls(
            id=new_id(),
            version=0,
            receipt=receipt,
            source=source,
            hotline_no=hotline_no,
            state=ComplaintState.RECEIVED,
            place_key=place_key(content.address),
            received_at=at,
            due_on=china_date(at) + timedelta(days=days),
            **content.model_dump(),
        )
        return complaint, complaint._fact(ComplaintReceived, at, due_on=complaint.due_on)

    def match(self, place: Place, *, by: str, at: datetime) -> ComplaintMatched:
        """Record which institution or grid the complaint is about. A complaint that had joined another one leaves
        it."""
        self._check(Action.MATCH)
        self.lead_id = None
        self.institution_id, self.grid, self.district = place.institution_id, place.grid, place.district
        self.street, self.team = place.street, place.team
        self.state, self.matched_by = ComplaintState.MATCHED, by
        return self._fact(ComplaintMatched, at)

    def join(self, lead: "Complaint", *, at: datetime) -> ComplaintJoined:
        """Join a complaint about the same matter, which is already being looked into: one answer serves both."""
        self._check(Action.JOIN)
        self.state, self.lead_id = ComplaintState.JOINED, lead.id
        return self._fact(ComplaintJoined, at, lead_id=lead.id)

    def part(self, *, at: datetime) -> ComplaintParted:
        """Leave the complaint it had joined, which turned out to be about something else; its own match stays."""
        self._check(Action.PART)
        self.state, self.lead_id = ComplaintState.MATCHED, None
        return self._fact(ComplaintParted, at)

    def plan_visit(self, visit_id: UUID, looks: Looks, *, team: str | None, at: datetime) -> ComplaintVisitPlanned:
        """Plan a visit; another one only after a visit that saw nothing. From now on the team can read the
        complaint."""
        self._check(Action.VISIT)
        if looks.coming:
            raise ComplaintVisitOpen
        if looks.seen:
            raise ComplaintLookedInto
        self.state, self.visit_id, self.team = ComplaintState.INVESTIGATING, visit_id, team
        return self._fact(ComplaintVisitPlanned, at, visit_id=visit_id)

    def give_answer(
        self, outcome: ComplaintOutcome, answer: str, looks: Looks, *, by: str, at: datetime
    ) -> ComplaintAnswered:
        """Answer the complaint.

        An answer other than `substantiated` need not wait for the next visit once a visit met a closed door.
        """
        self._check(Action.ANSWER)
        if self.state == ComplaintState.RECEIVED and outcome is not ComplaintOutcome.NOT_OURS:
            raise ComplaintUnmatched
        if self.state == ComplaintState.INVESTIGATING:
            unseen = outcome is ComplaintOutcome.SUBSTANTIATED and not looks.seen
            if looks.coming and (unseen or not looks.back):
                raise ComplaintVisitOpen
            if unseen:
                raise ComplaintUnseen
        return self._answered(outcome, answer, by, at)

    def take_answer(self, lead: "Complaint", *, at: datetime) -> ComplaintAnswered:
        self._check(Action.ANSWER_JOINED)
        return self._answered(ComplaintOutcome(lead.outcome or ""), lead.answer or "", lead.answered_by or "", at)

    def contact_read(self, *, at: datetime) -> ComplaintContactRead:
        return self._fact(ComplaintContactRead, at)

    def leads_at(self, place: Place) -> bool:
        """Whether it is already matched to this place on its own: matching it there again changes nothing for other
        complaints."""
        if self.state != ComplaintState.MATCHED:
            return False
        if place.institution_id is not None:
            return self.institution_id == place.institution_id
        return self.institution_id is None and self.grid == place.grid

    @property
    def place(self) -> Place:
        return Place(self.institution_id, self.grid, self.district, self.street, self.team)

    def _answered(self, outcome: ComplaintOutcome, answer: str, by: str, at: datetime) -> ComplaintAnswered:
        self.state, self.outcome, self.answer = ComplaintState.ANSWERED, outcome, answer
        self.answered_by, self.answered_at = by, at
        return self._fact(ComplaintAnswered, at, outcome=outcome.value)

    def _check(self, action: Action) -> None:
        if self.state not in TRANSITIONS[action]:
            raise ComplaintStateRefuses(state=self.state)

    def hand_over(self, team: str, *, at: datetime) -> ComplaintHandedOver:
        assert self.team is not None, "it waits for the team that hands over"
        before, self.team = self.team, team
        return self._fact(ComplaintHandedOver, at, from_team=before, team=team)

    def _fact(self, kind: type[Fact], at: datetime, **more: object) -> Fact:
        return kind.model_validate(
            {
                "complaint_id": self.id,
                "institution_id": self.institution_id,
                "source": str(self.source),
                "subject": str(self.subject),
                "grid": self.grid,
                "district": self.district,
                "street": self.street,
                "state": str(self.state),
                **more,
                "at": at,
            }
        )


def new_receipt() -> str:
    """A number nobody can guess: eighty random bits, in letters and digits that are hard to confuse."""
    return base64.b32encode(secrets.token_bytes(RECEIPT_BYTES)).decode()


def place_key(address: str | None) -> str | None:
    """An address without spaces, punctuation and character widths, so that two spellings of one place are equal."""
    if address is None:
        return None
    plain = unicodedata.normalize("NFKC", address).lower()
    return "".join(letter for letter in plain if letter.isalnum()) or None


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_complaint_hotline_no": HotlineNumberTaken}
