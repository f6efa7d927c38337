"""What is doubtful about the ledger: findings derived at the moment of asking, and those looked into already."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final, Self
from uuid import UUID

from rapidfuzz import fuzz
from sqlalchemy import Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.ledger.institutions.searching import simplified
from services.registry.orm import Base
from shared.data.database import Aggregate, new_id
from shared.domain.refusals import Conflict, Invalid, Refusal
from shared.events.registry.institutions import QualityFindingDismissed


class DismissedAlready(Conflict):
    """This finding was already dismissed."""

    code = "finding-dismissed"
    zh = "该疑点已核实排除。"


class PairIncomplete(Invalid):
    """Name a second institution if the finding is about two, and only then."""

    code = "pair-incomplete"
    zh = "此类疑点涉及两个条目（或仅一个条目）。"


class PartTooLarge(Conflict):
    """There are too many institutions to compare with each other. Narrow the search to a district or a street."""

    code = "part-too-large"
    zh = "条目过多，请限定区县或街道。"


class Doubt(StrEnum):
    """The kinds of doubt about an institution's entry."""

    SIMILAR_ENTRIES = "similar-entries"
    SAME_PERMIT_NUMBER = "same-permit-number"
    WRONG_PLACE = "wrong-place"
    NO_COORDINATES = "no-coordinates"
    PERMIT_EXPIRED = "permit-expired"
    PERMIT_UNVERIFIED = "permit-unverified"
    PERMIT_MISSING = "permit-missing"
    RESPONSIBLE_MISSING = "responsible-missing"
    USCC_MISSING = "uscc-missing"


PAIRED: Final = frozenset({Doubt.SIMILAR_ENTRIES, Doubt.SAME_PERMIT_NUMBER})
"""Doubts about two entries."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One doubt about one entry, or about two; `facts` is what it rests on."""

    doubt: Doubt
    institution_id: UUID
    name: str
    district: str | None
    street: str | None
    other_id: UUID | None
    facts: Mapping[str, object]


class Dismissal(Base, Aggregate):
    """A doubt that an official looked into and found to be none; it is not raised again."""

    __tablename__ = "quality_dismissal"
    __table_args__ = (
        UniqueConstraint("code", "institution_id", "other_id", postgresql_nulls_not_distinct=True),
        Index("ix_quality_dismissal_institution_id", "institution_id"),
    )

    code: Mapped[str] = mapped_column(Text)
    institution_id: Mapped[UUID]
    other_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(Text)
    dismissed_by: Mapped[str] = mapped_column(Text)
    dismissed_at: Mapped[datetime]

    @classmethod
    def dismiss(
        cls, doubt: Doubt, institution_id: UUID, other_id: UUID | None, *, reason: str, by: str, at: datetime
    ) -> tuple[Self, QualityFindingDismissed]:
        """Dismiss a finding. A pair is the same, whichever of the two is named first."""
        if other_id is not None:
            institution_id, other_id = sorted((institution_id, other_id))
        dismissal = cls(
            id=new_id(),
            version=0,
            code=doubt.value,
            institution_id=institution_id,
            other_id=other_id,
            reason=reason,
            dismissed_by=by,
            dismissed_at=at,
        )
        return dismissal, QualityFindingDismissed(
            dismissal_id=dismissal.id, code=doubt.value, institution_id=institution_id, other_id=other_id, at=at
        )


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {
    "uq_quality_dismissal_code_institution_id_other_id": DismissedAlready
}

LARGEST_PART: Final = 20_000
"""Entries whose names are compared in one request; a second or two of work."""

SIMILAR_NAMES: Final = 88
"""Of 100 (token-sorted ratio): measured on names with a letter wrong, a part left out, or words in another order."""
SIMILAR_ADDRESSES: Final = 85

_NOISE = re.compile(
    r"(有限责任公司|有限公司|教育咨询|教育科技|艺术学校|教育|培训|机构|分校|分公司|学校|中心|公司|"
    r"大同市|平城区|云冈区|新荣区|云州区|山西省|山西)|[\s\W_]+"
)


@dataclass(frozen=True)
class Entry:
    """What of an entry is compared."""

    id: UUID
    name: str
    address: str
    district: str | None
    street: str | None

    @cached_property
    def key(self) -> str:
        """The name without words that most names contain."""
        return distinctive(self.name)

    @cached_property
    def place(self) -> str:
        return distinctive(self.address)


def distinctive(words: str) -> str:
    """The text without differences of width and case, punctuation and common words; never empty."""
    plain = simplified(words)
    return _NOISE.sub("", plain) or re.sub(r"[\s\W_]+", "", plain)


def similar_pairs(entries: Iterable[Entry]) -> Iterator[tuple[Entry, Entry, Mapping[str, int]]]:
    """Pairs of one district that are probably one institution: their names and addresses are alike.

    Comparing all pairs of a city would take too long, so only entries that share a piece of their name are compared; if
    the piece is common, also a piece of their address. Equal entries are always found.
    """
    blocks: dict[tuple[str | None, str], list[Entry]] = {}
    equal: dict[tuple[str | None, str, str], list[Entry]] = {}
    for entry in entries:
        equal.setdefault((entry.district, entry.key, entry.place), []).append(entry)
        for piece in _pieces(entry.key):
            blocks.setdefault((entry.district, piece), []).append(entry)
    seen: set[tuple[UUID, UUID]] = set()
    for block in equal.values():
        # Of very many that are equal each is shown beside the first one: all their pairs would say no more.
        for place in range(1 if len(block) > LARGEST_BLOCK else len(block) - 1):
            yield from _alike_one(block[place], block[place + 1 :], seen)
    for block in blocks.values():
        if len(block) <= LARGEST_BLOCK:
            yield from _alike(block, seen)
        else:
            for smaller in _by_address(block):
                yield from _alike(smaller, seen)


def _by_address(block: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    parts: dict[str, list[Entry]] = {}
    for entry in block:
        for piece in _pieces(entry.place):
            parts.setdefault(piece, []).append(entry)
    return (part for part in parts.values() if 1 < len(part) <= LARGEST_BLOCK)


LARGEST_BLOCK: Final = 60
"""A piece of a name or address that more entries of a district share is a common word, and says nothing alone."""


def _pieces(key: str) -> set[str]:
    """Every run of two Chinese characters, or the beginnings of words; a short key is its own piece."""
    return {key[place : place + 2] for place in range(len(key) - 1)} or {key}


def _alike(block: Sequence[Entry], seen: set[tuple[UUID, UUID]]) -> Iterator[tuple[Entry, Entry, Mapping[str, int]]]:
    for place, one in enumerate(block):
        yield from _alike_one(one, block[place + 1 :], seen)


def _alike_one(
    one: Entry, others: Sequence[Entry], seen: set[tuple[UUID, UUID]]
) -> Iterator[tuple[Entry, Entry, Mapping[str, int]]]:
    for other in others:
        pair = (one.id, other.id) if one.id < other.id else (other.id, one.id)
        if one.id == other.id or pair in seen:
            continue
        seen.add(pair)
        scores = likeness(one, other)
        if scores is not None:
            first, second = (one, other) if one.id < other.id else (other, one)
            yield first, second, scores


def likeness(one: Entry, other: Entry) -> Mapping[str, int] | None:
    """How alike two entries are, out of 100; None if they are too different to report."""
    name = round(fuzz.ratio(one.key, other.key))
    if name < SIMILAR_NAMES:
        return None
    address = round(fuzz.token_sort_ratio(one.place, other.place))
    return {"name": name, "address": address} if address >= SIMILAR_ADDRESSES else None
