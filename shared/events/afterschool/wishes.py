"""Whether children are to have after-school service in a term."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class WishRecorded(Event):
    """A family said whether its child is to have after-school service in a term; a later wish replaces it."""

    type: ClassVar[str] = "afterschool.wish.recorded.v1"
    topic: ClassVar[str] = "afterschool.wishes.v1"

    wish_id: UUID
    student_id: UUID
    school_id: UUID
    term_id: UUID
    district: str | None
    street: str | None
    wanted: bool
    at: datetime
