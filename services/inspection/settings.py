"""The settings of inspection."""

from typing import ClassVar, Self

from pydantic import Field, SecretStr, model_validator

from shared.process.settings import ServiceSettings

DEVELOPMENT_SEAL_KEY = "development-only-seal-key"


class Settings(ServiceSettings):
    """The environment of inspection."""

    service: ClassVar[str] = "inspection"

    evidence_store: str = ".local/evidence"
    """Where evidence is kept: a folder, or a URL as `s3://bucket/path` with credentials in the usual variables."""
    seal_key: SecretStr = SecretStr(DEVELOPMENT_SEAL_KEY)
    """What receipts of evidence are signed with: any secret text; the Ed25519 key is derived from it."""

    escalate_every: float = Field(60.0, gt=0)
    """Seconds between two looks for what is late; days are counted, so a minute is soon enough."""

    @model_validator(mode="after")
    def refuse_what_is_for_development(self) -> Self:
        if self.environment == "production":
            if self.seal_key.get_secret_value() == DEVELOPMENT_SEAL_KEY:
                raise ValueError("SEAL_KEY must be set in production")
            if "evidence_store" not in self.model_fields_set:
                raise ValueError("EVIDENCE_STORE must be set in production")
        return self
