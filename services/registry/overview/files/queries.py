"""An institution's file, in order of time."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.domain import Institution
from services.registry.ledger.observations.domain import FileEntry
from services.registry.ledger.responsibilities.domain import Responsibility
from services.registry.licensing.applications.domain import Application
from services.registry.licensing.permits.domain import Permit
from services.registry.licensing.transformations.domain import Transformation
from services.registry.overview.files.domain import Entry, as_the_institution_reads
from services.registry.supervision.advertisements.domain import Advertisement
from services.registry.supervision.commitments.domain import Commitment
from services.registry.supervision.notices.domain import Notice, Receipt
from services.registry.supervision.proposals.domain import PenaltyProposal
from services.registry.supervision.stop_orders.domain import StopOrder, StopOrderRecipient
from shared.facts.journal import journal
from shared.http.policies import Principal

_ABOUT_ONE = (
    Application,
    Permit,
    Transformation,
    Commitment,
    Advertisement,
    Responsibility,
    PenaltyProposal,
    Receipt,
    StopOrderRecipient,
)
"""Aggregates that belong to one institution: their facts are part of its file."""


async def file_of(session: AsyncSession, institution_id: UUID, caller: Principal) -> list[Entry]:
    """The facts of the registry and of other services, oldest first, as far as the caller may read them.

    The files of entries merged into this one are included.
    """
    ids = select(Institution.id).where(or_(Institution.id == institution_id, Institution.merged_into == institution_id))
    keys = union_all(ids, *(select(one.id).where(one.institution_id.in_(ids)) for one in _ABOUT_ONE))
    own = select(
        literal("/registry").label("source"),
        journal.c.type,
        journal.c.at,
        journal.c.actor,
        journal.c.reason,
        cast(journal.c.payload, JSONB).label("facts"),
        journal.c.id.label("place"),
    ).where(journal.c.key.in_(keys))
    told = select(
        FileEntry.source,
        FileEntry.type,
        FileEntry.at,
        FileEntry.actor,
        literal(None, Text),
        FileEntry.facts,
        FileEntry.sequence,
    ).where(FileEntry.institution_id.in_(ids))
    everything = union_all(own, told, _notices(ids), _orders(ids)).subquery()
    columns = everything.c
    rows = await session.execute(select(everything).order_by(columns.at, columns.place))
    entries = [Entry(row.source, row.type, row.at, row.actor, row.reason, row.facts) for row in rows]
    return list(as_the_institution_reads(entries)) if "operator" in caller.roles else entries


def _notices(ids: Select[Any]) -> Select[Any]:
    return (
        select(
            literal("/registry"),
            literal("registry.notice.published.v1"),
            Notice.published_at,
            Notice.published_by,
            literal(None, Text),
            func.jsonb_build_object("notice_id", Notice.id, "title", Notice.title, "confirm_by", Notice.confirm_by),
            literal(0),
        )
        .join(Receipt, Receipt.notice_id == Notice.id)
        .where(Receipt.institution_id.in_(ids))
    )


def _orders(ids: Select[Any]) -> Select[Any]:
    return (
        select(
            literal("/registry"),
            literal("registry.stop_order.issued.v1"),
            StopOrder.issued_at,
            StopOrder.issued_by,
            literal(None, Text),
            func.jsonb_build_object(
                "stop_order_id", StopOrder.id, "title", StopOrder.title, "first_day", StopOrder.first_day,
                "last_day", StopOrder.last_day, "acknowledge_by", StopOrder.acknowledge_by,
            ),
            literal(0),
        )
        .join(StopOrderRecipient, StopOrderRecipient.stop_order_id == StopOrder.id)
        .where(StopOrderRecipient.institution_id.in_(ids))
    )  # fmt: skip
