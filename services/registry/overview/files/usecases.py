"""Puts other services' facts into the files of the institutions they are about."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.overview.files.domain import FileEntry
from shared.facts.inbox import Delivery


async def file_facts(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    """A fact about no known institution (a newly found one) has no file to go to yet."""
    entries = [
        {
            "event_id": delivery.envelope.event_id,
            "institution_id": institution_id,
            "source": delivery.envelope.source,
            "type": delivery.envelope.type,
            "key": delivery.envelope.key,
            "sequence": delivery.envelope.sequence,
            "actor": delivery.envelope.actor,
            "at": delivery.envelope.time,
            "facts": delivery.event.model_dump(mode="json"),
        }
        for delivery in deliveries
        if (institution_id := getattr(delivery.event, "institution_id", None)) is not None
    ]
    if entries:
        await session.execute(insert(FileEntry).on_conflict_do_nothing(), entries)
