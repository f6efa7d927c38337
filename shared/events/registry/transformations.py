"""Transformations of institutions, step by step."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class TransformationEvent(Event):
    """Every fact of a transformation; `target` is non_subject, non_profit or closure, `state` what it is after it."""

    topic: ClassVar[str] = "registry.transformations.v1"

    transformation_id: UUID
    institution_id: UUID
    target: str
    state: str
    district: str | None
    street: str | None
    at: datetime


class TransformationStarted(TransformationEvent):
    """An institution began to become another kind, or to close; `steps` are codes in their order."""

    type: ClassVar[str] = "registry.transformation.started.v1"

    steps: list[str]
    due_on: date


class TransformationStepDone(TransformationEvent):
    """One of its steps is done."""

    type: ClassVar[str] = "registry.transformation.step_done.v1"

    step: str
    done_on: date


class TransformationCompleted(TransformationEvent):
    """Every step is done; `permit` says what became of the permits: kept, cancelled or none."""

    type: ClassVar[str] = "registry.transformation.completed.v1"

    permit: str


class TransformationAbandoned(TransformationEvent):
    """It was given up; the institution stays what it was."""

    type: ClassVar[str] = "registry.transformation.abandoned.v1"
