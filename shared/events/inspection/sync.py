"""Conflicts between a phone and the server."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class SyncConflictRecorded(Event):
    """What a phone did without a line met what others did: `hard` where both cannot stand. Both versions are kept."""

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
    """An officer said whose version holds: `phone` or `server`."""

    type: ClassVar[str] = "inspection.sync_conflict.resolved.v1"
    topic: ClassVar[str] = "inspection.sync-conflicts.v1"

    operation_id: UUID
    device_id: UUID
    entity_id: UUID
    team: str | None
    district: str | None
    choice: str
    at: datetime
