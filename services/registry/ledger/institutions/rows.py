"""A row of a ledger's file as an entry: what it says in our words, what was corrected, and the permit it tells of."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from services.registry.ledger.institutions.domain import Details, Status
from services.registry.ledger.institutions.words import INTERPRETATIONS, WORDS, district_code
from shared.domain.text import credit_code, key
from shared.imports.cleaning import (
    DateOrder,
    Unreadable,
    code_text,
    coordinates,
    day,
    one_line,
    unprefixed,
    whole_number,
)
from shared.imports.reader import Row
from shared.imports.runner import NO_HINTS, Hints

_LIST_SEPARATORS = re.compile(r"[,，、;；|/\s]+")
_NOT_FROM_LEDGERS = frozenset({Status.APPLYING, Status.MERGED})
"""States that only this platform's own decisions lead to."""

PAPER = ("permit_valid_from", "permit_valid_to")
_LINES = ("name", "address", "legal_representative")
_CORRECTED = {
    "external_ref": "external-ref-normalised",
    "phone": "phone-normalised",
    "permit_no": "permit-no-normalised",
    "district": "district-normalised",
    "street": "street-normalised",
}
CODED = frozenset({*_CORRECTED, "uscc"})
"""Fields that are codes: a spreadsheet must not take one for a number."""
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


def parse(row: Row, scope: str | None, hints: Hints = NO_HINTS) -> Parsed:
    """The entry of a mapped row; raises `Rejected` with the reasons if there is none."""
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
    """The entry. Optional cells that cannot be read are dropped, and the notes say so."""
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
    """The report names an unknown status, so that a mapping can give it a meaning."""
    unknown = any(problem["loc"] == ("status",) for problem in problems)
    return [f"status-unknown:{values['status'][:50]}"] if unknown else []


def _clean(values: dict[str, Any], hints: Hints) -> list[str]:
    """Normalise every cell; the notes say which ones were corrected."""
    notes: list[str] = []
    for field in _LINES:
        if field in values:
            values[field] = _noted(notes, one_line(values[field]))
    for field, code in _CORRECTED.items():
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
    """Put a postcode into the address. If it is one digit shorter than most in its file, it lost a leading zero."""
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
    """The permit of a row: it needs a number, and an end or the word for no end."""
    if not any(field in values for field in PAPER):
        return None, []
    days: dict[str, date | None] = {}
    notes = []
    for field in PAPER:
        if field in values:
            try:
                days[field], note = day(values.pop(field), dates)
            except Unreadable as unreadable:
                raise Rejected(f"{field.replace('_', '-')}-{unreadable.code.removeprefix('date-')}") from None
            if note is not None and note not in notes:
                notes.append(note)
    starts, ends = (days.get(field) for field in PAPER)
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
