"""Keeps the copy of the ledger and its permits. An older fact than the copy's changes nothing."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Text, TextClause, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.providers.domain import Provider, ProviderPermit
from shared.events.registry.institutions import InstitutionEvent, InstitutionMerged
from shared.events.registry.permits import PermitEvent
from shared.facts.inbox import Delivery

_PERMIT: Final = [column.name for column in ProviderPermit.__table__.columns if column.name != "sequence"]
_PROVIDER: Final = ("institution_id", "name", "kind", "status", "district", "street")


async def copy_registry(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    """Copy institutions and permits; each such event carries the whole state."""
    institutions: dict[UUID, dict[str, Any]] = {}
    permits: dict[UUID, dict[str, Any]] = {}
    for delivery in deliveries:
        event, sequence = delivery.event, delivery.envelope.sequence
        if isinstance(event, InstitutionEvent):
            merged_into = event.merged_into if isinstance(event, InstitutionMerged) else None
            state = {name: getattr(event, name) for name in _PROVIDER}
            institutions[event.institution_id] = {**state, "merged_into": merged_into, "sequence": sequence}
        elif isinstance(event, PermitEvent):
            permits[event.permit_id] = {**{name: getattr(event, name) for name in _PERMIT}, "sequence": sequence}
    await _copy(session, Provider, list(institutions.values()))
    await _copy(session, ProviderPermit, list(permits.values()))
    for institution_id, row in institutions.items():
        if row["merged_into"] is not None:
            await _move_file(session, institution_id, row["merged_into"])


async def _copy(
    session: AsyncSession, table: type[Provider] | type[ProviderPermit], rows: list[dict[str, Any]]
) -> None:
    if not rows:
        return
    await session.execute(_COPY[table], {"rows": orjson.dumps(rows).decode()})


def _copying(table: type[Provider] | type[ProviderPermit]) -> TextClause:
    """All rows in one statement, as JSON, because unnest would make one list of the lists in a column."""
    name, columns = table.__tablename__, [column.name for column in table.__mapper__.columns]
    key = table.__mapper__.primary_key[0].name
    told = ", ".join(f"{column} = excluded.{column}" for column in columns if column != key)
    listed = ", ".join(columns)
    return text(
        f"""
        INSERT INTO {name} ({listed})
        SELECT {listed} FROM json_populate_recordset(CAST(NULL AS {name}), CAST(:rows AS json))
        ON CONFLICT ({key}) DO UPDATE SET {told} WHERE {name}.sequence < excluded.sequence
        """  # noqa: S608  # names of ours
    ).bindparams(bindparam("rows", type_=Text))


_COPY: Final = {table: _copying(table) for table in (Provider, ProviderPermit)}


async def _move_file(session: AsyncSession, duplicate: UUID, survivor: UUID) -> None:
    """Point merged entries at the last survivor, in whichever order the events of a chain of mergers arrive."""
    last = await session.scalar(select(Provider.merged_into).where(Provider.institution_id == survivor))
    pointing = (Provider.institution_id == duplicate) | (Provider.merged_into == duplicate)
    await session.execute(update(Provider).where(pointing).values(merged_into=last or survivor))
