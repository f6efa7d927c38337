"""The registry's settings."""

from typing import ClassVar

from shared.process.settings import ServiceSettings


class Settings(ServiceSettings):
    """The registry's environment."""

    service: ClassVar[str] = "registry"
