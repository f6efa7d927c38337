"""Our signature over receipts and bundles: Ed25519 over canonical JSON, so that a stranger can check it."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.domain.canonical import canonical


class Seal:
    """Signs for the service. `public_key` (32 bytes in hexadecimal) is what a stranger checks with."""

    def __init__(self, secret: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())
        self.public_key = self._key.public_key().public_bytes_raw().hex()

    def sign(self, value: object) -> str:
        """The signature over the canonical bytes, in hexadecimal."""
        return self._key.sign(canonical(value)).hex()
