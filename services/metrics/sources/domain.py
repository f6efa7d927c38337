"""A watermark for each partition of the log.

The newest step of a consumer says nothing of the partition that stands still. So each partition has its own mark, and
a number speaks of the oldest of those on which it rests.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.metrics.orm import Base

STANDS_STILL: Final = timedelta(seconds=60)
"""A partition that was not read to its end for so long makes the numbers that rest on it incomplete."""


class Source(Base):
    """A partition. Everything that was published there until `read_to` is counted; `waiting` records are not.

    `read_to` is null until the partition was read to its end for the first time.
    """

    __tablename__ = "source"

    topic: Mapped[str] = mapped_column(Text, primary_key=True)
    partition: Mapped[int] = mapped_column(Integer, primary_key=True)
    waiting: Mapped[int] = mapped_column(BigInteger)
    read_to: Mapped[datetime | None]


def read_to(before: datetime | None, *, waiting: int, at: datetime) -> datetime | None:
    """The mark after a look that began at `at`."""
    return before if waiting else at


@dataclass(frozen=True)
class Freshness:
    """Of which moment a number speaks, and whether that is as recent as it should be.

    `as_of` is None while a source of the number was never read to its end.
    """

    as_of: datetime | None
    complete: bool


@dataclass(frozen=True)
class Marks:
    """All partitions, and the topics of which a record was set aside and so is not counted."""

    sources: Sequence[Source]
    set_aside: Collection[str]
    now: datetime

    def freshness(self, topics: Collection[str]) -> Freshness:
        """Of a number that rests on these topics. A topic at which nobody looked yet makes it incomplete."""
        known = [source for source in self.sources if source.topic in topics]
        marks = [source.read_to for source in known if source.read_to is not None]
        if len(marks) < len(known) or {source.topic for source in known} != set(topics) or not marks:
            return Freshness(None, complete=False)
        oldest = min(marks)
        whole = not any(topic in self.set_aside for topic in topics)
        return Freshness(oldest, complete=whole and self.now - oldest <= STANDS_STILL)
