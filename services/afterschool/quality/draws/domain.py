"""A draw of declarations (核查抽取): committed with everything that decides it, then revealed with a public value.

The list of declarations is known beforehand, so whoever chose a seed alone could try seeds until a school is spared.
The bureau therefore promises a secret and names where a public value will come from on a later day; the seed is made of
both and of the frozen list.
"""

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple, Self
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ARRAY, CheckConstraint, Date, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.rulebook.managements.domain import Management
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.canonical import canonical
from shared.domain.clock import china_date, instant
from shared.domain.lots import Listed, sampled, seed_of, sha256
from shared.domain.refusals import Conflict, Invalid, NotFound
from shared.domain.wording import NUMBER, Day, Key, Name
from shared.events.afterschool.managements import (
    ManagementDrawCancelled,
    ManagementDrawCommitted,
    ManagementDrawRevealed,
)

LARGEST: Final = 20_000
"""Declarations that one draw may be made from."""


class ManagementDrawNotFound(NotFound):
    """There is no such draw."""

    code = "management-draw-not-found"
    zh = "没有此抽取。"


class ManagementDrawEmpty(Conflict):
    """The term has no signed declaration of these managements that was not drawn before."""

    code = "management-draw-empty"
    zh = "本学期没有可抽取的已签字申报。"


class ManagementDrawTooLarge(Conflict):
    """The term has more than `limit` such declarations. Draw by management."""

    code = "management-draw-too-large"
    zh = "申报数量过多，请按管理项分别抽取。"


class SampleTooSmall(Invalid):
    """The share is below the minimum in force (`minimum_bp`)."""

    code = "sample-too-small"
    zh = "抽取比例低于现行下限。"


class PublicValueNotLater(Invalid):
    """The public value must become known on a day after today."""

    code = "public-value-not-later"
    zh = "公开数值须在今天之后产生。"


class PublicValueTooEarly(Conflict):
    """The public value is not known before `public_on`."""

    code = "public-value-too-early"
    zh = "公开数值尚未产生。"


class ManagementDrawNotCommitted(Conflict):
    """The draw was already revealed or cancelled."""

    code = "management-draw-not-committed"
    zh = "该抽取已揭晓或已取消。"


class ManagementDrawNotRevealed(Conflict):
    """The proof is available once the draw is revealed."""

    code = "management-draw-not-revealed"
    zh = "抽取揭晓后方有证明。"


class ManagementDrawState(StrEnum):
    COMMITTED = "committed"
    REVEALED = "revealed"
    CANCELLED = "cancelled"


class ManagementDrawDetails(BaseModel):
    """From which declarations a share is drawn, and where the public value comes from. `share_bp`: 500 is 5 %."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    term: Key
    managements: Annotated[list[Management], Field(min_length=1, max_length=5)] = Field(
        default_factory=lambda: list(Management)
    )
    share_bp: Annotated[int, NUMBER, Field(ge=1, le=10_000)]
    public_source: Name
    public_on: Day


class Candidate(NamedTuple):
    """A signed declaration; the strata of the draw are the districts and managements."""

    declaration_id: UUID
    district: str
    management: str


class ManagementDraw(Base, Aggregate):
    """A draw. Its list, its terms and its secret are fixed and hashed when it is committed."""

    __tablename__ = "management_draw"
    __table_args__ = (
        key_check("term"),
        CheckConstraint("(state = 'revealed') = (result IS NOT NULL)", name="revealed_with_a_result"),
    )

    term: Mapped[str] = mapped_column(Text)
    managements: Mapped[list[str]] = mapped_column(ARRAY(Text))
    share_bp: Mapped[int]
    public_source: Mapped[str] = mapped_column(Text)
    public_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text)
    targets_total: Mapped[int]
    drawn_total: Mapped[int]
    secret: Mapped[bytes] = mapped_column(comment="32 bytes, unknown to anybody until the draw is revealed")
    secret_sha256: Mapped[str] = mapped_column(Text)
    terms: Mapped[str] = mapped_column(Text, comment="canonical JSON, as it was hashed")
    targets: Mapped[str] = mapped_column(Text, comment="canonical JSON, as it was hashed")
    public_value: Mapped[str | None] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(Text)
    committed_at: Mapped[datetime]
    revealed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def commit_to(
        cls, details: ManagementDrawDetails, candidates: Sequence[Candidate], *, minimum_bp: int, at: datetime
    ) -> tuple[Self, ManagementDrawCommitted]:
        if details.share_bp < minimum_bp:
            raise SampleTooSmall(pointer="/share_bp", minimum_bp=minimum_bp)
        if details.public_on <= china_date(at):
            raise PublicValueNotLater(pointer="/public_on")
        if not candidates:
            raise ManagementDrawEmpty
        if len(candidates) > LARGEST:
            raise ManagementDrawTooLarge(limit=LARGEST)
        draw_id, secret = new_id(), secrets.token_bytes(32)
        targets = [
            Listed(id=str(one.declaration_id), stratum=f"{one.district}|{one.management}")
            for one in sorted(candidates, key=lambda one: str(one.declaration_id))
        ]
        terms = {
            "draw": str(draw_id),
            "term": details.term,
            "managements": sorted(details.managements),
            "share_bp": details.share_bp,
            "public_source": details.public_source,
            "public_on": str(details.public_on),
            "committed_at": instant(at),
        }
        draw = cls(
            id=draw_id,
            version=0,
            **details.model_dump(exclude={"managements"}),
            managements=sorted(details.managements),
            state=ManagementDrawState.COMMITTED,
            targets_total=len(targets),
            drawn_total=0,
            secret=secret,
            secret_sha256=sha256(secret),
            terms=canonical(terms).decode(),
            targets=canonical(targets).decode(),
            committed_at=at,
        )
        return draw, ManagementDrawCommitted(
            draw_id=draw_id,
            term=draw.term,
            targets=draw.targets_total,
            share_bp=draw.share_bp,
            public_source=draw.public_source,
            public_on=draw.public_on,
            **draw.commitment,
            at=at,
        )

    @property
    def commitment(self) -> dict[str, str]:
        return {"secret_sha256": self.secret_sha256, **self._inputs}

    @property
    def _inputs(self) -> dict[str, str]:
        return {"terms_sha256": sha256(self.terms.encode()), "targets_sha256": sha256(self.targets.encode())}

    def reveal(self, public_value: str, *, at: datetime) -> tuple[list[UUID], ManagementDrawRevealed]:
        """Draw: returns the ids of the declarations that were drawn."""
        self._check_committed()
        if china_date(at) < self.public_on:
            raise PublicValueTooEarly(public_on=self.public_on)
        seed = seed_of(self.secret, public_value, self._inputs)
        drawn = [one["id"] for one in sampled(seed, orjson.loads(self.targets), self.share_bp)]
        self.state, self.revealed_at, self.public_value = ManagementDrawState.REVEALED, at, public_value
        self.result, self.drawn_total = canonical(drawn).decode(), len(drawn)
        revealed = ManagementDrawRevealed(
            draw_id=self.id,
            secret=self.secret.hex(),
            public_value=public_value,
            seed=seed.hex(),
            result_sha256=sha256(self.result.encode()),
            drawn=len(drawn),
            at=at,
        )
        return [UUID(one) for one in drawn], revealed

    def cancel(self, reason: str, *, at: datetime) -> ManagementDrawCancelled:
        """Cancel it before it is revealed. Nobody knows the seed, so nobody can know which result is given up."""
        self._check_committed()
        self.state, self.cancelled_at, self.cancellation_reason = ManagementDrawState.CANCELLED, at, reason
        return ManagementDrawCancelled(draw_id=self.id, reason=reason, at=at)

    def _check_committed(self) -> None:
        if self.state != ManagementDrawState.COMMITTED:
            raise ManagementDrawNotCommitted(state=self.state)

    def proof(self) -> dict[str, Any]:
        if self.result is None or self.public_value is None:
            raise ManagementDrawNotRevealed(state=self.state)
        return {
            "format": "double-wings-sample-1",
            "commitment": self.commitment,
            "secret": self.secret.hex(),
            "public_value": self.public_value,
            "seed": seed_of(self.secret, self.public_value, self._inputs).hex(),
            "terms": orjson.loads(self.terms),
            "targets": orjson.loads(self.targets),
            "result": orjson.loads(self.result),
        }
