"""`/v1/providers`: which institutions a school may engage."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from services.afterschool.programme.providers import queries
from services.afterschool.programme.providers.domain import (
    WORDS,
    Provider,
    ProviderNotFound,
    ProviderPermit,
    Standing,
    judge,
)
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY
from shared.events.registry.permits import PermitStatus, status_on
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/providers", tags=["providers"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]


class PermitOut(BaseModel):
    """A permit and its status today. A null `valid_to` means that it is open-ended."""

    model_config = ConfigDict(from_attributes=True)

    permit_id: UUID
    number: str
    kind: str
    stages: list[str]
    subjects: list[str]
    site: str
    status: PermitStatus
    valid_from: date | None
    valid_to: date | None
    suspended_from: date | None
    suspended_until: date | None
    ended_on: date | None

    @classmethod
    def of(cls, permit: ProviderPermit, on: date) -> Self:
        return cls.model_validate({name: getattr(permit, name) for name in _STORED} | {"status": status_on(permit, on)})


_STORED = [name for name in PermitOut.model_fields if name != "status"]


class ReasonOut(BaseModel):
    """A reason, as a stable code and in words."""

    code: str
    zh: str
    en: str


class ProviderOut(BaseModel):
    """An institution and whether a school may engage it on the day `as_of` (in China)."""

    institution_id: UUID
    name: str
    kind: str
    status: str
    district: str | None
    street: str | None
    merged_into: UUID | None
    standing: Standing
    may_be_engaged: bool
    reasons: list[ReasonOut]
    permits: list[PermitOut]
    as_of: date

    @classmethod
    def of(cls, provider: Provider, permits: Sequence[ProviderPermit], on: date) -> Self:
        judged = judge(provider, permits, on)
        return cls(
            institution_id=provider.institution_id,
            name=provider.name,
            kind=provider.kind,
            status=provider.status,
            district=provider.district,
            street=provider.street,
            merged_into=provider.merged_into,
            standing=judged.standing,
            may_be_engaged=judged.may_be_engaged,
            reasons=[ReasonOut(code=reason, zh=WORDS[reason][0], en=WORDS[reason][1]) for reason in judged.reasons],
            permits=[PermitOut.of(permit, on) for permit in permits],
            as_of=on,
        )


@router.get("", response_model=Page[ProviderOut])
async def list_providers(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    standing: Standing | None = None,
) -> PageOf[ProviderOut]:
    """Institutions, and whether a school may engage them today. Permits are judged as of today."""
    binding = {"district": district, "standing": standing}
    (after,) = page.position(**binding) or (None,)
    on = china_date(utc_now())
    found = await queries.providers(
        session,
        caller,
        district=district,
        standing=standing,
        on=on,
        after=None if after is None else UUID(after),
        limit=page.limit + 1,
    )
    permits = await queries.permits_of(session, [one.institution_id for one in found])
    shown = [ProviderOut.of(one, permits[one.institution_id], on) for one in found]
    return page.page(shown, "institution_id", **binding)


@router.get("/{institution_id}", response_model=ProviderOut, responses=problems(ProviderNotFound))
async def get_provider(institution_id: UUID, caller: ReaderDep, session: SessionDep) -> ProviderOut:
    """One institution and whether a school may engage it today."""
    provider, permits = await queries.provider(session, institution_id, caller)
    return ProviderOut.of(provider, permits, china_date(utc_now()))
