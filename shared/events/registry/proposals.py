"""Penalty proposals of inspection, and what the registry decided."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ProposalEvent(Event):
    """Every fact of a proposal carries the penalty case it came from and what it asks for: notice, suspension or
    revocation."""

    topic: ClassVar[str] = "registry.proposals.v1"

    proposal_id: UUID
    case_id: UUID
    institution_id: UUID
    kind: str
    district: str | None
    street: str | None
    at: datetime


class ProposalReceived(ProposalEvent):
    """A penalty decision asks the registry to act."""

    type: ClassVar[str] = "registry.proposal.received.v1"

    until: date | None


class ProposalAccepted(ProposalEvent):
    """The bureau followed it: these permits were revoked or suspended, this notice was published."""

    type: ClassVar[str] = "registry.proposal.accepted.v1"

    permit_ids: list[UUID]
    notice_id: UUID | None


class ProposalDismissed(ProposalEvent):
    """The bureau did not follow it."""

    type: ClassVar[str] = "registry.proposal.dismissed.v1"

    grounds: str
