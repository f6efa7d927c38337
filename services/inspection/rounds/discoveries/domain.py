"""An institution found on the street (新发现): told once with all that the inspector saw, then an entry of the ledger.

Its facts carry the id under which the registry enters it: however often they arrive, it is one entry.
"""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Float, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.field.places import Place
from services.inspection.orm import Base
from shared.data.database import Aggregate, new_id
from shared.domain.refusals import Conflict, Invalid, field_error
from shared.domain.wording import NUMBER, Address, Name
from shared.events.inspection.targets import InstitutionDiscovered


class DiscoveryUnasked(Invalid):
    """Only a visit with the outcome `newly_found` may describe a discovery."""

    code = "discovery-unasked"
    zh = "只有结果为新发现的检查才能填写新发现机构。"


class DiscoveryUndescribed(Conflict):
    """The discovery is not described yet. Send the visit back so that the team describes it."""

    code = "discovery-undescribed"
    zh = "新发现机构尚无描述，请退回检查组补充。"


_Degrees = Annotated[float, NUMBER, Field(allow_inf_nan=False)]


class DiscoveryDetails(BaseModel):
    """What the inspector saw: the name on the sign, the position (degrees in WGS 84), and what is taught."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    address: Address
    kind: Literal["subject", "non_subject"]
    lon: Annotated[_Degrees, Field(ge=-180, le=180)] | None = None
    lat: Annotated[_Degrees, Field(ge=-90, le=90)] | None = None

    @model_validator(mode="after")
    def both_coordinates_or_none(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise field_error(
                "coordinates-incomplete",
                en="Give both the longitude and the latitude, or neither.",
                zh="经纬度须同时给出。",
            )
        return self


class Discovery(Base, Aggregate):
    """What one visit found. `institution_id` is its entry in the ledger, once that has arrived here as a target."""

    __tablename__ = "discovery"
    __table_args__ = (Index("ix_discovery_campaign_id_id", "campaign_id", "id"),)

    campaign_id: Mapped[UUID | None]
    visit_id: Mapped[UUID] = mapped_column(unique=True)
    grid: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    found_at: Mapped[datetime]
    ledger_id: Mapped[UUID] = mapped_column(unique=True)
    institution_id: Mapped[UUID | None]

    @classmethod
    def make(
        cls,
        visit_id: UUID,
        place: Place,
        *,
        campaign_id: UUID | None,
        details: DiscoveryDetails | None,
        note: str | None,
        at: datetime,
    ) -> Self:
        """Record a discovery. Its version counts only facts that it publishes itself, not those of its campaign."""
        return cls(
            id=new_id(),
            version=0,
            campaign_id=campaign_id,
            visit_id=visit_id,
            grid=place.grid,
            district=place.district,
            street=place.street,
            team=place.team,
            note=note,
            **(details.model_dump() if details is not None else {}),
            found_at=at,
            ledger_id=new_id(),
        )

    def complete(self, details: DiscoveryDetails | None) -> bool:
        """Describe a discovery that has no description yet; returns whether that changed it. A description is never
        replaced."""
        if details is None or self.name is not None:
            return False
        for name, value in details.model_dump().items():
            setattr(self, name, value)
        return True

    def check_described(self) -> None:
        """Raises `DiscoveryUndescribed`: only a described discovery can be entered in the ledger."""
        if self.name is None:
            raise DiscoveryUndescribed

    def told(self, *, at: datetime) -> InstitutionDiscovered:
        return InstitutionDiscovered(discovery_id=self.id, visit_id=self.visit_id, **self.description(), at=at)

    def description(self) -> dict[str, object]:
        fields = ("grid", "team", "name", "address", "kind", "lon", "lat", "district", "street", "ledger_id")
        return {field: getattr(self, field) for field in fields}
