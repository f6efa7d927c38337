"""Rows in dated versions, by code and first day: which hold on a day, and a page of all there were."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, or_
from sqlalchemy.orm import InstrumentedAttribute

Wanted = TypeVar("Wanted", bound=Select[Any])


def holds(
    first: InstrumentedAttribute[date], last: InstrumentedAttribute[date | None], *, on: date
) -> ColumnElement[bool]:
    """Whether a version is in force on a day; without a last day it holds until further notice."""
    return (first <= on) & or_(last.is_(None), last >= on)


def in_order(
    wanted: Wanted,
    code: InstrumentedAttribute[str],
    first: InstrumentedAttribute[date],
    *,
    after: tuple[str, date] | None,
    limit: int,
) -> Wanted:
    """By code and first day, those behind the place where the page before ended."""
    if after is not None:
        last, day = after
        wanted = wanted.where(or_(code > last, (code == last) & (first > day)))
    return wanted.order_by(code, first).limit(limit)


def place(position: Sequence[Any] | None) -> tuple[str, date] | None:
    """Where the page before ended, as its cursor says."""
    return (str(position[0]), date.fromisoformat(position[1])) if position else None
