"""`/v1/wishes`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict

from services.afterschool.delivery.wishes import queries, usecases
from services.afterschool.delivery.wishes.domain import TermIsOver, Wish
from services.afterschool.roster.students.domain import StudentHasLeft, StudentNotFound
from services.afterschool.roster.terms.domain import TermNotFound
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY, Key
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/wishes", tags=["attendance"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
ActorDep = Annotated[Principal, allow("guardian", "school_staff")]


class WishIn(BaseModel):
    """Whether the child is to have after-school service in the term."""

    model_config = ConfigDict(extra="forbid")

    student_id: UUID
    term: Key
    wanted: bool


class WishOut(BaseModel):
    """The newest wish for a child and a term."""

    id: UUID
    version: int
    student_id: UUID
    term_id: UUID
    term: str
    wanted: bool
    told_at: datetime

    @classmethod
    def of(cls, wish: Wish, term: str) -> "WishOut":
        stored = {name: getattr(wish, name) for name in cls.model_fields if name != "term"}
        return cls(**stored, term=term)


@router.put("", response_model=WishOut, responses=problems(StudentNotFound, StudentHasLeft, TermNotFound, TermIsOver))
async def record_wish(body: WishIn, caller: ActorDep, session: SessionDep) -> WishOut:
    """Say whether a child is to have after-school service in a term. The newest wish counts."""
    wish = await usecases.record_wish(
        session, body.student_id, body.term, wanted=body.wanted, caller=caller, at=utc_now()
    )
    return WishOut.of(wish, body.term)


@router.get("", response_model=Page[WishOut])
async def list_wishes(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    student: UUID | None = None,
    school: UUID | None = None,
    term: Annotated[str | None, KEY, Query(max_length=100)] = None,
) -> Response:
    """Wishes. Guardians see those for their own children."""
    binding = {"student": student, "school": school, "term": term}
    (after,) = page.position(**binding) or (None,)
    statement = queries.wishes_page(
        caller,
        student=student,
        school=school,
        term=term,
        on=china_date(utc_now()),
        after=after,
        limit=page.limit,
    )
    return await fetch_page(request, statement, page, **binding)
