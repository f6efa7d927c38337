"""A campaign (专项检查), the targets on its frozen list, and what was found beside the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ARRAY, CheckConstraint, Column, Date, Index, Integer, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base, Followed
from services.inspection.rounds.discoveries.domain import Discovery
from services.inspection.rounds.outcomes import Outcome
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.domain.dated import Withdrawable, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, Forbidden, NotFound, Refusal, field_error
from shared.domain.wording import Day, Line, Paragraph
from shared.events.inspection.campaigns import (
    CampaignClosed,
    CampaignDiscovery,
    CampaignLaunched,
    CampaignTargetClosed,
    CampaignTargetsHandedOver,
    CampaignTargetsListed,
    CampaignTargetsWithdrawn,
    CampaignWithdrawn,
    ListedTarget,
)

CLOSED_DOORS: Final = 3
"""Closed doors on so many days end a target of a campaign; before that, the team comes again."""
LISTED_PER_EVENT: Final = 1000
DISCOVERED: Final = "newly_found"
"""The tally's state of what was found beside the list."""


class CampaignNotFound(NotFound):
    """There is no such campaign, or you may not see it."""

    code = "campaign-not-found"
    zh = "没有此专项检查，或不在您的权限范围内。"


class CampaignNotDraft(Conflict):
    """The campaign was already launched; its list is frozen."""

    code = "campaign-not-draft"
    zh = "专项检查已启动，名单已冻结。"


class CampaignNotOpen(Conflict):
    """The campaign is not open."""

    code = "campaign-not-open"
    zh = "专项检查不在进行中。"


class CampaignUnderWay(Conflict):
    """The campaign cannot be withdrawn: some visits have started or ended. Close it when its targets are done."""

    code = "campaign-under-way"
    zh = "专项检查已有人员出发检查，不能撤回。"


class CampaignChanged(Conflict):
    """The campaign was changed at the same moment. Read it again, then retry."""

    code = "campaign-changed"
    zh = "专项检查刚刚被他人更改，请查看后重试。"


class CampaignScopeEmpty(Conflict):
    """No institution is in the campaign's scope."""

    code = "campaign-scope-empty"
    zh = "专项检查范围内没有机构。"


class TargetsStillOpen(Conflict):
    """Some targets are still open (`number`). A campaign can be closed once every target has a reason."""

    code = "targets-still-open"
    zh = "仍有机构未检查且未说明原因，专项检查不能结束。"


class InstitutionNotOnList(Conflict):
    """This institution is not on the campaign's frozen list."""

    code = "institution-not-on-list"
    zh = "该机构不在本次专项检查名单内。"


class OutcomeCounted(Conflict):
    """The visit's earlier outcome already counts in the campaign and cannot be replaced by this one."""

    code = "outcome-counted"
    zh = "该次检查原结果已计入专项检查，不能改为此结果。"


class CampaignOutsideYourDistrict(Forbidden):
    """You may run campaigns only in your own district."""

    code = "campaign-outside-your-district"
    zh = "区县人员只能开展本区县专项检查。"


class CampaignState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class TargetState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


Places = Annotated[list[Line], Field(max_length=5000)]


class Scope(BaseModel):
    """Which institutions are in scope; an empty list means all values."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grids: Places = Field(default_factory=list)
    districts: Places = Field(default_factory=list)
    streets: Places = Field(default_factory=list)
    kinds: Annotated[list[Literal["subject", "non_subject"]], Field(max_length=2)] = Field(default_factory=list)
    statuses: Annotated[list[Literal["active", "suspended", "closed", "unlicensed"]], Field(max_length=4)] = Field(
        default_factory=list
    )


class CampaignDetails(BaseModel):
    """What a campaign is for, which institutions it visits, and when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line
    purpose: Paragraph | None = None
    scope: Scope = Field(default_factory=Scope)
    starts_on: Day
    ends_on: Day

    @model_validator(mode="after")
    def ends_after_it_starts(self) -> Self:
        if self.ends_on < self.starts_on:
            raise field_error(
                "campaign-days-reversed", en="The last day is before the first.", zh="结束日期早于开始日期。"
            )
        return self


class CampaignTarget(Base, Followed):
    """An institution on the frozen list. It ends with a reason, or the campaign does not end."""

    __tablename__ = "campaign_target"
    __table_args__ = (
        UniqueConstraint("campaign_id", "institution_id", name="uq_campaign_target_institution"),
        Index("ix_campaign_target_grid", "campaign_id", "grid", "institution_id"),
        Index("ix_campaign_target_team", "campaign_id", "team", "state", "institution_id"),
        Index("ix_campaign_target_team_changed_in_id", "team", "changed_in", "id"),
        CheckConstraint("(state = 'closed') = (reason IS NOT NULL)", name="closed_with_a_reason"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # No foreign key: the launch writes the list while it holds the campaign, and a check per row would double its cost.
    campaign_id: Mapped[UUID]
    institution_id: Mapped[UUID]
    grid: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    visit_id: Mapped[UUID | None]
    attempts: Mapped[int]
    shut_on: Mapped[list[date]] = mapped_column(
        ARRAY(Date), server_default=text("'{}'"), comment="the days of visits that met a closed door"
    )
    closed_at: Mapped[datetime | None]

    @property
    def standing(self) -> str:
        return self.reason or TargetState.OPEN

    def take(self, outcome: Outcome, *, before: str | None, visit_id: UUID, on: date, at: datetime) -> bool:
        """Count a visit's outcome; returns whether the target closed by it, or its reason changed.

        `before` is the outcome this visit had before a reviewer sent it back, so that a closed door is not counted
        twice. Several closed doors on one day count as one of the three. A withdrawn list counts nothing.
        """
        if self.state == TargetState.WITHDRAWN:
            return False
        if self.state == TargetState.CLOSED:
            return self._correct(outcome, visit_id)
        if before == Outcome.CLOSED_DOOR:
            self.shut_on = _without(self.shut_on, on)
        if outcome is Outcome.CLOSED_DOOR:
            self.shut_on = [*self.shut_on, on]
        self.attempts = len(self.shut_on)
        if outcome is Outcome.CLOSED_DOOR and len(set(self.shut_on)) < CLOSED_DOORS:
            return False
        self.state, self.reason, self.visit_id, self.closed_at = TargetState.CLOSED, outcome, visit_id, at
        return True

    def _correct(self, outcome: Outcome, visit_id: UUID) -> bool:
        """A reason set by another visit stays. This visit's own reason may be corrected, but not taken back; raises
        `OutcomeCounted`."""
        if self.visit_id != visit_id or self.reason == outcome:
            return False
        if outcome is Outcome.CLOSED_DOOR:
            raise OutcomeCounted(reason=self.reason)
        self.reason = outcome
        return True


def _without(days: Sequence[date], day: date) -> list[date]:
    left = list(days)
    left.remove(day)
    return left


@dataclass(frozen=True, slots=True)
class Count:
    """What an outcome changes in a campaign's figures: from which cell of the tally to which, and its fact."""

    fact: CampaignTargetClosed | CampaignDiscovery
    grid: str | None
    team: str | None
    was: str | None
    now: str
    discovery: Discovery | None = None

    @classmethod
    def of_target(cls, target: CampaignTarget, *, was: str, at: datetime) -> Self:
        assert target.reason is not None
        fact = CampaignTargetClosed(
            campaign_id=target.campaign_id,
            target_id=target.id,
            institution_id=target.institution_id,
            visit_id=target.visit_id,
            reason=target.reason,
            at=at,
        )
        return cls(fact, target.grid, target.team, was, target.standing)

    @classmethod
    def of_discovery(cls, found: Discovery, campaign_id: UUID, *, known: bool, at: datetime) -> Self:
        """A discovery. `known`: it counts already and is only described now."""
        fact = CampaignDiscovery(
            campaign_id=campaign_id, discovery_id=found.id, visit_id=found.visit_id, **found.description(), at=at
        )
        return cls(fact, found.grid, found.team, DISCOVERED if known else None, DISCOVERED, found)

    @property
    def moves(self) -> bool:
        return self.was != self.now


class Campaign(Base, Aggregate, Withdrawable):
    """A campaign. Its counters move in the transactions of the facts they count, under the lock of its row."""

    __tablename__ = "campaign"
    __table_args__ = (Index("ix_campaign_state_id", "state", "id"), withdrawn_for_a_reason())

    name: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str | None] = mapped_column(Text)
    scope: Mapped[dict[str, Any]] = mapped_column(JSONB)
    district: Mapped[str | None] = mapped_column(Text, comment="district that holds the campaign; null is the city")
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text)
    targets_total: Mapped[int]
    closed_total: Mapped[int]
    discoveries_total: Mapped[int]
    created_at: Mapped[datetime]
    launched_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    @classmethod
    def plan(cls, details: CampaignDetails, *, district: str | None, at: datetime) -> Self:
        return cls(
            id=new_id(),
            version=0,
            **details.model_dump(),
            district=district,
            state=CampaignState.DRAFT,
            targets_total=0,
            closed_total=0,
            discoveries_total=0,
            created_at=at,
        )

    def check_draft(self) -> None:
        """Raises `Withdrawn` or `CampaignNotDraft`."""
        self.check_stands()
        if self.state != CampaignState.DRAFT:
            raise CampaignNotDraft(state=self.state)

    def check_open(self) -> None:
        if self.state != CampaignState.OPEN:
            raise CampaignNotOpen(state=self.state)

    def launch(self, targets: int, *, at: datetime) -> CampaignLaunched:
        self.check_draft()
        if targets == 0:
            raise CampaignScopeEmpty
        self.state, self.targets_total, self.launched_at = CampaignState.OPEN, targets, at
        return CampaignLaunched(campaign_id=self.id, name=self.name, targets=targets, district=self.district, at=at)

    def listed(self, targets: Sequence[ListedTarget], *, at: datetime) -> CampaignTargetsListed:
        # Rows of ours, up to a million of them: building them needs no second validation.
        return CampaignTargetsListed.model_construct(campaign_id=self.id, targets=list(targets), at=at)

    def hand_over(self, targets: Sequence[UUID], *, to: str, from_team: str, at: datetime) -> CampaignTargetsHandedOver:
        return CampaignTargetsHandedOver(
            campaign_id=self.id, targets=list(targets), from_team=from_team, team=to, at=at
        )

    def check_withdrawable(self, *, at: datetime) -> None:
        """A draft can be withdrawn on any day, a launched campaign before its first day or on the day of its launch. A
        first day that lay in the past at the launch does not matter. Raises `Withdrawn` or `WithdrawalTooLate`."""
        self.check_stands()
        if self.launched_at is not None:
            begins = max(self.starts_on, china_date(self.launched_at))
            self._check_not_begun(first_day=begins, entered_at=self.launched_at, at=at)

    def withdraw(self, reason: str, *, under_way: bool, by: str, at: datetime) -> CampaignWithdrawn:
        """Withdraw it. `under_way`: a visit of the campaign has started. Raises `Withdrawn`, `WithdrawalTooLate` or
        `CampaignUnderWay`."""
        self.check_withdrawable(at=at)
        if under_way:
            raise CampaignUnderWay
        self._mark_withdrawn(reason, by=by, at=at)
        self.state, self.targets_total = CampaignState.WITHDRAWN, 0
        return CampaignWithdrawn(campaign_id=self.id, name=self.name, district=self.district, at=at)

    def unlisted(self, targets: Sequence[UUID], *, at: datetime) -> CampaignTargetsWithdrawn:
        return CampaignTargetsWithdrawn(campaign_id=self.id, targets=list(targets), at=at)

    def count(self, one: Count) -> None:
        """Count an outcome. A correction of something already counted is accepted after the end of the campaign too."""
        if one.moves:
            self.check_open()
            self.closed_total += one.was == TargetState.OPEN
            self.discoveries_total += one.now == DISCOVERED

    def close(self, *, at: datetime) -> CampaignClosed:
        self.check_open()
        still_open = self.targets_total - self.closed_total
        if still_open:
            raise TargetsStillOpen(number=still_open)
        self.state, self.closed_at = CampaignState.CLOSED, at
        return CampaignClosed(
            campaign_id=self.id,
            targets=self.targets_total,
            closed=self.closed_total,
            discoveries=self.discoveries_total,
            at=at,
        )


campaign_tally = Table(
    "campaign_tally",
    Base.metadata,
    Column("campaign_id", Uuid, nullable=False),
    Column("grid", Text),
    Column("team", Text),
    Column("state", Text, nullable=False, comment="open, newly_found, or the reason of closing"),
    Column("number", Integer, nullable=False),
    UniqueConstraint(
        "campaign_id", "grid", "team", "state", name="uq_campaign_tally_cell", postgresql_nulls_not_distinct=True
    ),
)
"""How many targets of a campaign stand where: coverage of a million targets costs what that of ten thousand does."""


class Coverage(BaseModel):
    """A target is covered when it was closed with a reason; `coverage` is the share of the frozen list."""

    targets: int = 0
    closed: int = 0
    open: int = 0
    coverage: float | None = None
    discoveries: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)

    def add(self, state: str, number: int) -> None:
        if state == DISCOVERED:
            self.discoveries += number
            return
        self.targets += number
        if state == TargetState.OPEN:
            self.open += number
        else:
            self.closed += number
            self.reasons[state] = self.reasons.get(state, 0) + number
        self.coverage = self.closed / self.targets if self.targets else None


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {}
