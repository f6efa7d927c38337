"""A street inspection team: people who answer for every institution in their grids."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import ARRAY, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound, Refusal, field_error
from shared.domain.wording import Code, Day, Key, Line
from shared.events.inspection.teams import TeamFormed, TeamHandedOver


class TeamNotFound(NotFound):
    """There is no such team, or you may not see it."""

    code = "team-not-found"
    zh = "没有此检查组，或不在您的权限范围内。"


class TeamCodeTaken(Conflict):
    """Another team already has this code."""

    code = "team-code-taken"
    zh = "已有检查组使用该代码。"


class TeamHasWork(Conflict):
    """The team has open work and cannot be dissolved. Hand the work over first; the facts count it."""

    code = "team-has-work"
    zh = "该检查组尚有未办结工作，须先移交。"


class GridTaken(Conflict):
    """One of these grids already belongs to another active team."""

    code = "grid-taken"
    zh = "其中有网格已由其他检查组负责。"


class LeaderNotMember(Invalid):
    """The leader must be a member of the team."""

    code = "leader-not-member"
    zh = "组长须为本组成员。"


class TeamOutsideYourDistrict(Forbidden):
    """You may form teams only in your own district."""

    code = "team-outside-your-district"
    zh = "区县人员只能组建本区县检查组。"


def _people_once(members: list["Inspector"]) -> list["Inspector"]:
    if len({member.subject for member in members}) != len(members):
        raise field_error("member-repeated", en="The same member is named twice.", zh="成员重复。")
    numbers = [member.certificate_no for member in members if member.certificate_no is not None]
    if len(set(numbers)) != len(numbers):
        raise field_error(
            "certificate-repeated", en="Two members have the same certificate number.", zh="执法证号重复。"
        )
    return members


def _each_once(grids: list[str]) -> list[str]:
    if len(set(grids)) != len(grids):
        raise field_error("grid-repeated", en="The same grid is named twice.", zh="网格重复。")
    return grids


class Inspector(BaseModel):
    """A member: the subject of the access token, a name, and the law-enforcement certificate, if there is one.

    A certificate without a last day does not count as in force: article 42 of the Administrative Penalty Law requires
    officers who are certified on the day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Line
    name: Line
    certificate_no: Key | None = None
    certificate_expires_on: Day | None = None

    def certified(self, *, on: date) -> bool:
        """Whether the certificate is in force on this day, its last day included."""
        return (
            self.certificate_no is not None
            and self.certificate_expires_on is not None
            and on <= self.certificate_expires_on
        )


Grids = Annotated[list[Line], Field(max_length=500), AfterValidator(_each_once)]
Members = Annotated[list[Inspector], Field(max_length=200), AfterValidator(_people_once)]


class TeamDetails(BaseModel):
    """The details of a team. `code` is the `team` claim of its inspectors' tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Key
    name: Line
    district: Code | None = None
    street: Code | None = None
    grids: Grids = Field(default_factory=list)
    members: Members = Field(default_factory=list)
    leader: Line | None = None
    active: bool = True


FIELDS: Final = tuple(TeamDetails.model_fields)


class Team(Base, Aggregate):
    """A street inspection team (街道检查组)."""

    __tablename__ = "team"
    __table_args__ = (
        Index("uq_team_code", "code", unique=True),
        key_check("code"),
        Index("ix_team_district_id", "district", "id"),
    )

    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    grids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    members: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    leader: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool]
    formed_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    @classmethod
    def form(cls, details: TeamDetails, *, at: datetime) -> tuple[Self, TeamFormed]:
        team = cls(id=new_id(), version=0, formed_at=at, changed_at=at, **details.model_dump(mode="json"))
        team._check_leader()
        return team, team._formed(at)

    def change(self, changes: Mapping[str, object], *, at: datetime) -> TeamFormed | None:
        """Change name, grids or members, or take the team out of service; None where nothing would change."""
        changed = {field: value for field, value in changes.items() if getattr(self, field) != value}
        if not changed:
            return None
        for field, value in changed.items():
            setattr(self, field, value)
        self._check_leader()
        self.changed_at = at
        return self._formed(at)

    def hand_over(
        self, to: str, *, visits: int, targets: int, violations: int, complaints: int, at: datetime
    ) -> TeamHandedOver:
        return TeamHandedOver(
            team_id=self.id,
            code=self.code,
            to=to,
            visits=visits,
            targets=targets,
            violations=violations,
            complaints=complaints,
            at=at,
        )

    @property
    def walked(self) -> list[str]:
        return self.grids if self.active else []

    def _check_leader(self) -> None:
        if self.leader is not None and self.leader not in self._subjects():
            raise LeaderNotMember(pointer="/leader")

    def _subjects(self) -> list[str]:
        return [member["subject"] for member in self.members]

    def _formed(self, at: datetime) -> TeamFormed:
        return TeamFormed(
            team_id=self.id,
            code=self.code,
            name=self.name,
            district=self.district,
            grids=list(self.walked),
            at=at,
            street=self.street,
            leader=self.leader,
            members=tuple(self._subjects()),
        )


class TeamGrid(Base):
    """Which team walks a grid. The key is the rule: at most one team in service per grid, even when two are formed
    at the same moment."""

    __tablename__ = "team_grid"

    grid: Mapped[str] = mapped_column(Text, primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"), index=True)


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_team_code": TeamCodeTaken, "pk_team_grid": GridTaken}
