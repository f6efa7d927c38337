"""A draw (双随机): committed with everything that decides it, then revealed. Nobody chooses in between."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import ARRAY, CheckConstraint, Date, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.orm import Base
from services.inspection.planning.draws.lottery import Assignment, ListedInspector, draw, uncovered
from services.inspection.rounds.campaigns.domain import Scope
from shared.data.database import Aggregate, new_id
from shared.domain.canonical import canonical
from shared.domain.clock import china_date, instant
from shared.domain.lots import Listed, sha256
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound, field_error
from shared.domain.wording import NUMBER, Day, Key, Line, Reason
from shared.events.inspection.draws import DrawAssignment, DrawCancelled, DrawCommitted, DrawResultListed, DrawRevealed

PER_EVENT: Final = 500
LARGEST: Final = 100_000
"""Targets that one draw may be made from; more are several draws, by district."""
NAMED: Final = 20
"""Institutions without enough inspectors that a refusal names."""


class DrawNotFound(NotFound):
    """There is no such draw, or you may not see it."""

    code = "draw-not-found"
    zh = "没有此抽查，或不在您的权限范围内。"


class DrawOutsideYourDistrict(Forbidden):
    """You may draw only in your own district."""

    code = "draw-outside-your-district"
    zh = "区县人员只能组织本区县抽查。"


class DrawNotCommitted(Conflict):
    """The draw was already revealed or cancelled."""

    code = "draw-not-committed"
    zh = "该抽查已揭晓或已取消。"


class DrawNotRevealed(Conflict):
    """The proof is available once the draw is revealed."""

    code = "draw-not-revealed"
    zh = "抽查揭晓后方有证明。"


class DrawScopeEmpty(Conflict):
    """The draw's scope contains no institution, or every institution in it is excluded."""

    code = "draw-scope-empty"
    zh = "抽查范围内没有机构。"


class DrawTooLarge(Conflict):
    """The scope has more than `limit` institutions. Split it into several draws, for example by district."""

    code = "draw-too-large"
    zh = "机构数量过多，请按区县分别抽查。"


class DrawHeldInThePast(Invalid):
    """The day of the draw (`held_on`) must not be before today."""

    code = "draw-held-in-the-past"
    zh = "抽查日不得早于今日。"


class ShareTooSmall(Invalid):
    """The share is below the minimum in force (`minimum_bp`)."""

    code = "draw-share-too-small"
    zh = "抽查比例低于现行下限。"


class NotEnoughInspectors(Conflict):
    """Some institutions have no pair of inspectors that may visit them; `institutions` lists the first twenty."""

    code = "not-enough-inspectors"
    zh = "部分机构没有足够的可派检查人员。"


class InspectorNotInPool(Invalid):
    """This inspector or team is not in the pool."""

    code = "inspector-not-in-pool"
    zh = "该人员不在检查人员名录内。"


class RecusalNotOnList(Invalid):
    """A recusal names an institution that is not drawn from."""

    code = "recusal-not-on-list"
    zh = "回避所涉机构不在抽查名录内。"


class ExclusionNotInScope(Invalid):
    """An exclusion names an institution outside the draw's scope."""

    code = "exclusion-not-in-scope"
    zh = "排除所涉机构不在抽查范围内。"


class DrawState(StrEnum):
    COMMITTED = "committed"
    REVEALED = "revealed"
    CANCELLED = "cancelled"


class Unvisited(StrEnum):
    """Why a drawn institution has no visit: it, or its teams, changed since the commitment."""

    CLOSED = "closed"
    MERGED = "merged"
    NO_TEAM = "no_team"


class Pool(BaseModel):
    """The inspectors who may be drawn: these persons, and members of these teams. Default: all teams within reach."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    teams: Annotated[list[Key], Field(max_length=1000)] = Field(default_factory=list)
    subjects: Annotated[list[Line], Field(max_length=5000)] = Field(default_factory=list)


class Recusal(BaseModel):
    """An inspector who may not visit an institution, and why. The reason is never published."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Line
    institution_id: UUID
    reason: Reason


class Exclusion(BaseModel):
    """An institution excluded from the draw, and why. The exclusion is published with the terms, the reason is not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    institution_id: UUID
    reason: Reason


def _each_once(exclusions: list[Exclusion]) -> list[Exclusion]:
    if len({one.institution_id for one in exclusions}) != len(exclusions):
        raise field_error("exclusion-repeated", en="The same institution is named twice.", zh="机构重复。")
    return exclusions


class DrawDetails(BaseModel):
    """The scope of the draw, the share drawn, and who may visit. `share_bp` is in basis points: 500 is 5 %."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line
    scope: Scope = Field(default_factory=Scope)
    share_bp: Annotated[int, NUMBER, Field(ge=1, le=10_000)]
    certified_per_pair: Literal[1, 2] = 1
    pool: Pool = Field(default_factory=Pool)
    recusals: Annotated[list[Recusal], Field(max_length=5000)] = Field(default_factory=list)
    exclusions: Annotated[list[Exclusion], Field(max_length=5000), AfterValidator(_each_once)] = Field(
        default_factory=list
    )
    held_on: Day | None = Field(
        None, description="The day for which certificates and rotas are checked. Default: today."
    )


@dataclass(frozen=True, slots=True)
class Person:
    """An inspector of the pool, as the teams know him; `present` says that by their rotas he is there on the day."""

    subject: str
    team: str
    certificate: str | None
    certified: bool
    present: bool = True


class Draw(Base, Aggregate):
    """A draw. What decides its result is fixed and hashed when it is committed; the seed stays here until reveal."""

    __tablename__ = "draw"
    __table_args__ = (
        Index("ix_draw_district_id", "district", "id"),
        CheckConstraint("(state = 'revealed') = (result IS NOT NULL)", name="revealed_with_a_result"),
    )

    name: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text, comment="district that holds the draw; null is the city")
    scope: Mapped[dict[str, Any]] = mapped_column(JSONB)
    pool: Mapped[dict[str, Any]] = mapped_column(JSONB)
    recusals: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    exclusions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    share_bp: Mapped[int] = mapped_column(Integer)
    certified_per_pair: Mapped[int] = mapped_column(Integer)
    held_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text)
    targets_total: Mapped[int]
    inspectors_total: Mapped[int]
    drawn_total: Mapped[int]
    seed: Mapped[bytes] = mapped_column(comment="32 bytes, secret until the draw is revealed")
    seed_sha256: Mapped[str] = mapped_column(Text)
    terms: Mapped[str] = mapped_column(Text, comment="canonical JSON, as it was hashed")
    targets: Mapped[str] = mapped_column(Text, comment="canonical JSON, as it was hashed")
    inspectors: Mapped[str] = mapped_column(Text, comment="canonical JSON, as it was hashed")
    people: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="the inspectors behind the pseudonyms of this draw")
    result: Mapped[str | None] = mapped_column(Text)
    committed_at: Mapped[datetime]
    revealed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def commit_to(
        cls,
        details: DrawDetails,
        *,
        district: str | None,
        held_on: date,
        strata: Mapping[UUID, str],
        people: Sequence[Person],
        last_visitors: Mapping[UUID, Sequence[str]],
        at: datetime,
    ) -> tuple[Self, DrawCommitted]:
        if held_on < china_date(at):
            raise DrawHeldInThePast(pointer="/held_on")
        if len(strata) > LARGEST:
            raise DrawTooLarge(limit=LARGEST)
        left_out = _left_out(details.exclusions, strata)
        if len(left_out) == len(strata):
            raise DrawScopeEmpty
        draw_id = new_id()
        excluded = _exclusions(details.recusals, strata, people, last_visitors)
        targets = [
            Listed(id=str(one), stratum=stratum)
            for one, stratum in sorted(strata.items(), key=lambda item: str(item[0]))
            if one not in left_out
        ]
        # Names are chance, kept in `people` alone: one made from the subject could be guessed, and so his recusals.
        listed = {secrets.token_hex(12): person for person in people if person.present}
        inspectors = [
            ListedInspector(
                id=name,
                certificate=listed[name].certificate,
                certified=listed[name].certified,
                excluded=sorted(excluded.get(listed[name].subject, ())),
            )
            for name in sorted(listed)
        ]
        missing = uncovered(targets, inspectors, details.certified_per_pair)
        if missing:
            raise NotEnoughInspectors(targets=len(missing), inspectors=len(inspectors), institutions=missing[:NAMED])
        terms = {
            "draw": str(draw_id),
            "name": details.name,
            "share_bp": details.share_bp,
            "certified_per_pair": details.certified_per_pair,
            "held_on": str(held_on),
            "committed_at": instant(at),
            "excluded": sorted(map(str, left_out)),
        }
        seed = secrets.token_bytes(32)
        committed = cls(
            id=draw_id,
            version=0,
            name=details.name,
            district=district,
            scope=details.scope.model_dump(mode="json"),
            pool=details.pool.model_dump(mode="json"),
            recusals=[one.model_dump(mode="json") for one in details.recusals],
            exclusions=[one.model_dump(mode="json") for one in details.exclusions],
            share_bp=details.share_bp,
            certified_per_pair=details.certified_per_pair,
            held_on=held_on,
            state=DrawState.COMMITTED,
            targets_total=len(targets),
            inspectors_total=len(inspectors),
            drawn_total=0,
            seed=seed,
            seed_sha256=sha256(seed),
            terms=canonical(terms).decode(),
            targets=canonical(targets).decode(),
            inspectors=canonical(inspectors).decode(),
            people={name: {"subject": person.subject, "team": person.team} for name, person in listed.items()},
            committed_at=at,
        )
        fact = DrawCommitted(
            draw_id=draw_id,
            name=details.name,
            district=district,
            targets=len(targets),
            inspectors=len(inspectors),
            **committed.commitment,
            at=at,
        )
        return committed, fact

    @property
    def commitment(self) -> dict[str, str]:
        return {
            "seed_sha256": self.seed_sha256,
            "terms_sha256": sha256(self.terms.encode()),
            "targets_sha256": sha256(self.targets.encode()),
            "inspectors_sha256": sha256(self.inspectors.encode()),
        }

    @property
    def excluded_total(self) -> int:
        return len(self.exclusions)

    def reveal(self, *, at: datetime) -> tuple[list[Assignment], DrawRevealed]:
        self.check_committed()
        listed = [orjson.loads(text) for text in (self.terms, self.targets, self.inspectors)]
        result = draw(self.seed, *listed)
        self.state, self.revealed_at = DrawState.REVEALED, at
        self.result, self.drawn_total = canonical(result).decode(), len(result)
        fact = DrawRevealed(
            draw_id=self.id,
            seed=self.seed.hex(),
            result_sha256=sha256(self.result.encode()),
            drawn=len(result),
            at=at,
        )
        return result, fact

    def gone(self, status: str) -> Unvisited | None:
        """Why an institution of this status is no longer visited; None if it still is."""
        if status == "merged":
            return Unvisited.MERGED
        return Unvisited.CLOSED if status == "closed" and status not in self.scope["statuses"] else None

    def listed_results(self, unvisited: Mapping[UUID, Unvisited], *, at: datetime) -> Sequence[DrawResultListed]:
        drawn = self.assignments()
        parts = [drawn[start : start + PER_EVENT] for start in range(0, len(drawn), PER_EVENT)]
        return [
            DrawResultListed(
                draw_id=self.id,
                assignments=part,
                unvisited={
                    one.institution_id: unvisited[one.institution_id] for one in part if one.institution_id in unvisited
                },
                at=at,
            )
            for part in parts
        ]

    def assignments(self) -> list[DrawAssignment]:
        certificates = {one["id"]: one["certificate"] for one in orjson.loads(self.inspectors)}
        return [
            DrawAssignment(
                institution_id=one["target"],
                stratum=one["stratum"],
                certificates=[certificates[person] for person in one["inspectors"]],
            )
            for one in orjson.loads(self.result or "[]")
        ]

    def cancel(self, reason: str, *, at: datetime) -> DrawCancelled:
        """Cancel it before it is revealed. Nobody knows the seed, so nobody can know which result is given up."""
        self.check_committed()
        self.state, self.cancelled_at, self.cancellation_reason = DrawState.CANCELLED, at, reason
        return DrawCancelled(draw_id=self.id, reason=reason, at=at)

    def check_committed(self) -> None:
        if self.state != DrawState.COMMITTED:
            raise DrawNotCommitted(state=self.state)

    def proof(self) -> dict[str, Any]:
        if self.result is None:
            raise DrawNotRevealed(state=self.state)
        return {
            "format": "double-wings-draw-1",
            "commitment": self.commitment,
            "seed": self.seed.hex(),
            "terms": orjson.loads(self.terms),
            "targets": orjson.loads(self.targets),
            "inspectors": orjson.loads(self.inspectors),
            "result": orjson.loads(self.result),
        }


class DrawVisit(Base):
    """An institution that was drawn, and the pair; its visit, which says who really went, or why it has none."""

    __tablename__ = "draw_visit"
    __table_args__ = (CheckConstraint("(visit_id IS NULL) = (unvisited IS NOT NULL)", name="visited_or_why_not"),)

    draw_id: Mapped[UUID] = mapped_column(primary_key=True)
    institution_id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID | None] = mapped_column(unique=True)
    inspectors: Mapped[list[str]] = mapped_column(ARRAY(Text))
    unvisited: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class DrawnTarget:
    """An institution that was drawn: who was to go, and who went once its visit was submitted."""

    institution_id: UUID
    name: str | None
    drawn: Sequence[str]
    unvisited: str | None
    visit_id: UUID | None
    visit_state: str | None
    team: str | None
    went: Sequence[str]

    @property
    def as_drawn(self) -> bool | None:
        """Whether everybody who was drawn went; null while nobody has been there. Others may have come along."""
        return set(self.drawn).issubset(self.went) if self.went else None


def check_share(share_bp: int, *, minimum: int) -> None:
    if share_bp < minimum:
        raise ShareTooSmall(pointer="/share_bp", minimum_bp=minimum)


def _left_out(exclusions: Sequence[Exclusion], strata: Mapping[UUID, str]) -> set[UUID]:
    for place, exclusion in enumerate(exclusions):
        if exclusion.institution_id not in strata:
            raise ExclusionNotInScope(pointer=f"/exclusions/{place}/institution_id")
    return {exclusion.institution_id for exclusion in exclusions}


def _exclusions(
    recusals: Sequence[Recusal],
    strata: Mapping[UUID, str],
    people: Sequence[Person],
    last_visitors: Mapping[UUID, Sequence[str]],
) -> dict[str, set[str]]:
    pool = {person.subject for person in people}
    excluded: dict[str, set[str]] = {}
    for place, recusal in enumerate(recusals):
        if recusal.subject not in pool:
            raise InspectorNotInPool(pointer=f"/recusals/{place}/subject")
        if recusal.institution_id not in strata:
            raise RecusalNotOnList(pointer=f"/recusals/{place}/institution_id")
        excluded.setdefault(recusal.subject, set()).add(str(recusal.institution_id))
    for institution_id, subjects in last_visitors.items():
        for subject in subjects:
            excluded.setdefault(subject, set()).add(str(institution_id))
    return excluded
