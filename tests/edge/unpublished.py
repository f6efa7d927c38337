"""Every change of a published aggregate is a version and a fact: in these worlds the database refuses any other.

A trigger at the end of each transaction compares a changed row with what it was: where something differs and the
version does not, somebody changed it without saying so.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from sqlalchemy import text

from shared.data.database import Aggregate
from tests.services import Service

UNTOLD: Final[Mapping[str, frozenset[str]]] = {
    # How far an upload and its cleaning have come is told when they end.
    "evidence": frozenset({"parts", "received_bytes", "tries", "next_try_at", "fault"}),
    # Counters of what has facts of its own.
    "offering": frozenset({"enrolled", "waiting", "asked"}),
    "campaign": frozenset({"closed_total", "discoveries_total", "targets_total"}),
    # The last day of a set is the day before the one that follows begins, which that one's fact tells.
    "grid_set": frozenset({"valid_to"}),
}
"""Columns that change without a fact, each for its reason."""
TABLES_UNTOLD: Final = frozenset(
    {
        "sync_operation",  # what a phone did is told by the facts of what it changed; a conflict is a fact of its own
    }
)
EVERYWHERE: Final = frozenset({"changed_in"})
"""The transaction that touched a row last, by which phones read on."""

_FUNCTION = """
CREATE FUNCTION refuse_untold_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD) - TG_ARGV[0]::text[];
    after jsonb;
BEGIN
    EXECUTE format('SELECT to_jsonb(t) - $2 FROM %I t WHERE id = $1', TG_TABLE_NAME)
        INTO after USING OLD.id, TG_ARGV[0]::text[];
    IF after IS NOT NULL AND after <> before AND after->'version' = before->'version' THEN
        RAISE EXCEPTION 'untold change of %: %', TG_TABLE_NAME,
            (SELECT string_agg(key, ', ') FROM jsonb_each(after) WHERE value IS DISTINCT FROM before->key);
    END IF;
    RETURN NULL;
END $$
"""


def aggregates(service: str) -> list[str]:
    """The tables of a service's aggregates, of which facts are published."""
    base = import_module(f"services.{service}.orm").Base
    tables = {
        mapper.local_table.name
        for mapper in base.registry.mappers
        if issubclass(mapper.class_, Aggregate) and mapper.local_table is not None
    }
    return sorted(tables - TABLES_UNTOLD)


async def refuse_untold_changes(service: Service, name: str) -> None:
    """From now on a transaction that changes an aggregate without a version fails at its end."""
    async with service.sessions.begin() as session:
        await session.execute(text(_FUNCTION))
        for table in aggregates(name):
            untold = ",".join(sorted(EVERYWHERE | UNTOLD.get(table, frozenset())))
            await session.execute(
                text(
                    f'CREATE CONSTRAINT TRIGGER untold AFTER UPDATE ON "{table}" DEFERRABLE INITIALLY DEFERRED '
                    f"FOR EACH ROW EXECUTE FUNCTION refuse_untold_change('{{{untold}}}')"
                )
            )
