"""A pupil moves or leaves: `POST /v1/students/{id}/move` and `/departure`."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.afterschool.roster.classes.domain import ClassNotFound
from services.afterschool.roster.students.domain import MoveTooEarly, SameClass, StudentHasLeft, StudentNotFound
from services.afterschool.roster.students.routes import KeeperDep, StudentOut
from services.afterschool.stories.moves import usecases
from shared.domain.clock import utc_now
from shared.domain.wording import Day, Reason
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/students", tags=["students"])


class MoveIn(BaseModel):
    """The class to which the pupil belongs from `valid_from` on."""

    model_config = ConfigDict(extra="forbid")

    class_id: UUID
    valid_from: Day


class DepartureIn(BaseModel):
    """`left_on` is the first day on which the pupil no longer belongs to the class."""

    model_config = ConfigDict(extra="forbid")

    left_on: Day
    reason: Reason | None = None


@router.post(
    "/{student_id}/move",
    response_model=StudentOut,
    responses=problems(StudentNotFound, ClassNotFound, MoveTooEarly, SameClass, StudentHasLeft),
)
async def move_student(student_id: UUID, body: MoveIn, caller: KeeperDep, session: SessionDep) -> StudentOut:
    """Move a pupil to another class, or to another school within your reach."""
    pupil = await usecases.move_student(
        session, student_id, body.class_id, on=body.valid_from, caller=caller, at=utc_now()
    )
    return StudentOut.of(pupil)


@router.post(
    "/{student_id}/departure",
    response_model=StudentOut,
    responses=problems(StudentNotFound, MoveTooEarly, StudentHasLeft),
)
async def let_student_go(student_id: UUID, body: DepartureIn, caller: KeeperDep, session: SessionDep) -> StudentOut:
    """Record that a pupil leaves the school."""
    pupil = await usecases.let_student_go(
        session, student_id, on=body.left_on, reason=body.reason, caller=caller, at=utc_now()
    )
    return StudentOut.of(pupil)
