"""An operation (离线操作) that a phone did while nobody could see it, and the verdict on it.

Each operation names the version of what it changes (`base_version`) and the operations that must come first (`after`).
What others did meanwhile is a conflict: soft where both can stand, hard where they cannot. Nothing is thrown away.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Float, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.field.devices.domain import PhoneTime
from services.inspection.field.places import Place
from services.inspection.orm import Base, Followed
from services.inspection.rounds.visits.domain import VisitState
from shared.data.database import Aggregate
from shared.domain.canonical import digest
from shared.domain.refusals import Conflict, NotFound, Refusal, field_error
from shared.domain.wording import NUMBER
from shared.events.inspection.sync import SyncConflictRecorded, SyncConflictResolved

MAX_OPERATIONS: Final = 500
"""In one batch; a phone that was away for long sends several."""


class OperationNotFound(NotFound):
    """There is no such operation, or you may not see it."""

    code = "operation-not-found"
    zh = "没有此离线操作，或不在您的权限范围内。"


class OperationNotOpen(Conflict):
    """This operation awaits no decision: only an unresolved `held` operation or `hard_conflict` does."""

    code = "operation-not-open"
    zh = "只有待前序操作或硬冲突的操作才需裁定。"


class PhoneCannotPrevail(Conflict):
    """The phone's version can no longer be applied; only a submission can replace one in review or a cancellation."""

    code = "phone-cannot-prevail"
    zh = "手机端版本无法再生效：提交的结果只能替换待复核的结果，或恢复已取消的检查任务。"


class OperationIdTaken(Conflict):
    """Another user sent an operation with the same id at the same moment. Send the batch again."""

    code = "operation-id-taken"
    zh = "同一编号的操作同时到达，请重新发送。"


class OperationKind(StrEnum):
    PLAN_VISIT = "plan_visit"
    START_VISIT = "start_visit"
    SUBMIT_VISIT = "submit_visit"
    REPORT_VIOLATION = "report_violation"
    ANNOUNCE_EVIDENCE = "announce_evidence"


NEEDS_BASE: Final = frozenset({OperationKind.START_VISIT, OperationKind.SUBMIT_VISIT})
"""They change what others may have changed; the rest make something new."""


class Verdict(StrEnum):
    """The verdict on an operation. `already_applied` is only an answer and is never stored: the first verdict stays."""

    APPLIED = "applied"
    ALREADY_APPLIED = "already_applied"
    HELD = "held"
    SOFT_CONFLICT = "soft_conflict"
    HARD_CONFLICT = "hard_conflict"
    REFUSED = "refused"


DONE: Final = frozenset({Verdict.APPLIED, Verdict.SOFT_CONFLICT})
"""What the phone did has happened."""
OPEN: Final = frozenset({Verdict.HELD, Verdict.HARD_CONFLICT})
"""Somebody, or something, must still decide."""


class Choice(StrEnum):
    """The version that holds; the other stays on record."""

    PHONE = "phone"
    SERVER = "server"


class OperationIn(BaseModel):
    """An operation made on the phone. `at` is by the phone's clock; `content` is the body of the route of the same
    name.

    `entity_id` is the visit, the violation or the evidence; the phone generates the ids of new records.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID
    kind: OperationKind
    entity_id: UUID
    base_version: Annotated[int, NUMBER, Field(ge=0, le=2**53)] | None = None
    after: Annotated[list[UUID], Field(max_length=20)] = Field(default_factory=list)
    at: PhoneTime
    content: Annotated[dict[str, JsonValue], Field(max_length=50)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def names_what_it_saw(self) -> Self:
        if (self.kind in NEEDS_BASE) != (self.base_version is not None):
            raise field_error(
                "base-version-wrong",
                en="Send `base_version` with operations that start or submit a visit, and with no other.",
                zh="开始与提交须带基础版本，新建类操作不带。",
            )
        return self

    @property
    def fingerprint(self) -> str:
        """Hash of the content: an id sent twice must stand for the same operation."""
        return digest(self.model_dump(mode="json"))


@dataclass(frozen=True, slots=True)
class PhoneClock:
    """What a phone's clock is worth: how far it is off at the moment of sending, which is recorded and taken away.

    Only the time between doing and sending is believed, within the life of the enrolment.
    """

    sent_at: datetime
    received_at: datetime
    enrolled_at: datetime

    @property
    def skew(self) -> timedelta:
        return self.received_at - self.sent_at

    def right(self, at: datetime) -> datetime:
        before = max(at - self.sent_at, self.enrolled_at - self.received_at)
        return self.received_at + min(before, timedelta(0))


class UnreadableOperation(Base):
    """An element of a batch that is no operation, as it came: refused, and kept, for it may be an inspector's work.

    Its id is free: the phone may send the operation again, corrected."""

    __tablename__ = "sync_unreadable"
    __table_args__ = (
        Index("uq_sync_unreadable_subject_digest", "subject", "digest", unique=True),
        Index("ix_sync_unreadable_district_id", "district", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID]
    subject: Mapped[str] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    operation_id: Mapped[UUID | None]
    code: Mapped[str] = mapped_column(Text)
    pointers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    text: Mapped[str] = mapped_column(Text, comment="the element as JSON, in ASCII")
    digest: Mapped[str] = mapped_column(Text, comment="SHA-256 of the text")
    received_at: Mapped[datetime]


class Stance(StrEnum):
    """How an operation stands to what it finds."""

    PLAIN = "plain"
    SOFT = "soft"
    HARD = "hard"
    AHEAD = "ahead"


_MEANWHILE: Final[Mapping[OperationKind, Mapping[VisitState, Stance]]] = {
    OperationKind.START_VISIT: {
        VisitState.PLANNED: Stance.SOFT,
        VisitState.STARTED: Stance.SOFT,
        VisitState.DONE: Stance.HARD,
        VisitState.REVIEWED: Stance.HARD,
        VisitState.CALLED_OFF: Stance.HARD,
    },
    OperationKind.SUBMIT_VISIT: {
        VisitState.PLANNED: Stance.PLAIN,
        VisitState.STARTED: Stance.SOFT,
        VisitState.DONE: Stance.HARD,
        VisitState.REVIEWED: Stance.HARD,
        VisitState.CALLED_OFF: Stance.HARD,
    },
}
"""Somebody else was at the visit meanwhile. A colleague at the same door is joined; what has ended stays ended. A
visit back at its plan cannot be submitted: the rule of visits says so, and it is refused."""


def stance(kind: OperationKind, base_version: int, *, state: VisitState, version: int) -> Stance:
    """How a change of a visit stands, by the version it saw and what the visit is now."""
    if base_version > version:
        return Stance.AHEAD
    return Stance.PLAIN if base_version == version else _MEANWHILE[kind][state]


STILL_WAITING: Final = (Verdict.HELD, "predecessor-missing")
IN_CONFLICT: Final = (Verdict.HARD_CONFLICT, "predecessor-in-conflict")


def waits_for(after: Sequence[UUID], known: Mapping[UUID, Verdict]) -> tuple[Verdict, str] | None:
    """The verdict that follows from the predecessors; None if they are no obstacle."""
    verdicts = [known.get(one) for one in after]
    if Verdict.REFUSED in verdicts:
        return Verdict.REFUSED, "predecessor-refused"
    if Verdict.HARD_CONFLICT in verdicts:
        return IN_CONFLICT
    if None in verdicts or Verdict.HELD in verdicts:
        return STILL_WAITING
    return None


class Operation(Base, Aggregate, Followed):
    """An operation with its verdict. Its content is kept whatever became of it; `theirs` is what was in its way."""

    __tablename__ = "sync_operation"
    __table_args__ = (
        Index("ix_sync_operation_held", "subject", "id", postgresql_where=text("verdict = 'held'")),
        Index(
            "ix_sync_operation_undecided",
            "received_at",
            postgresql_where=text("verdict IN ('held', 'hard_conflict') AND resolved_at IS NULL"),
        ),
        Index("ix_sync_operation_subject_changed_in_id", "subject", "changed_in", "id"),
        Index("ix_sync_operation_verdict_district_id", "verdict", "district", "id"),
        CheckConstraint("(resolution IS NULL) = (resolved_at IS NULL)", name="resolved_at_a_time"),
    )

    device_id: Mapped[UUID]
    subject: Mapped[str] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text, comment="street of the changed entity; null until it is known")
    kind: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[UUID]
    base_version: Mapped[int | None] = mapped_column(BigInteger)
    after: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    fingerprint: Mapped[str] = mapped_column(Text)
    claimed_at: Mapped[datetime]
    skew_seconds: Mapped[float] = mapped_column(Float, comment="seconds added to the phone's time")
    done_at: Mapped[datetime]
    received_at: Mapped[datetime]
    verdict: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    entity_version: Mapped[int | None] = mapped_column(BigInteger)
    theirs: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    decided_at: Mapped[datetime]
    resolution: Mapped[str | None] = mapped_column(Text)
    resolution_reason: Mapped[str | None] = mapped_column(Text)
    resolved_by: Mapped[str | None] = mapped_column(Text)
    resolved_at: Mapped[datetime | None]

    @classmethod
    def take(
        cls,
        sent: OperationIn,
        clock: PhoneClock,
        *,
        device_id: UUID,
        subject: str,
        team: str | None,
        district: str | None,
    ) -> Self:
        return cls(
            id=sent.id,
            version=0,
            device_id=device_id,
            subject=subject,
            team=team,
            district=district,
            kind=sent.kind,
            entity_id=sent.entity_id,
            base_version=sent.base_version,
            after=list(dict.fromkeys(sent.after)),
            content=dict(sent.content),
            fingerprint=sent.fingerprint,
            claimed_at=sent.at,
            skew_seconds=clock.skew.total_seconds(),
            done_at=clock.right(sent.at),
            received_at=clock.received_at,
            verdict=Verdict.HELD,
            decided_at=clock.received_at,
        )

    def decide(
        self,
        verdict: Verdict,
        *,
        at: datetime,
        code: str | None = None,
        entity_version: int | None = None,
        theirs: Mapping[str, Any] | None = None,
        place: Place | None = None,
    ) -> SyncConflictRecorded | None:
        """Record the verdict. A conflict is published. The operation gets the place of what it changed, if known."""
        if place is not None:
            self.district, self.street = place.district, place.street
        self.verdict, self.code, self.entity_version, self.decided_at = verdict, code, entity_version, at
        self.theirs = dict(theirs) if theirs is not None else None
        if verdict not in (Verdict.SOFT_CONFLICT, Verdict.HARD_CONFLICT):
            return None
        return SyncConflictRecorded(
            operation_id=self.id,
            device_id=self.device_id,
            kind=str(self.kind),
            entity_id=self.entity_id,
            team=self.team,
            district=self.district,
            hard=verdict is Verdict.HARD_CONFLICT,
            code=code or "",
            at=at,
        )

    def check_open(self) -> None:
        if Verdict(self.verdict) not in OPEN or self.resolved_at is not None:
            raise OperationNotOpen(verdict=self.verdict)

    def resolve(self, choice: Choice, *, reason: str, by: str, at: datetime) -> SyncConflictResolved:
        self.check_open()
        self.resolution, self.resolution_reason, self.resolved_by, self.resolved_at = choice, reason, by, at
        return SyncConflictResolved(
            operation_id=self.id,
            device_id=self.device_id,
            entity_id=self.entity_id,
            team=self.team,
            district=self.district,
            choice=choice.value,
            at=at,
        )

    @property
    def standing(self) -> Verdict:
        """The verdict that successors see: a conflict resolved for the phone counts as applied."""
        prevailed = self.verdict == Verdict.HARD_CONFLICT and self.resolution == Choice.PHONE
        return Verdict.APPLIED if prevailed else Verdict(self.verdict)

    @property
    def is_behind(self) -> bool:
        """Whether it is in conflict only because a predecessor is."""
        return (self.verdict, self.code) == IN_CONFLICT

    def reopen(self) -> None:
        """Reopen a resolution: the operation was applied and met another version, so somebody must decide again."""
        self.resolution = self.resolution_reason = self.resolved_by = self.resolved_at = None

    def is_same_as(self, sent: OperationIn, subject: str) -> bool:
        """Whether the same person sent the same operation again, from whichever phone."""
        return self.subject == subject and self.fingerprint == sent.fingerprint

    @property
    def answer(self) -> Verdict:
        verdict = Verdict(self.verdict)
        return Verdict.ALREADY_APPLIED if verdict in DONE else verdict


def standings(operations: Iterable[Operation], subject: str) -> dict[UUID, Verdict]:
    """The verdicts that this person's later operations see. Operations of other people do not count."""
    return {one.id: one.standing for one in operations if one.subject == subject}


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"pk_sync_operation": OperationIdTaken}
