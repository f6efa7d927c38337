"""`/v1/cases/{case_id}/clock`."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.inspection.penalties.cases import queries
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.refusals import CaseNotFound
from services.inspection.penalties.cases.states import UNDECIDED, CaseState
from services.inspection.penalties.deadlines.domain import Clock, ticks
from services.inspection.penalties.decision import domain as decision
from services.inspection.penalties.execution import domain as execution
from services.inspection.penalties.law.queries import ground_of
from services.inspection.rulebook.norms.domain import NormUnknown
from shared.domain.clock import china_date, utc_now
from shared.domain.refusals import Refusal
from shared.http.policies import Principal, allow
from shared.http.reach import own_institution
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/cases", tags=["cases"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]


class TickOut(BaseModel):
    """One deadline. `days_left` counts natural days, negative once it has passed; both are null when the step is done.
    `provisional` means that a counted day is in a year whose calendar is not published."""

    model_config = ConfigDict(from_attributes=True)

    name: Clock
    title: str
    law: str
    article: str
    due_on: date
    working_days: bool
    provisional: bool
    done_on: date | None
    days_left: int | None
    working_days_left: int | None
    overdue: bool


class BlockOut(BaseModel):
    """An obstacle to a decision today, with its article."""

    code: str
    law: str | None
    article: str | None
    zh: str
    en: str


class ClockOut(BaseModel):
    """The deadlines of a case as of today, the obstacles to its decision, and the amount still owed."""

    case_id: UUID
    as_of: date
    state: CaseState
    deadlines: list[TickOut]
    blocks: list[BlockOut]
    late_fen: int
    owed_fen: int


@router.get("/{case_id}/clock", response_model=ClockOut, responses=problems(CaseNotFound, NormUnknown))
async def get_case_clock(case_id: UUID, caller: ReaderDep, session: SessionDep) -> ClockOut:
    """Each deadline with its article and remaining days, and what prevents a decision today."""
    case = await queries.case(session, case_id, caller)
    return await _clock(session, case, party=own_institution(caller) is not None, at=utc_now())


async def _clock(session: SessionDep, case: Case, *, party: bool, at: datetime) -> ClockOut:
    """The clock of a case. The party sees its deadlines, but not what still blocks the decision."""
    on = china_date(at)
    ground = await ground_of(session, case, on=on)
    deadlines = ticks(case, ground.calendar, five_years=ground.offence.life_or_finance, on=on)
    blocks = decision.blocks(case, ground, None, on=on) if case.state in UNDECIDED and not party else ()
    late = execution.late_fen(case, on) if case.state == CaseState.SERVED else 0
    return ClockOut(
        case_id=case.id,
        as_of=on,
        state=CaseState(case.state),
        deadlines=[TickOut.model_validate(tick) for tick in deadlines],
        blocks=[_block(refusal) for refusal in blocks],
        late_fen=late,
        owed_fen=max(case.owed_fen + late - case.paid_fen, 0),
    )


def _block(refusal: Refusal) -> BlockOut:
    law, article = refusal.facts.get("law"), refusal.facts.get("article")
    return BlockOut(
        code=refusal.code,
        law=None if law is None else str(law),
        article=None if article is None else str(article),
        zh=refusal.zh,
        en=refusal.en(),
    )
