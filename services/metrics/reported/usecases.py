"""Submit a figure; approve or return it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.reported import queries
from services.metrics.reported.domain import FigureDetails, FigureOutsideYourDistrict, ReportedFigure
from services.metrics.tree.indicators import indicator
from shared.facts import journal
from shared.http.policies import Principal


async def submit_figure(
    session: AsyncSession, details: FigureDetails, *, caller: Principal, at: datetime
) -> ReportedFigure:
    if not caller.covers(district=details.district):
        raise FigureOutsideYourDistrict(pointer="/district")
    figure, submitted = ReportedFigure.submit(details, indicator(details.indicator), by=caller.subject, at=at)
    session.add(figure)
    await journal.record(session, submitted, subject=figure)
    return figure


async def approve_figure(session: AsyncSession, figure_id: UUID, *, caller: Principal, at: datetime) -> ReportedFigure:
    figure = await queries.figure(session, figure_id, caller, for_update=True)
    await journal.record(session, figure.approve(by=caller.subject, at=at), subject=figure)
    return figure


async def return_figure(
    session: AsyncSession, figure_id: UUID, reason: str, *, caller: Principal, at: datetime
) -> ReportedFigure:
    figure = await queries.figure(session, figure_id, caller, for_update=True)
    returned = figure.give_back(reason, by=caller.subject, at=at)
    await journal.record(session, returned, subject=figure, reason=reason)
    return figure
