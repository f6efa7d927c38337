"""Rates per session of providers, and what schools settled with them. Amounts are in fen."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class SessionRateAgreed(Event):
    """A school and a provider agreed what each session of an offering costs from `valid_from` on."""

    type: ClassVar[str] = "afterschool.session_rate.agreed.v1"
    topic: ClassVar[str] = "afterschool.engagements.v1"

    rate_id: UUID
    offering_id: UUID
    institution_id: UUID
    school_id: UUID
    district: str
    street: str | None
    fen: int
    valid_from: date
    at: datetime


class ProviderSettled(Event):
    """A school settled all sessions of a provider up to `until`. `total_fen` is what is due beyond earlier settlements;
    below zero it takes money back."""

    type: ClassVar[str] = "afterschool.settlement.posted.v1"
    topic: ClassVar[str] = "afterschool.settlements.v1"

    settlement_id: UUID
    institution_id: UUID
    school_id: UUID
    district: str
    street: str | None
    until: date
    lines: int
    total_fen: int
    at: datetime
