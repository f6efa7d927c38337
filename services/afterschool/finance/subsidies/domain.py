"""A subsidy run (补助核算): computed by the worker, reviewed by another person, locked.

A locked run and its lines never change. The database refuses it as well (revision 0012), because later runs post the
difference to what locked lines say: a line changed by hand would be paid twice or taken back.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.finance.subsidies.postings import Posting
from services.afterschool.orm import Base
from services.afterschool.roster.classes.domain import SchoolClass
from services.afterschool.roster.schools.domain import School
from services.afterschool.rulebook.norms.domain import Norm
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.refusals import Conflict, Forbidden, NotFound
from shared.events.afterschool.subsidies import (
    SubsidyRunComputed,
    SubsidyRunDiscarded,
    SubsidyRunLocked,
    SubsidyRunReviewed,
)


class SubsidyRunNotFound(NotFound):
    """There is no such subsidy run, or you may not see it."""

    code = "subsidy-run-not-found"
    zh = "没有此补助核算，或不在您的权限范围内。"


class SubsidyRunOpen(Conflict):
    """This term has a run, of the city or of this district, that is neither locked nor discarded."""

    code = "subsidy-run-open"
    zh = "该学期已有未锁定的补助核算。"


class SubsidyRunStateUnfit(Conflict):
    """The state of the run (`state`) does not allow this step."""

    code = "subsidy-run-state-unfit"
    zh = "补助核算当前状态不允许此操作。"


class ReviewerComputed(Forbidden):
    """Another person than the one who started the run must review it."""

    code = "reviewer-computed"
    zh = "复核人不得为核算人本人。"


class SubsidyRunState(StrEnum):
    """The worker computes a run that is `computing`."""

    COMPUTING = "computing"
    COMPUTED = "computed"
    REVIEWED = "reviewed"
    LOCKED = "locked"
    DISCARDED = "discarded"


OPEN: Final = (SubsidyRunState.COMPUTING, SubsidyRunState.COMPUTED, SubsidyRunState.REVIEWED)
"""States of a run that may still be locked."""


class SubsidyRun(Base, Aggregate):
    """One computation of what all classes of the city, or of one district, are due for a term. Only locked runs count
    as posted.

    `total` is the sum of its lines in fen; `computed_by` asked for it.
    """

    __tablename__ = "subsidy_run"
    __table_args__ = (
        key_check("term"),
        Index(
            "uq_subsidy_run_term_open",
            "term",
            "district",
            unique=True,
            postgresql_where=text("state IN ('computing', 'computed', 'reviewed')"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_subsidy_run_term_id", "term", "id"),
        CheckConstraint("(state = 'locked') = (locked_at IS NOT NULL)", name="locked_at_a_time"),
        CheckConstraint("computed_at IS NOT NULL OR state IN ('computing', 'discarded')", name="computed_first"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> computed_by", name="reviewed_by_another"),
        CheckConstraint("state NOT IN ('reviewed', 'locked') OR reviewed_by IS NOT NULL", name="reviewed_before_lock"),
    )

    term: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    lines: Mapped[int]
    total: Mapped[int] = mapped_column(BigInteger)
    computed_by: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    computed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None] = mapped_column(Text)
    reviewed_at: Mapped[datetime | None]
    locked_by: Mapped[str | None] = mapped_column(Text)
    locked_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
    discard_reason: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def ask(cls, term: str, district: str | None, *, by: str, at: datetime) -> Self:
        """A run that the worker has to compute; a null `district` is the whole city."""
        return cls(
            id=new_id(),
            version=0,
            term=term,
            district=district,
            state=SubsidyRunState.COMPUTING,
            lines=0,
            total=0,
            computed_by=by,
            asked_at=at,
        )

    def finish(self, postings: Sequence[Posting], *, at: datetime) -> SubsidyRunComputed:
        """Raises `SubsidyRunStateUnfit`."""
        self._check(SubsidyRunState.COMPUTING)
        self.state, self.computed_at = SubsidyRunState.COMPUTED, at
        self.lines, self.total = len(postings), sum(posting.fen for posting in postings)
        return SubsidyRunComputed(**self._said(at))

    def review(self, *, by: str, at: datetime) -> SubsidyRunReviewed:
        """Raises `SubsidyRunStateUnfit` and `ReviewerComputed`."""
        self._check(SubsidyRunState.COMPUTED)
        if by == self.computed_by:
            raise ReviewerComputed
        self.state, self.reviewed_by, self.reviewed_at = SubsidyRunState.REVIEWED, by, at
        return SubsidyRunReviewed(**self._said(at))

    def lock(self, *, by: str, at: datetime) -> SubsidyRunLocked:
        """From now on its lines count as posted. Raises `SubsidyRunStateUnfit`."""
        self._check(SubsidyRunState.REVIEWED)
        self.state, self.locked_by, self.locked_at = SubsidyRunState.LOCKED, by, at
        return SubsidyRunLocked(**self._said(at))

    def discard(self, reason: str, *, at: datetime) -> SubsidyRunDiscarded:
        """Drop a run that is not locked, to compute again. Raises `SubsidyRunStateUnfit`."""
        self._check(*OPEN)
        self.state, self.discarded_at, self.discard_reason = SubsidyRunState.DISCARDED, at, reason
        return SubsidyRunDiscarded(**self._said(at))

    def _check(self, *fit: SubsidyRunState) -> None:
        if self.state not in fit:
            raise SubsidyRunStateUnfit(state=self.state)

    def _said(self, at: datetime) -> dict[str, Any]:
        sums = {"lines": self.lines, "total_fen": self.total}
        return {"run_id": self.id, "term": self.term, "district": self.district, **sums, "at": at}


class SubsidyLine(Base):
    """One posting of a run, in fen, with what it was computed from: the class, its days and sessions, and the versions
    of the norms. `posting` is `target` minus `posted`; below zero it takes money back."""

    __tablename__ = "subsidy_line"
    __table_args__ = (
        UniqueConstraint("run_id", "class_id", "programme"),
        Index("ix_subsidy_line_class_id_programme", "class_id", "programme"),
        Index("ix_subsidy_line_run_id_id", "run_id", "id"),
        CheckConstraint("posting = target - posted", name="posts_what_is_due"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey(SubsidyRun.id))
    class_id: Mapped[UUID] = mapped_column(ForeignKey(SchoolClass.id))
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    programme: Mapped[str] = mapped_column(Text)
    grade: Mapped[int] = mapped_column(SmallInteger)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    days: Mapped[int]
    sessions: Mapped[int]
    least_days: Mapped[int]
    least_minutes: Mapped[int]
    end_minute: Mapped[int]
    year_amount: Mapped[int] = mapped_column(BigInteger)
    amount_norm_id: Mapped[UUID] = mapped_column(ForeignKey(Norm.id))
    days_norm_id: Mapped[UUID] = mapped_column(ForeignKey(Norm.id))
    minutes_norm_id: Mapped[UUID] = mapped_column(ForeignKey(Norm.id))
    end_norm_id: Mapped[UUID] = mapped_column(ForeignKey(Norm.id))
    share_norm_id: Mapped[UUID | None] = mapped_column(ForeignKey(Norm.id))
    target: Mapped[int] = mapped_column(BigInteger)
    posted: Mapped[int] = mapped_column(BigInteger)
    posting: Mapped[int] = mapped_column(BigInteger)


COLUMNS = tuple(column.name for column in SubsidyLine.__table__.columns)


def line_of(run_id: UUID, posting: Posting, *, starts_on: date, ends_on: date) -> tuple[object, ...]:
    """The values of a line, in the order of `COLUMNS`."""
    facts, rules = posting.facts, posting.rules
    values = {
        "id": new_id(),
        "run_id": run_id,
        "class_id": facts.class_id,
        "school_id": facts.school_id,
        "programme": posting.programme.value,
        "grade": facts.grade,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "days": facts.days,
        "sessions": facts.sessions,
        "least_days": rules.least_days.value,
        "least_minutes": rules.least_minutes.value,
        "end_minute": rules.end_minute.value,
        "year_amount": posting.amount.value,
        "amount_norm_id": posting.amount.id,
        "days_norm_id": rules.least_days.id,
        "minutes_norm_id": rules.least_minutes.id,
        "end_norm_id": rules.end_minute.id,
        "share_norm_id": None if posting.share is None else posting.share.id,
        "target": posting.target,
        "posted": posting.posted,
        "posting": posting.fen,
    }
    return tuple(values[name] for name in COLUMNS)
