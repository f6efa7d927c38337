"""Sealed columns: what identifies a person is stored encrypted and is found again by a keyed fingerprint.

AES-256-GCM with a fresh nonce for each value. The associated data name table, column, row and key, so that a sealed
value moved to another row or column cannot be opened. A fingerprint is HMAC-SHA256 under a key of its own.
"""

import hashlib
import hmac
import os
from base64 import b64decode
from collections.abc import Mapping
from typing import Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.afterschool.settings import Settings

_NONCE: Final = 12


class CannotOpen(Exception):
    """The sealed value was made with another key, for another place, or was changed."""


class Sealer:
    """Seals with the active key, and opens with every key it knows."""

    def __init__(self, keys: Mapping[str, bytes], *, active: str, fingerprints: bytes) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._fingerprints = fingerprints
        self.active = active

    @classmethod
    def of(cls, settings: Settings) -> Self:
        keys = {key_id: b64decode(key.get_secret_value()) for key_id, key in settings.personal_keys.items()}
        fingerprints = b64decode(settings.fingerprint_key.get_secret_value())
        return cls(keys, active=settings.personal_key, fingerprints=fingerprints)

    def seal(self, value: str, *, table: str, column: str, row: UUID) -> bytes:
        """Nonce and ciphertext under the active key."""
        nonce = os.urandom(_NONCE)
        place = _place(table, column, row, self.active)
        return nonce + self._ciphers[self.active].encrypt(nonce, value.encode(), place)

    def open(self, sealed: bytes, *, table: str, column: str, row: UUID, key_id: str) -> str:
        """The value; raises `CannotOpen`."""
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise CannotOpen(f"no key {key_id}")
        try:
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(table, column, row, key_id)).decode()
        except InvalidTag:
            raise CannotOpen(f"{table}.{column} does not open") from None

    def fingerprint(self, kind: str, value: str) -> bytes:
        """32 bytes that are equal for equal values of one kind, and that nobody without the key can compute."""
        return hmac.digest(self._fingerprints, f"{kind}|{value}".encode(), hashlib.sha256)


def _place(table: str, column: str, row: UUID, key_id: str) -> bytes:
    return f"{table}|{column}|{row}|{key_id}".encode()
