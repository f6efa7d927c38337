"""Versions of checklists."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ChecklistEnacted(Event):
    """A version of a checklist was enacted and is in force from a day on; `questions` is their number."""

    type: ClassVar[str] = "inspection.checklist.enacted.v1"
    topic: ClassVar[str] = "inspection.checklists.v1"

    checklist_id: UUID
    code: str
    title: str
    questions: int
    valid_from: date
    at: datetime


class ChecklistRetired(Event):
    """A version of a checklist was given its last day."""

    type: ClassVar[str] = "inspection.checklist.retired.v1"
    topic: ClassVar[str] = "inspection.checklists.v1"

    checklist_id: UUID
    code: str
    valid_to: date
    at: datetime


class ChecklistWithdrawn(Event):
    """A version of a checklist was withdrawn, as if it had never been enacted."""

    type: ClassVar[str] = "inspection.checklist.withdrawn.v1"
    topic: ClassVar[str] = "inspection.checklists.v1"

    checklist_id: UUID
    code: str
    valid_from: date
    at: datetime


class ChecklistContinued(Event):
    """The next version was withdrawn, so this one stays in force; `valid_to` is its last day, or null if it has
    none."""

    type: ClassVar[str] = "inspection.checklist.continued.v1"
    topic: ClassVar[str] = "inspection.checklists.v1"

    checklist_id: UUID
    code: str
    valid_to: date | None
    at: datetime
