"""A training advertisement (校外培训广告): where it was found, whose it is, and whether it is gone."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ARRAY, CheckConstraint, Date, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.ledger.institutions.domain import CoordinatesIncomplete, Latitude, Longitude
from services.registry.orm import Base
from shared.data.database import Aggregate
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Invalid, NotFound, Refusal
from shared.domain.wording import Address, Code, Day, Paragraph
from shared.events.registry.advertisements import (
    AdvertisementEvent,
    AdvertisementFound,
    AdvertisementIdentified,
    AdvertisementRemovalOrdered,
    AdvertisementRemoved,
    AdvertisementVerified,
)


class AdvertisementNotFound(NotFound):
    """There is no such advertisement, or you may not see it."""

    code = "advertisement-not-found"
    zh = "没有此广告记录，或不在您的权限范围内。"


class AdvertisementIdTaken(Conflict):
    """This id is already used for another advertisement."""

    code = "advertisement-id-taken"
    zh = "该编号已用于另一条广告记录。"


class AdvertisementStateForbids(Conflict):
    """The advertisement's present state (`state`) does not allow this step."""

    code = "advertisement-state-forbids"
    zh = "该广告的当前状态不允许此操作。"


class AdvertisementIdentifiedAlready(Conflict):
    """The advertisement is already identified as this institution's."""

    code = "advertisement-identified-already"
    zh = "该广告已认定属于此机构。"


class VerifierRemovedIt(Conflict):
    """The person who reported the removal may not verify it."""

    code = "verifier-removed-it"
    zh = "申报清除的人不得核查。"


class FoundOnFuture(Invalid):
    """The day on which the advertisement was found must not be in the future."""

    code = "found-on-future"
    zh = "发现日期晚于今天。"


class RemovalDueOnPast(Invalid):
    """The deadline for the removal must not be before today."""

    code = "removal-due-on-past"
    zh = "清除期限早于今天。"


class RemovedOnImpossible(Invalid):
    """The day of the removal must not be before the day of the find, or in the future."""

    code = "removed-on-impossible"
    zh = "清除日期不得早于发现日期，也不得晚于今天。"


class Source(StrEnum):
    VISIT = "visit"
    COMPLAINT = "complaint"
    PATROL = "patrol"


class Medium(StrEnum):
    LEAFLET = "leaflet"
    POSTER = "poster"
    BILLBOARD = "billboard"
    BROADCAST = "broadcast"
    PRINT = "print"
    ONLINE = "online"
    VEHICLE = "vehicle"
    SCHOOL = "school"
    OTHER = "other"


class AdvertisementState(StrEnum):
    FOUND = "found"
    REMOVAL_ORDERED = "removal_ordered"
    REMOVED = "removed"
    VERIFIED = "verified"


class Action(StrEnum):
    IDENTIFY = "identify"
    ORDER_REMOVAL = "order_removal"
    REMOVE = "remove"
    VERIFY = "verify"


TRANSITIONS: Final[Mapping[Action, frozenset[AdvertisementState]]] = {
    Action.IDENTIFY: frozenset(
        AdvertisementState
    ),  # whose it was matters after it is gone: somebody who does it again is known
    Action.ORDER_REMOVAL: frozenset({AdvertisementState.FOUND}),
    Action.REMOVE: frozenset(
        {AdvertisementState.FOUND, AdvertisementState.REMOVAL_ORDERED}
    ),  # a leaflet is torn down where it is found
    Action.VERIFY: frozenset({AdvertisementState.REMOVED}),
}
"""From which states an action is allowed."""

PhotoRef = Annotated[
    str, Field(pattern=r"^([0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$")
]
"""A photo by the sha256 of its bytes, or by the id of the evidence it became."""


class Find(BaseModel):
    """What was seen, where and when. `lon` and `lat` are degrees in WGS 84."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Source
    medium: Medium
    place: Address
    text: Paragraph | None = None
    photo_refs: Annotated[list[PhotoRef], Field(max_length=20)] = Field(default_factory=list)
    institution_id: UUID | None = None
    visit_id: UUID | None = None
    district: Code
    street: Code | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    found_on: Day


_SENT = tuple(name for name in Find.model_fields if name != "institution_id")

Fact = TypeVar("Fact", bound=AdvertisementEvent)


class Advertisement(Base, Aggregate):
    """An advertisement: found, ordered to be removed, said to be removed, looked at again."""

    __tablename__ = "advertisement"
    __table_args__ = (
        Index("ix_advertisement_institution_id_id", "institution_id", "id"),
        Index("ix_advertisement_district_id", "district", "id"),
        Index("ix_advertisement_street_id", "street", "id"),
        Index("ix_advertisement_state_id", "state", "id"),
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="both_coordinates_or_none"),
        CheckConstraint("(state = 'verified') = (verified_at IS NOT NULL)", name="verified_at_a_time"),
    )

    source: Mapped[str] = mapped_column(Text)
    medium: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    photo_refs: Mapped[list[str]] = mapped_column(ARRAY(Text))
    institution_id: Mapped[UUID | None]
    reported_institution_id: Mapped[UUID | None]
    visit_id: Mapped[UUID | None]
    district: Mapped[str] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    found_on: Mapped[date] = mapped_column(Date)
    found_by: Mapped[str] = mapped_column(Text)
    found_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None] = mapped_column(Date)
    requirement: Mapped[str | None] = mapped_column(Text)
    removed_on: Mapped[date | None] = mapped_column(Date)
    removed_by: Mapped[str | None] = mapped_column(Text)
    removal_note: Mapped[str | None] = mapped_column(Text)
    verified_by: Mapped[str | None] = mapped_column(Text)
    verification_note: Mapped[str | None] = mapped_column(Text)
    verified_at: Mapped[datetime | None]

    @classmethod
    def find(cls, advertisement_id: UUID, find: Find, *, by: str, at: datetime) -> tuple[Self, AdvertisementFound]:
        if find.found_on > china_date(at):
            raise FoundOnFuture(pointer="/found_on")
        if (find.lon is None) != (find.lat is None):
            raise CoordinatesIncomplete(pointer="/lon")
        advertisement = cls(
            id=advertisement_id,
            version=0,
            reported_institution_id=find.institution_id,
            found_by=by,
            found_at=at,
            state=AdvertisementState.FOUND,
            **find.model_dump(),
        )
        return advertisement, advertisement._fact(AdvertisementFound, at, visit_id=find.visit_id)

    def identify(self, institution_id: UUID, *, at: datetime) -> AdvertisementIdentified:
        self._check(Action.IDENTIFY)
        if self.institution_id == institution_id:
            raise AdvertisementIdentifiedAlready
        self.institution_id = institution_id
        return self._fact(AdvertisementIdentified, at)

    def order_removal(self, due_on: date, requirement: str, *, at: datetime) -> AdvertisementRemovalOrdered:
        self._check(Action.ORDER_REMOVAL)
        if due_on < china_date(at):
            raise RemovalDueOnPast(pointer="/due_on")
        self.state, self.due_on, self.requirement = AdvertisementState.REMOVAL_ORDERED, due_on, requirement
        return self._fact(AdvertisementRemovalOrdered, at, due_on=due_on)

    def remove(self, removed_on: date, note: str | None, *, by: str, at: datetime) -> AdvertisementRemoved:
        self._check(Action.REMOVE)
        if not self.found_on <= removed_on <= china_date(at):
            raise RemovedOnImpossible(pointer="/removed_on")
        self.state, self.removed_on, self.removed_by, self.removal_note = (
            AdvertisementState.REMOVED,
            removed_on,
            by,
            note,
        )
        return self._fact(AdvertisementRemoved, at, removed_on=removed_on)

    def verify(self, *, holds: bool, note: str | None, by: str, at: datetime) -> AdvertisementVerified:
        """Verify: gone, or back under its order; without an order, back to found."""
        self._check(Action.VERIFY)
        if by == self.removed_by:
            raise VerifierRemovedIt
        still_there = AdvertisementState.FOUND if self.due_on is None else AdvertisementState.REMOVAL_ORDERED
        self.state = AdvertisementState.VERIFIED if holds else still_there
        self.verified_at = at if holds else None
        self.verified_by, self.verification_note = by, note
        return self._fact(AdvertisementVerified, at, holds=holds)

    def is_what_was_sent(self, find: Find) -> bool:
        """Whether this is the same find, sent again; what became known since is ignored."""
        sent = find.model_dump()
        return self.reported_institution_id == find.institution_id and all(
            getattr(self, name) == sent[name] for name in _SENT
        )

    def _check(self, action: Action) -> None:
        if AdvertisementState(self.state) not in TRANSITIONS[action]:
            raise AdvertisementStateForbids(state=str(self.state), allowed=sorted(TRANSITIONS[action]))

    def _fact(self, kind: type[Fact], at: datetime, **more: object) -> Fact:
        return kind.model_validate(
            {
                "advertisement_id": self.id,
                "institution_id": self.institution_id,
                "source": str(self.source),
                "medium": str(self.medium),
                "place": self.place,
                "district": self.district,
                "street": self.street,
                "found_on": self.found_on,
                "state": str(self.state),
                "at": at,
                **more,
            }
        )


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"pk_advertisement": AdvertisementIdTaken}
