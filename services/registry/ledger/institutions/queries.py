"""Reading the ledger. The list bypasses the ORM: PostgreSQL writes the JSON and it passes through."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, and_, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.domain import AT_WORK, Institution, InstitutionNotFound, Mode
from services.registry.ledger.institutions.searching import pattern
from shared.domain.text import credit_code
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable
from shared.http.reads import Condition, Statement, given, instant, page_statement

COLUMNS = (
    "id", "version", "name", "uscc", "permit_no", "kind", "mode", "profit", "stages", "status", "district", "street",
    "address", "lon", "lat", "legal_representative", "phone", "capacity", "external_ref",
    "registered_at", "changed_at",
)  # fmt: skip
"""What the API shows of an entry, in this order."""
REACH: Final[ReachColumns] = {
    "district": Institution.district,
    "street": Institution.street,
    "institution": Institution.id,
}
"""Where an institution lies, and who runs it."""
_WRITTEN = ", ".join(instant(name) if name.endswith("_at") else name for name in COLUMNS)
_ITEM = f"SELECT {_WRITTEN} FROM institution WHERE {{where}}"  # noqa: S608 -- column names of ours


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; `None` leaves a dimension open."""

    district: str | None = None
    street: str | None = None
    kind: str | None = None
    status: str | None = None
    q: str | None = None
    id: str | None = None

    def within(self, caller: Principal) -> "Filters | None":
        if caller.covers():
            return self
        if "operator" in caller.roles:
            return replace(self, id=str(UUID(caller.institution))) if _is_id(caller.institution) else None
        if caller.district is None or self.district not in (None, caller.district):
            return None
        street = caller.street if caller.street is not None else self.street
        if self.street not in (None, street):
            return None
        return replace(self, district=caller.district, street=street)

    def conditions(self) -> list[Condition]:
        conditions = given(
            ("district = {}", self.district),
            ("street = {}", self.street),
            ("kind = {}", self.kind),
            ("status = {}", self.status),
            ("id = {}::uuid", self.id),
        )
        if self.q is not None:
            found, *values = looked_up(self.q)
            values.append(credit_code(self.q))
            conditions.append((f"({found} OR uscc = {{}})", *values))
        return conditions


def _is_id(value: str | None) -> bool:
    try:
        return value is not None and bool(UUID(value))
    except ValueError:
        return False


def looked_up(q: str, table: str = "institution") -> Condition:
    """SQL for entries that match these words. Words without letters or digits are compared as they are written."""
    folded = pattern(q)
    if folded is not None:
        return f"{table}.search LIKE {{}}", folded
    plain = f"%{_escape(q)}%"
    return f"({table}.name LIKE {{}} OR {table}.address LIKE {{}})", plain, plain


def _escape(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def ledger_page(filters: Filters, *, after: str | None, limit: int) -> Statement:
    return page_statement(_ITEM, [*filters.conditions(), *given(("id > {}::uuid", after))], sort="id", limit=limit)


async def institution(session: AsyncSession, institution_id: UUID, caller: Principal) -> Institution:
    return reachable(await session.get(Institution, institution_id), caller, InstitutionNotFound, **REACH)


async def institution_for_update(session: AsyncSession, institution_id: UUID, caller: Principal) -> Institution:
    found = await session.get(Institution, institution_id, with_for_update=True, populate_existing=True)
    return reachable(found, caller, InstitutionNotFound, **REACH)


async def matching(session: AsyncSession, *, uscc: Sequence[str], external_ref: Sequence[str]) -> Sequence[Institution]:
    """Entries with one of these codes or references, locked in the order of their ids."""
    wanted: Select[Any] = (
        select(Institution)
        .where(
            # Arrays, not IN lists: a statement with 5,000 placeholders costs more to write than to run.
            (Institution.uscc == any_(literal(list(uscc), ARRAY(Text))))
            | (Institution.external_ref == any_(literal(list(external_ref), ARRAY(Text))))
        )
        .order_by(Institution.id)
        .with_for_update()
    )
    return (await session.scalars(wanted)).all()


async def whole_ledger(session: AsyncSession, filters: Filters) -> AsyncIterator[Any]:
    wanted = select(*(getattr(Institution, name) for name in COLUMNS)).order_by(Institution.id)
    for name in ("district", "street", "kind", "status"):
        value = getattr(filters, name)
        if value is not None:
            wanted = wanted.where(getattr(Institution, name) == value)
    rows = await session.stream(wanted.execution_options(yield_per=1000))
    async for row in rows:
        yield row


def at_work(
    *, district: str | None = None, street: str | None = None, kind: str | None = None, mode: str | None = None
) -> ColumnElement[bool]:
    """SQL for institutions at work with these properties. Those that train both online and offline match either
    mode."""
    wanted: list[ColumnElement[bool]] = [Institution.status.in_(AT_WORK)]
    for column, value in ((Institution.district, district), (Institution.street, street), (Institution.kind, kind)):
        if value is not None:
            wanted.append(column == value)
    if mode is not None:
        wanted.append(Institution.mode.in_({mode, Mode.BOTH}))
    return and_(*wanted)


def places(wanted: ColumnElement[bool], *more: Any) -> Select[Any]:
    return select(*more, Institution.id, Institution.district, Institution.street).where(wanted)
