"""Evidence, from announcement to exhibit."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class EvidenceEvent(Event):
    """Every fact of a piece of evidence carries its subject and the SHA-256 of the recording, but never the content.

    Older facts lack `district` and `street`.
    """

    topic: ClassVar[str] = "inspection.evidence.v1"

    evidence_id: UUID
    subject_kind: str
    subject_id: UUID
    institution_id: UUID | None
    sha256: str
    at: datetime
    district: str | None = None
    street: str | None = None


class EvidenceAnnounced(EvidenceEvent):
    """A phone announced a recording; `sha256` is that of the bytes as they were recorded."""

    type: ClassVar[str] = "inspection.evidence.announced.v1"


class EvidenceReceived(EvidenceEvent):
    """All bytes were uploaded; they are not checked yet."""

    type: ClassVar[str] = "inspection.evidence.received.v1"


class EvidenceKept(EvidenceEvent):
    """The bytes are those announced, and a clean copy was made; `signature` is the service's signature on the
    receipt."""

    type: ClassVar[str] = "inspection.evidence.kept.v1"

    signature: str


class EvidenceRefused(EvidenceEvent):
    """Evidence was refused: its bytes are not those announced, or cannot be shown; `code` says why."""

    type: ClassVar[str] = "inspection.evidence.refused.v1"

    code: str


class EvidenceStalled(EvidenceEvent):
    """No clean copy could be made, for a reason outside the file, so a person must decide; `fault` is the last
    failure."""

    type: ClassVar[str] = "inspection.evidence.stalled.v1"

    fault: str


class EvidenceResumed(EvidenceEvent):
    """A person requested another attempt at cleaning."""

    type: ClassVar[str] = "inspection.evidence.resumed.v1"


class EvidenceExhibited(EvidenceEvent):
    """Evidence became exhibit `number` of a case; `hash` chains it to the previous exhibits."""

    type: ClassVar[str] = "inspection.evidence.exhibited.v1"

    case_id: UUID
    number: int
    hash: str
