"""Evidence, from announcement to exhibit."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class EvidenceEvent(Event):
    """Every fact of a piece of evidence says what it is about and its SHA-256 (as recorded), and shows nothing."""

    topic: ClassVar[str] = "inspection.evidence.v1"

    evidence_id: UUID
    subject_kind: str
    subject_id: UUID
    institution_id: UUID | None
    sha256: str
    at: datetime


class EvidenceAnnounced(EvidenceEvent):
    """A phone said what it recorded; `sha256` is of the bytes as they were recorded."""

    type: ClassVar[str] = "inspection.evidence.announced.v1"


class EvidenceReceived(EvidenceEvent):
    """All bytes arrived; nobody has looked at them yet."""

    type: ClassVar[str] = "inspection.evidence.received.v1"


class EvidenceKept(EvidenceEvent):
    """The bytes are those announced, and a clean copy was made; `signature` is ours, over the receipt."""

    type: ClassVar[str] = "inspection.evidence.kept.v1"

    signature: str


class EvidenceRefused(EvidenceEvent):
    """The bytes are not those announced, or nothing that may be shown; `code` says why."""

    type: ClassVar[str] = "inspection.evidence.refused.v1"

    code: str


class EvidenceStalled(EvidenceEvent):
    """No clean copy could be made, for no fault of the file: a person must look. `fault` is what failed last."""

    type: ClassVar[str] = "inspection.evidence.stalled.v1"

    fault: str


class EvidenceResumed(EvidenceEvent):
    """A person had the cleaning tried again."""

    type: ClassVar[str] = "inspection.evidence.resumed.v1"


class EvidenceExhibited(EvidenceEvent):
    """It became exhibit `number` of a case; `hash` chains it to the exhibits before."""

    type: ClassVar[str] = "inspection.evidence.exhibited.v1"

    case_id: UUID
    number: int
    hash: str
