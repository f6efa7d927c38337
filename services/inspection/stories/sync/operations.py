"""What each kind of operation does: the use case of the route of that name, held against what others did meanwhile."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.places import Place
from services.inspection.findings.evidence import usecases as evidence
from services.inspection.findings.evidence.domain import Capture
from services.inspection.findings.violations import usecases as violations
from services.inspection.findings.violations.domain import LooseFinding
from services.inspection.rounds.visits import queries as visits
from services.inspection.rounds.visits import usecases
from services.inspection.rounds.visits.bodies import StartIn, SubmissionIn, VisitIn
from services.inspection.rounds.visits.domain import Visit, VisitState
from services.inspection.stories.submissions.usecases import Consequence, count_consequences, end_visit
from services.inspection.stories.sync.domain import (
    Operation,
    OperationKind,
    Stance,
    Verdict,
    stance,
)
from shared.data.unit_of_work import savepoint
from shared.domain.clock import instant
from shared.domain.refusals import Invalid, Refusal
from shared.facts import journal
from shared.http.policies import Principal


class ContentInvalid(Invalid):
    """The content does not fit this kind of operation; `fields` lists the fields at fault."""

    code = "content-invalid"
    zh = "操作内容不符合要求，见fields。"


class BaseVersionAhead(Invalid):
    """The base version is newer than the visit's version (`version`). Pull the changes again."""

    code = "base-version-ahead"
    zh = "基础版本高于现有版本。"


@dataclass(frozen=True, slots=True)
class Effect:
    """The result of an operation; `theirs` is what was in the way, `place` where the thing lies that it changed."""

    verdict: Verdict
    code: str | None = None
    entity_version: int | None = None
    theirs: Mapping[str, Any] | None = None
    consequences: Sequence[Consequence] = ()
    place: Place | None = None


Content = TypeVar("Content", bound=BaseModel)
Decided = TypeVar("Decided")
Perform = Callable[[AsyncSession, Operation, Principal], Coroutine[Any, Any, Effect]]


async def together_or_each(session: AsyncSession, decide: Callable[[Perform], Awaitable[Decided]]) -> Decided:
    """Let `decide` perform the operations of a batch: all as one, or, where one is refused, each in its own savepoint.

    Most batches contain nothing that is refused. Then facts, changed rows and counts that many visits share are written
    once, at the end.
    """
    with suppress(Refusal):
        async with savepoint(session), journal.gathering(session):
            return await decide(_perform)
    return await decide(perform_alone)


async def _perform(session: AsyncSession, operation: Operation, caller: Principal) -> Effect:
    """Do it. Raises a `Refusal`, with something begun perhaps; the caller counts the consequences."""
    return await _KINDS[OperationKind(operation.kind)](session, operation, caller)


async def perform_alone(session: AsyncSession, operation: Operation, caller: Principal) -> Effect:
    """Do it and count its consequences, or undo everything and return the refusal."""
    try:
        async with savepoint(session):
            effect = await _perform(session, operation, caller)
            await count_consequences(session, effect.consequences)
            return replace(effect, consequences=())
    except Refusal as refusal:
        return Effect(Verdict.REFUSED, refusal.code, theirs=_told(refusal))


def _told(refusal: Refusal) -> dict[str, Any] | None:
    """The facts of a refusal: states, limits and ids of the platform."""
    return {name: str(value) for name, value in refusal.facts.items()} or None


def read_content(model: type[Content], content: Mapping[str, Any], **more: Any) -> Content:
    """What the operation says; raises `ContentInvalid`."""
    try:
        return model.model_validate({**content, **more})
    except ValidationError as error:
        fields = ["/".join(map(str, one["loc"])) for one in error.errors(include_url=False, include_input=False)]
        known = set(model.model_fields)
        raise ContentInvalid(fields=sorted({field for field in fields if field.partition("/")[0] in known})) from None


async def _plan_visit(session: AsyncSession, operation: Operation, caller: Principal) -> Effect:
    body = read_content(VisitIn, operation.content, id=operation.entity_id)
    others = await visits.others_at(session, body.campaign_id, body.institution_id, besides=operation.entity_id)
    visit, _ = await usecases.plan_visit(
        session, usecases.Wish(**body.model_dump()), caller=caller, at=operation.done_at
    )
    if others is None:
        return Effect(Verdict.APPLIED, entity_version=visit.version, place=visit.place)
    return Effect(Verdict.SOFT_CONFLICT, "duplicate-visit", visit.version, snapshot(others), place=visit.place)


async def _start_visit(session: AsyncSession, operation: Operation, caller: Principal) -> Effect:
    body = read_content(StartIn, operation.content)
    visit, found = await _found(session, operation, caller)
    if found is Stance.HARD:
        return _in_the_way(Verdict.HARD_CONFLICT, "visit-ended-meanwhile", visit)
    theirs = snapshot(visit)
    if visit.state == VisitState.STARTED and found is Stance.SOFT:
        visit = await usecases.join_visit(
            session, visit.id, colleagues=body.inspectors, caller=caller, at=operation.done_at
        )
    else:
        visit = await usecases.start_visit(
            session,
            visit.id,
            colleagues=body.inspectors,
            checklist_id=body.checklist_id,
            caller=caller,
            at=operation.done_at,
        )
    return _stood(found, visit, theirs)


async def _submit_visit(session: AsyncSession, operation: Operation, caller: Principal) -> Effect:
    body = read_content(SubmissionIn, operation.content)
    visit, found = await _found(session, operation, caller)
    theirs = snapshot(visit)
    if found is Stance.HARD:
        if says_the_same(visit, body):
            return _in_the_way(Verdict.SOFT_CONFLICT, "said-already", visit)
        return _in_the_way(Verdict.HARD_CONFLICT, "visit-ended-meanwhile", visit)
    visit, consequence = await end_visit(session, visit.id, body, caller=caller, at=operation.done_at)
    return replace(_stood(found, visit, theirs), consequences=[consequence])


async def _report_violation(session: AsyncSession, operation: Operation, caller: Principal) -> Effect:
    body = read_content(LooseFinding, operation.content)
    violation = await violations.report_violation(
        session,
        body.finding,
        institution_id=body.institution_id,
        grid=body.grid,
        found_on=body.found_on,
        violation_id=operation.entity_id,
        caller=caller,
        at=operation.done_at,
    )
    place = Place(violation.institution_id, violation.grid, violation.district, violation.street, violation.team)
    return Effect(Verdict.APPLIED, entity_version=violation.version, place=place)


async def _announce_evidence(session: AsyncSession, operation: Operation, caller: Principal) -> Effect:
    capture = read_content(Capture, operation.content, id=operation.entity_id)
    announced, _ = await evidence.announce(session, capture, caller=caller, at=operation.received_at)
    return Effect(Verdict.APPLIED, entity_version=announced.version, place=announced.place)


async def _found(session: AsyncSession, operation: Operation, caller: Principal) -> tuple[Visit, Stance]:
    visit = await visits.visit_for_update(session, operation.entity_id, caller)
    assert operation.base_version is not None
    kind = OperationKind(operation.kind)
    found = stance(kind, operation.base_version, state=VisitState(visit.state), version=visit.version)
    if found is Stance.AHEAD:
        raise BaseVersionAhead(version=visit.version)
    return visit, found


def _stood(found: Stance, visit: Visit, theirs: Mapping[str, Any]) -> Effect:
    if found is Stance.SOFT:
        return Effect(Verdict.SOFT_CONFLICT, "changed-meanwhile", visit.version, theirs, place=visit.place)
    return Effect(Verdict.APPLIED, entity_version=visit.version, place=visit.place)


def _in_the_way(verdict: Verdict, code: str, visit: Visit) -> Effect:
    """A conflict, with the visit's present state as the server's version."""
    return Effect(verdict, code, visit.version, snapshot(visit), place=visit.place)


def snapshot(visit: Visit) -> dict[str, Any]:
    return {
        "visit_id": str(visit.id),
        "version": visit.version,
        "state": str(visit.state),
        "outcome": visit.outcome and str(visit.outcome),
        "score": visit.score,
        "passed": visit.passed,
        "note": visit.note,
        "answers": visit.answers,
        "inspectors": list(visit.inspectors),
        "submitted_at": instant(visit.submitted_at) if visit.submitted_at else None,
    }


def says_the_same(visit: Visit, body: SubmissionIn) -> bool:
    """Whether a second submission repeats the first without adding findings: then there is no conflict."""
    found_more = body.violations or body.discovery is not None
    answered = body.answers is None or visit.answers is None or dict(body.answers) == dict(visit.answers)
    return (
        not found_more
        and answered
        and (visit.outcome, visit.score, visit.passed) == (body.outcome, body.score, body.passed)
    )


_KINDS: Final[Mapping[OperationKind, Perform]] = {
    OperationKind.PLAN_VISIT: _plan_visit,
    OperationKind.START_VISIT: _start_visit,
    OperationKind.SUBMIT_VISIT: _submit_visit,
    OperationKind.REPORT_VIOLATION: _report_violation,
    OperationKind.ANNOUNCE_EVIDENCE: _announce_evidence,
}


def owner_of(operation: Operation) -> Principal:
    """The person who did it, as he stood when it was taken."""
    return Principal(operation.subject, frozenset({"inspector"}), district=operation.district, team=operation.team)


def when_done(operation: Operation) -> tuple[datetime, UUID]:
    return operation.done_at, operation.id


async def note_effect(session: AsyncSession, operation: Operation, effect: Effect, at: datetime) -> None:
    conflict = operation.decide(
        effect.verdict,
        code=effect.code,
        entity_version=effect.entity_version,
        theirs=effect.theirs,
        place=effect.place,
        at=at,
    )
    if conflict is not None:
        await journal.record(session, conflict, subject=operation)
