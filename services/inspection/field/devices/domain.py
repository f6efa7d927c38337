"""A phone (设备), enrolled by the inspector who holds it: what it signs, he has recorded."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeAlias
from uuid import UUID

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from shared.data.database import Aggregate
from shared.domain.refusals import Conflict, Forbidden, NotFound, Refusal, field_error
from shared.domain.wording import Line
from shared.events.inspection.teams import DeviceEnrolled, DeviceRevoked


class DeviceNotFound(NotFound):
    """There is no such device, or you may not see it."""

    code = "device-not-found"
    zh = "没有此设备，或不在您的权限范围内。"


class DeviceIdTaken(Conflict):
    """This id is already enrolled to another person, or with another key."""

    code = "device-id-taken"
    zh = "该设备编号已登记给他人，或登记时使用了另一密钥。"


class DeviceRevokedAlready(Conflict):
    """The device was revoked. To use it again, enrol it under a new id."""

    code = "device-revoked"
    zh = "该设备已注销；找回的设备须以新编号重新登记。"


class DeviceNotEnrolled(Forbidden):
    """This device is not enrolled to you, or was revoked."""

    code = "device-not-enrolled"
    zh = "该设备未登记在您名下，或已注销。"


class DeviceState(StrEnum):
    ENROLLED = "enrolled"
    REVOKED = "revoked"


Pem: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class PublicJwk(BaseModel):
    """An Ed25519 public key (RFC 8037). Members such as `kid` and `use` are ignored; a private key is refused."""

    model_config = ConfigDict(extra="allow", frozen=True)
    private: ClassVar[frozenset[str]] = frozenset({"d"})

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]

    @model_validator(mode="after")
    def public(self) -> Self:
        if self.private & set(self.__pydantic_extra__ or {}):
            raise field_error(
                "private-key-sent", en="Send the public key only, not the private key.", zh="私钥不得离开设备。"
            )
        return self


def raw_key(sent: PublicJwk | str) -> bytes:
    """The 32 bytes of the key, from any accepted notation; raises a field error for any other kind of key."""
    if isinstance(sent, PublicJwk):
        return base64.urlsafe_b64decode(sent.x + "=")
    try:
        key = load_pem_public_key(sent.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise field_error("key-unusable", en="Must be an Ed25519 public key.", zh="需要 Ed25519 公钥。")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


PhoneTime = Annotated[
    AwareDatetime,
    Field(ge=datetime.fromisoformat("1900-01-01T00:00:00Z"), lt=datetime.fromisoformat("9999-12-30T00:00:00Z")),
]
"""However wrong a phone's clock is, this is what it can say and what the database can keep."""


class DeviceDetails(BaseModel):
    """A phone: the id it generated, a name, and the public half of the key with which it signs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID
    label: Line
    public_key: PublicJwk | Pem = Field(description="An Ed25519 public key, as a JWK or PEM text.")

    @model_validator(mode="after")
    def usable(self) -> Self:
        raw_key(self.public_key)
        return self


class Device(Base, Aggregate):
    """A phone in the hand of one person. It never passes to another: who gets a phone enrols it anew."""

    __tablename__ = "device"
    __table_args__ = (
        Index("ix_device_subject_id", "subject", "id"),
        Index("ix_device_district_id", "district", "id"),
        CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name="revoked_at_a_time"),
    )

    subject: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    key: Mapped[bytes] = mapped_column(comment="Ed25519 public key, 32 bytes")
    state: Mapped[str] = mapped_column(Text)
    enrolled_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(Text)
    revocation_reason: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def enrol(
        cls, details: DeviceDetails, *, subject: str, district: str | None, team: str | None, at: datetime
    ) -> tuple[Self, DeviceEnrolled]:
        device = cls(
            id=details.id,
            version=0,
            subject=subject,
            district=district,
            team=team,
            label=details.label,
            key=raw_key(details.public_key),
            state=DeviceState.ENROLLED,
            enrolled_at=at,
        )
        enrolled = DeviceEnrolled(
            device_id=device.id,
            subject=subject,
            team=team,
            district=district,
            key_fingerprint=device.key_fingerprint,
            at=at,
        )
        return device, enrolled

    def check_same(self, details: DeviceDetails, *, subject: str) -> None:
        """Check that the same enrolment was sent again; raises `DeviceIdTaken` or `DeviceRevokedAlready`."""
        if self.subject != subject or self.key != raw_key(details.public_key):
            raise DeviceIdTaken
        if self.state == DeviceState.REVOKED:
            raise DeviceRevokedAlready

    def revoke(self, reason: str, *, by: str, at: datetime) -> DeviceRevoked:
        """Revoke the phone, whatever the reason: from now on it records nothing."""
        if self.state != DeviceState.ENROLLED:
            raise DeviceRevokedAlready
        self.state, self.revoked_at, self.revoked_by, self.revocation_reason = DeviceState.REVOKED, at, by, reason
        return DeviceRevoked(device_id=self.id, subject=self.subject, by=by, at=at)

    def check_enrolled(self, *, subject: str) -> None:
        """Check that this person may record with the phone; raises `DeviceNotEnrolled`."""
        if self.state != DeviceState.ENROLLED or self.subject != subject:
            raise DeviceNotEnrolled

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this phone's key made the signature. Signatures of a revoked phone stay verifiable."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    @property
    def key_fingerprint(self) -> str:
        """SHA-256 of the raw key, for comparison by eye."""
        return hashlib.sha256(self.key).hexdigest()

    @property
    def public_key(self) -> dict[str, Any]:
        x = base64.urlsafe_b64encode(self.key).rstrip(b"=").decode()
        return {"kty": "OKP", "crv": "Ed25519", "x": x}


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"pk_device": DeviceIdTaken}
