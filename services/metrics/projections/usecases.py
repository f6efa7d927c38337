"""Folds a batch of events into the cells: six statements or seven, whether it holds one event or five thousand."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import ARRAY, BigInteger, SmallInteger, Text, TextClause, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.projections.domain import (
    DIMENSIONS,
    Change,
    Coordinates,
    Member,
    Movement,
    Receipt,
    moved,
    subject_of,
)
from services.metrics.projections.facts import PROJECTIONS
from shared.data.database import copy_rows, without
from shared.facts.inbox import BatchHandler, Delivery, TryAgain

MemberKey = tuple[str, UUID]


class Standing(NamedTuple):
    """Where a member stands, with what amount, and what it is about."""

    cell: Coordinates
    amount: int
    about: UUID | None


def _arrays(statement: str, **types: Any) -> TextClause:
    scalar = bindparam("generation", type_=SmallInteger)
    return text(statement).bindparams(scalar, *(bindparam(name, type_=ARRAY(kind)) for name, kind in types.items()))


_DIMENSIONS = ", ".join(DIMENSIONS)

_LOCK = _arrays(
    """
    SELECT id, cell_id, amount, about FROM member
    WHERE generation = :generation AND noun = :noun AND id = ANY(:ids) ORDER BY id FOR UPDATE
    """,
    ids=Uuid,
)
_CELLS = _arrays(
    f"SELECT id, noun, {_DIMENSIONS} FROM cell WHERE generation = :generation AND id = ANY(:ids)",  # noqa: S608  # ours
    ids=BigInteger,
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
    UPDATE member SET cell_id = row.cell_id, amount = row.amount, about = row.about
    FROM unnest(:ids, :cells, :amounts, :abouts) AS row (id, cell_id, amount, about)
    WHERE member.generation = :generation AND member.noun = :noun AND member.id = row.id AND member.id = ANY(:ids)
    """,
    ids=Uuid,
    cells=BigInteger,
    amounts=BigInteger,
    abouts=Uuid,
)
_MEMBER = ("generation", "noun", "id", "cell_id", "amount", "about")
_RECEIPT = (
    "generation", "noun", "member_id", "event_id", "type", "topic", "partition", "offset", "sequence", "at"
)  # fmt: skip


_LIVE = text(f"SELECT live, {without('seqscan', 'nestloop')} FROM generation FOR SHARE")  # noqa: S608  # names of ours
"""The live generation, and for the statements that follow: look members up by key, however many there are by now."""


class AdmittedElsewhere(TryAgain):
    """Another batch admitted a member while this one did."""


def folding_into(shadow: bool) -> BatchHandler:
    async def handle(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
        # Shared, so that batches of several partitions run side by side; a swap takes it exclusively.
        live = await session.scalar(_LIVE)
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
    found = [
        (noun, row)
        for noun, ids in _by_noun(keys)
        for row in await session.execute(_LOCK, {"generation": generation, "noun": noun, "ids": ids})
    ]
    if not found:
        return {}
    cells = await session.execute(
        _CELLS, {"generation": generation, "ids": list({cell_id for _, (_, cell_id, *_) in found})}
    )
    coordinates: dict[int, Coordinates] = {row[0]: tuple(row[1:]) for row in cells}
    return {(noun, id_): Standing(coordinates[cell_id], amount, about) for noun, (id_, cell_id, amount, about) in found}


def _by_noun(keys: Collection[MemberKey]) -> Iterator[tuple[str, list[UUID]]]:
    """Members in the one order in which all batches take them."""
    for noun, alike in groupby(sorted(keys), key=itemgetter(0)):
        yield noun, [id_ for _, id_ in alike]


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
    new = [
        (generation, *key, cells[after[key].cell], after[key].amount, after[key].about)
        for key in ordered
        if key not in known
    ]
    try:
        await copy_rows(session, Member.__tablename__, _MEMBER, new)
    except UniqueViolationError as error:
        raise AdmittedElsewhere from error
    for noun, ids in _by_noun([key for key in ordered if key in known]):
        await session.execute(
            _MOVE_MEMBERS,
            {
                "generation": generation,
                "noun": noun,
                "ids": ids,
                "cells": [cells[after[noun, id_].cell] for id_ in ids],
                "amounts": [after[noun, id_].amount for id_ in ids],
                "abouts": [after[noun, id_].about for id_ in ids],
            },
        )


def _sum(
    changes: Sequence[tuple[Change, Delivery]], standing: Mapping[MemberKey, Standing]
) -> tuple[dict[MemberKey, Standing], Movement]:
    """The final coordinates of each member, and the resulting change of each cell. A member that moves twice counts
    once."""
    after: dict[MemberKey, Standing] = {}
    for change, (event, _) in changes:
        key = (change.noun, change.id)
        was = after.get(key) or standing.get(key)
        amount = change.amount if change.amount is not None else was.amount if was else 0
        about = change.about or subject_of(event, change.id) or (was.about if was else None)
        cell = moved(change.noun, was.cell if was else None, change.says, change.marks)
        after[key] = Standing(cell, amount, about)
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
        for change, (_, envelope) in changes
    ]  # fmt: skip
    await copy_rows(session, Receipt.__tablename__, _RECEIPT, rows)
