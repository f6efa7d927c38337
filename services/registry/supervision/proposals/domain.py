"""A proposal (处理建议): a penalty case was decided, and something in the registry should follow from it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ARRAY, CheckConstraint, Date, Index, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.orm import Base
from shared.data.database import Aggregate, new_id
from shared.domain.refusals import Conflict, NotFound
from shared.domain.wording import Day, Document, Name
from shared.events.inspection.cases import CaseDecided, CaseProposal
from shared.events.registry.proposals import ProposalAccepted, ProposalDismissed, ProposalEvent, ProposalReceived


class ProposalNotFound(NotFound):
    """There is no such proposal, or you may not see it."""

    code = "proposal-not-found"
    zh = "没有此处理建议，或不在您的权限范围内。"


class ProposalDecidedAlready(Conflict):
    """The proposal was already accepted or dismissed."""

    code = "proposal-decided-already"
    zh = "该处理建议已作出处理。"


class NoPermitLeft(Conflict):
    """The institution has no permit to which this proposal applies. Dismiss the proposal."""

    code = "no-permit-left"
    zh = "该机构没有可处理的办学许可证，请不予采纳并说明理由。"


class NoticePublishedAlready(Conflict):
    """The notice of this decision is already published. Accept the proposal without a text for a notice."""

    code = "notice-published-already"
    zh = "该处罚决定的通报已发布，采纳时无须再填写通报内容。"


class ProposalKind(StrEnum):
    NOTICE = "notice"
    SUSPENSION = "suspension"
    REVOCATION = "revocation"


class ProposalState(StrEnum):
    RECEIVED = "received"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class Action(StrEnum):
    """What becomes of a proposal."""

    ACCEPT = "accept"
    DISMISS = "dismiss"


TRANSITIONS: Final[Mapping[Action, frozenset[ProposalState]]] = {
    Action.ACCEPT: frozenset({ProposalState.RECEIVED}),
    Action.DISMISS: frozenset({ProposalState.RECEIVED}),
}

Fact = TypeVar("Fact", bound=ProposalEvent)


class Telling(BaseModel):
    """How the city is told; what is not said is written for you."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Name | None = None
    body: Document | None = None
    confirm_by: Day | None = None

    @property
    def silent(self) -> bool:
        return self.title is None and self.body is None and self.confirm_by is None


class PenaltyProposal(Base, Aggregate):
    """A notice, a suspension or a revocation that a penalty decision asks for. Only the bureau decides it."""

    __tablename__ = "penalty_proposal"
    __table_args__ = (
        UniqueConstraint("case_id", "kind", name="uq_penalty_proposal_case_id_kind"),
        Index("ix_penalty_proposal_institution_id_id", "institution_id", "id"),
        Index("ix_penalty_proposal_state_id", "state", "id"),
        CheckConstraint("(state = 'received') = (decided_at IS NULL)", name="decided_at_a_time"),
    )

    case_id: Mapped[UUID]
    violation_id: Mapped[UUID]
    institution_id: Mapped[UUID]
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    breached: Mapped[str | None] = mapped_column(Text)
    until: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Text)
    grounds: Mapped[str | None] = mapped_column(Text)
    permit_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    notice_id: Mapped[UUID | None]

    @classmethod
    def receive(
        cls, decided: CaseDecided, proposal: CaseProposal, *, institution_id: UUID, at: datetime
    ) -> tuple[Self, ProposalReceived]:
        received = cls(
            id=new_id(),
            version=0,
            case_id=decided.case_id,
            violation_id=decided.violation_id,
            institution_id=institution_id,
            district=decided.district,
            street=decided.street,
            kind=ProposalKind(proposal.kind),
            cause=proposal.cause,
            legal_basis=proposal.legal_basis,
            breached=proposal.breached,
            until=proposal.until,
            state=ProposalState.RECEIVED,
            received_at=at,
            permit_ids=[],
        )
        return received, received._fact(ProposalReceived, at, until=proposal.until)

    def check(self, action: Action) -> None:
        """Raise `ProposalDecidedAlready` if the state does not allow the action."""
        if self.state not in TRANSITIONS[action]:
            raise ProposalDecidedAlready(state=self.state)

    def accept(self, *, permit_ids: Sequence[UUID], notice_id: UUID | None, by: str, at: datetime) -> ProposalAccepted:
        self.check(Action.ACCEPT)
        self.state, self.decided_at, self.decided_by = ProposalState.ACCEPTED, at, by
        self.permit_ids, self.notice_id = list(permit_ids), notice_id
        return self._fact(ProposalAccepted, at, permit_ids=self.permit_ids, notice_id=notice_id)

    def dismiss(self, grounds: str, *, by: str, at: datetime) -> ProposalDismissed:
        self.check(Action.DISMISS)
        self.state, self.decided_at, self.decided_by, self.grounds = ProposalState.DISMISSED, at, by, grounds
        return self._fact(ProposalDismissed, at, grounds=grounds)

    def _fact(self, kind: type[Fact], at: datetime, **more: object) -> Fact:
        return kind.model_validate(
            {
                "proposal_id": self.id,
                "case_id": self.case_id,
                "institution_id": self.institution_id,
                "kind": str(self.kind),
                "district": self.district,
                "street": self.street,
                **more,
                "at": at,
            }
        )
