"""Folds a batch of events into the cells: six statements, whether it holds one event or five thousand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, SmallInteger, Text, TextClause, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.projections.domain import DIMENSIONS, PROJECTIONS, Change, Coordinates, Movement, moved
from shared.inbox import BatchHandler, Delivery

MemberKey = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands and with what amount; no cell before the first event about it."""

    cell: Coordinates | None
    amount: int


def _arrays(statement: str, **types: Any) -> TextClause:
    scalar = bindparam("generation", type_=SmallInteger)
    return text(statement).bindparams(scalar, *(bindparam(name, type_=ARRAY(kind)) for name, kind in types.items()))


_DIMENSIONS = ", ".join(DIMENSIONS)

_ADMIT = _arrays(
    """
    INSERT INTO member (generation, noun, id, amount)
    SELECT :generation, noun, id, 0 FROM unnest(:nouns, :ids) AS row (noun, id)
    ON CONFLICT DO NOTHING
    """,
    nouns=Text,
    ids=Uuid,
)
_LOCK = _arrays(
    f"""
    SELECT member.noun, member.id, member.amount, cell_id, {_DIMENSIONS}
    FROM member LEFT JOIN cell ON cell.id = cell_id
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
_RECEIPTS = _arrays(
    """
    INSERT INTO receipt (generation, noun, member_id, event_id, type, topic, partition, "offset", sequence, at)
    SELECT :generation, * FROM unnest(
        :nouns, :ids, :event_ids, :types, :topics, :partitions, :offsets, :sequences, :times)
    """,
    nouns=Text,
    ids=Uuid,
    event_ids=Uuid,
    types=Text,
    topics=Text,
    partitions=Integer,
    offsets=BigInteger,
    sequences=BigInteger,
    times=DateTime(timezone=True),
)


def folding_into(shadow: bool) -> BatchHandler:
    """A handler that folds into the live generation, or into the shadow of a rebuild."""

    async def handle(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
        # Shared, so that batches of several partitions run side by side; a swap takes it exclusively.
        live = await session.scalar(text("SELECT live FROM generation FOR SHARE"))
        assert live is not None, "the migration made the row"
        await fold(session, deliveries, generation=_other(live) if shadow else live)

    return handle


def _other(generation: int) -> int:
    return 3 - generation


async def fold(session: AsyncSession, deliveries: Sequence[Delivery], *, generation: int) -> None:
    """Move every member the batch speaks of, and keep the receipts."""
    changes = [
        (change, delivery) for delivery in deliveries for change in PROJECTIONS[type(delivery.event)](delivery.event)
    ]
    if not changes:
        return
    standing = await _lock_members(session, {(change.noun, change.id) for change, _ in changes}, generation)
    after, movement = _sum(changes, standing)
    cells = await _move_cells(session, movement, generation)
    await session.execute(
        _MOVE_MEMBERS,
        {
            "generation": generation,
            "nouns": [noun for noun, _ in after],
            "ids": [member for _, member in after],
            "cells": [cells[where.cell] for where in after.values() if where.cell is not None],
            "amounts": [where.amount for where in after.values()],
        },
    )
    await _keep_receipts(session, changes, generation)


async def _lock_members(session: AsyncSession, keys: set[MemberKey], generation: int) -> dict[MemberKey, Standing]:
    """Admit members never seen, then lock all in one order: two topics may speak of one member at once."""
    ordered = sorted(keys)
    parameters = {
        "generation": generation,
        "nouns": [noun for noun, _ in ordered],
        "ids": [member for _, member in ordered],
    }
    await session.execute(_ADMIT, parameters)
    return {
        (row[0], row[1]): Standing(None if row[3] is None else (row[0], *row[4:]), row[2])
        for row in await session.execute(_LOCK, parameters)
    }


def _sum(
    changes: Sequence[tuple[Change, Delivery]], standing: dict[MemberKey, Standing]
) -> tuple[dict[MemberKey, Standing], Movement]:
    """Where every member ends, and what that does to the cells: a member that moves twice counts once."""
    after: dict[MemberKey, Standing] = {}
    for change, _ in changes:
        key = (change.noun, change.id)
        was = after.get(key) or standing[key]
        amount = was.amount if change.amount is None else change.amount
        after[key] = Standing(moved(change.noun, was.cell, change.says), amount)
    movement = Movement()
    for key, where in after.items():
        before = standing[key]
        assert where.cell is not None
        movement.move(before.cell, where.cell, old_amount=before.amount, new_amount=where.amount)
    return after, movement


async def _move_cells(session: AsyncSession, movement: Movement, generation: int) -> dict[Coordinates, int]:
    """The ids of all cells touched. Locked in one order, whatever the batch."""
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
    envelopes = [delivery.envelope for _, delivery in changes]
    await session.execute(
        _RECEIPTS,
        {
            "generation": generation,
            "nouns": [change.noun for change, _ in changes],
            "ids": [change.id for change, _ in changes],
            "event_ids": [envelope.event_id for envelope in envelopes],
            "types": [envelope.type for envelope in envelopes],
            "topics": [envelope.topic for envelope in envelopes],
            "partitions": [envelope.partition for envelope in envelopes],
            "offsets": [envelope.offset for envelope in envelopes],
            "sequences": [envelope.sequence for envelope in envelopes],
            "times": [envelope.time for envelope in envelopes],
        },
    )
