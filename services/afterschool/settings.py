"""After-school's settings."""

from typing import ClassVar

from shared.process.settings import ServiceSettings


class Settings(ServiceSettings):
    """After-school's environment."""

    service: ClassVar[str] = "afterschool"
