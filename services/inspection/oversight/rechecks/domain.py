"""A round of re-checks (复查) over a team's finished visits, and each of them with its result.

The round keeps its seed and the visits it drew from: whoever sorts these by HMAC-SHA256(seed, visit id) finds the same
first ones. Nobody who made a visit looks at it again, nor does his team.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ARRAY, CheckConstraint, Date, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from services.inspection.rounds.outcomes import Outcome
from services.inspection.rulebook.offences.domain import Finding
from shared.data.database import Aggregate, new_id
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound, field_error
from shared.domain.wording import NUMBER, Day, Key, Paragraph
from shared.events.inspection.rechecks import RecheckAttempted, RecheckConcluded, RechecksDrawn

WHOLE: Final = 10_000
LARGEST: Final = 50_000
"""Visits that one round may be drawn from."""


class RecheckNotFound(NotFound):
    """There is no such re-check, or you may not see it."""

    code = "recheck-not-found"
    zh = "没有此复查，或不在您的权限范围内。"


class RoundNotFound(NotFound):
    """There is no such round of re-checks, or you may not see it."""

    code = "recheck-round-not-found"
    zh = "没有此轮复查，或不在您的权限范围内。"


class NothingToRecheck(Conflict):
    """In this period the team has no finished visit that was not already re-checked."""

    code = "nothing-to-recheck"
    zh = "该检查组在此期间没有可复查的检查。"


class TooManyToRecheck(Conflict):
    """The period has more than `limit` visits. Draw several rounds, each of fewer days."""

    code = "recheck-too-large"
    zh = "检查次数过多，请分期复查。"


class SameTeamRechecks(Invalid):
    """A team may not re-check its own visits."""

    code = "recheck-same-team"
    zh = "检查组不得复查本组的检查。"


class RecheckTeamUnknown(Invalid):
    """There is no such active team, or you may not see it."""

    code = "recheck-team-unknown"
    zh = "没有此检查组。"


class RecheckDone(Conflict):
    """The result of this re-check is already recorded."""

    code = "recheck-done"
    zh = "该复查已有结论。"


class RecheckOwnVisit(Forbidden):
    """An inspector who made the visit may not re-check it."""

    code = "recheck-own-visit"
    zh = "参与检查的人员不得复查本次检查。"


class RecheckNotYours(Forbidden):
    """This re-check is for another team, or for an officer."""

    code = "recheck-not-yours"
    zh = "该复查由其他检查组或区县人员进行。"


class RecheckSawNothing(Invalid):
    """A re-check with the outcome `closed_door` cannot report missed violations."""

    code = "recheck-saw-nothing"
    zh = "复查时门店关闭，不能认定遗漏的问题。"


class RecheckState(StrEnum):
    OPEN = "open"
    DONE = "done"


class RoundDetails(BaseModel):
    """The team and days whose visits are re-checked, the share (basis points: 1000 is 10 %), and the team that does it;
    officers do it if no team is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    team: Key
    first_day: Day
    last_day: Day
    share_bp: Annotated[int, NUMBER, Field(ge=1, le=WHOLE)]
    by_team: Key | None = None

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise field_error(
                "days-reversed", en="The last day must not be before the first.", zh="结束日期早于开始日期。"
            )
        return self


class ResultDetails(BaseModel):
    """The result of a re-check: the correct outcome, and the violations that the visit missed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Outcome
    missed_violations: Annotated[list[Finding], Field(max_length=200)] = Field(default_factory=list)
    note: Paragraph | None = None


def drawn(seed: bytes, population: Iterable[UUID], share_bp: int) -> list[UUID]:
    visits = list(population)
    number = -(-len(visits) * share_bp // WHOLE)
    return sorted(visits, key=lambda visit: hmac.digest(seed, str(visit).encode(), hashlib.sha256))[:number]


class RecheckRound(Base, Aggregate):
    """One drawing of re-checks: everything that anybody needs to draw again."""

    __tablename__ = "recheck_round"
    __table_args__ = (Index("ix_recheck_round_district_id", "district", "id"),)

    team: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    by_team: Mapped[str | None] = mapped_column(Text)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    share_bp: Mapped[int]
    seed: Mapped[bytes]
    population: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    drawn_total: Mapped[int]
    drawn_by: Mapped[str] = mapped_column(Text)
    drawn_at: Mapped[datetime]

    @classmethod
    def draw(
        cls, details: RoundDetails, population: Sequence[UUID], *, district: str | None, by: str, at: datetime
    ) -> tuple[Self, list[UUID], RechecksDrawn]:
        if details.by_team == details.team:
            raise SameTeamRechecks(pointer="/by_team")
        if not population:
            raise NothingToRecheck
        if len(population) > LARGEST:
            raise TooManyToRecheck(limit=LARGEST)
        seed = secrets.token_bytes(32)
        visits = drawn(seed, population, details.share_bp)
        round_ = cls(
            id=new_id(),
            version=0,
            **details.model_dump(),
            district=district,
            seed=seed,
            population=sorted(population),
            drawn_total=len(visits),
            drawn_by=by,
            drawn_at=at,
        )
        fact = RechecksDrawn(
            round_id=round_.id,
            team=round_.team,
            by_team=round_.by_team,
            first_day=round_.first_day,
            last_day=round_.last_day,
            share_bp=round_.share_bp,
            population=len(population),
            drawn=len(visits),
            seed=seed.hex(),
            at=at,
        )
        return round_, visits, fact

    @property
    def seed_hex(self) -> str:
        return self.seed.hex()


class Recheck(Base, Aggregate):
    """A second look at one visit."""

    __tablename__ = "recheck"
    __table_args__ = (
        Index("ix_recheck_round_id_id", "round_id", "id"),
        Index("ix_recheck_team_state_id", "team", "state", "id"),
        Index("ix_recheck_open", "id", postgresql_where=text("state = 'open'")),
        CheckConstraint("(state = 'done') = (agrees IS NOT NULL)", name="done_with_a_result"),
    )

    round_id: Mapped[UUID]
    visit_id: Mapped[UUID] = mapped_column(unique=True)
    institution_id: Mapped[UUID | None]
    team: Mapped[str] = mapped_column(Text, comment="team that made the visit")
    by_team: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    outcome_before: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    agrees: Mapped[bool | None]
    outcome_found: Mapped[str | None] = mapped_column(Text)
    missed: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    note: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    rechecked_by: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]

    @classmethod
    def of(cls, round_: RecheckRound, visit_id: UUID, institution_id: UUID | None, outcome: str) -> Self:
        return cls(
            id=new_id(),
            version=0,
            round_id=round_.id,
            visit_id=visit_id,
            institution_id=institution_id,
            team=round_.team,
            by_team=round_.by_team,
            district=round_.district,
            outcome_before=outcome,
            state=RecheckState.OPEN,
            missed=[],
            attempts=0,
        )

    def conclude(
        self,
        details: ResultDetails,
        *,
        outcome: str,
        inspectors: Sequence[str],
        by: str,
        by_team: str | None,
        at: datetime,
    ) -> RecheckConcluded | RecheckAttempted:
        """Record the result of the re-check, beside the visit's outcome as it is now, which may have been corrected.

        A closed door contradicts nothing, so the re-check of a visit that got in stays open. `by_team` is the
        inspector's team, None for an officer.
        """
        if self.state != RecheckState.OPEN:
            raise RecheckDone
        if by in inspectors:
            raise RecheckOwnVisit
        if by_team is not None and by_team != self.by_team:
            raise RecheckNotYours
        self.outcome_before = outcome
        if details.outcome is Outcome.CLOSED_DOOR and outcome != Outcome.CLOSED_DOOR:
            return self._attempt(details, at=at)
        self.state, self.done_at, self.rechecked_by, self.note = RecheckState.DONE, at, by, details.note
        self.outcome_found = details.outcome
        self.missed = [finding.model_dump(mode="json") for finding in details.missed_violations]
        self.agrees = details.outcome == self.outcome_before and not self.missed
        return RecheckConcluded(
            recheck_id=self.id,
            round_id=self.round_id,
            visit_id=self.visit_id,
            institution_id=self.institution_id,
            team=self.team,
            by_team=self.by_team,
            agrees=self.agrees,
            differences=self.differences,
            outcome_before=self.outcome_before,
            outcome_found=self.outcome_found,
            missed=[finding.severity for finding in details.missed_violations],
            at=at,
            district=self.district,
        )

    def _attempt(self, details: ResultDetails, *, at: datetime) -> RecheckAttempted:
        if details.missed_violations:
            raise RecheckSawNothing(pointer="/missed_violations")
        self.attempts, self.note = self.attempts + 1, details.note
        return RecheckAttempted(
            recheck_id=self.id,
            round_id=self.round_id,
            visit_id=self.visit_id,
            institution_id=self.institution_id,
            team=self.team,
            by_team=self.by_team,
            attempts=self.attempts,
            at=at,
        )

    @property
    def differences(self) -> list[str]:
        if self.state != RecheckState.DONE:
            return []
        found = {"outcome": self.outcome_found != self.outcome_before, "violations_missed": bool(self.missed)}
        return [name for name, differs in found.items() if differs]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often a team's visits stood a second look; `share` is null where nobody took one."""

    team: str
    rechecked: int
    agreeing: int

    @property
    def share(self) -> float | None:
        return self.agreeing / self.rechecked if self.rechecked else None


def as_agreements(rows: Iterable[Any]) -> Mapping[str, Agreement]:
    return {row.team: Agreement(row.team, row.rechecked, row.agreeing) for row in rows}
