"""Commitment texts, signatures and breaches."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class CommitmentTextPublished(Event):
    """A version of the standardised-school commitment (规范办学承诺书) was published; `sha256` (hex) is that of its
    UTF-8 text."""

    type: ClassVar[str] = "registry.commitment_text.published.v1"
    topic: ClassVar[str] = "registry.commitments.v1"

    text_id: UUID
    number: int
    title: str
    sha256: str
    valid_from: date
    at: datetime


class CommitmentTextWithdrawn(Event):
    """A version of the commitment was withdrawn before anybody signed it; the earlier version is the one to sign
    again."""

    type: ClassVar[str] = "registry.commitment_text.withdrawn.v1"
    topic: ClassVar[str] = "registry.commitments.v1"

    text_id: UUID
    number: int
    valid_from: date
    at: datetime


class CommitmentEvent(Event):
    """Every fact of a signed commitment."""

    topic: ClassVar[str] = "registry.commitments.v1"

    commitment_id: UUID
    institution_id: UUID
    text_id: UUID
    text_number: int
    sha256: str
    district: str | None
    street: str | None
    at: datetime


class CommitmentSigned(CommitmentEvent):
    """An institution signed this version of the text."""

    type: ClassVar[str] = "registry.commitment.signed.v1"


class CommitmentBreached(CommitmentEvent):
    """A violation was recorded as a breach of a signed commitment."""

    type: ClassVar[str] = "registry.commitment.breached.v1"

    violation_id: UUID
