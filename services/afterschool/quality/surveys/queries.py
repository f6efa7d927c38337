"""Surveys by id, what was counted, and what was published."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.quality.surveys.domain import (
    Audience,
    Survey,
    SurveyNotFound,
    SurveyParticipant,
    SurveyResultRow,
    SurveyTally,
)
from services.afterschool.quality.surveys.suppression import Answers
from services.afterschool.roster.schools.domain import School
from shared.http.policies import Principal


def manages(caller: Principal, survey: Survey) -> bool:
    """Whether the caller opens and closes such surveys: the bureau all, an officer those of the whole own district."""
    return caller.covers() or (
        caller.street is None and survey.district is not None and caller.covers(district=survey.district)
    )


async def survey(session: AsyncSession, survey_id: UUID) -> Survey:
    """A survey; every role that has to do with schools may look at all of them."""
    found = await session.get(Survey, survey_id)
    if found is None:
        raise SurveyNotFound
    return found


async def survey_for_update(session: AsyncSession, survey_id: UUID, caller: Principal) -> Survey:
    found = await session.get(Survey, survey_id, with_for_update=True, populate_existing=True)
    if found is None or not manages(caller, found):
        raise SurveyNotFound
    return found


async def survey_to_answer(session: AsyncSession, survey_id: UUID) -> Survey:
    """A survey that cannot be closed until this transaction ends."""
    found = await session.get(Survey, survey_id, with_for_update={"read": True}, populate_existing=True)
    if found is None:
        raise SurveyNotFound
    return found


async def surveys(
    session: AsyncSession, *, term: str | None, district: str | None, state: str | None, after: UUID | None, limit: int
) -> Sequence[Survey]:
    wanted = select(Survey).order_by(Survey.id).limit(limit)
    if term is not None:
        wanted = wanted.where(Survey.term == term)
    if district is not None:
        wanted = wanted.where(or_(Survey.district.is_(None), Survey.district == district))
    if state is not None:
        wanted = wanted.where(Survey.state == state)
    if after is not None:
        wanted = wanted.where(Survey.id > after)
    return (await session.scalars(wanted)).all()


async def asked_schools(session: AsyncSession, survey: Survey) -> Mapping[UUID, str]:
    """The schools that a survey asks, each with its district."""
    wanted = select(School.id, School.district)
    if survey.district is not None:
        wanted = wanted.where(School.district == survey.district)
    return {row.id: row.district for row in await session.execute(wanted)}


async def tallies(session: AsyncSession, survey: Survey, audience: Audience) -> Mapping[UUID, Answers]:
    rows = await session.scalars(
        select(SurveyTally).where(SurveyTally.survey_id == survey.id, SurveyTally.audience == audience)
    )
    return {one.school_id: Answers(one.answered, survey.counts_of(one.counts)) for one in rows}


async def results(
    session: AsyncSession, survey_id: UUID, *, after: int | None, limit: int
) -> Sequence[SurveyResultRow]:
    wanted = (
        select(SurveyResultRow)
        .where(SurveyResultRow.survey_id == survey_id)
        .order_by(SurveyResultRow.place)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(SurveyResultRow.place > after)
    return (await session.scalars(wanted)).all()


async def participations(
    session: AsyncSession, survey_id: UUID, audience: Audience, respondent: str
) -> Sequence[SurveyParticipant]:
    """For which schools somebody has answered."""
    wanted = select(SurveyParticipant).where(
        SurveyParticipant.survey_id == survey_id,
        SurveyParticipant.audience == audience,
        SurveyParticipant.respondent == respondent,
    )
    return (await session.scalars(wanted.order_by(SurveyParticipant.school_id))).all()


async def asks_school(session: AsyncSession, survey: Survey, school_id: UUID) -> bool:
    school = await session.get(School, school_id)
    return school is not None and survey.district in (None, school.district)
