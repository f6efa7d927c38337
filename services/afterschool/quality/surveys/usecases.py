"""Open a survey, answer it, close it."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.quality.surveys import queries
from services.afterschool.quality.surveys.domain import (
    AlreadyAnswered,
    Audience,
    NotEntitled,
    Survey,
    SurveyDetails,
    SurveyOutsideYourDistrict,
    SurveyParticipant,
    SurveyResultRow,
    rows_of,
)
from services.afterschool.quality.surveys.entitlement import may_answer, may_send
from shared.facts import journal
from shared.http.policies import Principal


async def open_survey(session: AsyncSession, details: SurveyDetails, *, caller: Principal, at: datetime) -> Survey:
    survey, opened = Survey.open(details, at=at)
    if not queries.manages(caller, survey):
        raise SurveyOutsideYourDistrict(pointer="/district")
    session.add(survey)
    await journal.record(session, opened, subject=survey)
    return survey


_COUNT = text(
    """
    INSERT INTO survey_tally (survey_id, audience, school_id, answered, counts)
    VALUES (:survey_id, :audience, :school_id, 1,
            (SELECT array_agg((place = ANY(:places))::int ORDER BY place) FROM generate_series(1, :size) AS place))
    ON CONFLICT (survey_id, audience, school_id) DO UPDATE SET
        answered = survey_tally.answered + 1,
        counts = (SELECT array_agg(before + added ORDER BY place)
                  FROM unnest(survey_tally.counts, excluded.counts) WITH ORDINALITY AS sums (before, added, place))
    """
).bindparams(
    bindparam("survey_id", type_=Uuid),
    bindparam("audience", type_=Text),
    bindparam("school_id", type_=Uuid),
    bindparam("places", type_=ARRAY(Integer)),
    bindparam("size", type_=Integer),
)


async def answer_survey(
    session: AsyncSession,
    survey_id: UUID,
    choices: Sequence[tuple[str, str]],
    *,
    audience: Audience,
    student_id: UUID,
    school_id: UUID,
    guardian: str,
    on: date,
) -> None:
    """Count an answer. No fact is recorded: the journal would tell who answered when."""
    survey = await queries.survey_to_answer(session, survey_id)
    places = survey.places_of(audience, choices)
    if not await queries.asks_school(session, survey, school_id) or not await may_answer(
        session, guardian=guardian, student_id=student_id, school_id=school_id, term=survey.term, on=on
    ):
        raise NotEntitled
    respondent = guardian if audience is Audience.GUARDIAN else str(student_id)
    key = {"survey_id": survey.id, "audience": audience.value, "school_id": school_id}
    first = insert(SurveyParticipant).values(**key, respondent=respondent).on_conflict_do_nothing()
    if await session.scalar(first.returning(SurveyParticipant.respondent)) is None:
        raise AlreadyAnswered
    await session.execute(_COUNT, {**key, "places": places, "size": sum(survey.sizes)})


async def participations(
    session: AsyncSession, survey_id: UUID, *, guardian: str, student_id: UUID | None, on: date
) -> Sequence[SurveyParticipant]:
    """For which schools a guardian has answered, and a child for whom the guardian acts. Raises `SurveyNotFound`."""
    survey = await queries.survey(session, survey_id)
    found = [*await queries.participations(session, survey.id, Audience.GUARDIAN, guardian)]
    if student_id is not None and await may_send(session, guardian=guardian, student_id=student_id, on=on):
        found += await queries.participations(session, survey.id, Audience.STUDENT, str(student_id))
    return found


async def close_survey(session: AsyncSession, survey_id: UUID, *, caller: Principal, at: datetime) -> Survey:
    """Close a survey and publish its results."""
    survey = await queries.survey_for_update(session, survey_id, caller)
    survey.check_open()
    districts = await queries.asked_schools(session, survey)
    results = {}
    for audience in map(Audience, survey.audiences):
        counted = await queries.tallies(session, survey, audience)
        # A city's table takes seconds of arithmetic: other requests go on meanwhile.
        results[audience] = await asyncio.to_thread(
            rows_of, counted, districts, survey.sizes, by_district=survey.district is None
        )
    closed, parts = survey.close(results, at=at)
    await journal.record(session, closed, subject=survey)
    for part in parts:
        await journal.record(session, part, subject=survey)
    published = [one for part in parts for one in part.results]
    session.add_all(
        SurveyResultRow(survey_id=survey.id, place=place, **one.model_dump(exclude={"answers", "favourable"}))
        for place, one in enumerate(published)
    )
    return survey
