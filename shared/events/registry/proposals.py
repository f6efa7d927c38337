"""Proposals of penalty decisions, and the registry's answers."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ProposalEvent(Event):
    """Every fact of a proposal carries its penalty case and its kind: notice, suspension or revocation."""

    topic: ClassVar[str] = "registry.proposals.v1"

    proposal_id: UUID
    case_id: UUID
    institution_id: UUID
    kind: str
    district: str | None
    street: str | None
    at: datetime


class ProposalReceived(ProposalEvent):
    """A proposal of a penalty decision was received."""

    type: ClassVar[str] = "registry.proposal.received.v1"

    until: date | None


class ProposalAccepted(ProposalEvent):
    """The bureau accepted a proposal: these permits were revoked or suspended, and this notice was published."""

    type: ClassVar[str] = "registry.proposal.accepted.v1"

    permit_ids: list[UUID]
    notice_id: UUID | None


class ProposalDismissed(ProposalEvent):
    """The bureau dismissed a proposal."""

    type: ClassVar[str] = "registry.proposal.dismissed.v1"

    grounds: str
