"""Ledger rows from a file. A row is recognised by its external reference or its USCC and never entered twice."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries
from services.registry.ledger.institutions.domain import (
    FIELDS,
    Details,
    Institution,
    Status,
    public_state,
)
from services.registry.ledger.institutions.searching import searchable
from services.registry.ledger.institutions.words import INTERPRETATIONS, WORDS, district_code
from services.registry.licensing.permits.domain import Paper, Permit, Scope, Validity, contradictions
from services.registry.licensing.permits.queries import permits_by_institution
from services.registry.licensing.permits.usecases import PaperOutcome, record_papers
from shared.data.database import copy_rows, new_id
from shared.domain.clock import china_date
from shared.domain.text import credit_code, key
from shared.events.registry.institutions import InstitutionChanged, InstitutionRegistered
from shared.facts.journal import Fact, record_many
from shared.imports.cleaning import (
    DateOrder,
    Identity,
    Unreadable,
    code_text,
    coordinates,
    day,
    one_line,
    unprefixed,
    whole_number,
)
from shared.imports.reader import Row
from shared.imports.runner import NO_HINTS, Hints, RowReport

_LIST_SEPARATORS = re.compile(r"[,，、;；|/\s]+")
_NOT_FROM_LEDGERS = frozenset({Status.APPLYING, Status.MERGED})
"""States that only this platform's own decisions lead to."""

_PAPER = ("permit_valid_from", "permit_valid_to")
_LINES = ("name", "address", "legal_representative")
_CODED = {
    "external_ref": "external-ref-normalised",
    "phone": "phone-normalised",
    "permit_no": "permit-no-normalised",
    "district": "district-normalised",
    "street": "street-normalised",
}
_PLACES = ("district", "street")
_NOT_IN_A_CODE = re.compile(r"[^0-9A-Za-z_-]+")
"""Other cities name their districts; `Bronx 8` is as good a code as any."""


@dataclass(frozen=True, slots=True)
class PermitPaper:
    """A permit as a row states it: its number and days, `valid_to` null where it has no end."""

    number: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A row that can be an entry: what it says, what was corrected or noticed, and the permit it tells of."""

    details: Details
    notes: Sequence[str]
    paper: PermitPaper | None


class Rejected(Exception):
    """The row cannot be an entry."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = codes


class InstitutionImporter:
    """Enters, corrects or recognises institutions; every row gets its report."""

    fields: ClassVar[frozenset[str]] = frozenset({*FIELDS, *_PAPER, "postcode"})
    table: ClassVar[str] = "institution"
    identities: ClassVar[Mapping[str, Identity]] = {"external_ref": "reference", "uscc": "credit_code"}
    days: ClassVar[frozenset[str]] = frozenset(_PAPER)
    required: ClassVar[frozenset[str]] = frozenset({"name", "kind", "address"})
    coded: ClassVar[frozenset[str]] = frozenset({*_CODED, "uscc"})
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
        parsed = [_parsed(row, scope, hints) for row in rows]
        readable = [row.details for row in parsed if isinstance(row, Parsed)]
        known = await self._known(session, readable)
        batch = _Batch(at, scope, known, await permits_by_institution(session, [one.id for one in known]))
        reports = [batch.take(row) if isinstance(row, Parsed) else row for row in parsed]
        papers = await batch.write(session)
        return [_with_paper(row, report, papers) for row, report in zip(parsed, reports, strict=True)]

    async def _known(self, session: AsyncSession, parsed: Sequence[Details]) -> Sequence[Institution]:
        return await queries.matching(
            session,
            uscc=[details.uscc for details in parsed if details.uscc],
            external_ref=[details.external_ref for details in parsed if details.external_ref],
        )


Papers = Mapping[tuple[UUID, str], PaperOutcome]


def _with_paper(row: Parsed | RowReport, report: RowReport, papers: Papers) -> RowReport:
    """The report, with what became of the permit that the row states."""
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
        """A ledger does not bring back a permit that ended here; one that it states for the first time is recorded."""
        permits = self._permits.get(institution_id, ())
        if paper is not None and all(permit.number != paper.number for permit in permits):
            return {}
        return contradictions(permits, after, china_date(self._at))

    async def write(self, session: AsyncSession) -> Papers:
        """Store what was taken; the institutions and permit numbers where the number is another's."""
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
        """Two entries may exchange their references in one chunk: nobody takes one before its owner let it go."""
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


def parse(row: Row, scope: str | None, hints: Hints = NO_HINTS) -> Parsed:
    """A mapped row as an entry; raises `Rejected` with the reasons where it cannot be one."""
    values: dict[str, Any] = dict(row)
    notes = _clean(values, hints)
    paper, paper_notes = _paper(values, hints.dates)
    notes += paper_notes
    if "kind" not in values:
        raise Rejected("kind-missing")
    if "address" not in values and "name" in values:
        raise Rejected("address-missing")
    if not (values.get("external_ref") or values.get("uscc")):
        raise Rejected("identity-missing")
    details = _details(values, notes)
    if details.status in _NOT_FROM_LEDGERS:
        raise Rejected("status-not-from-ledgers")
    if scope is not None and details.district != scope:
        raise Rejected("outside-your-district")
    if details.lon == 0 and details.lat == 0:
        notes.append("coordinates-zero")
    return Parsed(details, notes, paper)


def _details(values: dict[str, Any], notes: list[str]) -> Details:
    """The entry; a cell that it can do without is left out where it cannot be read, and the notes say so."""
    try:
        return Details.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
    codes = sorted({_code(problem) for problem in problems})
    lost = {str(problem["loc"][0]) if problem["loc"] else "row" for problem in problems}
    if not lost <= _DISPENSABLE:
        raise Rejected(*codes, *_unknown_words(values, problems))
    for field in lost | ({"lon", "lat"} if lost & _POINT else set()):
        values.pop(field, None)
    notes += codes
    return Details.model_validate(values)


_POINT = frozenset({"lon", "lat", "row"})
_DISPENSABLE = _POINT | {"capacity", "phone", "legal_representative", "district", "street", "stages"}
"""What an entry can do without. Half a point is a problem of the row as a whole."""


def _unknown_words(values: Mapping[str, Any], problems: Sequence[Any]) -> list[str]:
    """The report names a status that nobody knows, so that a mapping can say what it means."""
    unknown = any(problem["loc"] == ("status",) for problem in problems)
    return [f"status-unknown:{values['status'][:50]}"] if unknown else []


def _clean(values: dict[str, Any], hints: Hints) -> list[str]:
    """Put every cell in the form the entry wants; the notes say which were corrected."""
    notes: list[str] = []
    for field in _LINES:
        if field in values:
            values[field] = _noted(notes, one_line(values[field]))
    for field, code in _CODED.items():
        if field in values:
            _clean_code(values, field, code, notes)
    if "uscc" in values:
        _clean_uscc(values, notes)
    if "capacity" in values:
        values["capacity"] = _noted(notes, whole_number(values["capacity"]), "capacity")
    if "lon" in values and "lat" in values:
        values["lon"], values["lat"], corrected = coordinates(values["lon"], values["lat"])
        notes += corrected
    if "postcode" in values:
        _put_postcode(values, notes, hints.widths.get("postcode"))
    _translate(values, notes)
    return notes


def _noted(notes: list[str], cleaned: tuple[str, str | None], field: str | None = None) -> str:
    value, note = cleaned
    if note is not None:
        notes.append(f"{field}-{note.removeprefix('number-')}" if field else note)
    return value


def _clean_code(values: dict[str, Any], field: str, code: str, notes: list[str]) -> None:
    try:
        value, note = code_text(values[field], code)
    except Unreadable as unreadable:
        if field in ("external_ref", "permit_no"):  # half a key would be another one's
            raise Rejected(f"{field.replace('_', '-')}-{unreadable.code}") from None
        del values[field]
        notes.append(f"{field}-{unreadable.code}")
        return
    if field != "external_ref" and field != "permit_no" and value.endswith(".0") and value[:-2].isdigit():
        value, note = value[:-2], code  # what a program wrote that took a column of digits for amounts
    if field == "district" and (known := district_code(value)) is not None:
        value, note = known, code
    if field in _PLACES and value.isascii() and _NOT_IN_A_CODE.search(value):
        value, note = _NOT_IN_A_CODE.sub("-", value).strip("-"), code
    values[field] = value
    if note is not None:
        notes.append(note)


def _clean_uscc(values: dict[str, Any], notes: list[str]) -> None:
    given = values["uscc"]
    try:
        values["uscc"] = credit_code(code_text(given, "")[0])
    except Unreadable as unreadable:
        raise Rejected(f"uscc-{unreadable.code}") from None
    if values["uscc"] != given:
        notes.append("uscc-normalised")


def _put_postcode(values: dict[str, Any], notes: list[str], digits: int | None) -> None:
    """A postcode stays with the address. One digit short of most in its file, it lost a leading zero."""
    postcode = unprefixed(key(values.pop("postcode"))).removesuffix(".0")
    address = values.get("address", "")
    if postcode.isdigit() and digits in _POSTCODE_LENGTHS and len(postcode) == digits - 1:
        postcode = f"0{postcode}"
        notes.append("postcode-zero-restored")
    if address and postcode not in address:
        values["address"] = f"{address} {postcode}"


_POSTCODE_LENGTHS = (5, 6)


def _translate(values: dict[str, Any], notes: list[str]) -> None:
    for field in values.keys() & WORDS.keys():
        words = WORDS[field]
        if field == "stages":
            parts = [word for word in _LIST_SEPARATORS.split(values[field]) if word]
            values[field] = [_word(words, part) for part in parts]
        else:
            said = values[field]
            values[field] = _word(words, said)
            if field == "status" and _plain(said) in INTERPRETATIONS:
                notes.append("status-interpreted")


def _word(words: Mapping[str, str], said: str) -> str:
    if said in words:
        return words[said]
    plain = _plain(said)
    return words.get(plain, words.get(plain.replace("_", ""), plain))


def _plain(said: str) -> str:
    return "_".join(key(said).casefold().replace("-", " ").split())


def _paper(values: dict[str, Any], dates: DateOrder | None) -> tuple[PermitPaper | None, list[str]]:
    """The permit a row tells of: one with a number, and an end or the word that it has none."""
    if not any(field in values for field in _PAPER):
        return None, []
    days: dict[str, date | None] = {}
    notes = []
    for field in _PAPER:
        if field in values:
            try:
                days[field], note = day(values.pop(field), dates)
            except Unreadable as unreadable:
                raise Rejected(f"{field.replace('_', '-')}-{unreadable.code.removeprefix('date-')}") from None
            if note is not None and note not in notes:
                notes.append(note)
    starts, ends = (days.get(field) for field in _PAPER)
    if starts is not None and ends is not None and ends < starts:
        raise Rejected("permit-validity-reversed")
    number = values.get("permit_no")
    if number is None or "permit_valid_to" not in days:
        return None, [*notes, "permit-incomplete"]
    return PermitPaper(number, starts, ends), notes


def _code(problem: Any) -> str:
    """`field:reason`, both stable."""
    field = str(problem["loc"][0]) if problem["loc"] else "row"
    return f"{field}-{problem['type'].replace('_', '-')}"
