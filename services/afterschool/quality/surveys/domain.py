"""A survey of satisfaction: its items, who has answered, what was answered, and the results once it is closed.

Who has answered and what was answered are two tables. The second one only counts, by school: there is no row of an
answer, so nothing can be joined to a person, whichever columns, times or orders of insertion one compares.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.quality.surveys.suppression import Answers, Shown, suppress
from services.afterschool.roster.schools.domain import School
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound, field_error
from shared.domain.wording import Code, Key, Line, Name
from shared.events.afterschool.surveys import (
    SurveyClosed,
    SurveyItem,
    SurveyOpened,
    SurveyResult,
    SurveyResultsListed,
)


class SurveyNotFound(NotFound):
    """There is no such survey, or you may not see it."""

    code = "survey-not-found"
    zh = "没有此问卷，或不在您的权限范围内。"


class SurveyOutsideYourDistrict(Forbidden):
    """You may open and close surveys only of your own district."""

    code = "survey-outside-your-district"
    zh = "区县人员只能组织本区县的问卷。"


class SurveyAlreadyClosed(Conflict):
    """The survey is closed."""

    code = "survey-closed"
    zh = "问卷已关闭。"


class SurveyStillOpen(Conflict):
    """The results are published when the survey is closed."""

    code = "survey-open"
    zh = "问卷关闭后公布结果。"


class AnswersIncomplete(Invalid):
    """Answer each item of the survey with one of its choices."""

    code = "answers-incomplete"
    zh = "须对每一题选择一个选项。"


class AudienceNotAsked(Invalid):
    """The survey does not ask this audience."""

    code = "audience-not-asked"
    zh = "问卷不面向此类对象。"


class NotEntitled(Forbidden):
    """Only a guardian whose child was at a session of this school in this term may answer."""

    code = "survey-not-entitled"
    zh = "仅限本学期在该校参加课后服务的学生及其监护人填写。"


class AlreadyAnswered(Conflict):
    """This guardian or student has already answered this survey for this school."""

    code = "survey-already-answered"
    zh = "该监护人或学生已就该校填写过此问卷。"


class Audience(StrEnum):
    """Who is asked. A guardian sends the answers of a student; the student appears by pseudonym only."""

    GUARDIAN = "guardian"
    STUDENT = "student"


class Level(StrEnum):
    """Whose results a row holds."""

    ALL = "all"
    DISTRICT = "district"
    SCHOOL = "school"


class SurveyState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
PER_EVENT: Final = 50
"""Rows of results in one event."""


class Choice(BaseModel):
    """A choice of an item. The share of favourable choices is the satisfaction."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Word
    zh: Line
    en: Line
    favourable: bool = False


def _different(parts: list[Any]) -> list[Any]:
    if len({part.key for part in parts}) != len(parts):
        raise field_error("key-repeated", en="A key is used twice.", zh="键重复。")
    return parts


class Item(BaseModel):
    """A question with its choices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Word
    zh: Name
    en: Name
    choices: Annotated[list[Choice], Field(min_length=2, max_length=7), AfterValidator(_different)]


class SurveyDetails(BaseModel):
    """What is asked, of whom, about which term. Without a district it is a survey of the whole city."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Name
    term: Key
    district: Code | None = None
    audiences: Annotated[list[Audience], Field(min_length=1, max_length=2)] = Field(
        default_factory=lambda: list(Audience)
    )
    items: Annotated[list[Item], Field(min_length=1, max_length=20), AfterValidator(_different)]


class Survey(Base, Aggregate):
    """A survey (满意度调查). It is open from its creation until it is closed, which publishes the results for good."""

    __tablename__ = "survey"
    __table_args__ = (
        Index("ix_survey_district_id", "district", "id"),
        key_check("term"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at_a_time"),
    )

    title: Mapped[str] = mapped_column(Text)
    term: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    audiences: Mapped[list[str]] = mapped_column(ARRAY(Text))
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    @classmethod
    def open(cls, details: SurveyDetails, *, at: datetime) -> tuple[Self, SurveyOpened]:
        survey = cls(
            id=new_id(),
            version=0,
            title=details.title,
            term=details.term,
            district=details.district,
            audiences=[one.value for one in dict.fromkeys(details.audiences)],
            items=[item.model_dump(mode="json") for item in details.items],
            state=SurveyState.OPEN,
            opened_at=at,
        )
        return survey, SurveyOpened(
            survey_id=survey.id,
            title=survey.title,
            term=survey.term,
            district=survey.district,
            audiences=survey.audiences,
            items=[
                SurveyItem(
                    key=item.key,
                    choices=[choice.key for choice in item.choices],
                    favourable=[choice.key for choice in item.choices if choice.favourable],
                )
                for item in details.items
            ],
            at=at,
        )

    def check_open(self) -> None:
        if self.state != SurveyState.OPEN:
            raise SurveyAlreadyClosed

    def check_closed(self) -> None:
        if self.state != SurveyState.CLOSED:
            raise SurveyStillOpen

    def places_of(self, audience: Audience, choices: Sequence[tuple[str, str]]) -> list[int]:
        """The places in the list of counts that an answer adds to, counted from 1; refuses an incomplete answer."""
        self.check_open()
        if audience not in self.audiences:
            raise AudienceNotAsked(pointer="/audience")
        given = dict(choices)
        if len(given) < len(choices) or set(given) != {item["key"] for item in self.items}:
            raise AnswersIncomplete(pointer="/choices")
        places = []
        for item, before in zip(self.items, self._offsets(), strict=True):
            keys = [choice["key"] for choice in item["choices"]]
            if given[item["key"]] not in keys:
                raise AnswersIncomplete(pointer="/choices")
            places.append(before + keys.index(given[item["key"]]) + 1)
        return places

    @property
    def sizes(self) -> list[int]:
        """The number of choices of each item."""
        return [len(item["choices"]) for item in self.items]

    def _offsets(self) -> Iterator[int]:
        return accumulate(self.sizes[:-1], initial=0)

    def counts_of(self, flat: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        """The list of counts by item."""
        return tuple(
            tuple(flat[before : before + size]) for size, before in zip(self.sizes, self._offsets(), strict=True)
        )

    def close(
        self, results: Mapping[Audience, Sequence["Row"]], *, at: datetime
    ) -> tuple[SurveyClosed, list[SurveyResultsListed]]:
        """Close it. Its results are final: nobody answers later, and what is hidden stays hidden."""
        self.check_open()
        self.state, self.closed_at = SurveyState.CLOSED, at
        rows = [self._result(audience, row) for audience, found in results.items() for row in found]
        parts = [rows[start : start + PER_EVENT] for start in range(0, len(rows), PER_EVENT)]
        closed = SurveyClosed(survey_id=self.id, term=self.term, district=self.district, at=at)
        said = {"survey_id": self.id, "term": self.term, "district": self.district, "at": at}
        return closed, [SurveyResultsListed(**said, results=part) for part in parts]

    def _result(self, audience: Audience, row: "Row") -> SurveyResult:
        satisfied = self.satisfied(row.shown)
        return SurveyResult(
            audience=audience,
            level=row.level,
            district=row.district,
            school_id=row.school_id,
            answered=row.shown.answered,
            counts=self.named(row.shown.counts),
            answers=satisfied and satisfied[0],
            favourable=satisfied and satisfied[1],
        )

    def satisfied(self, shown: Shown) -> tuple[int, int] | None:
        """The answers to all items that ask for satisfaction, and the favourable ones among them, as anybody can
        compute them from the row; None if it hides them."""
        if shown.answered is None:
            return None
        answers = favourable = 0
        for item, counts in zip(self.items, shown.counts, strict=True):
            told = list(zip((choice["favourable"] for choice in item["choices"]), counts, strict=True))
            good, bad = ([count for is_good, count in told if is_good is wanted] for wanted in (True, False))
            if not good:
                continue
            answers += shown.answered
            if None not in good:
                favourable += sum(count or 0 for count in good)
            elif None not in bad:
                favourable += shown.answered - sum(count or 0 for count in bad)
            else:
                return None
        return answers, favourable

    def named(self, counts: Sequence[Sequence[int | None]]) -> dict[str, dict[str, int | None]]:
        """Counts by the keys of items and choices."""
        return {
            item["key"]: {choice["key"]: count for choice, count in zip(item["choices"], given, strict=True)}
            for item, given in zip(self.items, counts, strict=True)
        }


class SurveyParticipant(Base):
    """Somebody who has answered: a guardian's subject or a student's pseudonym. Nothing else is known of the answer."""

    __tablename__ = "survey_participant"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey(Survey.id), primary_key=True)
    audience: Mapped[str] = mapped_column(Text, primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id), primary_key=True)
    respondent: Mapped[str] = mapped_column(Text, primary_key=True)


class SurveyTally(Base):
    """How often each choice was given at a school. One row for all choices: a change tells nothing of the choice."""

    __tablename__ = "survey_tally"
    __table_args__ = (CheckConstraint("answered >= 0", name="counts_people"),)

    survey_id: Mapped[UUID] = mapped_column(ForeignKey(Survey.id), primary_key=True)
    audience: Mapped[str] = mapped_column(Text, primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id), primary_key=True)
    answered: Mapped[int]
    counts: Mapped[list[int]] = mapped_column(ARRAY(Integer), comment="by item and choice, in their order")


class SurveyResultRow(Base):
    """A published row of results, as it was when the survey closed."""

    __tablename__ = "survey_result"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey(Survey.id), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    audience: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    school_id: Mapped[UUID | None]
    answered: Mapped[int | None]
    counts: Mapped[dict[str, dict[str, int | None]]] = mapped_column(JSONB)


@dataclass(frozen=True, slots=True)
class Row:
    """A row to publish, and where it belongs."""

    shown: Shown
    level: Level
    district: str | None = None
    school_id: UUID | None = None


ALL: Final = "all"


def rows_of(
    tallies: Mapping[UUID, Answers], districts: Mapping[UUID, str], sizes: Sequence[int], *, by_district: bool
) -> list[Row]:
    """The rows of one audience: the whole, each district of a survey of the city, each school.

    `districts` names every school that is asked. One without answers has a row like one with few: which of them it is
    stays hidden.
    """
    nobody = Answers(0, tuple((0,) * size for size in sizes))
    schools = {str(school): tallies.get(school, nobody) for school in districts} or {ALL: nobody}
    above = {str(school): f"district {district}" if by_district else ALL for school, district in districts.items()}
    parents = above | ({f"district {district}": ALL for district in districts.values()} if by_district else {})
    shown = suppress(schools, parents, choices=sizes)
    rows = [Row(shown[ALL], Level.ALL)]
    if by_district:
        named = sorted(set(districts.values()))
        rows += [Row(shown[f"district {one}"], Level.DISTRICT, one) for one in named]
    ordered = sorted(districts.items(), key=lambda school: (school[1], str(school[0])))
    return rows + [Row(shown[str(one)], Level.SCHOOL, district, one) for one, district in ordered]
