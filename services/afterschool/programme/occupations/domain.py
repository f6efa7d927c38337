"""A period of the week that a child, a teacher, a person from outside or a room spends in an offering."""

from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.roster.terms.domain import Term
from shared.domain.refusals import Conflict


class TimeClash(Conflict):
    """The teacher, the person from outside or the room is in another offering at this time."""

    code = "time-clash"
    zh = "教师、校外人员或教室在该时段已有安排。"


class Occupation(Base):
    """One period of the week in one half of a term. The key lets nobody be in two places.

    A child's rows exist while it has a seat or is offered one.
    """

    __tablename__ = "occupation"
    __table_args__ = (
        CheckConstraint("half IN (1, 2)", name="half_of_a_term"),
        Index("ix_occupation_offering_id_holder_id", "offering_id", "holder_id"),
    )

    holder_id: Mapped[UUID] = mapped_column(primary_key=True)
    term_id: Mapped[UUID] = mapped_column(ForeignKey(Term.id), primary_key=True)
    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    half: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    offering_id: Mapped[UUID] = mapped_column(ForeignKey(Offering.id))


CONSTRAINTS: Final = {"pk_occupation": TimeClash}


def room_id(school_id: UUID, room: str) -> UUID:
    """The holder id of a room of a school."""
    return uuid5(NAMESPACE_OID, f"{school_id}|{room}")
