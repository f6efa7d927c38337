"""An institution as a school sees it: may it be engaged, and why (not)? Nothing of it is decided here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Date, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from shared.domain.refusals import NotFound
from shared.events.registry.permits import PermitStatus, status_on


class ProviderNotFound(NotFound):
    """There is no such institution (yet), or you may not see it."""

    code = "provider-not-found"
    zh = "（尚）没有此机构，或不在您的权限范围内。"


class Provider(Base):
    """A copy of a ledger entry; `sequence` is that of the event it was taken from."""

    __tablename__ = "provider"
    __table_args__ = (
        Index("ix_provider_district_institution_id", "district", "institution_id"),
        Index("ix_provider_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    )

    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    merged_into: Mapped[UUID | None]
    sequence: Mapped[int] = mapped_column(BigInteger)


class ProviderPermit(Base):
    """A copy of a permit. It may be told of before its institution is."""

    __tablename__ = "provider_permit"
    __table_args__ = (Index("ix_provider_permit_institution_id", "institution_id"),)

    permit_id: Mapped[UUID] = mapped_column(primary_key=True)
    institution_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    stages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    subjects: Mapped[list[str]] = mapped_column(ARRAY(Text))
    site: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    suspended_from: Mapped[date | None] = mapped_column(Date)
    suspended_until: Mapped[date | None] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)
    ending: Mapped[str | None] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)


class Standing(StrEnum):
    """The institution's standing by its permits. `lapsed` means that it had one. A permit not yet begun does not
    count."""

    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    NONE = "none"


class Reason(StrEnum):
    """Why an institution may be engaged, or may not; `WORDS` says it to people."""

    PERMIT_IN_FORCE = "permit-in-force"
    PERMIT_SUSPENDED = "permit-suspended"
    PERMIT_EXPIRED = "permit-expired"
    PERMIT_REVOKED = "permit-revoked"
    PERMIT_CANCELLED = "permit-cancelled"
    PERMIT_PENDING = "permit-pending"
    PERMIT_NONE = "permit-none"
    SUBJECT_TRAINING = "subject-training"
    NOT_ACTIVE = "institution-not-active"


WORDS: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.PERMIT_IN_FORCE: ("办学许可证有效。", "Its permit is in force."),
    Reason.PERMIT_SUSPENDED: ("办学许可证已被暂停。", "Its permit is suspended."),
    Reason.PERMIT_EXPIRED: ("办学许可证已过期。", "Its permit has expired."),
    Reason.PERMIT_REVOKED: ("办学许可证已被吊销或撤销。", "Its permit was revoked."),
    Reason.PERMIT_CANCELLED: ("办学许可证已注销。", "Its permit was cancelled."),
    Reason.PERMIT_PENDING: ("办学许可证尚未生效。", "Its permit is not in force yet."),
    Reason.PERMIT_NONE: ("没有办学许可证。", "It has no permit."),
    Reason.SUBJECT_TRAINING: (
        "学科类机构不得进入校内课后服务。",
        "Subject training institutions may not take part in after-school service.",
    ),
    Reason.NOT_ACTIVE: ("该机构未处于正常办学状态。", "The ledger does not list it as active."),
}

_STANDINGS: Final[Mapping[PermitStatus, Standing]] = {
    PermitStatus.IN_FORCE: Standing.IN_FORCE,
    PermitStatus.SUSPENDED: Standing.SUSPENDED,
    PermitStatus.EXPIRED: Standing.LAPSED,
    PermitStatus.REVOKED: Standing.LAPSED,
    PermitStatus.CANCELLED: Standing.LAPSED,
    PermitStatus.PENDING: Standing.NONE,
}
"""What each status of a permit comes to, the best first."""
_BEST_FIRST: Final = tuple(_STANDINGS)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a school may engage an institution on a day; the reasons are for it, or all that stand against it."""

    standing: Standing
    may_be_engaged: bool
    reasons: Sequence[Reason]


def judge(provider: Provider, permits: Sequence[ProviderPermit], on: date) -> Judgement:
    """Schools may engage only an active non-subject institution with a permit in force."""
    best = min((status_on(permit, on) for permit in permits), key=_BEST_FIRST.index, default=None)
    standing = Standing.NONE if best is None else _STANDINGS[best]
    against = []
    if best is not PermitStatus.IN_FORCE:
        against.append(Reason.PERMIT_NONE if best is None else Reason(f"permit-{best}"))
    if provider.kind != "non_subject":
        against.append(Reason.SUBJECT_TRAINING)
    if provider.status != "active":
        against.append(Reason.NOT_ACTIVE)
    return Judgement(standing, not against, against or [Reason.PERMIT_IN_FORCE])
