"""What a process reads from its environment. One process is one service, so the names carry no prefix."""

from ipaddress import ip_network
from typing import ClassVar, Literal, Self

from pydantic import SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_CURSOR_KEY = "development-only-cursor-key"


class ServiceSettings(BaseSettings):
    """Settings every service has; read once, at start, and all that is missing is reported together.

    Sizes are bytes, times are seconds.
    """

    model_config = SettingsConfigDict(frozen=True, secrets_dir=None, extra="ignore")

    service: ClassVar[str]

    environment: Literal["development", "production"] = "development"
    log_level: str = "INFO"

    database_url: str
    pool_size: int = 8
    pool_wait: float = 2.0
    statement_timeout: float = 15.0

    kafka_bootstrap_servers: str
    kafka_idempotence: bool = True
    """Off only for the embedded broker, which does not speak the idempotent producer's protocol."""
    kafka_groups: bool = True
    """Off only for the embedded broker, whose groups do not survive the death of a member: one worker takes all."""
    worker_port: int | None = None
    worker_host: str = "127.0.0.1"
    """Where a worker answers probes; in a container 0.0.0.0, because they come from outside."""
    trusted_proxies: str = ""
    """Addresses and networks whose X-Forwarded-For is believed, separated by commas: the gateway's, nobody else's."""

    issuer: str
    jwks_url: str
    cursor_key: SecretStr = SecretStr(DEVELOPMENT_CURSOR_KEY)
    body_limit: int = 1024 * 1024
    public_rate: str = "120/minute"
    """What one address may ask of /v1/public, per process: a count and a time, as `120/minute`."""
    cors_origins: tuple[str, ...] = ()

    @field_validator("trusted_proxies")
    @classmethod
    def require_networks(cls, value: str) -> str:
        for one in value.split(","):
            if one.strip() and ip_network(one.strip()).prefixlen == 0:
                raise ValueError("whoever trusts all addresses believes every caller's own word")
        return value

    @model_validator(mode="after")
    def refuse_development_secrets(self) -> Self:
        if self.environment == "production" and self.cursor_key.get_secret_value() == DEVELOPMENT_CURSOR_KEY:
            raise ValueError("CURSOR_KEY must be set in production")
        return self
