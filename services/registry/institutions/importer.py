"""Ledger rows from a file. A row is recognised by its external reference or its USCC and never entered twice."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.institutions import queries
from services.registry.institutions.domain import FIELDS, Details, Institution, public_state
from shared.database import copy_rows, new_id
from shared.events.registry import InstitutionChanged, InstitutionRegistered
from shared.imports.reader import Row
from shared.imports.runner import RowReport
from shared.journal import Fact, record_many

ALIASES: Mapping[str, Mapping[str, str]] = {
    "kind": {"学科": "subject", "学科类": "subject", "非学科": "non_subject", "非学科类": "non_subject"},
    "mode": {"线下": "offline", "线上": "online", "线上线下": "both", "线上+线下": "both"},
    "profit": {"营利": "for_profit", "营利性": "for_profit", "非营利": "non_profit", "非营利性": "non_profit"},
    "status": {"正常": "active", "停业": "suspended", "关闭": "closed", "注销": "closed", "无证": "unlicensed"},
    "stages": {"学前": "preschool", "小学": "primary", "初中": "junior", "高中": "senior"},
}
"""Words that ledgers use for ours."""

_LIST_SEPARATORS = re.compile(r"[,，、;；|/\s]+")


class InstitutionImporter:
    """Enters, corrects or recognises institutions; every row gets its report."""

    fields: ClassVar[frozenset[str]] = frozenset(FIELDS)
    table: ClassVar[str] = "institution"

    async def apply(
        self, session: AsyncSession, rows: Sequence[Row], *, scope: str | None, dry_run: bool, at: datetime
    ) -> Sequence[RowReport]:
        parsed = [parse(row, scope) for row in rows]
        batch = _Batch(at, scope, await self._known(session, [details for details, _ in parsed if details]))
        reports = [batch.take(details, notes) if details else RowReport("rejected", notes) for details, notes in parsed]
        if not dry_run:
            await batch.write(session)
        return reports

    async def _known(self, session: AsyncSession, parsed: Sequence[Details]) -> Sequence[Institution]:
        return await queries.matching(
            session,
            uscc=[details.uscc for details in parsed if details.uscc],
            external_ref=[details.external_ref for details in parsed if details.external_ref],
        )


class _Batch:
    """The rows of one chunk against what the ledger already has, including earlier rows of the chunk."""

    def __init__(self, at: datetime, scope: str | None, known: Sequence[Institution]) -> None:
        self._at, self._scope = at, scope
        self._ids: dict[tuple[str, str], UUID] = {}
        self._current: dict[UUID, Details] = {}
        self._existing = {institution.id: institution for institution in known}
        self._versions: dict[UUID, int] = {}
        self._facts: list[Fact] = []
        self._new: dict[UUID, dict[str, Any]] = {}
        for institution in known:
            self._remember(institution.id, institution.details(), institution.version)

    def take(self, details: Details, notes: Sequence[str]) -> RowReport:
        owners = {self._ids[key] for key in _identities(details) if key in self._ids}
        if len(owners) > 1:
            return RowReport("rejected", ["identity-conflict", *notes])
        if not owners:
            return RowReport("accepted", notes, self._enter(details))
        institution_id = owners.pop()
        before = self._current[institution_id]
        if self._scope not in (None, before.district):  # a row in his district does not make it his institution
            return RowReport("rejected", ["outside-your-district", *notes])
        changed = [field for field in details.model_fields_set if getattr(before, field) != getattr(details, field)]
        if not changed:
            return RowReport("unchanged", notes, institution_id)
        self._correct(
            institution_id, before.model_copy(update={name: getattr(details, name) for name in changed}), changed
        )
        return RowReport("updated", notes, institution_id)

    async def write(self, session: AsyncSession) -> None:
        for institution_id, version in self._versions.items():
            institution = self._existing.get(institution_id)
            if institution is not None and version != institution.version:
                for field in FIELDS:
                    setattr(institution, field, getattr(self._current[institution_id], field))
                institution.version, institution.changed_at = version, self._at
        await session.flush()  # before the new rows, which may carry a reference that was given up
        new = list(self._new.values())
        if new:
            await copy_rows(session, "institution", list(new[0]), [tuple(row.values()) for row in new])
        await record_many(session, self._facts)

    def _enter(self, details: Details) -> UUID:
        institution_id = new_id()
        self._remember(institution_id, details, 1)
        self._new[institution_id] = self._row(institution_id, details, 1) | {"registered_at": self._at}
        registered = InstitutionRegistered(**public_state(institution_id, details), at=self._at)
        self._facts.append(Fact(institution_id, 1, registered))
        return institution_id

    def _correct(self, institution_id: UUID, details: Details, changed: list[str]) -> None:
        version = self._versions[institution_id] + 1
        for key in _identities(self._current[institution_id]):
            self._ids.pop(key, None)  # a later row with the reference it had means another institution
        self._remember(institution_id, details, version)
        if institution_id in self._new:
            self._new[institution_id].update(self._row(institution_id, details, version))
        event = InstitutionChanged(**public_state(institution_id, details), changed=sorted(changed), at=self._at)
        self._facts.append(Fact(institution_id, version, event))

    def _row(self, institution_id: UUID, details: Details, version: int) -> dict[str, Any]:
        return {"id": institution_id, "version": version, "changed_at": self._at, **details.model_dump()}

    def _remember(self, institution_id: UUID, details: Details, version: int) -> None:
        self._current[institution_id] = details
        self._versions[institution_id] = version
        for key in _identities(details):
            self._ids[key] = institution_id


def _identities(details: Details) -> list[tuple[str, str]]:
    found = (("external_ref", details.external_ref), ("uscc", details.uscc))
    return [(name, value) for name, value in found if value]


def parse(row: Row, scope: str | None) -> tuple[Details | None, list[str]]:
    """A mapped row as an entry and what was noticed; None and the reasons where it cannot be one."""
    values: dict[str, Any] = dict(row)
    for field, words in ALIASES.items():
        if field in values and field != "stages":
            values[field] = words.get(values[field], values[field])
    if "stages" in values:
        values["stages"] = [
            ALIASES["stages"].get(word, word) for word in _LIST_SEPARATORS.split(values["stages"]) if word
        ]
    if "kind" not in values:
        return None, ["kind-missing"]
    if "address" not in values and "name" in values:
        return None, ["address-missing"]
    if not (values.get("external_ref") or values.get("uscc")):
        return None, ["identity-missing"]
    try:
        details = Details.model_validate(values)
    except ValidationError as error:
        return None, sorted({_code(problem) for problem in error.errors(include_url=False, include_input=False)})
    if scope is not None and details.district != scope:
        return None, ["outside-your-district"]
    return details, ["coordinates-zero"] if details.lon == 0 and details.lat == 0 else []


def _code(problem: Any) -> str:
    """`field:reason`, both stable."""
    field = str(problem["loc"][0]) if problem["loc"] else "row"
    return f"{field}-{problem['type'].replace('_', '-')}"
