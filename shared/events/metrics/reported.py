"""Reported figures: submitted with evidence, approved or returned by another person."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ReportedFigureEvent(Event):
    """Every fact of a reported figure says which indicator it is of, for which district (null: the city), its value and
    the day of which it speaks."""

    topic: ClassVar[str] = "metrics.reports.v1"

    figure_id: UUID
    indicator: str
    district: str | None
    value: int
    as_of: date
    at: datetime


class ReportedFigureSubmitted(ReportedFigureEvent):
    """An office submitted a figure. It counts for nothing yet."""

    type: ClassVar[str] = "metrics.reported_figure.submitted.v1"


class ReportedFigureApproved(ReportedFigureEvent):
    """Another person approved the figure: it is the value of its indicator until a figure of a later day, or a later
    submission of the same day, is approved."""

    type: ClassVar[str] = "metrics.reported_figure.approved.v1"


class ReportedFigureReturned(ReportedFigureEvent):
    """Another person returned the figure. A correction is a new submission."""

    type: ClassVar[str] = "metrics.reported_figure.returned.v1"

    reason: str
