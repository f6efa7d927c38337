"""`/v1/surveys`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.afterschool.quality.surveys import queries, usecases
from services.afterschool.quality.surveys.domain import (
    AlreadyAnswered,
    AnswersIncomplete,
    Audience,
    AudienceNotAsked,
    Item,
    Level,
    NotEntitled,
    Survey,
    SurveyAlreadyClosed,
    SurveyDetails,
    SurveyNotFound,
    SurveyOutsideYourDistrict,
    SurveyResultRow,
    SurveyState,
    SurveyStillOpen,
    Word,
)
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY
from shared.http.idempotency import PersonalData
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/surveys", tags=["surveys"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer")]
GuardianDep = Annotated[Principal, allow("guardian")]


class SurveyIn(SurveyDetails):
    """A survey to open. The satisfaction of an item is the share of its favourable choices."""


class SurveyOut(BaseModel):
    """A survey. How many have answered is not known before it is closed."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    title: str
    term: str
    district: str | None
    audiences: list[Audience]
    items: list[Item]
    state: SurveyState
    opened_at: datetime
    closed_at: datetime | None


class GivenChoice(BaseModel):
    """The choice of one item."""

    model_config = ConfigDict(extra="forbid")

    item: Word
    choice: Word


class AnswerIn(BaseModel):
    """A guardian's answer, or a student's that the guardian sends: one choice for each item."""

    model_config = ConfigDict(extra="forbid")

    audience: Audience
    student_id: UUID
    school_id: UUID
    choices: Annotated[list[GivenChoice], Field(max_length=20)]


class ParticipationOut(BaseModel):
    """That somebody has answered for a school. What was answered is kept apart and cannot be found from here."""

    model_config = ConfigDict(from_attributes=True)

    audience: Audience
    school_id: UUID


class ParticipationsOut(PersonalData):
    """For which schools somebody has answered."""

    answered: list[ParticipationOut]


class SurveyResultOut(BaseModel):
    """A row of results: all answers, those of a district, or those of a school. A null number is hidden.

    Numbers below 5 are hidden, and others, so that a hidden number cannot be computed from those shown.
    """

    model_config = ConfigDict(from_attributes=True)

    audience: Audience
    level: Level
    district: str | None
    school_id: UUID | None
    answered: int | None
    counts: dict[str, dict[str, int | None]]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=SurveyOut,
    responses=problems(SurveyOutsideYourDistrict),
)
async def open_survey(body: SurveyIn, caller: KeeperDep, session: SessionDep, response: Response) -> Survey:
    """Open a survey of the city or of a district, about a term."""
    survey = await usecases.open_survey(session, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/surveys/{survey.id}"
    return survey


@router.get("", response_model=Page[SurveyOut])
async def list_surveys(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    term: Annotated[str | None, KEY, Query(max_length=100)] = None,
    district: Annotated[
        str | None, KEY, Query(max_length=20, description="Only surveys that ask schools of this district.")
    ] = None,
    state: SurveyState | None = None,
) -> PageOf[Survey]:
    """Surveys, oldest first."""
    binding = {"term": term, "district": district, "state": state}
    (after,) = page.position(**binding) or (None,)
    found = await queries.surveys(
        session,
        term=term,
        district=district,
        state=state,
        after=None if after is None else UUID(after),
        limit=page.limit + 1,
    )
    return page.page(found, "id", **binding)


@router.get("/{survey_id}", response_model=SurveyOut, responses=problems(SurveyNotFound))
async def get_survey(survey_id: UUID, caller: ReaderDep, session: SessionDep) -> Survey:
    """One survey with its items."""
    return await queries.survey(session, survey_id)


@router.post(
    "/{survey_id}/answers",
    status_code=status.HTTP_201_CREATED,
    response_model=ParticipationsOut,
    responses=problems(
        SurveyNotFound, SurveyAlreadyClosed, AudienceNotAsked, AnswersIncomplete, NotEntitled, AlreadyAnswered
    ),
)
async def answer_survey(survey_id: UUID, body: AnswerIn, caller: GuardianDep, session: SessionDep) -> ParticipationsOut:
    """Answer a survey, once for each school. Who has answered is stored, and what was answered is only counted.

    The answer cannot be read or changed afterwards, by anybody. An Idempotency-Key has no effect here, because it
    would keep a trace of the answer.
    """
    await usecases.answer_survey(
        session,
        survey_id,
        [(one.item, one.choice) for one in body.choices],
        audience=body.audience,
        student_id=body.student_id,
        school_id=body.school_id,
        guardian=caller.subject,
        on=china_date(utc_now()),
    )
    return ParticipationsOut(answered=[ParticipationOut(audience=body.audience, school_id=body.school_id)])


@router.get("/{survey_id}/participation", response_model=ParticipationsOut, responses=problems(SurveyNotFound))
async def get_participation(
    survey_id: UUID, caller: GuardianDep, session: SessionDep, student: UUID | None = None
) -> ParticipationsOut:
    """For which schools the caller has answered as a guardian, and the child `student` for whom the caller acts."""
    found = await usecases.participations(
        session, survey_id, guardian=caller.subject, student_id=student, on=china_date(utc_now())
    )
    return ParticipationsOut(answered=[ParticipationOut.model_validate(one) for one in found])


@router.post(
    "/{survey_id}/closure",
    response_model=SurveyOut,
    responses=problems(SurveyNotFound, SurveyAlreadyClosed),
)
async def close_survey(survey_id: UUID, caller: KeeperDep, session: SessionDep) -> Survey:
    """Close a survey and publish its results. This is final."""
    return await usecases.close_survey(session, survey_id, caller=caller, at=utc_now())


@router.get(
    "/{survey_id}/results",
    response_model=Page[SurveyResultOut],
    responses=problems(SurveyNotFound, SurveyStillOpen),
)
async def list_survey_results(
    survey_id: UUID, caller: ReaderDep, session: SessionDep, page: PageParams
) -> PageOf[SurveyResultRow]:
    """The results of a closed survey: all answers, then by district, then by school. There are no filters."""
    survey = await queries.survey(session, survey_id)
    survey.check_closed()
    (after,) = page.position(survey=survey.id) or (None,)
    found = await queries.results(session, survey.id, after=after, limit=page.limit + 1)
    return page.page(found, "place", survey=survey.id)
