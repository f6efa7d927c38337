"""Commit to a draw of declarations, reveal it, cancel it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.quality.declarations import queries as declarations
from services.afterschool.quality.declarations.domain import DeclarationState
from services.afterschool.quality.draws import queries
from services.afterschool.quality.draws.domain import LARGEST, Candidate, ManagementDraw, ManagementDrawDetails
from services.afterschool.rulebook.norms import queries as norms
from services.afterschool.rulebook.norms.domain import NormName
from shared.domain.clock import china_date
from shared.facts import journal


async def commit_management_draw(
    session: AsyncSession, details: ManagementDrawDetails, *, at: datetime
) -> ManagementDraw:
    found = await declarations.drawable(session, term=details.term, managements=details.managements, limit=LARGEST + 1)
    draw, committed = ManagementDraw.commit_to(
        details,
        [Candidate(*one) for one in found],
        minimum_bp=await norms.value_of(session, NormName.MANAGEMENT_SAMPLE, on=china_date(at)),
        at=at,
    )
    session.add(draw)
    await journal.record(session, committed, subject=draw)
    return draw


async def reveal_management_draw(
    session: AsyncSession, draw_id: UUID, public_value: str, *, at: datetime
) -> ManagementDraw:
    """Reveal a draw. A declaration that another draw took since the commitment keeps that draw."""
    draw = await queries.management_draw(session, draw_id, for_update=True)
    drawn, revealed = draw.reveal(public_value, at=at)
    await journal.record(session, revealed, subject=draw)
    for found in await declarations.declarations_for_update(session, drawn):
        if found.declaration.state == DeclarationState.SIGNED:
            taken = found.declaration.be_drawn(draw.id, school=found.school, at=at)
            await journal.record(session, taken, subject=found.declaration)
    return draw


async def cancel_management_draw(session: AsyncSession, draw_id: UUID, reason: str, *, at: datetime) -> ManagementDraw:
    draw = await queries.management_draw(session, draw_id, for_update=True)
    await journal.record(session, draw.cancel(reason, at=at), subject=draw, reason=reason)
    return draw
