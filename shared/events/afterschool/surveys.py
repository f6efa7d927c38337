"""Surveys of satisfaction: opened, closed, and what was published. Nothing tells who answered, or when."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import Event


class SurveyEvent(Event):
    """Every fact of a survey."""

    topic: ClassVar[str] = "afterschool.surveys.v1"

    survey_id: UUID
    term: str
    at: datetime


class SurveyItem(BaseModel):
    """An item of a survey: its choices, and those that mean satisfaction."""

    model_config = ConfigDict(frozen=True)

    key: str
    choices: list[str]
    favourable: list[str]


class SurveyOpened(SurveyEvent):
    """A survey was opened. Without a district it asks the whole city."""

    type: ClassVar[str] = "afterschool.survey.opened.v1"

    title: str
    district: str | None
    audiences: list[str]
    items: list[SurveyItem]


class SurveyClosed(SurveyEvent):
    """A survey was closed; its results follow."""

    type: ClassVar[str] = "afterschool.survey.closed.v1"

    district: str | None


class SurveyResult(BaseModel):
    """One row of published results. `level` is `all`, `district` or `school`; a null number is hidden.

    `answers` counts the answers to all items that ask for satisfaction, `favourable` those that mean it. They follow
    from the numbers of the row; both are null if these hide them. Older facts lack them.
    """

    model_config = ConfigDict(frozen=True)

    audience: str
    level: str
    district: str | None
    school_id: UUID | None
    answered: int | None
    counts: dict[str, dict[str, int | None]]
    answers: int | None = None
    favourable: int | None = None


class SurveyResultsListed(SurveyEvent):
    """A part (at most 50 rows) of the published results of a survey; `district` is the one district that it asked."""

    type: ClassVar[str] = "afterschool.survey.results_listed.v1"

    results: list[SurveyResult]
    district: str | None = None
