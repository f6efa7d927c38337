"""One byte string for one JSON value, so that a stranger hashes and signs what we hashed and signed."""

import hashlib
import json


def canonical(value: object) -> bytes:
    """Sorted keys, no blanks, UTF-8: `json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: object) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()
