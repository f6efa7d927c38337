"""`/v1/alerts`: what needs somebody."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from services.metrics.alerts import queries
from services.metrics.alerts.domain import THRESHOLDS, Alert, Worse
from services.metrics.indicators.domain import Scope, ScopeMalformed, ScopeOutOfReach
from services.metrics.indicators.routes import Owner, ReaderDep, ScopeParam
from services.metrics.names.domain import Words
from services.metrics.names.queries import names_along
from shared.domain.clock import china_date, utc_now
from shared.http.paging import Page, PageParams
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/alerts", tags=["alerts"])


class AlertOut(BaseModel):
    """A number beyond its threshold, in words; `value` is what it was when the alert was raised, `scope_zh` and
    `scope_en` name the district or school. The owner has until `due_on`."""

    id: UUID
    threshold: str
    zh: str
    en: str
    indicator: str
    scope: str
    scope_zh: str | None
    scope_en: str | None
    value: float
    limit: float
    worse: Worse
    source: str
    owner: Owner
    raised_at: datetime
    due_on: date
    days_overdue: int
    cleared_at: datetime | None


@router.get("", response_model=Page[AlertOut], responses=problems(ScopeOutOfReach, ScopeMalformed))
async def list_alerts(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    scope: ScopeParam = "city",
    cleared: Annotated[bool, Query(description="Those that are over, instead of those that stand.")] = False,
) -> object:
    """Alerts of a scope and of the schools of a district, oldest first."""
    within, today = Scope.parse(scope).within(caller), china_date(utc_now())
    (after,) = page.position(scope=str(within), cleared=cleared) or (None,)
    found = await queries.alerts(session, within, cleared=cleared, after=after, limit=page.limit + 1)
    shown = page.page(found, "id", scope=str(within), cleared=cleared)
    named: dict[str, Words] = {}
    for dimension in ("district", "school"):
        codes = [code for kind, _, code in (one.scope.partition(":") for one in found) if kind == dimension]
        names = await names_along(session, dimension, codes, on=today)
        named |= {f"{dimension}:{code}": words for code, words in names.items()}
    return {"items": [_out(one, named, today) for one in shown.items], "next_cursor": shown.next_cursor}


def _out(alert: Alert, named: dict[str, Words], today: date) -> AlertOut:
    threshold, words = THRESHOLDS[alert.threshold], named.get(alert.scope)
    office = threshold.owner.words
    return AlertOut(
        id=alert.id,
        threshold=threshold.code,
        zh=threshold.zh,
        en=threshold.en,
        indicator=threshold.indicator,
        scope=alert.scope,
        scope_zh=words and words.zh,
        scope_en=words and words.en,
        value=alert.value,
        limit=threshold.limit,
        worse=threshold.worse,
        source=threshold.source,
        owner=Owner(code=threshold.owner, zh=office.zh, en=office.en),
        raised_at=alert.raised_at,
        due_on=alert.due_on,
        days_overdue=0 if alert.cleared_at is not None else alert.days_overdue(today),
        cleared_at=alert.cleared_at,
    )
