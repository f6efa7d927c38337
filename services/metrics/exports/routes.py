"""`/v1/exports`: the scorecard, an indicator along a dimension, and the things behind a number, as files."""

from collections.abc import AsyncIterator, Iterable
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import StreamingResponse

from services.metrics.indicators import queries
from services.metrics.indicators.domain import Scope, ScopeMalformed, ScopeOutOfReach
from services.metrics.indicators.routes import Dimension, Month, ReaderDep, ScopeParam
from services.metrics.names.queries import names_along, names_of
from services.metrics.sources.queries import marks
from services.metrics.tree.domain import Indicator, IndicatorNotFound
from services.metrics.tree.indicators import INDICATORS, indicator
from shared.domain.clock import china_date, utc_now
from shared.http.tables import DOCUMENTED, Form, Row, table_response
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/exports", tags=["exports"])

FormParam = Annotated[Form, Query(alias="format", description="CSV is UTF-8 with a byte order mark.")]
PAGE = 1000

SCORECARD = (
    "code", "zh", "en", "value", "numerator", "denominator", "unit", "target", "as_of", "complete", "rule_version",
)  # fmt: skip
SERIES = ("key", "zh", "en", "value", "numerator", "denominator")
MEMBERS = (
    "noun", "member_id", "zh", "state", "kind", "district", "street", "grid", "school", "month", "amount", "about_id",
)  # fmt: skip


@router.get(
    "/scorecard",
    response_class=StreamingResponse,
    responses={**DOCUMENTED, **problems(ScopeOutOfReach, ScopeMalformed)},
)
async def export_scorecard(
    caller: ReaderDep, session: SessionDep, scope: ScopeParam = "city", form: FormParam = "csv"
) -> StreamingResponse:
    """All figures of a scope, a line each; the last line says how many there are."""
    within, wanted = Scope.parse(scope).within(caller), list(INDICATORS.values())
    found = await queries.values(session, wanted, within)
    known = await marks(session, now=utc_now())
    rows = []
    for one in wanted:
        value, fresh = found[one.code], known.freshness(one.topics)
        target = None if one.target is None else one.target.value
        rows.append(
            (
                *(one.code, one.zh, one.en, value.value, value.numerator, value.denominator, str(one.unit), target),
                *(fresh.as_of, fresh.complete, one.rule_version),
            )
        )
    return table_response("scorecard", form, SCORECARD, _each(rows), total=len(rows))


@router.get(
    "/indicators/{code}/values",
    response_class=StreamingResponse,
    responses={**DOCUMENTED, **problems(IndicatorNotFound, ScopeOutOfReach, ScopeMalformed)},
)
async def export_indicator_values(
    code: str,
    caller: ReaderDep,
    session: SessionDep,
    by: Dimension,
    scope: ScopeParam = "city",
    first_month: Annotated[Month, Query(alias="from")] = None,
    last_month: Annotated[Month, Query(alias="to")] = None,
    form: FormParam = "csv",
) -> StreamingResponse:
    """An indicator along a dimension, a line for each key; the last line says how many there are."""
    wanted, within = indicator(code), Scope.parse(scope).within(caller)
    points = await queries.series(session, wanted, within, by=by, first_month=first_month, last_month=last_month)
    named = await names_along(session, by, [key for key, _ in points], on=china_date(utc_now()))
    rows = [
        (
            *(key, words and words.zh, words and words.en),
            *(found.value, found.numerator, found.denominator),
        )
        for key, found in points
        for words in [named.get(key)]
    ]
    return table_response(f"{code}-by-{by}", form, SERIES, _each(rows), total=len(rows))


@router.get(
    "/indicators/{code}/members",
    response_class=StreamingResponse,
    responses={**DOCUMENTED, **problems(IndicatorNotFound, ScopeOutOfReach, ScopeMalformed)},
)
async def export_members(
    request: Request,
    code: str,
    caller: ReaderDep,
    session: SessionDep,
    scope: ScopeParam = "city",
    form: FormParam = "csv",
) -> StreamingResponse:
    """Every thing that a value counts, by id; the last line says how many there are.

    If the numbers move while the file is written, it ends without that line.
    """
    wanted, within = indicator(code), Scope.parse(scope).within(caller)
    total = await queries.count_members(session, wanted, within)
    return table_response(f"{code}-members", form, MEMBERS, _members(request, wanted, within), total=total)


async def _each(rows: Iterable[Row]) -> AsyncIterator[Row]:
    for row in rows:
        yield row


async def _members(request: Request, wanted: Indicator, within: Scope) -> AsyncIterator[Row]:
    # A stream outlives the request's transaction, so it opens its own.
    async with request.app.state.sessions() as session:
        after: UUID | None = None
        while True:
            found = await queries.members(session, wanted, within, after=after, limit=PAGE)
            async for row in _named(session, found):
                yield row
            if len(found) < PAGE:
                return
            after = found[-1].id


async def _named(session: AsyncSession, found: Iterable[queries.MemberRow]) -> AsyncIterator[Row]:
    rows = list(found)
    named = await names_of(session, {row.id: row.about for row in rows})
    for row in rows:
        words = named.get(row.id)
        yield (
            *(row.noun, str(row.id), words and words.zh, row.state, row.kind, row.district, row.street, row.grid),
            *(row.school, row.month, row.amount, row.about and str(row.about)),
        )
