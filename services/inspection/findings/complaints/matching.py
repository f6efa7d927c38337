"""Which institutions a complaint may be about: likeness of name and address; a person decides."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from rapidfuzz import fuzz, process, utils

MOST = 10
LEAST = 50.0
"""Of 100: what is less alike is not offered."""


@dataclass(frozen=True, slots=True)
class Known:
    """An institution as the complaint may mean it."""

    institution_id: UUID
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """The likeness, up to 100. A code or permit number that the complaint names decides alone."""

    institution_id: UUID
    name: str
    address: str
    score: int


def written_code(code: str | None) -> str | None:
    """A credit code or permit number in the ledger's notation: no blanks, capitals, narrow digits."""
    plain = "".join(unicodedata.normalize("NFKC", code or "").split()).upper()
    return plain or None


def candidates(
    known: Sequence[Known], coded: Sequence[Known], *, name: str | None, address: str | None
) -> list[Candidate]:
    """Institutions with the code first, then the most similar ones of those known."""
    by_code = [Candidate(one.institution_id, one.name, one.address, 100) for one in coded]
    scores: dict[int, float] = {}
    asked = [(name, [one.name for one in known]), (address, [one.address for one in known])]
    wanted = [(said, texts) for said, texts in asked if said]
    for said, texts in wanted:
        for _, score, index in process.extract(
            said, texts, scorer=fuzz.WRatio, processor=utils.default_process, score_cutoff=LEAST, limit=200
        ):
            scores[index] = scores.get(index, 0.0) + score / len(wanted)
    codes = {one.institution_id for one in by_code}
    ranked = sorted(scores.items(), key=lambda item: (-item[1], known[item[0]].name))
    alike = [
        Candidate(known[index].institution_id, known[index].name, known[index].address, round(score))
        for index, score in ranked
        if known[index].institution_id not in codes
    ]
    return (by_code + alike)[:MOST]
