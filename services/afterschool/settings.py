"""After-school's settings."""

from base64 import b64decode, b64encode
from typing import ClassVar, Final, Self

from pydantic import Field, SecretStr, model_validator

from shared.process.settings import ServiceSettings

_DEVELOPMENT_KEY: Final = b64encode(b"development-only-32-byte-key-----"[:32]).decode()


class Settings(ServiceSettings):
    """After-school's environment.

    `personal_keys` are AES-256 keys by id, base64; `personal_key` is the id of the one that seals new values. To
    rotate: add a key, name it active, restart, run `python -m services.afterschool.worker reseal`, remove the old key.
    `fingerprint_key` finds sealed values again and cannot be rotated in this way.
    """

    service: ClassVar[str] = "afterschool"

    personal_keys: dict[str, SecretStr] = Field(default_factory=lambda: {"development": SecretStr(_DEVELOPMENT_KEY)})
    personal_key: str = "development"
    fingerprint_key: SecretStr = SecretStr(_DEVELOPMENT_KEY)

    @model_validator(mode="after")
    def check_keys(self) -> Self:
        secrets = [*self.personal_keys.values(), self.fingerprint_key]
        if self.personal_key not in self.personal_keys:
            raise ValueError("PERSONAL_KEY names no key of PERSONAL_KEYS")
        for secret in secrets:
            if len(b64decode(secret.get_secret_value(), validate=True)) != 32:
                raise ValueError("PERSONAL_KEYS and FINGERPRINT_KEY are 32 bytes each, in base64")
        if self.environment == "production" and any(one.get_secret_value() == _DEVELOPMENT_KEY for one in secrets):
            raise ValueError("PERSONAL_KEYS and FINGERPRINT_KEY must be set in production")
        return self
