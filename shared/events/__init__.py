"""The published language: the events that the services publish to one another and to other agencies.

One package per producer, one module per family of nouns. Additive only: a field may be added with a default, nothing
is renamed, retyped or dropped; a breaking change is a new version of the type. No personal data of children, ids only.
"""

from functools import cache
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """A fact in the past tense. `type` is its name on the wire, `topic` where it is published."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    topic: ClassVar[str]
    about: ClassVar[str | None] = None
    """The field with the aggregate's id, which is the record key. Default: the first field that is an id."""

    @classmethod
    @cache
    def aggregate_field(cls) -> str | None:
        """The field of the payload with the aggregate's id; None if the event has none."""
        if cls.about is not None:
            return cls.about
        return next((name for name, field in cls.model_fields.items() if field.annotation is UUID), None)

    def aggregate_id(self) -> UUID | None:
        field = self.aggregate_field()
        found: UUID | None = None if field is None else getattr(self, field)
        return found
