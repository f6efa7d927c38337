"""What a phone may be, and every transition of it with each refused one."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError

from services.inspection.field.devices.domain import (
    Device,
    DeviceDetails,
    DeviceIdTaken,
    DeviceNotEnrolled,
    DeviceRevokedAlready,
)
from shared.data.database import new_id

AT = datetime(2026, 3, 2, tzinfo=UTC)
SECRET = Ed25519PrivateKey.generate()
RAW = SECRET.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
JWK = {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(RAW).rstrip(b"=").decode()}
PEM = SECRET.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
OTHER = generate_ec(SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
ID = new_id()


def details(key: Any = JWK) -> DeviceDetails:
    return DeviceDetails.model_validate({"id": ID, "label": "手机", "public_key": key})


def enrolled() -> Device:
    return Device.enrol(details(), subject="i1", district="140213", team="t1", at=AT)[0]


def revoked() -> Device:
    device = enrolled()
    device.revoke("丢失", by="o1", at=AT)
    return device


def test_both_ways_of_writing_a_key_are_one_key() -> None:
    device, fact = Device.enrol(details(PEM), subject="i1", district=None, team=None, at=AT)
    assert device.public_key == JWK
    assert (fact.subject, fact.key_fingerprint) == ("i1", enrolled().key_fingerprint)
    assert details(JWK | {"kid": "a", "use": "sig"}).label == "手机"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (JWK | {"d": JWK["x"]}, "private_key_sent"),
        (JWK | {"crv": "X25519"}, "literal_error"),
        (JWK | {"x": "AA"}, "string_pattern_mismatch"),
        (OTHER, "key_unusable"),
        ("no key", "key_unusable"),
        (PEM.replace("M", "\x00"), "key_unusable"),
    ],
)
def test_keys_that_are_none(key: Any, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        details(key)
    assert code in {error["type"] for error in refused.value.errors()}


def test_it_signs_for_its_holder() -> None:
    signature = SECRET.sign(b"visit")
    for device in (enrolled(), revoked()):
        assert device.signed(b"visit", signature)
        assert not device.signed(b"visits", signature)
    enrolled().check_enrolled(subject="i1")
    for device, subject in ((enrolled(), "i2"), (revoked(), "i1")):
        with pytest.raises(DeviceNotEnrolled):
            device.check_enrolled(subject=subject)


def test_the_same_enrolment_sent_again() -> None:
    enrolled().check_same(details(PEM), subject="i1")
    another = JWK | {"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    for device, sent, subject in ((enrolled(), JWK, "i2"), (enrolled(), another, "i1"), (revoked(), JWK, "i2")):
        with pytest.raises(DeviceIdTaken):
            device.check_same(details(sent), subject=subject)
    with pytest.raises(DeviceRevokedAlready):
        revoked().check_same(details(), subject="i1")


def test_revoked_once_and_for_good() -> None:
    device = enrolled()
    fact = device.revoke("丢失", by="o1", at=AT)
    assert (device.state, device.revoked_by, fact.by) == ("revoked", "o1", "o1")
    with pytest.raises(DeviceRevokedAlready):
        device.revoke("again", by="o1", at=AT)
