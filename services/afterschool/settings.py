"""After-school's settings."""

from typing import ClassVar

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """After-school's environment."""

    service: ClassVar[str] = "afterschool"
