"""The settings of metrics."""

from typing import ClassVar

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """The environment of metrics."""

    service: ClassVar[str] = "metrics"
