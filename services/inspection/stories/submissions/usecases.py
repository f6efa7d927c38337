"""Submit a visit.

Locks in this order: visit, violation or complaint it is about, target of the campaign, campaign, institution.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.places import Place
from services.inspection.findings.complaints.usecases import take_look
from services.inspection.findings.evidence import queries as evidence
from services.inspection.findings.evidence.domain import SubjectKind
from services.inspection.findings.violations import queries as violations
from services.inspection.findings.violations.domain import Violation, ViolationState
from services.inspection.findings.violations.usecases import offences_named
from services.inspection.penalties.cases import queries as cases
from services.inspection.rounds.campaigns import queries as campaigns
from services.inspection.rounds.campaigns.domain import Count, OutcomeCounted
from services.inspection.rounds.campaigns.usecases import count_outcomes
from services.inspection.rounds.discoveries import queries as discoveries
from services.inspection.rounds.discoveries.domain import Discovery, DiscoveryDetails, DiscoveryUnasked
from services.inspection.rounds.outcomes import SEEN, Outcome
from services.inspection.rounds.visits import queries as visits
from services.inspection.rounds.visits.bodies import SubmissionIn
from services.inspection.rounds.visits.domain import Purpose, Visit
from services.inspection.rounds.visits.usecases import count_visits
from services.inspection.rulebook.checklists import queries as checklists
from services.inspection.rulebook.checklists.domain import AnswersUnasked
from services.inspection.rulebook.offences.domain import Finding
from services.inspection.stories.rectification.usecases import conclude_verification
from shared.facts import journal
from shared.facts.journal import Fact
from shared.http.policies import Principal


@dataclass(frozen=True, slots=True)
class Consequence:
    """The effect of an ended visit on rows that many visits share: its campaign and its institution.

    `seen` is one more visit of an institution; `unseen` is an institution that the visit no longer counts for.
    """

    count: Count | None
    seen: tuple[UUID, date] | None
    unseen: UUID | None = None


async def submit_visit(
    session: AsyncSession, visit_id: UUID, said: SubmissionIn, *, caller: Principal, at: datetime
) -> Visit:
    visit, consequence = await end_visit(session, visit_id, said, caller=caller, at=at)
    await count_consequences(session, [consequence])
    return visit


async def end_visit(
    session: AsyncSession, visit_id: UUID, said: SubmissionIn, *, caller: Principal, at: datetime
) -> tuple[Visit, Consequence]:
    """End a visit and return what is still to be counted; call `count_consequences` last in the transaction."""
    visit = await visits.visit_for_update(session, visit_id, caller)
    outcome, before, wanted = said.outcome, visit.outcome, visit.note
    visit.check_submission(outcome, said.passed)
    if said.discovery is not None and outcome is not Outcome.NEWLY_FOUND:
        raise DiscoveryUnasked(pointer="/discovery")
    assert visit.visited_on is not None
    visit.answers, judged = await _judge(session, visit, outcome, said.answers)
    found = {finding: f"/violations/{number}/offence" for number, finding in enumerate(said.violations)}
    found |= {finding: f"/answers/{key}" for finding, key in judged.items() if finding not in found}
    reported = await report_at_visit(
        session,
        found,
        visit.place,
        visit_id=visit.id,
        again=before is not None,
        found_on=visit.visited_on,
        by=caller.subject,
        at=at,
    )
    submitted = visit.submit(outcome, score=said.score, note=said.note, violations=reported, passed=said.passed, at=at)
    await journal.record(session, submitted, subject=visit)
    if visit.purpose == Purpose.VERIFICATION and visit.reference_id is not None:
        await conclude_verification(
            session,
            visit.reference_id,
            visit_id=visit.id,
            planned_at=visit.planned_at,
            passed=said.passed,
            caller=caller,
            at=at,
        )
    if visit.purpose == Purpose.COMPLAINT and visit.reference_id is not None:
        await take_look(session, visit.reference_id, team=visit.team, note=wanted, at=at)
    count = await weigh_outcome(session, visit, outcome, before=before, note=said.note, discovery=said.discovery, at=at)
    if visit.institution_id is None or (outcome in SEEN) == (before in SEEN):
        return visit, Consequence(count, None)
    if outcome in SEEN:
        return visit, Consequence(count, (visit.institution_id, visit.visited_on))
    return visit, Consequence(count, None, visit.institution_id)


async def count_consequences(session: AsyncSession, consequences: Sequence[Consequence]) -> None:
    await count_outcomes(session, [one.count for one in consequences if one.count is not None])
    await count_visits(
        session,
        [one.seen for one in consequences if one.seen is not None],
        corrected={one.unseen for one in consequences if one.unseen is not None},
    )


async def _judge(
    session: AsyncSession, visit: Visit, outcome: Outcome, answers: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[Finding, str]]:
    """The answers, checked against the visit's checklist, and the findings among them with their keys. Answers require
    the outcome `inspected`."""
    if visit.checklist_id is None or outcome is not Outcome.INSPECTED:
        if answers is not None:
            raise AnswersUnasked(pointer="/answers")
        return None, {}
    checklist, given = await checklists.checklist(session, visit.checklist_id), answers or {}
    about = (SubjectKind.VISIT, visit.id)
    announced = await evidence.announced_about(session, *about) if checklist.shows_evidence(given) else set()
    return checklist.judge(given, announced=announced)


async def weigh_outcome(
    session: AsyncSession,
    visit: Visit,
    outcome: Outcome,
    *,
    before: str | None,
    note: str | None,
    discovery: DiscoveryDetails | None,
    at: datetime,
) -> Count | None:
    """The effect of the outcome on the campaign, for `count_outcomes`. The caller holds the lock of the visit.

    A discovery outside a campaign is published at once, because no campaign publishes it.
    """
    if outcome is Outcome.NEWLY_FOUND:
        if before not in (None, outcome) and visit.campaign_target_id is not None:
            raise OutcomeCounted(outcome=before)
        return await _discover(session, visit, discovery, note=note, at=at)
    if visit.campaign_id is None:
        return None
    if before == Outcome.NEWLY_FOUND:
        raise OutcomeCounted(outcome=before)
    if visit.campaign_target_id is None:
        return None
    target = await campaigns.target_for_update(session, visit.campaign_target_id)
    assert visit.visited_on is not None
    was = target.standing
    if target.take(outcome, before=before, visit_id=visit.id, on=visit.visited_on, at=at):
        return Count.of_target(target, was=was, at=at)
    return None


async def _discover(
    session: AsyncSession, visit: Visit, details: DiscoveryDetails | None, *, note: str | None, at: datetime
) -> Count | None:
    """Record at most one discovery per visit, however often it is sent back. A later submission may add the
    description."""
    known = await discoveries.discovery_of(session, visit.id)
    if known is not None and not known.complete(details):
        return None
    found = known or Discovery.make(
        visit.id, visit.place, campaign_id=visit.campaign_id, details=details, note=note, at=at
    )
    session.add(found)
    if found.campaign_id is None:
        await journal.record(session, found.told(at=at), subject=found)
        return None
    return Count.of_discovery(found, found.campaign_id, known=known is not None, at=at)


async def report_at_visit(
    session: AsyncSession,
    findings: Mapping[Finding, str],
    place: Place,
    *,
    visit_id: UUID,
    again: bool,
    found_on: date,
    by: str,
    at: datetime,
) -> int:
    """Report the findings of a visit, each with its JSON pointer; returns how many violations the visit has.

    `again`: the visit was submitted before. Findings already reported are recognised; missing ones are withdrawn unless
    somebody has acted on them.
    """
    known = await violations.violations_of_visit(session, visit_id) if again else []
    facts = []
    pointers = list(findings.values())
    of_findings = dict(
        zip(findings, await offences_named(session, [*findings], on=found_on, pointers=pointers), strict=True)
    )
    for finding, offence in of_findings.items():
        if any(violation.says(finding, offence) for violation in known):
            continue
        violation, reported = Violation.report(
            finding, place, visit_id=visit_id, found_on=found_on, at=at, offence=offence
        )
        violation.version = 1
        session.add(violation)
        facts.append(Fact(violation.id, violation.version, reported))
    await journal.record_many(session, facts)
    unsaid = [one for one in known if not any(one.says(finding, offence) for finding, offence in of_findings.items())]
    withdrawn = await _withdraw_unsaid(session, unsaid, by=by, at=at)
    return len(known) + len(facts) - withdrawn


async def _withdraw_unsaid(session: AsyncSession, unsaid: Sequence[Violation], *, by: str, at: datetime) -> int:
    mistaken = [one for one in unsaid if one.state == ViolationState.REPORTED]
    pursued = await cases.pursued(session, [one.id for one in mistaken]) if mistaken else set()
    for one in mistaken:
        if one.id not in pursued:
            await journal.record(session, one.withdraw("submitted-anew", by=by, at=at), subject=one)
    return len(mistaken) - len(pursued)
