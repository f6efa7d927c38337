"""Transformations of institutions, step by step."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class TransformationEvent(Event):
    """Every fact of a transformation. `target` is non_subject, non_profit or closure; `state` is the state after the
    fact."""

    topic: ClassVar[str] = "registry.transformations.v1"

    transformation_id: UUID
    institution_id: UUID
    target: str
    state: str
    district: str | None
    street: str | None
    at: datetime


class TransformationStarted(TransformationEvent):
    """A transformation of an institution to another kind, or its closure, was started; `steps` are codes in order."""

    type: ClassVar[str] = "registry.transformation.started.v1"

    steps: list[str]
    due_on: date


class TransformationStepDone(TransformationEvent):
    """A step of a transformation was done."""

    type: ClassVar[str] = "registry.transformation.step_done.v1"

    step: str
    done_on: date


class TransformationCompleted(TransformationEvent):
    """A transformation was completed; `permit` says what happened to the permits: kept, cancelled or none."""

    type: ClassVar[str] = "registry.transformation.completed.v1"

    permit: str


class TransformationAbandoned(TransformationEvent):
    """A transformation was abandoned; the institution stays as it was."""

    type: ClassVar[str] = "registry.transformation.abandoned.v1"
