"""Conflicts between a phone and the server."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class SyncConflictRecorded(Event):
    """An offline operation conflicts with other changes; `hard` means that only one can be kept. Both versions are on
    record."""

    type: ClassVar[str] = "inspection.sync_conflict.recorded.v1"
    topic: ClassVar[str] = "inspection.sync-conflicts.v1"

    operation_id: UUID
    device_id: UUID
    kind: str
    entity_id: UUID
    team: str | None
    district: str | None
    hard: bool
    code: str
    at: datetime


class SyncConflictResolved(Event):
    """An officer resolved a conflict: the `phone` or the `server` version holds."""

    type: ClassVar[str] = "inspection.sync_conflict.resolved.v1"
    topic: ClassVar[str] = "inspection.sync-conflicts.v1"

    operation_id: UUID
    device_id: UUID
    entity_id: UUID
    team: str | None
    district: str | None
    choice: str
    at: datetime
