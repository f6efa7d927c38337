"""An entry of a county's white list, and a person from outside with a background check."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import CheckConstraint, Date, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.programme.providers.domain import Judgement
from shared.data.database import Aggregate, new_id
from shared.domain.dated import STANDS, Withdrawable, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound
from shared.domain.wording import NUMBER, Code, Day, Line, Name
from shared.events.afterschool.engagements import (
    OutsidePersonChecked,
    OutsidePersonEntered,
    ProviderListed,
    ProviderUnlisted,
)


class ListingNotFound(NotFound):
    """There is no such entry of a white list, or you may not see it."""

    code = "listing-not-found"
    zh = "没有此白名单条目，或不在您的权限范围内。"


class ListedAlready(Conflict):
    """The institution is on the white list of this county already."""

    code = "listed-already"
    zh = "该机构已在本区县白名单中。"


class OutsideYourCounty(Forbidden):
    """You may change the white list of your own county only."""

    code = "outside-your-county"
    zh = "只能维护本区县的白名单。"


class OutsidePersonNotFound(NotFound):
    """There is no such person from outside, or you may not see them."""

    code = "outside-person-not-found"
    zh = "没有此校外人员，或不在您的权限范围内。"


class ProviderNotEngageable(Conflict):
    """Schools may not engage this institution now (`reasons`)."""

    code = "provider-not-engageable"
    zh = "学校目前不得引入该机构。"


class ProviderNotListed(Conflict):
    """The institution is not on the white list of the school's county on this day."""

    code = "provider-not-listed"
    zh = "该机构不在学校所在区县的白名单中。"


class FeeAbovePrice(Invalid):
    """The fee is above the price that the white list publishes (`price`, fen per lesson)."""

    code = "fee-above-price"
    zh = "收费高于白名单公布的价格。"


class ProviderMissing(Invalid):
    """A person from outside teaches for an institution: name it as the provider."""

    code = "provider-missing"
    zh = "校外人员须注明所属机构。"


class PersonNotChecked(Conflict):
    """The person has no background check that is valid on this day."""

    code = "person-not-checked"
    zh = "该校外人员没有有效的背景审查。"


class PersonOfAnother(Conflict):
    """The person belongs to another institution than the offering's provider."""

    code = "person-of-another"
    zh = "该校外人员不属于此课程的机构。"


class ListingDetails(BaseModel):
    """An institution on the list of a county (`district`), with its price in fen per lesson."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    institution_id: UUID
    district: Code
    price: Annotated[int, NUMBER, Field(ge=0, le=1_000_000)]
    valid_from: Day
    valid_to: Day | None = None
    source: Name


class Listing(Base, Aggregate, Withdrawable):
    """An entry of the white list of a county, on the days from `valid_from` to `valid_to`, both included."""

    __tablename__ = "provider_listing"
    __table_args__ = (
        withdrawn_for_a_reason(),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="days_in_order"),
        Index(
            "uq_provider_listing_institution_id_district",
            "institution_id",
            "district",
            "valid_from",
            unique=True,
            postgresql_where=text(STANDS),
        ),
    )

    institution_id: Mapped[UUID]
    district: Mapped[str] = mapped_column(Text)
    price: Mapped[int]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text)
    listed_at: Mapped[datetime]

    @classmethod
    def enter(cls, details: ListingDetails, *, at: datetime) -> tuple[Self, ProviderListed]:
        listed = cls(id=new_id(), version=0, listed_at=at, **details.model_dump())
        return listed, ProviderListed(**listed._said(at), price=details.price, valid_from=details.valid_from)

    def strike(self, reason: str, *, by: str, at: datetime) -> ProviderUnlisted:
        """Take it off the list from now on. Raises `Withdrawn`."""
        self.check_stands()
        self._mark_withdrawn(reason, by=by, at=at)
        return ProviderUnlisted(**self._said(at))

    def holds(self, on: date) -> bool:
        """Whether the institution is on the list on a day."""
        return self.withdrawn_at is None and self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def _said(self, at: datetime) -> dict[str, Any]:
        return {"listing_id": self.id, "institution_id": self.institution_id, "district": self.district, "at": at}


class CheckDetails(BaseModel):
    """A background check: when it was made, until when it counts, and where it is on file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    checked_on: Day
    valid_to: Day
    reference: Line


class OutsidePerson(Base, Aggregate):
    """A person from outside who teaches for an institution. The name is a sealed `person` of the same id."""

    __tablename__ = "outside_person"
    __table_args__ = (Index("ix_outside_person_institution_id", "institution_id"),)

    institution_id: Mapped[UUID]
    entered_at: Mapped[datetime]
    checked_on: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    reference: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def enter(cls, institution_id: UUID, *, at: datetime) -> tuple[Self, OutsidePersonEntered]:
        person = cls(id=new_id(), version=0, institution_id=institution_id, entered_at=at)
        return person, OutsidePersonEntered(person_id=person.id, institution_id=institution_id, at=at)

    def check(self, details: CheckDetails, *, at: datetime) -> OutsidePersonChecked:
        """Record a background check; the newest counts."""
        self.checked_on, self.valid_to, self.reference = details.checked_on, details.valid_to, details.reference
        return OutsidePersonChecked(
            person_id=self.id,
            institution_id=self.institution_id,
            checked_on=details.checked_on,
            valid_to=details.valid_to,
            at=at,
        )

    def is_checked(self, on: date) -> bool:
        """Whether a background check is valid on a day."""
        return self.checked_on is not None and self.valid_to is not None and self.checked_on <= on <= self.valid_to


def check_engagement(
    judgement: Judgement,
    listings: list[Listing],
    person: OutsidePerson | None,
    *,
    institution_id: UUID,
    fee: int,
    on: date,
) -> None:
    """Raises what forbids an institution, and a person of it, to teach an offering with this fee."""
    if not judgement.may_be_engaged:
        raise ProviderNotEngageable(pointer="/provider_id", reasons=[str(reason) for reason in judgement.reasons])
    listing = next((one for one in listings if one.holds(on)), None)
    if listing is None:
        raise ProviderNotListed(pointer="/provider_id")
    if fee > listing.price:
        raise FeeAbovePrice(pointer="/fee", price=listing.price)
    if person is not None and person.institution_id != institution_id:
        raise PersonOfAnother(pointer="/outside_person_id")
    if person is not None and not person.is_checked(on):
        raise PersonNotChecked(pointer="/outside_person_id", valid_to=person.valid_to)


def reasons_against(
    judgement: Judgement, listings: Sequence[Listing], person: OutsidePerson | None, *, on: date
) -> list[str]:
    """The codes of what ends an engagement on a day; empty: nothing. `listings` are of the school's county."""
    against = [] if judgement.may_be_engaged else [str(reason) for reason in judgement.reasons]
    if not any(one.holds(on) for one in listings):
        against.append(ProviderNotListed.code)
    if person is not None and not person.is_checked(on):
        against.append(PersonNotChecked.code)
    return against


CONSTRAINTS: Final = {"uq_provider_listing_institution_id_district": ListedAlready}
