"""`POST /v1/teams/{id}/handover`."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.inspection.field.teams.domain import TeamNotFound
from services.inspection.stories.handovers import usecases
from services.inspection.stories.handovers.domain import Handover, SuccessorUnfit
from shared.domain.clock import utc_now
from shared.domain.wording import Line, Reason
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/teams", tags=["teams"])


class HandoverIn(BaseModel):
    """The code of the team that takes over, and the reason."""

    model_config = ConfigDict(extra="forbid")

    to: Line
    reason: Reason


class HandoverOut(BaseModel):
    """How much was handed over."""

    model_config = ConfigDict(from_attributes=True)

    visits: int
    targets: int
    violations: int
    complaints: int


@router.post("/{team_id}/handover", response_model=HandoverOut, responses=problems(TeamNotFound, SuccessorUnfit))
async def hand_over(
    team_id: UUID,
    body: HandoverIn,
    caller: Annotated[Principal, allow("bureau", "district_officer")],
    session: SessionDep,
) -> Handover:
    """Hand over a team's open work to another team of its district: visits, targets of open campaigns, violations and
    complaints.

    To hand over its grids, change both teams. Then the team can be dissolved.
    """
    return await usecases.hand_over(session, team_id, body.to, reason=body.reason, caller=caller, at=utc_now())
