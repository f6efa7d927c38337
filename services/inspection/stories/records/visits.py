"""Visits made before this platform existed, from a file, recognised by their reference and never told twice."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.targets import queries as targets
from services.inspection.field.targets.domain import Target
from services.inspection.field.teams import queries as teams
from services.inspection.oversight.rechecks import queries as rechecks
from services.inspection.rounds.outcomes import SEEN, Outcome
from services.inspection.rounds.visits import queries
from services.inspection.rounds.visits.domain import Score, Visit, VisitState
from services.inspection.rounds.visits.usecases import count_visits
from services.inspection.stories.records.batch import Parsed, Records, parse
from services.inspection.stories.records.rows import (
    INTERPRETED,
    OUTCOMES,
    RowFields,
    interpreted,
    read_word,
)
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.domain.wording import Key, Line, Paragraph
from shared.events.inspection.visits import VisitRecorded
from shared.imports.cleaning import DateOrder, Identity
from shared.imports.reader import Row
from shared.imports.runner import NO_HINTS, Columned, Hints, RowReport

COMPARED: Final = ("visited_on", "outcome", "score", "visit_type", "team", "note")
"""A later row may correct these fields, as long as no re-check was recorded against them.

The institution of a visit is not among them: that would be another visit. Imported visits are reviewed and belong to no
campaign, so nobody reviews or counts them here.
"""


class VisitRow(BaseModel):
    """A row in our words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    external_ref: Key
    institution_ref: Key
    visited_on: date
    outcome: Annotated[Outcome, read_word({**OUTCOMES, **INTERPRETED})] = Outcome.INSPECTED
    score: Score | None = None
    visit_type: Line | None = None
    team: Key | None = None
    note: Paragraph | None = None

    @model_validator(mode="before")
    @classmethod
    def keep_their_word(cls, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """If the word for the outcome had to be interpreted, keep it as the note, unless the file fills the note."""
        return {**row, "note": row["outcome"]} if interpreted(row.get("outcome")) and not row.get("note") else row


FIELDS: Final = RowFields(
    days=frozenset({"visited_on"}),
    keys=frozenset({"external_ref", "institution_ref", "team"}),
    numbers=frozenset({"score"}),
    lines=frozenset({"visit_type"}),
)


class VisitImporter(Columned):
    """Records, corrects or recognises visits; every row gets its report."""

    fields: ClassVar[frozenset[str]] = frozenset(VisitRow.model_fields)
    table: ClassVar[str] = "visit"

    identities: ClassVar[Mapping[str, Identity]] = {"external_ref": "reference"}
    days: ClassVar[frozenset[str]] = frozenset({"visited_on"})
    required: ClassVar[frozenset[str]] = frozenset({"external_ref", "institution_ref", "visited_on"})
    coded: ClassVar[frozenset[str]] = FIELDS.keys
    padded: ClassVar[frozenset[str]] = frozenset()

    async def apply(
        self,
        session: AsyncSession,
        rows: Sequence[Row],
        *,
        scope: str | None,
        at: datetime,
        hints: Hints = NO_HINTS,
    ) -> Sequence[RowReport]:
        parsed = [visit_of(row, hints.dates) for row in rows]
        readable = [row.said for row in parsed if isinstance(row, Parsed)]
        known = await queries.visits_by_ref(session, [row.external_ref for row in readable], lock=True)
        batch = _Batch(
            at,
            scope,
            targets=await targets.targets_by_ref(session, list({row.institution_ref for row in readable})),
            teams=await teams.known_codes(session, {row.team for row in readable if row.team}, district=scope),
            known=known,
            rechecked=await rechecks.concluded(session, [visit.id for visit in known]),
        )
        reports = [row.noted(batch.take(row.said)) if isinstance(row, Parsed) else row for row in parsed]
        await batch.write(session)
        return reports


DISPENSABLE: Final = frozenset({"score", "visit_type", "note"})
"""What a visit can do without."""


def visit_of(row: Row, dates: DateOrder | None = None) -> Parsed[VisitRow] | RowReport:
    """A mapped row as a visit, or the report that it cannot be one."""
    parsed = parse(row, VisitRow, FIELDS, DISPENSABLE, dates)
    if isinstance(parsed, Parsed) and interpreted(row.get("outcome")):
        return Parsed(parsed.said, [*parsed.notes, "outcome-interpreted"])
    return parsed


class _Batch:
    def __init__(
        self,
        at: datetime,
        scope: str | None,
        *,
        targets: Mapping[str, Target],
        teams: set[str],
        known: Sequence[Visit],
        rechecked: Collection[UUID],
    ) -> None:
        self._at, self._scope, self._targets, self._teams = at, scope, targets, teams
        self._rechecked = rechecked
        self._today = china_date(at)
        self._records = Records(Visit, known, kept=_KEPT, compared=COMPARED)
        self._corrected: set[UUID] = set()

    def take(self, row: VisitRow) -> RowReport:
        target = self._targets.get(row.institution_ref)
        if target is None:
            return RowReport("rejected", ["institution-unknown"])
        refusal = self._refusal(row, target)
        if refusal is not None:
            return RowReport("rejected", [refusal])
        current = self._records.of(row.external_ref)
        if current is None:
            if target.merged:
                return RowReport("rejected", ["institution-merged"])
            visit = self._visit(row, target)
            return RowReport("accepted", (), self._records.enter(visit, self._event(visit)))
        if current["institution_id"] != target.institution_id:
            return RowReport("rejected", ["institution-differs"])
        said = row.model_dump(include=row.model_fields_set & set(COMPARED))
        if all(current[name] == value for name, value in said.items()):
            return RowReport("unchanged", (), current["id"])
        if current["id"] in self._rechecked:
            return RowReport("rejected", ["visit-acted-on"])
        before = _seen(current)
        if self._records.correct(current, said) and _seen(current) != before:
            self._corrected.add(current["institution_id"])
        self._records.tell(current, self._event(current))
        return RowReport("updated", (), current["id"])

    def _refusal(self, row: VisitRow, target: Target) -> str | None:
        if self._scope is not None and target.district != self._scope:
            return "outside-your-district"
        if row.visited_on > self._today:
            return "visited_on-in-future"
        if row.team is not None and row.team not in self._teams:
            return "team-unknown"
        return None

    def _visit(self, row: VisitRow, target: Target) -> dict[str, Any]:
        return {
            "id": new_id(),
            "version": 1,
            "institution_id": target.institution_id,
            "campaign_id": None,
            "grid": target.grid,
            "district": target.district,
            "street": target.street,
            "state": VisitState.REVIEWED,
            "inspectors": [],
            "external_ref": row.external_ref,
            "planned_at": self._at,
            **{name: getattr(row, name) for name in COMPARED},
        }

    def _event(self, visit: Mapping[str, Any]) -> VisitRecorded:
        return VisitRecorded(
            visit_id=visit["id"],
            institution_id=visit["institution_id"],
            campaign_id=visit["campaign_id"],
            team=visit["team"],
            grid=visit["grid"],
            district=visit["district"],
            street=visit["street"],
            outcome=str(visit["outcome"]),
            visited_on=visit["visited_on"],
            score=visit["score"],
            visit_type=visit["visit_type"],
            external_ref=visit["external_ref"],
            at=self._at,
        )

    async def write(self, session: AsyncSession) -> None:
        await self._records.write(session)
        seen = [one for one in map(_seen, self._records.new) if one is not None]
        await count_visits(session, seen, corrected=self._corrected)


_KEPT: Final = ("id", "version", "institution_id", "campaign_id", "grid", "district", "street", "external_ref")


def _seen(visit: Mapping[str, Any]) -> tuple[UUID, date] | None:
    return (visit["institution_id"], visit["visited_on"]) if visit["outcome"] in SEEN else None
