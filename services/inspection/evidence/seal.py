"""Our signature over a receipt, and a device's over its announcement: Ed25519 over canonical JSON."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.inspection.canonical import canonical


class Seal:
    """Signs for the service. `public_key` (32 bytes in hexadecimal) is what a stranger checks with."""

    def __init__(self, secret: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())
        self.public_key = self._key.public_key().public_bytes_raw().hex()

    def sign(self, value: object) -> str:
        """The signature over the canonical bytes, in hexadecimal."""
        return self._key.sign(canonical(value)).hex()


def signed_by(public_key: str, signature: str, value: object) -> bool:
    """Whether the holder of this key (hexadecimal) signed this value."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), canonical(value))
    except (InvalidSignature, ValueError):
        return False
    return True
