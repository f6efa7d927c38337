"""`/v1/catalogue-items`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status

from services.afterschool.rulebook.catalogue import queries, usecases
from services.afterschool.rulebook.catalogue.domain import (
    CatalogueItem,
    CatalogueItemContent,
    CatalogueItemNotFound,
    Category,
    Path,
)
from services.afterschool.rulebook.edge import BureauDep, ReaderDep, RepealIn, VersionOut, VersionWithdrawalIn
from services.afterschool.rulebook.versions import (
    VersionBeginsPast,
    VersionEndPast,
    VersionEndsAlready,
    VersionOverlaps,
)
from shared.domain.clock import utc_now
from shared.domain.dated import LaterVersionStands, WithdrawalTooLate, Withdrawn
from shared.domain.wording import KEY, Day
from shared.facts.versions import place
from shared.http.paging import Page, PageOf, PageParams
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/catalogue-items", tags=["rulebook"])


class CatalogueItemIn(CatalogueItemContent):
    """A version of a catalogue item to put in force. The earlier version ends the day before."""


class CatalogueItemOut(VersionOut):
    """One version of a catalogue item. `version` counts its facts and is its ETag."""

    code: str
    title_zh: str
    title_en: str
    category: Category
    path: Path


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=CatalogueItemOut,
    responses=problems(VersionBeginsPast, VersionOverlaps),
)
async def enact_catalogue_item(
    body: CatalogueItemIn, caller: BureauDep, session: SessionDep, response: Response
) -> CatalogueItem:
    """Put a catalogue item in force from a day on."""
    item = await usecases.enact_catalogue_item(session, body, at=utc_now())
    response.headers["Location"] = f"/v1/catalogue-items/{item.id}"
    return item


@router.get("", response_model=Page[CatalogueItemOut])
async def list_catalogue_items(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    code: Annotated[str | None, KEY, Query(max_length=100)] = None,
    category: Category | None = None,
    path: Path | None = None,
    on: Annotated[Day | None, Query(description="Only versions in force on this day.")] = None,
) -> PageOf[CatalogueItem]:
    """The catalogue by code and first day."""
    binding = {"code": code, "category": category, "path": path, "on": on}
    after = place(page.position(**binding))
    found = await queries.catalogue_items(
        session, code=code, category=category, path=path, on=on, after=after, limit=page.limit + 1
    )
    return page.page(found, "code", "valid_from", "id", **binding)


@router.get("/{item_id}", response_model=CatalogueItemOut, responses=problems(CatalogueItemNotFound))
async def get_catalogue_item(item_id: UUID, caller: ReaderDep, session: SessionDep) -> CatalogueItem:
    """One version of a catalogue item, with its ETag."""
    return await queries.catalogue_item(session, item_id)


@router.post(
    "/{item_id}/repeal",
    response_model=CatalogueItemOut,
    responses=problems(CatalogueItemNotFound, VersionEndPast, VersionEndsAlready, Withdrawn),
)
async def repeal_catalogue_item(item_id: UUID, body: RepealIn, caller: BureauDep, session: SessionDep) -> CatalogueItem:
    """Give a version of a catalogue item its last day."""
    return await usecases.repeal_catalogue_item(
        session, item_id, valid_to=body.valid_to, reason=body.reason, at=utc_now()
    )


@router.post(
    "/{item_id}/withdrawal",
    response_model=CatalogueItemOut,
    responses=problems(CatalogueItemNotFound, Withdrawn, WithdrawalTooLate, LaterVersionStands),
)
async def withdraw_catalogue_item(
    item_id: UUID, body: VersionWithdrawalIn, caller: BureauDep, session: SessionDep
) -> CatalogueItem:
    """Withdraw a version before its first day, or on it if it was enacted that day. The earlier version stays in
    force."""
    return await usecases.withdraw_catalogue_item(session, item_id, reason=body.reason, by=caller.subject, at=utc_now())
