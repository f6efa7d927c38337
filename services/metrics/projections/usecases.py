"""Folds a batch of events into the cells: six statements, whether it holds one event or five thousand."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, SmallInteger, Text, TextClause, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.projections.domain import DIMENSIONS, Change, Coordinates, Movement, moved
from services.metrics.projections.facts import PROJECTIONS
from shared.data.database import copy_rows
from shared.facts.inbox import BatchHandler, Delivery

MemberKey = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands, and with what amount."""

    cell: Coordinates
    amount: int


def _arrays(statement: str, **types: Any) -> TextClause:
    scalar = bindparam("generation", type_=SmallInteger)
    return text(statement).bindparams(scalar, *(bindparam(name, type_=ARRAY(kind)) for name, kind in types.items()))


_DIMENSIONS = ", ".join(DIMENSIONS)

_LOCK = _arrays(
    f"""
    SELECT member.noun, member.id, member.amount, cell_id, {_DIMENSIONS}
    FROM member JOIN cell ON cell.id = cell_id
    WHERE member.generation = :generation
      AND (member.noun, member.id) IN (SELECT noun, id FROM unnest(:nouns, :ids) AS row (noun, id))
    ORDER BY member.noun, member.id
    FOR UPDATE OF member
    """,  # noqa: S608  # column names of ours
    nouns=Text,
    ids=Uuid,
)
_MOVE_CELLS = _arrays(
    f"""
    INSERT INTO cell (generation, noun, {_DIMENSIONS}, members, amount)
    SELECT :generation, noun, {_DIMENSIONS}, members, amount
    FROM unnest(:noun, {", ".join(f":{name}" for name in DIMENSIONS)}, :members, :amounts)
         AS row (noun, {_DIMENSIONS}, members, amount)
    ON CONFLICT (generation, noun, {_DIMENSIONS})
    DO UPDATE SET members = cell.members + excluded.members, amount = cell.amount + excluded.amount
    RETURNING id, noun, {_DIMENSIONS}
    """,  # noqa: S608  # column names of ours
    noun=Text,
    members=BigInteger,
    amounts=BigInteger,
    **dict.fromkeys(DIMENSIONS, Text),
)
_ADMIT = _arrays(
    """
    INSERT INTO member (generation, noun, id, cell_id, amount)
    SELECT :generation, * FROM unnest(:nouns, :ids, :cells, :amounts)
    ON CONFLICT DO NOTHING RETURNING 1
    """,
    nouns=Text,
    ids=Uuid,
    cells=BigInteger,
    amounts=BigInteger,
)
_MOVE_MEMBERS = _arrays(
    """
    UPDATE member SET cell_id = row.cell_id, amount = row.amount
    FROM unnest(:nouns, :ids, :cells, :amounts) AS row (noun, id, cell_id, amount)
    WHERE member.generation = :generation AND member.noun = row.noun AND member.id = row.id
    """,
    nouns=Text,
    ids=Uuid,
    cells=BigInteger,
    amounts=BigInteger,
)
_RECEIPT = (
    "generation", "noun", "member_id", "event_id", "type", "topic", "partition", "offset", "sequence", "at"
)  # fmt: skip


class AdmittedElsewhere(Exception):
    """Another topic spoke of a member for the first time in this very moment: apply again."""


def folding_into(shadow: bool) -> BatchHandler:
    async def handle(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
        # Shared, so that batches of several partitions run side by side; a swap takes it exclusively.
        live = await session.scalar(text("SELECT live FROM generation FOR SHARE"))
        assert live is not None, "the migration made the row"
        await fold(session, deliveries, generation=_other(live) if shadow else live)

    return handle


def _other(generation: int) -> int:
    return 3 - generation


async def fold(session: AsyncSession, deliveries: Sequence[Delivery], *, generation: int) -> None:
    changes = [
        (change, delivery) for delivery in deliveries for change in PROJECTIONS[type(delivery.event)](delivery.event)
    ]
    if not changes:
        return
    standing = await _lock_members(session, {(change.noun, change.id) for change, _ in changes}, generation)
    after, movement = _sum(changes, standing)
    cells = await _move_cells(session, movement, generation)
    await _move_members(session, after, cells, known=standing.keys(), generation=generation)
    await _keep_receipts(session, changes, generation)


async def _lock_members(session: AsyncSession, keys: set[MemberKey], generation: int) -> dict[MemberKey, Standing]:
    """The known members and their coordinates, locked in one order: two topics may concern one member at once."""
    ordered = sorted(keys)
    found = await session.execute(
        _LOCK,
        {
            "generation": generation,
            "nouns": [noun for noun, _ in ordered],
            "ids": [member for _, member in ordered],
        },
    )
    return {(row[0], row[1]): Standing((row[0], *row[4:]), row[2]) for row in found}


async def _move_members(
    session: AsyncSession,
    after: Mapping[MemberKey, Standing],
    cells: Mapping[Coordinates, int],
    *,
    known: Collection[MemberKey],
    generation: int,
) -> None:
    """Insert new members and move known ones, in one order: otherwise two batches could deadlock."""
    ordered = sorted(after)
    for statement, keys in (
        (_ADMIT, [key for key in ordered if key not in known]),
        (_MOVE_MEMBERS, [key for key in ordered if key in known]),
    ):
        if keys:
            done = await session.execute(
                statement,
                {
                    "generation": generation,
                    "nouns": [noun for noun, _ in keys],
                    "ids": [member for _, member in keys],
                    "cells": [cells[after[key].cell] for key in keys],
                    "amounts": [after[key].amount for key in keys],
                },
            )
            if statement is _ADMIT and len(done.all()) < len(keys):
                raise AdmittedElsewhere


def _sum(
    changes: Sequence[tuple[Change, Delivery]], standing: Mapping[MemberKey, Standing]
) -> tuple[dict[MemberKey, Standing], Movement]:
    """The final coordinates of each member, and the resulting change of each cell. A member that moves twice counts
    once."""
    after: dict[MemberKey, Standing] = {}
    for change, _ in changes:
        key = (change.noun, change.id)
        was = after.get(key) or standing.get(key)
        amount = change.amount if change.amount is not None else was.amount if was else 0
        after[key] = Standing(moved(change.noun, was.cell if was else None, change.says, change.marks), amount)
    movement = Movement()
    for key, where in after.items():
        before = standing.get(key)
        movement.move(
            before.cell if before else None,
            where.cell,
            old_amount=before.amount if before else 0,
            new_amount=where.amount,
        )
    return after, movement


async def _move_cells(session: AsyncSession, movement: Movement, generation: int) -> dict[Coordinates, int]:
    """The ids of all cells touched. They are locked in one order, whatever the batch."""
    cells = sorted(movement.members)
    columns = dict(zip(("noun", *DIMENSIONS), map(list, zip(*cells, strict=True)), strict=True))
    found = await session.execute(
        _MOVE_CELLS,
        {
            "generation": generation,
            **columns,
            "members": [movement.members[cell] for cell in cells],
            "amounts": [movement.amounts[cell] for cell in cells],
        },
    )
    return {tuple(row[1:]): row[0] for row in found}


async def _keep_receipts(session: AsyncSession, changes: Sequence[tuple[Change, Delivery]], generation: int) -> None:
    rows = [
        (
            generation, change.noun, change.id, envelope.event_id, envelope.type, envelope.topic, envelope.partition,
            envelope.offset, envelope.sequence, envelope.time,
        )
        for change, envelope in ((change, delivery.envelope) for change, delivery in changes)
    ]  # fmt: skip
    await copy_rows(session, "receipt", _RECEIPT, rows)
