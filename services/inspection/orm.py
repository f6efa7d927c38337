"""The declarative base of inspection, and what phones follow."""

from sqlalchemy import BigInteger, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.data.database import TYPES, service_metadata


class Base(DeclarativeBase):
    """Tables of the inspection database."""

    metadata = service_metadata()
    type_annotation_map = TYPES


class Followed:
    """A row that phones are told of when it changes: a trigger notes in which transaction that was.

    Transactions are numbered when they begin to write and seen when they commit, so who reads on begins at the oldest
    one that was still open the last time (`docs/adr/0013`).
    """

    changed_in: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
