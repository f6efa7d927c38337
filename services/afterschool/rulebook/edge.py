"""What the routes of the rulebook share: who reads, who decides, and how a version is shown and ended."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.domain.dated import MayBeWithdrawn, SourceStatus, WithdrawalIn
from shared.domain.wording import Day, Reason
from shared.http.policies import Principal, allow

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
BureauDep = Annotated[Principal, allow("bureau")]


class RepealIn(BaseModel):
    """The last day of a version, and why it ends."""

    model_config = ConfigDict(extra="forbid")

    valid_to: Day
    reason: Reason


class VersionWithdrawalIn(WithdrawalIn):
    """Why the version is withdrawn."""


class VersionOut(MayBeWithdrawn):
    """What every version shows."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    source: str
    status: SourceStatus
    valid_from: date
    valid_to: date | None
