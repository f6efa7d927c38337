"""Visits made before this platform existed, from a file, recognised by their reference and never told twice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.places import Outcome
from services.inspection.field.targets import queries as targets
from services.inspection.field.targets.domain import Target
from services.inspection.field.teams import queries as teams
from services.inspection.oversight.rechecks import queries as rechecks
from services.inspection.rounds.visits import queries
from services.inspection.rounds.visits.domain import SEEN, Score, Visit, VisitState
from services.inspection.rounds.visits.usecases import count_visits
from services.inspection.stories.records.rows import (
    INTERPRETED,
    OUTCOMES,
    Rejected,
    RowFields,
    codes_of,
    interpreted,
    read_cells,
    read_word,
    without_lost_cells,
)
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.domain.wording import Key, Line, Paragraph
from shared.events.inspection.visits import VisitRecorded
from shared.facts.journal import Fact, record_many
from shared.imports.cleaning import DateOrder, Identity
from shared.imports.reader import Row
from shared.imports.runner import NO_HINTS, Hints, RowReport

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


class VisitImporter:
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
        parsed = [parse(row, hints.dates) for row in rows]
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
        reports = [_noted(batch.take(row.said), row.notes) if isinstance(row, Parsed) else row for row in parsed]
        await batch.write(session)
        return reports


DISPENSABLE: Final = frozenset({"score", "visit_type", "note"})
"""What a visit can do without."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A row that can be a visit, and what was corrected or interpreted in it."""

    said: VisitRow
    notes: Sequence[str]


def parse(row: Row, dates: DateOrder | None = None) -> Parsed | RowReport:
    try:
        values, notes = read_cells(row, FIELDS, dates)
        said = without_lost_cells(VisitRow, values, DISPENSABLE, notes)
    except Rejected as rejected:
        return RowReport("rejected", [rejected.code])
    except ValidationError as error:
        return RowReport("rejected", codes_of(error))
    return Parsed(said, [*notes, "outcome-interpreted"] if interpreted(row.get("outcome")) else notes)


def _noted(report: RowReport, notes: Sequence[str]) -> RowReport:
    return replace(report, codes=[*report.codes, *notes]) if report.outcome != "rejected" else report


class _Batch:
    """The rows of one chunk against what is recorded already, including earlier rows of the chunk."""

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
        self._current = {visit.external_ref: _columns(visit) for visit in known}
        self._new: dict[str, dict[str, Any]] = {}
        self._changed: dict[str, dict[str, Any]] = {}
        self._facts: list[Fact] = []
        self._corrected: set[UUID] = set()

    def take(self, row: VisitRow) -> RowReport:
        target = self._targets.get(row.institution_ref)
        if target is None:
            return RowReport("rejected", ["institution-unknown"])
        refusal = self._refusal(row, target)
        if refusal is not None:
            return RowReport("rejected", [refusal])
        current = self._current.get(row.external_ref)
        if current is None:
            if target.merged:
                return RowReport("rejected", ["institution-merged"])
            return RowReport("accepted", (), self._enter(row, target))
        if current["institution_id"] != target.institution_id:
            return RowReport("rejected", ["institution-differs"])
        said = row.model_dump(include=row.model_fields_set & set(COMPARED))
        if all(current[name] == value for name, value in said.items()):
            return RowReport("unchanged", (), current["id"])
        if current["id"] in self._rechecked:
            return RowReport("rejected", ["visit-acted-on"])
        before = _seen(current)
        current.update(said, version=current["version"] + 1)
        if row.external_ref not in self._new:
            self._changed[row.external_ref] = current
            if _seen(current) != before:
                self._corrected.add(current["institution_id"])
        self._tell(current)
        return RowReport("updated", (), current["id"])

    def _refusal(self, row: VisitRow, target: Target) -> str | None:
        if self._scope is not None and target.district != self._scope:
            return "outside-your-district"
        if row.visited_on > self._today:
            return "visited_on-in-future"
        if row.team is not None and row.team not in self._teams:
            return "team-unknown"
        return None

    def _enter(self, row: VisitRow, target: Target) -> UUID:
        visit = {
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
        self._current[row.external_ref] = self._new[row.external_ref] = visit
        self._tell(visit)
        visit_id: UUID = visit["id"]
        return visit_id

    def _tell(self, visit: Mapping[str, Any]) -> None:
        event = VisitRecorded(
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
        self._facts.append(Fact(visit["id"], visit["version"], event))

    async def write(self, session: AsyncSession) -> None:
        if self._new:
            # Without NULLs rendered, rows go out in groups that have the same columns empty: mostly one by one.
            await session.execute(insert(Visit).execution_options(render_nulls=True), list(self._new.values()))
        if self._changed:
            names = ("id", "version", *COMPARED)
            await session.execute(
                update(Visit), [{name: row[name] for name in names} for row in self._changed.values()]
            )
        await record_many(session, self._facts)
        seen = [one for one in map(_seen, self._new.values()) if one is not None]
        await count_visits(session, seen, corrected=self._corrected)


_KEPT: Final = ("id", "version", "institution_id", "campaign_id", "grid", "district", "street", "external_ref")


def _seen(visit: Mapping[str, Any]) -> tuple[UUID, date] | None:
    return (visit["institution_id"], visit["visited_on"]) if visit["outcome"] in SEEN else None


def _columns(visit: Visit) -> dict[str, Any]:
    return {name: getattr(visit, name) for name in (*_KEPT, *COMPARED)}
