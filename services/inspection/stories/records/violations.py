"""Violations found before this platform existed, from a file, recognised by their reference and never told twice."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.targets import queries as targets
from services.inspection.field.targets.domain import Target
from services.inspection.findings.violations import queries
from services.inspection.findings.violations.domain import Severity, Violation, ViolationState
from services.inspection.penalties.cases import queries as cases
from services.inspection.rounds.visits import queries as visits
from services.inspection.rounds.visits.domain import Visit
from services.inspection.stories.records.batch import Parsed, Records, parse
from services.inspection.stories.records.rows import (
    SEVERITIES,
    STATUSES,
    RowFields,
    read_word,
)
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.domain.wording import Key, Line, Paragraph
from shared.events.inspection.violations import ViolationReported
from shared.imports.cleaning import DateOrder, Identity
from shared.imports.reader import Row
from shared.imports.runner import NO_HINTS, Columned, Hints, RowReport

COMPARED: Final = ("severity", "description", "clause", "found_on")
"""A later row may correct these fields, and close the violation, as long as nobody here acted on it."""


class ViolationRow(BaseModel):
    """A row in our words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    external_ref: Key
    visit_ref: Key | None = None
    institution_ref: Key | None = None
    severity: Annotated[Severity, read_word(SEVERITIES)]
    description: Paragraph
    clause: Line | None = None
    found_on: date | None = None
    status: Annotated[Literal["reported", "closed"], read_word(STATUSES)] = "reported"


FIELDS: Final = RowFields(
    days=frozenset({"found_on"}),
    keys=frozenset({"external_ref", "visit_ref", "institution_ref"}),
    lines=frozenset({"clause"}),
)


class ViolationImporter(Columned):
    """Reports, corrects or recognises violations; every row gets its report."""

    fields: ClassVar[frozenset[str]] = frozenset(ViolationRow.model_fields)
    table: ClassVar[str] = "violation"

    identities: ClassVar[Mapping[str, Identity]] = {"external_ref": "reference"}
    days: ClassVar[frozenset[str]] = frozenset({"found_on"})
    required: ClassVar[frozenset[str]] = frozenset({"external_ref", "severity", "description"})
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
        parsed = [violation_of(row, hints.dates) for row in rows]
        readable = [row.said for row in parsed if isinstance(row, Parsed)]
        found = await visits.visits_by_ref(session, list({row.visit_ref for row in readable if row.visit_ref}))
        known = await queries.violations_by_ref(session, [row.external_ref for row in readable])
        batch = _Batch(
            at,
            scope,
            targets=await targets.targets_by_ref(
                session, list({row.institution_ref for row in readable if row.institution_ref})
            ),
            visits={visit.external_ref: visit for visit in found if visit.external_ref},
            known=known,
            pursued=await cases.pursued(session, [violation.id for violation in known]),
        )
        reports = [row.noted(batch.take(row.said)) if isinstance(row, Parsed) else row for row in parsed]
        await batch.write(session)
        return reports


DISPENSABLE: Final = frozenset({"clause"})
"""Fields that a violation can do without."""


def violation_of(row: Row, dates: DateOrder | None = None) -> Parsed[ViolationRow] | RowReport:
    """A mapped row as a violation, or the report that it cannot be one."""
    parsed = parse(row, ViolationRow, FIELDS, DISPENSABLE, dates)
    if isinstance(parsed, RowReport):
        return parsed
    if parsed.said.visit_ref is None and parsed.said.institution_ref is None:
        return RowReport("rejected", ["visit-or-institution-missing"])
    if parsed.said.visit_ref is None and parsed.said.found_on is None:
        return RowReport("rejected", ["found_on-missing"])
    return parsed


class _Batch:
    def __init__(
        self,
        at: datetime,
        scope: str | None,
        *,
        targets: Mapping[str, Target],
        visits: Mapping[str, Visit],
        known: Sequence[Violation],
        pursued: Collection[UUID],
    ) -> None:
        self._at, self._scope, self._targets, self._visits = at, scope, targets, visits
        self._pursued = pursued
        self._today = china_date(at)
        self._records = Records(Violation, known, kept=_KEPT, compared=COMPARED)

    def take(self, row: ViolationRow) -> RowReport:
        visit = self._visits.get(row.visit_ref) if row.visit_ref else None
        target = self._targets.get(row.institution_ref) if row.institution_ref else None
        refusal = self._refusal(row, visit, target)
        if refusal is not None:
            return RowReport("rejected", [refusal])
        place = visit or target
        assert place is not None
        current = self._records.of(row.external_ref)
        if current is None:
            if visit is None and target is not None and target.merged:
                return RowReport("rejected", ["institution-merged"])
            violation = self._violation(row, visit, place)
            return RowReport("accepted", (), self._records.enter(violation, self._event(violation)))
        if (current["institution_id"], current["visit_id"]) != (place.institution_id, visit.id if visit else None):
            return RowReport("rejected", ["visit-or-institution-differs"])
        said = row.model_dump(include=row.model_fields_set & set(COMPARED))
        if row.status == "closed" and current["state"] != ViolationState.CLOSED:
            said |= {"state": ViolationState.CLOSED, "closed_at": self._at}
        if all(current[name] == value for name, value in said.items()):
            return RowReport("unchanged", (), current["id"])
        if current["state"] != ViolationState.REPORTED or current["id"] in self._pursued:
            return RowReport("rejected", ["violation-acted-on"])
        self._records.correct(current, said)
        self._records.tell(current, self._event(current))
        return RowReport("updated", (), current["id"])

    def _refusal(self, row: ViolationRow, visit: Visit | None, target: Target | None) -> str | None:
        if row.visit_ref is not None and visit is None:
            return "visit-unknown"
        if row.institution_ref is not None and target is None:
            return "institution-unknown"
        if visit is not None and target is not None and visit.institution_id != target.institution_id:
            return "institution-mismatch"
        place = visit or target
        if self._scope is not None and (place is None or place.district != self._scope):
            return "outside-your-district"
        if row.found_on is not None and row.found_on > self._today:
            return "found_on-in-future"
        return "found_on-missing" if row.found_on is None and (visit is None or visit.visited_on is None) else None

    def _violation(self, row: ViolationRow, visit: Visit | None, place: Visit | Target) -> dict[str, Any]:
        violation = {
            "id": new_id(),
            "version": 1,
            "visit_id": visit.id if visit else None,
            "institution_id": place.institution_id,
            "grid": place.grid,
            "district": place.district,
            "street": place.street,
            "team": visit.team if visit else None,
            "state": ViolationState(row.status),
            "external_ref": row.external_ref,
            "reported_at": self._at,
            "closed_at": self._at if row.status == "closed" else None,
            **{name: getattr(row, name) for name in COMPARED},
        }
        if row.found_on is None and visit is not None:
            violation["found_on"] = visit.visited_on
        return violation

    def _event(self, violation: Mapping[str, Any]) -> ViolationReported:
        return ViolationReported(
            violation_id=violation["id"],
            institution_id=violation["institution_id"],
            visit_id=violation["visit_id"],
            grid=violation["grid"],
            district=violation["district"],
            street=violation["street"],
            severity=str(violation["severity"]),
            found_on=violation["found_on"],
            state=str(violation["state"]),
            description=violation["description"],
            external_ref=violation["external_ref"],
            at=self._at,
        )

    async def write(self, session: AsyncSession) -> None:
        await self._records.write(session, "state", "closed_at")


_KEPT: Final = (
    "id", "version", "institution_id", "visit_id", "grid", "district", "street", "state", "closed_at", "external_ref",
)  # fmt: skip
