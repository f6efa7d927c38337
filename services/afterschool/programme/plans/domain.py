"""A mark that sessions have to be planned again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.terms.domain import Term


class PlanningDue(Base):
    """From `due_at` on, the sessions of a school in a term have to be planned again.

    It is written in the transaction of the change and removed in that of the planning, so that no crash loses it. Every
    change adds a row of its own: nobody waits for a planning that is under way.
    """

    __tablename__ = "planning_due"
    __table_args__ = (Index("ix_planning_due_due_at", "due_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    term_id: Mapped[UUID] = mapped_column(ForeignKey(Term.id))
    due_at: Mapped[datetime]
