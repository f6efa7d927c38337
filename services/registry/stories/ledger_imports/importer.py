"""Ledger rows from a file. A row is recognised by its external reference or its USCC and never entered twice."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.institutions.domain import FIELDS, Details, Institution, Status, public_state
from services.registry.ledger.institutions.rows import CODED, PAPER, Parsed, PermitPaper, Rejected, parse
from services.registry.ledger.institutions.searching import searchable
from services.registry.licensing.permits.domain import Paper, Permit, Scope, Validity, contradictions
from services.registry.licensing.permits.queries import permits_by_institution
from services.registry.licensing.permits.usecases import PaperOutcome, record_papers
from shared.data.database import copy_rows, new_id
from shared.domain.clock import china_date
from shared.events.registry.institutions import InstitutionChanged, InstitutionRegistered
from shared.facts.journal import Fact, record_many
from shared.imports.cleaning import Identity
from shared.imports.reader import Row
from shared.imports.runner import NO_HINTS, Columned, Hints, RowReport


class InstitutionImporter(Columned):
    """Enters, corrects or recognises institutions; every row gets its report."""

    fields: ClassVar[frozenset[str]] = frozenset({*FIELDS, *PAPER, "postcode"})
    table: ClassVar[str] = "institution"
    identities: ClassVar[Mapping[str, Identity]] = {"external_ref": "reference", "uscc": "credit_code"}
    days: ClassVar[frozenset[str]] = frozenset(PAPER)
    required: ClassVar[frozenset[str]] = frozenset({"name", "kind", "address"})
    coded: ClassVar[frozenset[str]] = CODED
    padded: ClassVar[frozenset[str]] = frozenset({"postcode"})

    async def apply(
        self,
        session: AsyncSession,
        rows: Sequence[Row],
        *,
        scope: str | None,
        at: datetime,
        hints: Hints = NO_HINTS,
    ) -> Sequence[RowReport]:
        """Locks the entries named in the rows, then the permits, both by id."""
        parsed = [_parsed(row, scope, hints) for row in rows]
        readable = [row.details for row in parsed if isinstance(row, Parsed)]
        known = await self._known(session, readable)
        batch = _Batch(at, scope, known, await permits_by_institution(session, [one.id for one in known]))
        reports = [batch.take(row) if isinstance(row, Parsed) else row for row in parsed]
        papers = await batch.write(session)
        return [_with_paper(row, report, papers) for row, report in zip(parsed, reports, strict=True)]

    async def _known(self, session: AsyncSession, parsed: Sequence[Details]) -> Sequence[Institution]:
        return await institutions.matching(
            session,
            uscc=[details.uscc for details in parsed if details.uscc],
            external_ref=[details.external_ref for details in parsed if details.external_ref],
        )


Papers = Mapping[tuple[UUID, str], PaperOutcome]


def _with_paper(row: Parsed | RowReport, report: RowReport, papers: Papers) -> RowReport:
    if not isinstance(row, Parsed) or row.paper is None or report.entity_id is None:
        return report
    outcome = papers.get((report.entity_id, row.paper.number))
    if outcome is PaperOutcome.TAKEN:
        return replace(report, codes=[*report.codes, "permit-number-taken"])
    if outcome is PaperOutcome.RECORDED and report.outcome == "unchanged":
        return replace(report, outcome="updated", codes=[*report.codes, "permit-recorded"])
    return report


def _parsed(row: Row, scope: str | None, hints: Hints) -> Parsed | RowReport:
    try:
        return parse(row, scope, hints)
    except Rejected as rejected:
        return RowReport("rejected", rejected.codes)


class _Batch:
    """The rows of one chunk against what the ledger already has, including earlier rows of the chunk."""

    def __init__(
        self,
        at: datetime,
        scope: str | None,
        known: Sequence[Institution],
        permits: Mapping[UUID, Sequence[Permit]],
    ) -> None:
        self._at, self._scope, self._permits = at, scope, permits
        self._ids: dict[tuple[str, str], UUID] = {}
        self._current: dict[UUID, Details] = {}
        self._existing = {institution.id: institution for institution in known}
        self._versions: dict[UUID, int] = {}
        self._facts: list[Fact] = []
        self._new: dict[UUID, dict[str, Any]] = {}
        self._papers: list[Paper] = []
        for institution in known:
            self._remember(institution.id, institution.details(), institution.version)

    def take(self, row: Parsed) -> RowReport:
        report = self._enter_or_correct(row)
        if row.paper is not None and report.entity_id is not None:
            self._papers.append(self._paper(report.entity_id, row.paper))
        return report

    def _enter_or_correct(self, row: Parsed) -> RowReport:
        details, notes = row.details, row.notes
        owners = {self._ids[key] for key in _identities(details) if key in self._ids}
        if len(owners) > 1:
            return RowReport("rejected", ["identity-conflict", *notes])
        if not owners:
            return RowReport("accepted", notes, self._enter(details))
        institution_id = owners.pop()
        before = self._current[institution_id]
        if self._scope not in (None, before.district):  # a row in his district does not make it his institution
            return RowReport("rejected", ["outside-your-district", *notes])
        if before.status == Status.MERGED:
            return RowReport("rejected", ["institution-merged", *notes])
        after = before.model_copy(update={name: getattr(details, name) for name in details.model_fields_set})
        contradicted = self._contradicted(institution_id, after, row.paper)
        if contradicted:
            after, notes = after.model_copy(update=contradicted), [*notes, "permit-contradicted"]
        changed = [field for field in FIELDS if getattr(before, field) != getattr(after, field)]
        if not changed:
            return RowReport("unchanged", notes, institution_id)
        self._correct(institution_id, after, changed)
        return RowReport("updated", notes, institution_id)

    def _contradicted(self, institution_id: UUID, after: Details, paper: PermitPaper | None) -> Mapping[str, object]:
        """A ledger does not revive a permit that ended here. A permit that it states for the first time is recorded."""
        permits = self._permits.get(institution_id, ())
        if paper is not None and all(permit.number != paper.number for permit in permits):
            return {}
        return contradictions(permits, after, china_date(self._at))

    async def write(self, session: AsyncSession) -> Papers:
        """Store the accepted rows; returns what became of their permits."""
        await self._give_up(session)
        for institution_id, version in self._versions.items():
            institution = self._existing.get(institution_id)
            if institution is not None and version != institution.version:
                for field in FIELDS:
                    setattr(institution, field, getattr(self._current[institution_id], field))
                institution.search = searchable(institution.name, institution.address)
                institution.version, institution.changed_at = version, self._at
        await session.flush()  # before the new rows, which may carry a reference that was given up
        new = list(self._new.values())
        if new:
            await copy_rows(session, "institution", list(new[0]), [tuple(row.values()) for row in new])
        await record_many(session, self._facts)
        return await record_papers(session, self._papers, at=self._at)

    def _paper(self, institution_id: UUID, stated: PermitPaper) -> Paper:
        entry = self._current[institution_id]
        return Paper(
            institution_id,
            stated.number,
            Scope(entry.kind, tuple(entry.stages), (), entry.address, entry.district, entry.street),
            Validity(stated.valid_from, stated.valid_to),
        )

    async def _give_up(self, session: AsyncSession) -> None:
        """First clear references that move: two entries may exchange theirs in one chunk, and each must be free
        before it is taken."""
        for field in ("external_ref", "uscc"):
            losing = [
                institution.id
                for institution in self._existing.values()
                if (had := getattr(institution, field)) is not None
                and had != getattr(self._current[institution.id], field)
            ]
            if losing:
                await session.execute(
                    update(Institution)
                    .where(Institution.id.in_(losing))
                    .values({field: None})
                    .execution_options(synchronize_session=False)
                )

    def _enter(self, details: Details) -> UUID:
        institution_id = new_id()
        self._remember(institution_id, details, 1)
        self._new[institution_id] = self._row(institution_id, details, 1) | {"registered_at": self._at}
        registered = InstitutionRegistered(**public_state(institution_id, details), at=self._at)
        self._facts.append(Fact(institution_id, 1, registered))
        return institution_id

    def _correct(self, institution_id: UUID, details: Details, changed: list[str]) -> None:
        version = self._versions[institution_id] + 1
        for identity in _identities(self._current[institution_id]):
            self._ids.pop(identity, None)  # a later row with the reference it had means another institution
        self._remember(institution_id, details, version)
        if institution_id in self._new:
            self._new[institution_id].update(self._row(institution_id, details, version))
        event = InstitutionChanged(**public_state(institution_id, details), changed=sorted(changed), at=self._at)
        self._facts.append(Fact(institution_id, version, event))

    def _row(self, institution_id: UUID, details: Details, version: int) -> dict[str, Any]:
        search = searchable(details.name, details.address)
        return {
            "id": institution_id,
            "version": version,
            "changed_at": self._at,
            "search": search,
            **details.model_dump(),
        }

    def _remember(self, institution_id: UUID, details: Details, version: int) -> None:
        self._current[institution_id] = details
        self._versions[institution_id] = version
        for identity in _identities(details):
            self._ids[identity] = institution_id


def _identities(details: Details) -> list[tuple[str, str]]:
    found = (("external_ref", details.external_ref), ("uscc", details.uscc))
    return [(name, value) for name, value in found if value]
