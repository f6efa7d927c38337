"""A piece of evidence (证据): what a phone recorded, hashed where it was recorded, and kept as it was."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.field.devices.domain import PhoneTime
from services.inspection.field.places import Place
from services.inspection.orm import Base
from shared.data.database import Aggregate
from shared.domain.canonical import digest
from shared.domain.clock import instant
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound, Refusal, field_error
from shared.domain.wording import NUMBER
from shared.events.inspection.evidence import (
    EvidenceAnnounced,
    EvidenceEvent,
    EvidenceExhibited,
    EvidenceKept,
    EvidenceReceived,
    EvidenceRefused,
    EvidenceResumed,
    EvidenceStalled,
)

MAX_BYTES: Final[Mapping[str, int]] = {"photo": 30 * 1024**2, "recording": 500 * 1024**2}
MAX_PART: Final = 8 * 1024**2
"""Bytes sent at once: what a bad line loses when it breaks."""
TRIES: Final = 6
"""How often a cleaning that fails for no fault of the file is tried before a person must look."""
FIRST_PAUSE: Final = timedelta(seconds=30)
"""Before the second try; each further pause is four times as long, so the last try is more than two hours later."""
NOTHING_BEFORE: Final = "0" * 64
"""What the first exhibit of a case is chained to."""


class EvidenceNotFound(NotFound):
    """There is no such evidence, or you may not see it."""

    code = "evidence-not-found"
    zh = "没有此证据，或不在您的权限范围内。"


class EvidenceIdTaken(Conflict):
    """This id is already used for other evidence."""

    code = "evidence-id-taken"
    zh = "该编号已用于另一份证据。"


class EvidenceNotYours(Forbidden):
    """Only the user who announced this evidence may upload it."""

    code = "evidence-not-yours"
    zh = "只有登记该证据的人才能上传其内容。"


class EvidenceUnfit(Conflict):
    """Some of this evidence is unknown, was refused, or concerns something else; `evidence` lists it."""

    code = "evidence-unfit"
    zh = "部分证据不存在、未被接受或与此事无关，见evidence。"


class EvidenceTooLarge(Invalid):
    """The file is too large: photos may have up to 30 MiB, recordings up to 500 MiB."""

    code = "evidence-too-large"
    zh = "照片不超过30MiB，录音录像不超过500MiB。"


class MediaTypeNotKept(Invalid):
    """Evidence of this media type is not accepted."""

    code = "media-type-not-kept"
    zh = "不接收此媒体类型的证据。"


class UploadOffsetWrong(Conflict):
    """The part does not continue the upload. Continue at the offset `received`."""

    code = "upload-offset-wrong"
    zh = "续传位置不符，应从received所示位置继续。"


class UploadTooLong(Conflict):
    """The upload has more bytes than the announced size."""

    code = "upload-too-long"
    zh = "上传内容超过声明的大小。"


class UploadEmpty(Invalid):
    """A part of an upload must have at least one byte."""

    code = "upload-empty"
    zh = "上传片段不能为空。"


class UploadComplete(Conflict):
    """The upload is complete; the evidence can no longer be changed."""

    code = "upload-complete"
    zh = "上传已完成，证据不可再更改。"


class EvidenceNotReceived(Conflict):
    """The upload of this evidence is not complete, or its check has already ended."""

    code = "evidence-not-received"
    zh = "证据尚未接收完整，或已处理。"


class EvidenceNotStalled(Conflict):
    """This evidence does not wait for a person: only evidence that repeatedly failed to be cleaned does."""

    code = "evidence-not-stalled"
    zh = "只有多次处理失败的证据才需人工处理。"


class EvidenceNotKept(Conflict):
    """Only evidence that was checked and kept can be read or made an exhibit."""

    code = "evidence-not-kept"
    zh = "只有核验并留存的证据才能查看或列为案件证据。"


class ExhibitAlready(Conflict):
    """This evidence is already an exhibit of the case."""

    code = "exhibit-already"
    zh = "该证据已列入本案。"


class SignatureInvalid(Invalid):
    """The signature does not match the announcement and the key with which the device is enrolled."""

    code = "signature-invalid"
    zh = "设备签名与登记的密钥不符。"


class EvidenceState(StrEnum):
    ANNOUNCED = "announced"
    RECEIVED = "received"
    KEPT = "kept"
    REFUSED = "refused"


class Medium(StrEnum):
    PHOTO = "photo"
    RECORDING = "recording"


class SubjectKind(StrEnum):
    """What evidence may be about."""

    VISIT = "visit"
    VIOLATION = "violation"


MEDIA_TYPES: Final[Mapping[str, Medium]] = {
    "image/jpeg": Medium.PHOTO,
    "image/png": Medium.PHOTO,
    "image/webp": Medium.PHOTO,
    "audio/mpeg": Medium.RECORDING,
    "audio/mp4": Medium.RECORDING,
    "audio/ogg": Medium.RECORDING,
    "audio/wav": Medium.RECORDING,
    "video/mp4": Medium.RECORDING,
    "video/webm": Medium.RECORDING,
}


Degrees = Annotated[float, NUMBER, AfterValidator(lambda degrees: degrees + 0.0)]
"""Without a negative zero: the database knows none, and a signature would no longer fit."""


class Position(BaseModel):
    """Where the phone says it was: degrees in WGS 84, and how sure it is, in metres."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lon: Annotated[Degrees, Field(ge=-180, le=180, allow_inf_nan=False)]
    lat: Annotated[Degrees, Field(ge=-90, le=90, allow_inf_nan=False)]
    accuracy_m: Annotated[Degrees, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None


class Capture(BaseModel):
    """What the phone says of what it recorded, before it sends a byte. `sha256` is of the bytes as they were recorded.

    `signature` is the device's Ed25519 signature, in hexadecimal, over the canonical JSON of everything else here
    (`claim`; what canonical means: `services/inspection/canonical.py`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID
    subject_kind: SubjectKind
    subject_id: UUID
    media_type: Annotated[str, Field(max_length=40, pattern=r"^[a-z]+/[a-z0-9.+-]+$")]
    size: Annotated[int, NUMBER, Field(ge=1, le=2**40)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    captured_at: PhoneTime
    position: Position | None = None
    device_id: UUID | None = None
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")] | None = None

    @model_validator(mode="after")
    def a_device_signs(self) -> Self:
        if (self.device_id is None) != (self.signature is None):
            raise field_error(
                "signature-alone",
                en="Give both `device_id` and `signature`, or neither.",
                zh="设备编号与签名须同时提供。",
            )
        return self

    @property
    def claim(self) -> dict[str, Any]:
        """The announcement without its signature: this is what the device signs."""
        return self.model_dump(mode="json", exclude={"signature"})


@dataclass(frozen=True, slots=True)
class CleanCopy:
    """What is shown to people: decoded and encoded anew, without what anybody hid beside the picture."""

    media_type: str
    size: int
    sha256: str
    position: Position | None
    """What the camera wrote into the file."""


Fact = TypeVar("Fact", bound=EvidenceEvent)


class Evidence(Base, Aggregate):
    """A piece of evidence: announced, received part by part, then kept or refused. What is kept never changes.

    Two copies are kept: the bytes as they were recorded, whose hash the phone announced, and a clean copy to look at.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        Index("ix_evidence_subject_kind_subject_id_id", "subject_kind", "subject_id", "id"),
        Index("ix_evidence_announced", "announced_at", postgresql_where=text("state = 'announced'")),
        Index("ix_evidence_received", "id", postgresql_where=text("state = 'received'")),
        Index("ix_evidence_stalled", "id", postgresql_where=text("stalled_at IS NOT NULL")),
        CheckConstraint("received_bytes <= size", name="no_more_than_announced"),
        CheckConstraint("(state = 'kept') = (signature IS NOT NULL)", name="kept_with_a_receipt"),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused_with_a_code"),
    )

    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID]
    institution_id: Mapped[UUID | None]
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(Text)
    captured_at: Mapped[datetime]
    position: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    device_id: Mapped[UUID | None]
    device_signature: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    parts: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), comment="offset at which each received part begins")
    received_bytes: Mapped[int] = mapped_column(BigInteger)
    refusal: Mapped[str | None] = mapped_column(Text)
    clean_type: Mapped[str | None] = mapped_column(Text)
    clean_size: Mapped[int | None] = mapped_column(BigInteger)
    clean_sha256: Mapped[str | None] = mapped_column(Text)
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    signature: Mapped[str | None] = mapped_column(Text, comment="the platform's signature over the receipt")
    announced_by: Mapped[str] = mapped_column(Text)
    announced_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"), comment="cleanings begun since it was received")
    next_try_at: Mapped[datetime | None]
    fault: Mapped[str | None] = mapped_column(
        Text, comment="last failure of the platform; it says nothing about the file"
    )
    stalled_at: Mapped[datetime | None] = mapped_column(comment="when it stalled; a person must look at it")

    @classmethod
    def announce(cls, capture: Capture, place: Place, *, by: str, at: datetime) -> tuple[Self, EvidenceAnnounced]:
        medium = MEDIA_TYPES.get(capture.media_type)
        if medium is None:
            raise MediaTypeNotKept(pointer="/media_type")
        if capture.size > MAX_BYTES[medium]:
            raise EvidenceTooLarge(pointer="/size", limit=MAX_BYTES[medium])
        evidence = cls(
            id=capture.id,
            version=0,
            subject_kind=capture.subject_kind,
            subject_id=capture.subject_id,
            institution_id=place.institution_id,
            district=place.district,
            street=place.street,
            team=place.team,
            media_type=capture.media_type,
            size=capture.size,
            sha256=capture.sha256,
            captured_at=capture.captured_at.astimezone(UTC),
            position=capture.position.model_dump() if capture.position else None,
            device_id=capture.device_id,
            device_signature=capture.signature,
            state=EvidenceState.ANNOUNCED,
            parts=[],
            received_bytes=0,
            announced_by=by,
            announced_at=at,
        )
        return evidence, evidence._fact(EvidenceAnnounced, at)

    def says(self, capture: Capture) -> bool:
        """Whether this announcement equals the stored one; if so, announcing again changes nothing."""
        position = capture.position.model_dump() if capture.position else None
        said = (capture.subject_id, capture.sha256, capture.size, capture.media_type, capture.captured_at, position)
        return said == (self.subject_id, self.sha256, self.size, self.media_type, self.captured_at, self.position)

    def check_sender(self, subject: str) -> None:
        """Only the user who announced the evidence may upload it: nobody else knows what was recorded."""
        if subject != self.announced_by:
            raise EvidenceNotYours

    def speaks_of(self, subjects: Collection[UUID], institution_id: UUID | None) -> bool:
        """Whether it may serve as evidence about one of these subjects, or about this institution."""
        there = institution_id is not None and self.institution_id == institution_id
        return self.state != EvidenceState.REFUSED and (there or self.subject_id in subjects)

    def check_part(self, offset: int, length: int) -> None:
        if self.state != EvidenceState.ANNOUNCED:
            raise UploadComplete(state=self.state)
        if offset != self.received_bytes:
            raise UploadOffsetWrong(received=self.received_bytes)
        if length == 0:
            raise UploadEmpty
        if offset + length > self.size:
            raise UploadTooLong(size=self.size)

    def receive(self, offset: int, length: int, *, at: datetime) -> EvidenceReceived | None:
        self.check_part(offset, length)
        self.parts = [*self.parts, offset]
        self.received_bytes = offset + length
        if self.received_bytes < self.size:
            return None
        self.state, self.received_at = EvidenceState.RECEIVED, at
        return self._fact(EvidenceReceived, at)

    def check_received(self) -> None:
        if self.state != EvidenceState.RECEIVED:
            raise EvidenceNotReceived(state=self.state)

    def begin_try(self, *, at: datetime) -> None:
        """Count a try before it begins, so that one that ends the process is counted too."""
        self.check_received()
        self.next_try_at = at + FIRST_PAUSE * 4**self.tries
        self.tries += 1

    def note_fault(self, fault: str, *, at: datetime) -> EvidenceStalled | None:
        """Record a failure of the platform. The parts stay; after the last try, the evidence stalls and a person must
        look."""
        self.check_received()
        self.fault = fault
        if self.tries < TRIES or self.stalled_at is not None:
            return None
        self.stalled_at = at
        return self._fact(EvidenceStalled, at, fault=fault)

    def check_stalled(self) -> None:
        if self.state != EvidenceState.RECEIVED or self.stalled_at is None:
            raise EvidenceNotStalled(state=self.state)

    def resume(self, *, at: datetime) -> EvidenceResumed:
        self.check_stalled()
        self.tries, self.next_try_at, self.stalled_at = 0, None, None
        return self._fact(EvidenceResumed, at)

    def give_up(self, *, at: datetime) -> EvidenceRefused:
        self.check_stalled()
        return self.refuse("given-up", at=at)

    def receipt_for(self, clean: CleanCopy) -> dict[str, Any]:
        """What the platform signs: the hash, when and where the phone says it was recorded, and when the platform
        received it.

        The camera's position stands beside the phone's, because the clean copy contains neither.
        """
        assert self.received_at is not None
        return {
            "evidence_id": str(self.id),
            "subject": {"kind": str(self.subject_kind), "id": str(self.subject_id)},
            "media_type": self.media_type,
            "size": self.size,
            "sha256": self.sha256,
            "captured_at": instant(self.captured_at),
            "received_at": instant(self.received_at),
            "position": {"phone": self.position, "camera": clean.position.model_dump() if clean.position else None},
            "device": {"id": str(self.device_id) if self.device_id else None, "signature": self.device_signature},
            "clean": {"media_type": clean.media_type, "size": clean.size, "sha256": clean.sha256},
        }

    def keep(self, clean: CleanCopy, receipt: Mapping[str, Any], signature: str, *, at: datetime) -> EvidenceKept:
        self.check_received()
        self.state, self.decided_at, self.stalled_at = EvidenceState.KEPT, at, None
        self.clean_type, self.clean_size, self.clean_sha256 = clean.media_type, clean.size, clean.sha256
        self.receipt, self.signature = dict(receipt), signature
        return self._fact(EvidenceKept, at, signature=signature)

    def refuse(self, code: str, *, at: datetime) -> EvidenceRefused:
        self.check_received()
        self.state, self.refusal, self.decided_at, self.stalled_at = EvidenceState.REFUSED, code, at, None
        return self._fact(EvidenceRefused, at, code=code)

    def check_kept(self) -> None:
        if self.state != EvidenceState.KEPT:
            raise EvidenceNotKept(state=self.state)

    def exhibit(
        self, case_id: UUID, chain: "Sequence[Exhibit]", *, by: str, at: datetime
    ) -> tuple["Exhibit", EvidenceExhibited]:
        """Enter it into a case, chained to the exhibits before it. The caller holds the lock of the case."""
        self.check_kept()
        if any(link.evidence_id == self.id for link in chain):
            raise ExhibitAlready
        before = chain[-1].hash if chain else NOTHING_BEFORE
        entry = {
            "case_id": str(case_id),
            "number": len(chain) + 1,
            "receipt": self.receipt,
            "signature": self.signature,
            "entered_at": instant(at),
            "entered_by": by,
            "before": before,
        }
        link = Exhibit(
            case_id=case_id, number=len(chain) + 1, evidence_id=self.id, entry=entry, hash=digest(entry), entered_at=at
        )
        return link, self._fact(EvidenceExhibited, at, case_id=case_id, number=link.number, hash=link.hash)

    @property
    def place(self) -> Place:
        return Place(self.institution_id, None, self.district, self.street, self.team)

    def _fact(self, kind: type[Fact], at: datetime, **more: object) -> Fact:
        return kind.model_validate(
            {
                "evidence_id": self.id,
                "subject_kind": str(self.subject_kind),
                "subject_id": self.subject_id,
                "institution_id": self.institution_id,
                "sha256": self.sha256,
                "at": at,
                "district": self.district,
                "street": self.street,
                **more,
            }
        )


class Exhibit(Base):
    """A link of a case's chain: its hash covers the entry, and the entry names the hash before it."""

    __tablename__ = "exhibit"
    __table_args__ = (UniqueConstraint("case_id", "evidence_id", name="uq_exhibit_case_id_evidence_id"),)

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[UUID] = mapped_column(ForeignKey("evidence.id"))
    entry: Mapped[dict[str, Any]] = mapped_column(JSONB)
    hash: Mapped[str] = mapped_column(Text)
    entered_at: Mapped[datetime]


TRANSITIONS: Final[Mapping[str, frozenset[EvidenceState]]] = {
    "part": frozenset({EvidenceState.ANNOUNCED}),
    "keep": frozenset({EvidenceState.RECEIVED}),
    "refuse": frozenset({EvidenceState.RECEIVED}),
    "begin a try": frozenset({EvidenceState.RECEIVED}),
    "note a fault": frozenset({EvidenceState.RECEIVED}),
    "exhibit": frozenset({EvidenceState.KEPT}),
}
"""Which states each step starts from; from any other it is refused."""

CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {
    "pk_evidence": EvidenceIdTaken,
    "uq_exhibit_case_id_evidence_id": ExhibitAlready,
}
