"""After a broker lost its log: the journal says everything again, and every consumer listens from the start.

What a consumer has applied it drops again by key and version, so saying too much costs time and nothing else.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def forget_log(connection: AsyncConnection) -> int:
    """Reset every offset of this service to 0 and make every journal row pending; returns the number of rows.

    Stop the service's relay and consumer first; the caller commits.
    """
    await connection.execute(text("UPDATE consumer_offset SET next = 0, moved_at = now()"))
    made_pending = await connection.execute(
        text("INSERT INTO outbox_pending (journal_id) SELECT id FROM journal ORDER BY id ON CONFLICT DO NOTHING")
    )
    return made_pending.rowcount
