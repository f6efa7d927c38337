"""Access tokens for development: who asks gets what he asks for, signed with a key that stays in `.local`."""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

ALGORITHM = "ES256"
AUDIENCE = ("registry", "inspection", "afterschool", "metrics")
ROLES = (
    "bureau",
    "district_officer",
    "inspector",
    "operator",
    "school_staff",
    "guardian",
    "auditor",
    "service",
)
PLACES = ("district", "street", "team", "school", "institution")
"""Claims that narrow what a role may see."""
LIFETIME = 8 * 3600
LONGEST_LIFETIME = 24 * 3600
"""The services refuse tokens made to last longer."""


class UnknownRole(ValueError):
    """Such a role does not exist."""


def signing_key(folder: Path) -> ECKey:
    """The key of this folder, made at first use and kept, so that tokens outlive a restart."""
    file = folder / "issuer.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _keep(file, new_key())
    return ECKey.import_key(json.loads(file.read_text(encoding="utf-8")))


def new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, private=True, auto_kid=True)


def mint(
    key: ECKey,
    issuer: str,
    roles: Collection[str],
    claims: Mapping[str, str],
    *,
    lifetime: int = LIFETIME,
    at: float | None = None,
) -> str:
    """A signed token. `claims`: subject and places; empty ones are left out."""
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not roles:
        raise UnknownRole(f"unknown role {unknown[0]!r}" if unknown else "no role given")
    given = {name: value for name, value in claims.items() if value and name in PLACES}
    now = int(time.time() if at is None else at)
    return jwt.encode(
        {"alg": ALGORITHM, "typ": "at+jwt", "kid": key.kid},
        {
            "iss": issuer,
            "aud": list(AUDIENCE),
            "sub": claims.get("subject") or f"dev-{min(roles)}",
            "roles": list(dict.fromkeys(roles)),
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + lifetime,
            **given,
        },
        key,
    )


def split_roles(values: Collection[str]) -> list[str]:
    """Roles may be repeated or separated by commas."""
    return [role.strip() for value in values for role in value.split(",") if role.strip()]


def _keep(file: Path, key: ECKey) -> None:
    """Readable by us alone, and never half a file: the portal and `make token` may both be the first."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".issuer-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as temporary:
            json.dump(key.as_dict(private=True), temporary)
        with contextlib.suppress(FileExistsError):
            os.link(name, file)
    finally:
        Path(name).unlink()
