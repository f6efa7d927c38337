"""The settings of inspection."""

from typing import ClassVar

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """The environment of inspection."""

    service: ClassVar[str] = "inspection"
