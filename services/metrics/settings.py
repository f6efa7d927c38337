"""The settings of metrics."""

from typing import ClassVar

from shared.process.settings import ServiceSettings


class Settings(ServiceSettings):
    """The environment of metrics."""

    service: ClassVar[str] = "metrics"

    stream_seconds: float = 600.0
    """A stream ends after so long and its reader comes back: a token that was taken away stops working by then."""
