"""Cases on a real database, brought to where a test needs them by their own use cases, on the days it needs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.inspection.field.places import Place
from services.inspection.field.teams.domain import Inspector, TeamDetails
from services.inspection.field.teams.usecases import form_team
from services.inspection.findings.evidence.domain import Capture, CleanCopy, Evidence, SubjectKind
from services.inspection.findings.violations import usecases as violations
from services.inspection.penalties.cases import queries
from services.inspection.penalties.cases.papers import Decision, Filing, Inquiry, Notice, Penalty, Review
from services.inspection.penalties.decision import usecases as decision
from services.inspection.penalties.execution import usecases as execution
from services.inspection.penalties.hearing import usecases as hearing
from services.inspection.penalties.opening import usecases as opening
from services.inspection.rulebook.offences.domain import Finding, Gravity, PenaltyKind
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.http.policies import Principal
from shared.process.context import acting_as

BUREAU = Principal("bureau-1", frozenset({"bureau"}))
JURIST = Principal("jurist", frozenset({"bureau"}))
OFFICERS = ["officer-a", "officer-b"]
WARNING = Penalty(kind=PenaltyKind.WARNING)
FINE = Penalty(kind=PenaltyKind.FINE, amount_fen=100_000)
REVOCATION = Penalty(kind=PenaltyKind.REVOCATION)
OFFENCES = {PenaltyKind.REVOCATION: "prepayment.limit"}
Step = Callable[[AsyncSession, UUID, Penalty, datetime], Awaitable[object]]

STEPS: dict[str, Step] = {
    "order": lambda session, case, _, at: _order(session, case, at),
    "inquire": lambda session, case, _, at: _inquire(session, case, at),
    "preserve": lambda session, case, _, at: opening.preserve_items(session, case, caller=BUREAU, at=at),
    "review": lambda session, case, _, at: opening.give_review(
        session, case, Review(agreed=True, opinion="同意"), caller=JURIST, at=at
    ),
    "notify": lambda session, case, penalty, at: hearing.notify_party(
        session,
        case,
        Notice(facts="x", reasons="x", basis="x", penalties=[penalty], rights_told=True, hearing_told=True),
        caller=BUREAU,
        at=at,
    ),
    "ask": lambda session, case, _, at: hearing.ask_hearing(session, case, caller=BUREAU, at=at),
    "call": lambda session, case, _, at: hearing.call_hearing(
        session, case, on=china_date(at + timedelta(days=30)), chair="chair", caller=BUREAU, at=at
    ),
    "decide": lambda session, case, penalty, at: decision.decide_case(
        session, case, Decision(penalties=[penalty], grounds="x", collective=True), caller=BUREAU, at=at
    ),
    "serve": lambda session, case, _, at: execution.serve_decision(session, case, "直接送达", caller=BUREAU, at=at),
}


def kept_evidence(violation_id: UUID, institution_id: UUID, *, at: datetime) -> Evidence:
    """A photo of a violation that was received, found clean and kept."""
    capture = Capture(
        id=new_id(),
        subject_kind=SubjectKind.VIOLATION,
        subject_id=violation_id,
        media_type="image/jpeg",
        size=1,
        sha256="0" * 64,
        captured_at=at,
    )
    place = Place(institution_id, None, "140213", None, None)
    evidence, _ = Evidence.announce(capture, place, by="inspector-1", at=at)
    evidence.receive(0, 1, at=at)
    clean = CleanCopy("image/jpeg", 1, "0" * 64, None)
    evidence.keep(clean, evidence.receipt_for(clean), "0" * 128, at=at)
    evidence.version = 3
    return evidence


async def _inquire(session: AsyncSession, case_id: UUID, at: datetime) -> None:
    case = await queries.case(session, case_id, BUREAU)
    evidence = kept_evidence(case.violation_id, case.institution_id or new_id(), at=at)
    session.add(evidence)
    await session.flush()
    inquiry = Inquiry(officers=OFFICERS, identity_shown=True, record="询问笔录", evidence=[evidence.id])
    await opening.record_inquiry(session, case_id, inquiry, caller=BUREAU, at=at)


async def _order(session: AsyncSession, case_id: UUID, at: datetime) -> None:
    case = await queries.case(session, case_id, BUREAU)
    await violations.order_rectification(
        session, case.violation_id, due_on=None, requirement="整改", caller=BUREAU, at=at
    )


@dataclass(frozen=True)
class Docket:
    """The cases of one institution."""

    sessions: async_sessionmaker[AsyncSession]
    institution: UUID
    now: datetime
    days: set[date] = field(default_factory=set)
    """Days of acts. Two fines for acts of one day would be for the same act."""

    def _unused_day(self, latest: date) -> date:
        while latest in self.days:
            latest -= timedelta(days=1)
        self.days.add(latest)
        return latest

    async def officers(self) -> None:
        """Two certified officers, of a team that walks nowhere."""
        members = [
            Inspector(subject=one, name=one, certificate_no=one, certificate_expires_on="2099-12-31")
            for one in OFFICERS
        ]
        async with self.sessions.begin() as session:
            details = TeamDetails(code="law", name="执法组", district="140213", members=members)
            await form_team(session, details, caller=BUREAU, at=self.now)

    async def violation(self, offence: str = "scope.disguised", *, ago: int = 0) -> UUID:
        at = self.now - timedelta(days=ago)
        async with self.sessions.begin() as session:
            with acting_as(BUREAU.subject):
                finding = Finding(offence=offence, description=f"违规 {new_id()}")
                found = await violations.report_violation(
                    session, finding, institution_id=self.institution, grid=None, found_on=None, caller=BUREAU, at=at
                )
        return found.id

    async def evidence(self, violation_id: UUID) -> UUID:
        async with self.sessions.begin() as session:
            session.add(evidence := kept_evidence(violation_id, self.institution, at=self.now))
        return evidence.id

    async def case(
        self,
        *steps: str,
        penalty: Penalty = WARNING,
        gravity: Gravity = Gravity.ORDINARY,
        offence: str | None = None,
        ago: int = 0,
    ) -> str:
        """A case filed so many days ago and taken through these steps; `serve+3` is three days after the filing."""
        at = self.now - timedelta(days=ago)
        violation = await self.violation(offence or OFFENCES.get(penalty.kind, "scope.disguised"), ago=ago)
        day = self._unused_day(china_date(at))
        filing = Filing(grounds="x", acts_from=day, officers=OFFICERS, gravity=gravity)
        async with self.sessions.begin() as session:
            with acting_as(BUREAU.subject):
                filed = await opening.file_case(session, violation, filing, caller=BUREAU, at=at)
                for step in steps:
                    name, _, later = step.partition("+")
                    await STEPS[name](session, filed.id, penalty, at + timedelta(days=int(later or 0)))
        return str(filed.id)
