"""Teams, their rotas and their devices."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class TeamFormed(Event):
    """A street team was formed or changed. `grids` are grid codes; `leader` and `members` are subjects of tokens."""

    type: ClassVar[str] = "inspection.team.formed.v1"
    topic: ClassVar[str] = "inspection.teams.v1"

    team_id: UUID
    code: str
    name: str
    district: str | None
    grids: list[str]
    at: datetime
    street: str | None = None
    leader: str | None = None
    members: tuple[str, ...] = ()


class TeamHandedOver(Event):
    """A team's open work was handed over to another team (`to` is its code): the numbers of visits, targets of open
    campaigns, violations and complaints."""

    type: ClassVar[str] = "inspection.team.handed_over.v1"
    topic: ClassVar[str] = "inspection.teams.v1"

    team_id: UUID
    code: str
    to: str
    visits: int
    targets: int
    violations: int
    complaints: int = 0
    at: datetime


class RotaEvent(Event):
    """Every fact of the rota carries the entry, the team and the person."""

    topic: ClassVar[str] = "inspection.teams.v1"

    entry_id: UUID
    team_id: UUID
    subject: str
    at: datetime


class DutyAssigned(RotaEvent):
    """A member was put on duty for a period, on these weekdays (1 is Monday), or on every day if none is named."""

    type: ClassVar[str] = "inspection.duty.assigned.v1"

    first_day: date
    last_day: date
    weekdays: list[int]


class DutyCancelled(RotaEvent):
    """A duty was cancelled."""

    type: ClassVar[str] = "inspection.duty.cancelled.v1"


class AbsenceNoted(RotaEvent):
    """An absence of a member was recorded. The reason is not published."""

    type: ClassVar[str] = "inspection.absence.noted.v1"

    first_day: date
    last_day: date


class AbsenceCancelled(RotaEvent):
    """An absence was cancelled."""

    type: ClassVar[str] = "inspection.absence.cancelled.v1"


class DeviceEnrolled(Event):
    """A phone was enrolled to its user; `key_fingerprint` is the SHA-256 of the key with which it signs."""

    type: ClassVar[str] = "inspection.device.enrolled.v1"
    topic: ClassVar[str] = "inspection.devices.v1"

    device_id: UUID
    subject: str
    team: str | None
    district: str | None
    key_fingerprint: str
    at: datetime


class DeviceRevoked(Event):
    """A phone was revoked and can no longer record anything."""

    type: ClassVar[str] = "inspection.device.revoked.v1"
    topic: ClassVar[str] = "inspection.devices.v1"

    device_id: UUID
    subject: str
    by: str
    at: datetime
