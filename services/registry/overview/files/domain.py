"""Who reads what of an institution's file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact in a file: which service saw it, who made it true, when, why, and what it says."""

    source: str
    type: str
    at: datetime
    actor: str
    reason: str | None
    facts: dict[str, Any]


UNSHOWN: Final = frozenset(
    {
        "inspection.visit.planned.v1",
        "inspection.visit.called_off.v1",
        "inspection.visit.reviewed.v1",
        "inspection.case.filed.v1",
        "inspection.case.step_taken.v1",
        "registry.proposal.received.v1",
        "registry.proposal.dismissed.v1",
    }
)
"""What the institution itself does not read: visits that are to find it unwarned, and what officials weigh up among
themselves. It reads what is done to it: a penalty is announced, decided and served before it counts."""
UNTOLD: Final = frozenset({"purpose", "reference_id"})
"""Why a visit came: behind it may stand somebody who complained."""


def as_the_institution_reads(entries: Sequence[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry.type not in UNSHOWN and not _taken_off_file(entry):
            visit = entry.type.startswith("inspection.visit.")
            facts = {name: value for name, value in entry.facts.items() if not (visit and name in UNTOLD)}
            yield replace(entry, facts=facts)


def _taken_off_file(entry: Entry) -> bool:
    """Whether the entry tells of a case that was withdrawn before its party was notified."""
    return entry.type == "inspection.case.dropped.v1" and entry.facts.get("outcome") == "withdrawn"
