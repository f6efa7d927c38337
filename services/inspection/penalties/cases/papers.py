"""The papers of a case, as people fill them in."""

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.inspection.rulebook.offences.domain import Fen, Gravity, OffenceCode, PenaltyKind
from shared.domain.refusals import field_error
from shared.domain.wording import Day, Line, Name, Paragraph

Officers = Annotated[list[Line], Field(min_length=1, max_length=20)]
Evidence = Annotated[list[UUID], Field(max_length=100)]
_OF_MONEY = frozenset({PenaltyKind.FINE, PenaltyKind.CONFISCATION})


class Party(StrEnum):
    """Who acted. The law sets different limits for a person and an organisation."""

    PERSON = "person"
    ORGANISATION = "organisation"


class Circumstance(StrEnum):
    """An aggravating circumstance (从重情节, 校外培训行政处罚暂行办法): a serving school teacher takes part, the
    party was punished within the last two years, or it obstructs the inspection."""

    SERVING_TEACHER = "serving_teacher"
    REPEAT = "repeat"
    OBSTRUCTION = "obstruction"


class Aggravation(BaseModel):
    """An aggravating circumstance and its ground."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    circumstance: Circumstance
    ground: Paragraph


def _named_once(value: list[Aggravation]) -> list[Aggravation]:
    if len({one.circumstance for one in value}) < len(value):
        raise field_error("circumstance-repeated", en="The same circumstance is named twice.", zh="从重情节重复。")
    return value


Aggravations = Annotated[list[Aggravation], Field(max_length=len(Circumstance)), AfterValidator(_named_once)]


class Proposal(StrEnum):
    """What a decision proposes to the registry."""

    NOTICE = "notice"
    SUSPENSION = "suspension"
    REVOCATION = "revocation"


class Penalty(BaseModel):
    """One penalty. A fine or confiscation has an amount, a suspension a last day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: PenaltyKind
    amount_fen: Fen | None = None
    until: Day | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.amount_fen is not None) is not (self.kind in _OF_MONEY):
            raise field_error(
                "amount-misplaced", en="Give an amount for a fine or confiscation only.", zh="仅罚款和没收须填写金额。"
            )
        if (self.until is not None) is not (self.kind is PenaltyKind.SUSPENSION):
            raise field_error(
                "until-misplaced", en="Give `until` for a suspension only.", zh="仅暂扣许可证须填写截止日期。"
            )
        return self


Penalties = Annotated[list[Penalty], Field(min_length=1, max_length=8)]


class Filing(BaseModel):
    """What a case is opened on. Without `offence` the violation's counts; `gravity` is what it looks like so far."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    offence: OffenceCode | None = None
    party: Party = Party.ORGANISATION
    party_name: Name | None = None
    grounds: Paragraph
    acts_from: Day
    acts_until: Day | None = None
    officers: Officers
    gravity: Gravity = Gravity.ORDINARY
    harmful: bool = False
    illegal_income_fen: Fen = 0
    aggravations: Aggravations = Field(default_factory=list)


class Inquiry(BaseModel):
    """An inquiry or an inspection of the scene; what it found out about the act may be named. `aggravations` are then
    all there are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    officers: Officers
    identity_shown: bool
    record: Paragraph
    evidence: Evidence = Field(default_factory=list)
    gravity: Gravity | None = None
    harmful: bool | None = None
    illegal_income_fen: Fen | None = None
    aggravations: Aggravations | None = None


class Review(BaseModel):
    """The legal opinion."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agreed: bool
    opinion: Paragraph


class Notice(BaseModel):
    """What the party is told before the decision; `public_notice`: also that it is to be named publicly."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    facts: Paragraph
    reasons: Paragraph
    basis: Paragraph
    penalties: Penalties
    rights_told: bool
    hearing_told: bool = False
    public_notice: bool = False


class Statement(BaseModel):
    """What the party says; it may say that it wants no hearing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Paragraph
    waives_hearing: bool = False


class Decision(BaseModel):
    """The decision. `answer` says how the party's statement was considered; `notice` proposes to name it publicly."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    penalties: Penalties
    grounds: Paragraph
    answer: Paragraph | None = None
    collective: bool = False
    notice: bool = False


class SpotDecision(BaseModel):
    """A decision on the spot: a warning, or a small fine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grounds: Paragraph
    identity_shown: bool
    fine_fen: Fen | None = None
