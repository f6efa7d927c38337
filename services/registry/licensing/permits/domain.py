"""A permit (办学许可证): leave for one institution to teach certain things at one site until a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Self, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Date, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.ledger.institutions.domain import Details, Status
from services.registry.orm import Base
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Invalid, NotFound, Refusal
from shared.events.registry.permits import (
    PermitCancelled,
    PermitEvent,
    PermitGranted,
    PermitRecorded,
    PermitReinstated,
    PermitRenewed,
    PermitRevoked,
    PermitStatus,
    PermitSuspended,
    status_on,
)


class PermitNotFound(NotFound):
    """There is no such permit, or you may not see it."""

    code = "permit-not-found"
    zh = "没有此许可证，或不在您的权限范围内。"


class PermitNotInForce(Conflict):
    """The permit is not in force."""

    code = "permit-not-in-force"
    zh = "许可证不在有效状态。"


class PermitNotSuspended(Conflict):
    """The permit is not suspended."""

    code = "permit-not-suspended"
    zh = "许可证未处于暂停状态。"


class PermitEnded(Conflict):
    """The permit has already ended."""

    code = "permit-ended"
    zh = "许可证已失效，不能再变更。"


class PermitNotExpired(Conflict):
    """The permit has not expired. Name another ground for its cancellation."""

    code = "permit-not-expired"
    zh = "许可证尚未到期，请选择其他注销情形。"


class PermitInForceAlready(Conflict):
    """The institution already has a permit of this kind for this site."""

    code = "permit-in-force-already"
    zh = "该机构在此地址已有同类有效许可证。"


class PermitNumberTaken(Conflict):
    """Another permit already has this number."""

    code = "permit-number-taken"
    zh = "已有许可证使用该编号。"


class EndNotLater(Invalid):
    """The last day must not be past, and must be later than that of the permit being renewed."""

    code = "end-not-later"
    zh = "新的有效期截止日须晚于原截止日且不早于今天。"


class ValidityReversed(Invalid):
    """The last day must not be before the first."""

    code = "validity-reversed"
    zh = "有效期截止日早于起始日。"


class SuspensionOver(Invalid):
    """The suspension must end after today."""

    code = "suspension-over"
    zh = "暂停期限须晚于今天。"


class RevocationNeedsProposal(Conflict):
    """To revoke a permit, accept the proposal of a penalty decision, or name an exception."""

    code = "revocation-needs-a-proposal"
    zh = "吊销许可证须经采纳行政处罚决定的处理建议，或指明法定例外情形。"


class SuspensionNeedsProposal(Conflict):
    """To suspend a permit, accept the proposal of a penalty decision, or name an exception."""

    code = "suspension-needs-a-proposal"
    zh = "暂停许可证须经采纳行政处罚决定的处理建议，或指明法定例外情形。"


class EntryContradictsPermits(Conflict):
    """This contradicts the institution's permits. Change the permits instead."""

    code = "entry-contradicts-permits"
    zh = "与该机构许可证的状态不符，请通过许可证办理变更。"


class RevocationException(StrEnum):
    """Why a permit is revoked without a penalty decision (撤销行政许可)."""

    OBTAINED_BY_DECEPTION = "obtained_by_deception"
    GRANTED_UNLAWFULLY = "granted_unlawfully"


class SuspensionException(StrEnum):
    """Why a permit is suspended without a penalty decision: its holder asks for it, or an emergency closes the site."""

    REQUESTED_BY_HOLDER = "requested_by_holder"
    EMERGENCY = "emergency"


class CancellationGround(StrEnum):
    """Why a permit is cancelled (注销) without blame: the cases of 行政许可法 art. 70, and the holder's own wish.
    Misconduct is not among them: it leads to revocation."""

    EXPIRED = "expired"
    HOLDER_ENDED = "holder_ended"
    PERFORMANCE_IMPOSSIBLE = "performance_impossible"
    REQUESTED_BY_HOLDER = "requested_by_holder"
    REPLACED = "replaced"


ARTICLES: Final[Mapping[RevocationException | SuspensionException, str]] = {
    RevocationException.OBTAINED_BY_DECEPTION: "《中华人民共和国行政许可法》第六十九条第二款",
    RevocationException.GRANTED_UNLAWFULLY: "《中华人民共和国行政许可法》第六十九条第一款",
    SuspensionException.REQUESTED_BY_HOLDER: "《中华人民共和国行政许可法》第四十九条",
    SuspensionException.EMERGENCY: "《中华人民共和国突发事件应对法》第七十三条",
}
"""The article of each exception; the caller names the exception, never the article."""


STANDING: Final = frozenset({PermitStatus.PENDING, PermitStatus.IN_FORCE, PermitStatus.SUSPENDED})
"""Neither ended nor lapsed: what such a permit covers is not free."""


class Action(StrEnum):
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    REVOKE = "revoke"
    RENEW = "renew"
    CANCEL = "cancel"


TRANSITIONS: Final[Mapping[Action, frozenset[PermitStatus]]] = {
    Action.SUSPEND: frozenset({PermitStatus.IN_FORCE}),
    Action.REINSTATE: frozenset({PermitStatus.SUSPENDED}),
    Action.REVOKE: STANDING,
    Action.RENEW: frozenset({PermitStatus.IN_FORCE}),
    # 行政许可法 art. 70: a permit that expired without renewal is cancelled too.
    Action.CANCEL: STANDING | {PermitStatus.EXPIRED},
}
"""On which of its statuses a permit takes an action."""

_REFUSALS: Final[Mapping[Action, type[Refusal]]] = {
    Action.SUSPEND: PermitNotInForce,
    Action.REINSTATE: PermitNotSuspended,
    Action.REVOKE: PermitEnded,
    Action.RENEW: PermitNotInForce,
    Action.CANCEL: PermitEnded,
}

Fact = TypeVar("Fact", bound=PermitEvent)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a permit covers: kind, stages and subjects taught, and the site where."""

    kind: str
    stages: tuple[str, ...]
    subjects: tuple[str, ...]
    site: str
    district: str | None
    street: str | None


@dataclass(frozen=True, slots=True)
class Validity:
    """First and last day; a ledger may not know the first (null), and a last day may be open (null)."""

    starts: date | None
    ends: date | None

    def __post_init__(self) -> None:
        if self.starts is not None and self.ends is not None and self.ends < self.starts:
            raise ValidityReversed(pointer="/valid_to")


@dataclass(frozen=True, slots=True)
class Paper:
    """A permit as a ledger states it, granted before this platform."""

    institution_id: UUID
    number: str
    scope: Scope
    validity: Validity


def entry_changes(permits: Sequence["Permit"], entry: Details, on: date) -> dict[str, object]:
    """What must change in the entry of an institution that has these permits (oldest first) on a day.

    The entry names a permit that stands (`STANDING`). Without one it names none, and an open institution becomes
    `unlicensed`. An entry without recorded permits stays as its ledger states it.
    """
    status_of = {permit.number: permit.status_on(on) for permit in permits}
    standing = [number for number, status in status_of.items() if status in STANDING]
    if not permits or entry.permit_no in standing or entry.status == Status.MERGED:
        return {}
    if standing:
        return {"permit_no": standing[-1]}
    open_ = entry.status in (Status.ACTIVE, Status.SUSPENDED)
    wanted: dict[str, object] = {"permit_no": None} | ({"status": Status.UNLICENSED} if open_ else {})
    return {field: value for field, value in wanted.items() if getattr(entry, field) != value}


def contradictions(permits: Sequence["Permit"], entry: Details, on: date) -> dict[str, object]:
    """What a correction or a ledger may not change: as `entry_changes`, but permits that merely expired do not
    count."""
    standing = any(permit.status_on(on) in STANDING for permit in permits)
    return entry_changes(permits, entry, on) if standing or all(permit.ending for permit in permits) else {}


class PermitNumber(Base):
    """The last number given out in a district."""

    __tablename__ = "permit_number"

    district: Mapped[str] = mapped_column(Text, primary_key=True)
    last: Mapped[int]


class Permit(Base, Aggregate):
    """A permit. Its status on a day is derived from its days, never stored."""

    __tablename__ = "permit"
    __table_args__ = (
        UniqueConstraint("number"),
        key_check("number"),
        Index("ix_permit_institution_id_id", "institution_id", "id"),
        Index("ix_permit_valid_to_id", "valid_to", "id"),
        Index("ix_permit_district_id", "district", "id"),
        CheckConstraint("(ended_on IS NULL) = (ending IS NULL)", name="ended_in_a_way"),
        CheckConstraint("(suspended_from IS NULL) = (suspended_until IS NULL)", name="suspended_between_days"),
    )

    institution_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    stages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    subjects: Mapped[list[str]] = mapped_column(ARRAY(Text))
    site: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    suspended_from: Mapped[date | None] = mapped_column(Date)
    suspended_until: Mapped[date | None] = mapped_column(Date)
    suspension_cause: Mapped[str | None] = mapped_column(Text)
    suspension_basis: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(
        comment="time of the registry's last decision on the permit, except its ending"
    )
    ended_on: Mapped[date | None] = mapped_column(Date)
    ending: Mapped[str | None] = mapped_column(Text)
    ending_cause: Mapped[str | None] = mapped_column(Text)
    ending_basis: Mapped[str | None] = mapped_column(Text)
    notice_id: Mapped[UUID | None]
    application_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime]

    @classmethod
    def grant(
        cls,
        number: str,
        scope: Scope,
        validity: Validity,
        *,
        institution_id: UUID,
        application_id: UUID,
        at: datetime,
    ) -> tuple[Self, PermitGranted]:
        if validity.ends is not None and validity.ends < china_date(at):
            raise EndNotLater(pointer="/valid_to")
        permit = cls._write(number, scope, validity, institution_id=institution_id, at=at)
        permit.application_id = application_id
        return permit, permit._fact(PermitGranted, at, application_id=application_id)

    @classmethod
    def record(cls, paper: Paper, *, at: datetime) -> tuple[Self, PermitRecorded]:
        permit = cls._write(paper.number, paper.scope, paper.validity, institution_id=paper.institution_id, at=at)
        return permit, permit._fact(PermitRecorded, at, source="ledger")

    def record_again(self, paper: Paper, *, at: datetime) -> PermitRecorded | None:
        """Take over a newer ledger's dates; None if nothing is new.

        A permit that was decided on here (granted, suspended, renewed, ended) no longer follows the ledger.
        """
        validity = Validity(self.valid_from, self.valid_to)
        ours = self.application_id is not None or self.decided_at is not None or self.ending is not None
        if ours or validity == paper.validity:
            return None
        self.valid_from, self.valid_to = paper.validity.starts, paper.validity.ends
        return self._fact(PermitRecorded, at, source="ledger")

    def status_on(self, day: date) -> PermitStatus:
        return status_on(self, day)

    def suspend(
        self,
        until: date,
        *,
        cause: str,
        legal_basis: str,
        exception: SuspensionException | None = None,
        at: datetime,
    ) -> PermitSuspended:
        """Suspend it from today on. The suspension ends by itself on the day `until`."""
        today = self.check(Action.SUSPEND, at)
        if until <= today:
            raise SuspensionOver(pointer="/until")
        self.suspended_from, self.suspended_until, self.decided_at = today, until, at
        self.suspension_cause, self.suspension_basis = cause, legal_basis
        return self._fact(PermitSuspended, at, cause=cause, legal_basis=legal_basis, exception=exception)

    def reinstate(self, cause: str, *, at: datetime) -> PermitReinstated:
        today = self.check(Action.REINSTATE, at)
        self.suspended_until, self.decided_at = today, at
        return self._fact(PermitReinstated, at, cause=cause)

    def revoke(
        self,
        cause: str,
        *,
        legal_basis: str,
        notice_id: UUID,
        exception: RevocationException | None = None,
        at: datetime,
    ) -> PermitRevoked:
        """Revoke it, as a penalty (吊销) or on an exception (撤销); the notice makes that public."""
        self._end(Action.REVOKE, PermitStatus.REVOKED, cause, at)
        self.ending_basis, self.notice_id = legal_basis, notice_id
        return self._fact(
            PermitRevoked, at, cause=cause, legal_basis=legal_basis, notice_id=notice_id, exception=exception
        )

    def renew(self, valid_to: date, *, at: datetime) -> PermitRenewed:
        """Extend it. An expired permit cannot be renewed: its holder applies again."""
        today = self.check(Action.RENEW, at)
        previous = self.valid_to
        if previous is None or valid_to <= previous or valid_to < today:
            raise EndNotLater(pointer="/valid_to")
        self.valid_to, self.decided_at = valid_to, at
        return self._fact(PermitRenewed, at, previous_valid_to=previous)

    def cancel(self, cause: str, *, ground: CancellationGround, at: datetime) -> PermitCancelled:
        if ground is CancellationGround.EXPIRED and self.status_on(china_date(at)) in STANDING:
            raise PermitNotExpired(pointer="/ground", valid_to=self.valid_to)
        self._end(Action.CANCEL, PermitStatus.CANCELLED, cause, at)
        return self._fact(PermitCancelled, at, cause=cause, ground=ground)

    @classmethod
    def _write(cls, number: str, scope: Scope, validity: Validity, *, institution_id: UUID, at: datetime) -> Self:
        return cls(
            id=new_id(),
            version=0,
            institution_id=institution_id,
            number=number,
            kind=scope.kind,
            stages=list(scope.stages),
            subjects=list(scope.subjects),
            site=scope.site,
            district=scope.district,
            street=scope.street,
            valid_from=validity.starts,
            valid_to=validity.ends,
            recorded_at=at,
        )

    def check(self, action: Action, at: datetime) -> date:
        """The day in China, if the permit's status allows the action; otherwise raises the refusal of that action."""
        today = china_date(at)
        status = self.status_on(today)
        if status not in TRANSITIONS[action]:
            raise _REFUSALS[action](status=status.value)
        return today

    def _end(self, action: Action, ending: PermitStatus, cause: str, at: datetime) -> None:
        self.ended_on = self.check(action, at)
        self.ending, self.ending_cause = ending, cause

    def _fact(self, kind: type[Fact], at: datetime, **more: object) -> Fact:
        state = {name: getattr(self, name) for name in _STATE}
        return kind.model_validate({**state, "permit_id": self.id, **more, "at": at})


_STATE: Final = tuple(name for name in PermitEvent.model_fields if name not in ("permit_id", "at"))

CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_permit_number": PermitNumberTaken}
