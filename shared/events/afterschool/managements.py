"""The five managements: rules, declarations of schools, drawn samples, shortfalls."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ManagementRuleEvent(Event):
    """Every fact of a version of a management's rule."""

    topic: ClassVar[str] = "afterschool.management-rules.v1"

    rule_id: UUID
    management: str
    at: datetime


class ManagementRuleEnacted(ManagementRuleEvent):
    """A version of a rule was enacted; `questions` are the keys of what schools declare."""

    type: ClassVar[str] = "afterschool.management_rule.enacted.v1"

    questions: list[str]
    source: str
    valid_from: date


class ManagementRuleRepealed(ManagementRuleEvent):
    """A version of a rule was repealed; `valid_to` is its last day."""

    type: ClassVar[str] = "afterschool.management_rule.repealed.v1"

    valid_to: date


class ManagementRuleWithdrawn(ManagementRuleEvent):
    """A version of a rule was withdrawn, as if it had never been enacted."""

    type: ClassVar[str] = "afterschool.management_rule.withdrawn.v1"

    valid_from: date


class ManagementRuleContinued(ManagementRuleEvent):
    """The next version was withdrawn, so this one stays in force; `valid_to` is its last day, or null if it has
    none."""

    type: ClassVar[str] = "afterschool.management_rule.continued.v1"

    valid_to: date | None


class DeclarationEvent(Event):
    """Every fact of a school's declaration about a management in a term."""

    topic: ClassVar[str] = "afterschool.declarations.v1"

    declaration_id: UUID
    school_id: UUID
    district: str
    street: str | None
    term: str
    management: str
    at: datetime


class ManagementDeclared(DeclarationEvent):
    """A school declared. `falls_short` names the questions whose figures do not keep their limits."""

    type: ClassVar[str] = "afterschool.declaration.declared.v1"

    falls_short: list[str]


class DeclarationSigned(DeclarationEvent):
    """A second person of the school signed the declaration."""

    type: ClassVar[str] = "afterschool.declaration.signed.v1"

    falls_short: list[str]


class DeclarationWithdrawn(DeclarationEvent):
    """A declaration was withdrawn before it was signed."""

    type: ClassVar[str] = "afterschool.declaration.withdrawn.v1"


class DeclarationDrawn(DeclarationEvent):
    """A declaration was drawn for verification."""

    type: ClassVar[str] = "afterschool.declaration.drawn.v1"

    draw_id: UUID


class DeclarationVerified(DeclarationEvent):
    """The bureau verified a drawn declaration. `falls_short` names what it found to fall short."""

    type: ClassVar[str] = "afterschool.declaration.verified.v1"

    confirmed: bool
    falls_short: list[str]


class ManagementDrawEvent(Event):
    """Every fact of a draw of declarations."""

    topic: ClassVar[str] = "afterschool.management-draws.v1"

    draw_id: UUID
    at: datetime


class ManagementDrawCommitted(ManagementDrawEvent):
    """A draw was committed to: the hashes of its secret, its terms and its list, and where the public value will come
    from."""

    type: ClassVar[str] = "afterschool.management_draw.committed.v1"

    term: str
    targets: int
    share_bp: int
    public_source: str
    public_on: date
    secret_sha256: str
    terms_sha256: str
    targets_sha256: str


class ManagementDrawRevealed(ManagementDrawEvent):
    """A draw was revealed: its secret, the public value, and the number of declarations drawn."""

    type: ClassVar[str] = "afterschool.management_draw.revealed.v1"

    secret: str
    public_value: str
    seed: str
    result_sha256: str
    drawn: int


class ManagementDrawCancelled(ManagementDrawEvent):
    """A draw was cancelled before it was revealed."""

    type: ClassVar[str] = "afterschool.management_draw.cancelled.v1"

    reason: str


class ShortfallEvent(Event):
    """Every fact of a shortfall of a school in a management."""

    topic: ClassVar[str] = "afterschool.shortfalls.v1"

    shortfall_id: UUID
    declaration_id: UUID
    school_id: UUID
    district: str
    street: str | None
    term: str
    management: str
    at: datetime


class ShortfallFound(ShortfallEvent):
    """A shortfall was found, by the school's own figures or by verification, and is to be made good by a day."""

    type: ClassVar[str] = "afterschool.shortfall.found.v1"

    questions: list[str]
    found_by: str
    due_on: date


class ShortfallClosed(ShortfallEvent):
    """A shortfall was made good."""

    type: ClassVar[str] = "afterschool.shortfall.closed.v1"

    late: bool
