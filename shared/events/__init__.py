"""The published language: what the services tell one another and other agencies.

One module per producer. Additive only: a field may be added with a default, nothing is renamed, retyped or dropped;
a breaking change is a new version of the type. No personal data of children, ids only.
"""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """A fact in the past tense. `type` is its name on the wire, `topic` where it is published."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    topic: ClassVar[str]
