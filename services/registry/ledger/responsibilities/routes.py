"""`/v1/institutions/{id}/responsibilities`, `/v1/responsibilities`."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.institutions.domain import (
    InstitutionEnded,
    InstitutionNotFound,
    Kind,
    OutsideYourDistrict,
    Status,
)
from services.registry.ledger.institutions.routes import ReaderDep
from services.registry.ledger.responsibilities import queries, usecases
from services.registry.ledger.responsibilities.domain import (
    AssignedMeanwhile,
    Department,
    DepartmentNotForRole,
    Holder,
    Responsibility,
    ResponsibilityVacant,
    Role,
)
from services.registry.ledger.responsibilities.queries import Part
from shared.domain.clock import utc_now
from shared.domain.wording import KEY, Code, Key, Line, Name, Reason
from shared.facts import journal
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1", tags=["responsibilities"])

KeeperDep = Annotated[Principal, allow("bureau", "district_officer")]


class ResponsibilityIn(Holder):
    """The officer responsible from today on."""

    reason: Reason | None = None


class ManyResponsibilitiesIn(BaseModel):
    """One officer for all supervised institutions of a district, street or kind. With `only_vacant`, nobody is
    replaced."""

    model_config = ConfigDict(extra="forbid")

    district: Code
    street: Code | None = None
    kind: Kind | None = None
    role: Role
    officer: Line
    officer_name: Name
    phone: Key | None = None
    department: Department | None = None
    only_vacant: bool = True


class ManyAssignedOut(BaseModel):
    """The number of institutions that got the officer, and of those that did not change."""

    model_config = ConfigDict(from_attributes=True)

    assigned: int
    unchanged: int


class ResponsibilityOut(BaseModel):
    """One responsibility and its officer; without an officer it is vacant. `version` counts its facts."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    role: Role
    officer: str | None
    officer_name: str | None
    phone: str | None
    department: Department | None
    since: date


class ResponsibilitiesOut(BaseModel):
    """The three responsibilities for an institution, null where vacant; `gaps` names the vacant ones."""

    institution_id: UUID
    district_officer: ResponsibilityOut | None
    street_officer: ResponsibilityOut | None
    industry_department: ResponsibilityOut | None
    gaps: list[Role]


class ResponsibilityHistoryEntry(BaseModel):
    """One assignment or vacancy: who decided it, when, and why."""

    version: int
    at: datetime
    actor: str
    reason: str | None
    role: Role
    officer: str | None
    department: Department | None


class GapOut(BaseModel):
    """An institution with a vacant responsibility."""

    institution_id: UUID
    name: str
    district: str | None
    street: str | None
    status: Status
    missing: list[Role]


@router.put(
    "/institutions/{institution_id}/responsibilities/{role}",
    response_model=ResponsibilityOut,
    responses=problems(InstitutionNotFound, InstitutionEnded, DepartmentNotForRole, AssignedMeanwhile),
)
async def assign_responsibility(
    institution_id: UUID, role: Role, body: ResponsibilityIn, caller: KeeperDep, session: SessionDep
) -> Responsibility:
    """Assign a responsibility to an officer. Repeating the request changes nothing."""
    holder = Holder.model_construct(**{name: getattr(body, name) for name in Holder.model_fields})
    return await usecases.assign_responsibility(
        session, institution_id, role, holder, reason=body.reason, caller=caller, at=utc_now()
    )


@router.delete(
    "/institutions/{institution_id}/responsibilities/{role}",
    response_model=ResponsibilityOut,
    responses=problems(InstitutionNotFound, ResponsibilityVacant),
)
async def vacate_responsibility(
    institution_id: UUID,
    role: Role,
    reason: Annotated[Reason, Query(description="Why the responsibility becomes vacant.")],
    caller: KeeperDep,
    session: SessionDep,
) -> Responsibility:
    """Vacate a responsibility. It stays vacant until it is assigned again."""
    return await usecases.vacate_responsibility(
        session, institution_id, role, reason=reason, caller=caller, at=utc_now()
    )


@router.get(
    "/institutions/{institution_id}/responsibilities",
    response_model=ResponsibilitiesOut,
    responses=problems(InstitutionNotFound),
)
async def get_responsibilities(institution_id: UUID, caller: ReaderDep, session: SessionDep) -> Mapping[str, Any]:
    """The officers responsible for an institution."""
    await institutions.institution(session, institution_id, caller)
    held = {one.role: one for one in await queries.responsibilities_of(session, institution_id) if one.officer}
    return {
        "institution_id": institution_id,
        **{role.value: held.get(role) for role in Role},
        "gaps": [role for role in Role if role not in held],
    }


@router.get(
    "/institutions/{institution_id}/responsibilities/history",
    response_model=list[ResponsibilityHistoryEntry],
    responses=problems(InstitutionNotFound),
)
async def get_responsibility_history(
    institution_id: UUID, caller: ReaderDep, session: SessionDep
) -> list[ResponsibilityHistoryEntry]:
    """Every assignment and vacancy, oldest first. Officers are shown by account, without names."""
    await institutions.institution(session, institution_id, caller)
    ids = [one.id for one in await queries.responsibilities_of(session, institution_id)]
    return [
        ResponsibilityHistoryEntry(
            version=fact.key_version,
            at=fact.at,
            actor=fact.actor,
            reason=fact.reason,
            **{name: fact.payload[name] for name in ("role", "officer", "department")},
        )
        for fact in await journal.history(session, ids)
    ]


@router.post(
    "/responsibilities",
    response_model=ManyAssignedOut,
    responses=problems(OutsideYourDistrict, DepartmentNotForRole),
)
async def assign_many_responsibilities(
    body: ManyResponsibilitiesIn, caller: KeeperDep, session: SessionDep
) -> usecases.Assigned:
    """Assign one role to an officer for a whole district, street or kind. Each institution gets its own fact."""
    holder = Holder.model_construct(**{name: getattr(body, name) for name in Holder.model_fields})
    return await usecases.assign_many(
        session,
        Part(body.district, body.street, body.kind),
        body.role,
        holder,
        only_vacant=body.only_vacant,
        caller=caller,
        at=utc_now(),
    )


@router.get("/responsibilities/gaps", response_model=Page[GapOut])
async def list_responsibility_gaps(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    role: Role | None = None,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    street: Annotated[str | None, KEY, Query(max_length=20)] = None,
) -> Mapping[str, Any]:
    """Institutions (active, suspended or unlicensed) that lack this role, or any, in the order of registration."""
    binding = {"role": role, "district": district, "street": street}
    (after,) = page.position(**binding) or (None,)
    found = await queries.gaps(session, caller, Part(district, street), role=role, after=after, limit=page.limit + 1)
    return {
        "items": [
            GapOut(
                institution_id=row.id,
                name=row.name,
                district=row.district,
                street=row.street,
                status=row.status,
                missing=[one for one in Role if one not in (row.held or ())],
            )
            for row in found[: page.limit]
        ],
        "next_cursor": page.next_cursor(found, "id", **binding),
    }
