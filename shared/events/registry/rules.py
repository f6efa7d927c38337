"""Versions of rules."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from shared.events import Event


class RuleEnacted(Event):
    """A rule was enacted, with its source and first day; `effective_to` is its last day, or null if it has none."""

    type: ClassVar[str] = "registry.rule.enacted.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    rule_id: UUID
    code: str
    check: str
    scope: dict[str, Any]
    parameters: dict[str, Any]
    citation: str
    effective_from: date
    effective_to: date | None
    at: datetime


class RuleRepealed(Event):
    """A rule was repealed; `effective_to` is its last day."""

    type: ClassVar[str] = "registry.rule.repealed.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    rule_id: UUID
    code: str
    effective_to: date
    at: datetime


class RuleWithdrawn(Event):
    """A rule was withdrawn, as if it had never been enacted."""

    type: ClassVar[str] = "registry.rule.withdrawn.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    rule_id: UUID
    code: str
    effective_from: date
    at: datetime
