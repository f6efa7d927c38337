"""`/v1/public/figures`: what anybody may know, without a token."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from fastapi import Request, Response
from pydantic import BaseModel

from services.metrics.indicators import queries
from services.metrics.indicators.domain import Scope, Value
from services.metrics.names.domain import Words
from services.metrics.names.queries import names_along
from services.metrics.published.domain import hidden_parts, is_small
from services.metrics.sources.queries import marks
from services.metrics.tree.domain import Indicator, Unit, topics_of
from services.metrics.tree.indicators import INDICATORS
from shared.domain.clock import china_date, utc_now
from shared.http.caching import public_answer
from shared.http.policies import public
from shared.http.web import SessionDep, service_router

router = service_router(prefix="/v1/public", tags=["public"])

REUSED_FOR: Final = 60
"""Seconds the answer may be shown without asking again."""
PUBLIC: Final = tuple(one for one in INDICATORS.values() if one.public)


class PublicNumber(BaseModel):
    """A number and what it was made of. All three are null if it is `hidden`: it would tell of fewer than 10 children
    or answers, or give such a number away."""

    value: int | float | None
    numerator: int | None
    denominator: int | None
    hidden: bool


class PublicPart(PublicNumber):
    """The number of a district; the empty key counts what has no district."""

    key: str
    zh: str | None
    en: str | None


class PublicFigure(PublicNumber):
    """A public indicator: the number of the city, the target, and the numbers of the districts."""

    code: str
    zh: str
    en: str
    unit: Unit
    target: float | None
    districts: list[PublicPart]


class PublicFiguresOut(BaseModel):
    """All public figures, as of one moment."""

    as_of: datetime | None
    figures: list[PublicFigure]


@router.get("/figures", response_model=PublicFiguresOut, dependencies=[public()])
async def list_public_figures(request: Request, session: SessionDep) -> Response:
    """The public figures of the city and its districts. Small numbers of children and of answers are hidden."""
    city = await queries.values(session, PUBLIC, Scope())
    districts = await queries.values_by_district(session, PUBLIC)
    named = await names_along(session, "district", districts, on=china_date(utc_now()))
    answer = PublicFiguresOut(
        as_of=(await marks(session, now=utc_now())).freshness(topics_of(PUBLIC)).as_of,
        figures=[
            _figure(
                one,
                city[one.code],
                {key: values[one.code] for key, values in districts.items() if _exists(key, values[one.code])},
                named,
            )
            for one in PUBLIC
        ],
    )
    return public_answer(request, Response(answer.model_dump_json(), media_type="application/json"), max_age=REUSED_FOR)


def _exists(key: str, value: Value) -> bool:
    """Whether there is such a part: the one without a district only if something stands there."""
    return value.known and bool(key or value.numerator or value.denominator)


def _figure(one: Indicator, whole: Value, parts: Mapping[str, Value], named: Mapping[str, Words]) -> PublicFigure:
    hidden = hidden_parts(one, whole, parts)
    return PublicFigure(
        **_number(whole, hidden=is_small(one, whole)).model_dump(),
        code=one.code,
        zh=one.zh,
        en=one.en,
        unit=one.unit,
        target=one.target and one.target.value,
        districts=[
            PublicPart(
                **_number(value, hidden=key in hidden).model_dump(),
                key=key,
                zh=words and words.zh,
                en=words and words.en,
            )
            for key, value in parts.items()
            for words in [named.get(key)]
        ],
    )


def _number(value: Value, *, hidden: bool) -> PublicNumber:
    if hidden:
        return PublicNumber(value=None, numerator=None, denominator=None, hidden=True)
    return PublicNumber(value=value.value, numerator=value.numerator, denominator=value.denominator, hidden=False)
