"""A penalty case (行政处罚案件): what is on file about an act, and the steps the law wants in their order."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Self
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text

from services.inspection.field.places import Place
from services.inspection.orm import Base
from services.inspection.penalties.cases import law
from services.inspection.penalties.cases.execution import Execution
from services.inspection.penalties.cases.law import Ground
from services.inspection.penalties.cases.papers import (
    Decision,
    Filing,
    Inquiry,
    Notice,
    Party,
    Penalty,
    Proposal,
    Review,
    SpotDecision,
    Statement,
)
from services.inspection.penalties.cases.refusals import (
    ActsAfterFinding,
    ActsReversed,
    CaseOpenAlready,
    CaseStateRefuses,
    ChairInvolved,
    ExtensionRefused,
    HearingAskedLate,
    HearingHeld,
    HearingNoticeShort,
    HearingRightUntold,
    IdentityNotShown,
    LeniencyUnfounded,
    LimitationPassed,
    NoHearingRight,
    NoPenaltyBasis,
    NoticeMissing,
    OfficerRecused,
    OfficersMissing,
    OnTheSpotTooGrave,
    OnTheSpotTooMuch,
    PartyMissing,
    PreservedItemsUndecided,
    ReviewerInvolved,
)
from services.inspection.penalties.cases.states import BEFORE_NOTICE, Action, CaseState
from services.inspection.rulebook.offences.domain import Gravity, Offence, PenaltyKind
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Refusal
from shared.domain.working_days import CountsWorkingDays
from shared.events.inspection.cases import (
    CaseDecided,
    CaseDropped,
    CaseFiled,
    CaseNotified,
    CaseProposal,
    CaseStepTaken,
)


class Case(Execution, Base):
    """A case: filed on a violation, investigated, told to the party, decided, served, paid or enforced, closed."""

    __tablename__ = "penalty_case"
    __table_args__ = (
        Index("ix_penalty_case_institution_id_id", "institution_id", "id"),
        Index(
            "uq_penalty_case_violation_id",
            "violation_id",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index("ix_penalty_case_state_id", "state", "id"),
        Index("ix_penalty_case_district_id", "district", "id"),
        CheckConstraint("institution_id IS NOT NULL OR party_name IS NOT NULL", name="somebody_is_the_party"),
        CheckConstraint("acts_from <= acts_until", name="days_in_order"),
    )

    # -- opening -----------------------------------------------------------------------------------

    @classmethod
    def file(
        cls,
        filing: Filing,
        place: Place,
        offence: Offence,
        *,
        violation_id: UUID,
        found_on: date,
        certified: Collection[str],
        by: str,
        at: datetime,
    ) -> tuple[Self, CaseFiled]:
        """Open a case (立案). The act must be found in time, and the law must know a penalty for it."""
        today = china_date(at)
        acts_until = filing.acts_until or filing.acts_from
        if not filing.acts_from <= acts_until <= today:
            raise ActsReversed(pointer="/acts_until")
        if filing.acts_from > found_on:
            raise ActsAfterFinding(pointer="/acts_from", found_on=found_on)
        if place.institution_id is None and filing.party_name is None:
            raise PartyMissing(pointer="/party_name")
        if not offence.penal:
            raise NoPenaltyBasis(offence=offence.code)
        limit = law.limitation_ends(acts_until, five_years=offence.life_or_finance and filing.harmful)
        if found_on > limit:
            raise LimitationPassed(ended_on=limit)
        officers = list(dict.fromkeys(filing.officers))
        check_officers(officers, certified, ())
        case = cls(
            id=new_id(),
            version=0,
            violation_id=violation_id,
            institution_id=place.institution_id,
            party=filing.party,
            party_name=filing.party_name,
            offence=offence.code,
            offence_id=offence.id,
            grid=place.grid,
            district=place.district,
            street=place.street,
            team=place.team,
            state=CaseState.FILED,
            grounds=filing.grounds,
            acts_from=filing.acts_from,
            acts_until=acts_until,
            found_on=found_on,
            harmful=filing.harmful,
            gravity=filing.gravity,
            illegal_income_fen=filing.illegal_income_fen,
            officers=officers,
            recused=[],
            investigators=list(officers),
            aggravations=filing.model_dump(mode="json")["aggravations"],
            inquiries=[],
            exhibits=[],
            superseded=[],
            statements=[],
            hearing_waived=False,
            answers=[],
            owed_fen=0,
            fine_fen=0,
            paid_fen=0,
            filed_by=by,
            filed_at=at,
            filed_on=today,
            due_on=today + timedelta(days=law.DECISION_DAYS),
        )
        return case, case._fact(CaseFiled, at, found_on=found_on, due_on=case.due_on)

    def assign(
        self, officers: Sequence[str], recused: Sequence[str], *, certified: Collection[str], at: datetime
    ) -> CaseStepTaken:
        """Who handles it from now on; who is recused stays out for good."""
        self._check(Action.ASSIGN)
        out = [*self.recused, *(one for one in dict.fromkeys(recused) if one not in self.recused)]
        wanted = list(dict.fromkeys(officers))
        check_officers(wanted, certified, out)
        self.officers, self.recused = wanted, out
        self._investigated_by(wanted)
        return self._step("officers", at)

    # -- investigation -----------------------------------------------------------------------------

    def inquire(self, inquiry: Inquiry, *, certified: Collection[str], at: datetime) -> CaseStepTaken:
        """Put an inquiry or inspection of the scene on file, with who was there and what it found out.

        After the notice it reopens the investigation if it finds the act to be another than the party was told, or
        adds to what a hearing heard: the party is then notified anew.
        """
        self._check(Action.INQUIRE)
        check_officers(inquiry.officers, certified, self.recused)
        if not inquiry.identity_shown:
            raise IdentityNotShown(pointer="/identity_shown")
        found = inquiry.model_dump(mode="json", include={"gravity", "illegal_income_fen", "harmful", "aggravations"})
        new = {name: value for name, value in found.items() if value not in (None, getattr(self, name))}
        if self.state in BEFORE_NOTICE or new or self.heard:
            self._supersede_notice(at)
            self.state = CaseState.INVESTIGATING
        self._investigated_by(inquiry.officers)
        self.inquiries = [*self.inquiries, {**inquiry.model_dump(mode="json"), "on": china_date(at).isoformat()}]
        for name, value in new.items():
            setattr(self, name, value)
        self._add_exhibits(inquiry.evidence)
        return self._step("inquiry", at)

    def preserve(self, *, at: datetime) -> CaseStepTaken:
        """Items were registered and preserved as evidence: within seven working days they must be decided on."""
        self._check(Action.PRESERVE)
        if self.preserved_on is not None and self.settled_on is None:
            raise PreservedItemsUndecided(preserved_on=self.preserved_on)
        self.preserved_on, self.settled_on = china_date(at), None
        return self._step("preservation", at)

    def settle(self, *, at: datetime) -> CaseStepTaken:
        """Decide on the preserved items."""
        self._check(Action.SETTLE)
        if self.preserved_on is None or self.settled_on is not None:
            raise CaseStateRefuses(state=self.state)
        self.settled_on = china_date(at)
        return self._step("preservation_settled", at)

    def exhibit(self, evidence: Sequence[UUID], *, at: datetime) -> CaseStepTaken:
        """Put evidence on file."""
        self._check(Action.EXHIBIT)
        self._add_exhibits(evidence)
        return self._step("exhibits", at)

    def give_review(self, review: Review, *, by: str, at: datetime) -> CaseStepTaken:
        """The legal opinion. Before the notice it moves the case on, or back to the investigation."""
        self._check(Action.REVIEW)
        self._check_unrecused(by)
        if by in self.investigators:
            raise ReviewerInvolved
        self.review = {**review.model_dump(mode="json"), "by": by, "on": china_date(at).isoformat()}
        if self.state in BEFORE_NOTICE:
            self.state = CaseState.LEGAL_REVIEW if review.agreed else CaseState.INVESTIGATING
        return self._step("legal_review", at)

    def _set_review_aside(self, at: datetime) -> None:
        """What came after an opinion was not part of what it judged."""
        if self.review is not None:
            self.review = {**self.review, "set_aside_on": china_date(at).isoformat()}

    # -- the party's rights ------------------------------------------------------------------------

    def notify(self, notice: Notice, offence: Offence, ground: Ground, *, at: datetime) -> CaseNotified:
        """Tell the party what is proposed, on which facts and basis, and its rights.

        Before the decision a notice can be replaced; the party's days begin again. A party that spoke up or asked to be
        heard is not told of more for it: that takes an inquiry that finds another act.
        """
        self._check(Action.NOTIFY)
        law.check_penalties(self, notice.penalties, offence, on=china_date(at))
        if not notice.rights_told:
            raise NoticeMissing(pointer="/rights_told")
        if law.gives_hearing(notice.penalties, ground.hearing_fen) and not notice.hearing_told:
            raise HearingRightUntold(pointer="/hearing_told")
        check_officers(self.officers, ground.certified, self.recused)
        if self.statements or self.hearing_asked_on is not None:
            for refusal in law.harsher_than_told(self, notice.penalties, named=notice.public_notice):
                raise refusal
        self._supersede_notice(at)
        self.state, self.notified_on = CaseState.NOTIFIED, china_date(at)
        self.notice = {**notice.model_dump(mode="json"), "aggravations": self.aggravations}
        self.hearing_fen = ground.hearing_fen
        self.told_institution_id = self.institution_id
        return self._fact(CaseNotified, at, penalties=[penalty.kind.value for penalty in notice.penalties])

    def _supersede_notice(self, at: datetime) -> None:
        """The notice in force, its hearing and the review it had stand no longer; they stay on file."""
        if self.notice is None:
            return
        assert self.notified_on is not None
        replaced = {
            "notice": self.notice,
            "notified_on": self.notified_on.isoformat(),
            "replaced_on": china_date(at).isoformat(),
            "hearing": self.hearing,
        }
        self.superseded = [*self.superseded, replaced]
        self.notice, self.notified_on, self.hearing_fen = None, None, None
        self.hearing_asked_on = self.hearing_told_on = self.hearing_on = self.hearing = None
        self.hearing_waived = False
        self._set_review_aside(at)

    def state_defence(self, statement: Statement, *, by: str, at: datetime) -> CaseStepTaken:
        """Take the party's statement; it may waive the hearing in it."""
        self._check(Action.STATE)
        said = {"text": statement.text, "by": by, "on": china_date(at).isoformat()}
        self.statements = [*self.statements, said]
        self.hearing_waived = self.hearing_waived or (statement.waives_hearing and self.state != CaseState.HEARING)
        return self._step("statement", at)

    def ask_hearing(self, calendar: CountsWorkingDays, *, at: datetime) -> CaseStepTaken:
        """The party asks for a hearing, within five working days of the notice."""
        self._check(Action.ASK_HEARING)
        assert self.notified_on is not None
        assert self.hearing_fen is not None
        if not law.gives_hearing(self.proposed, self.hearing_fen):
            raise NoHearingRight
        window = law.hearing_window(self.notified_on, calendar)
        if china_date(at) > window.on:
            raise HearingAskedLate(until=window.on)
        self.state, self.hearing_asked_on, self.hearing_waived = CaseState.HEARING, china_date(at), False
        return self._step("hearing_asked", at)

    def call_hearing(self, on: date, chair: str, calendar: CountsWorkingDays, *, at: datetime) -> CaseStepTaken:
        """Tell the party when the hearing is, seven working days before, and who chairs it."""
        self._check(Action.CALL_HEARING)
        self._check_not_held()
        self._check_chair(chair, pointer="/chair")
        earliest = calendar.after_working_days(china_date(at), law.HEARING_NOTICE_DAYS).on
        if on < earliest:
            raise HearingNoticeShort(pointer="/on", earliest=earliest)
        self.hearing_told_on, self.hearing_on, self.hearing = china_date(at), on, {"chair": chair, "held": None}
        return self._step("hearing_called", at)

    def hold_hearing(self, *, attended: bool, record: str, at: datetime) -> CaseStepTaken:
        """The record of the hearing; a party that stays away without reason has given it up (art. 64)."""
        self._check(Action.HOLD_HEARING)
        self._check_not_held()
        if self.hearing_on is None or self.hearing is None or china_date(at) < self.hearing_on:
            raise HearingNoticeShort(earliest=self.hearing_on)
        self._check_chair(self.hearing["chair"])
        self.hearing = {**self.hearing, "held": attended, "record": record, "on": china_date(at).isoformat()}
        self._set_review_aside(at)
        return self._step("hearing_held", at, attended=attended)

    def _check_not_held(self) -> None:
        if self.heard:
            raise HearingHeld

    def _check_chair(self, chair: str, *, pointer: str | None = None) -> None:
        self._check_unrecused(chair, pointer=pointer)
        if chair in self.investigators:
            raise ChairInvolved(pointer=pointer)

    # -- the decision ------------------------------------------------------------------------------

    def extend(self, until: date, reason: str, *, most: int, by: str, at: datetime) -> CaseStepTaken:
        """More time for the decision: once, approved before the time ends, by at most so many days."""
        self._check(Action.EXTEND)
        self._check_unrecused(by)
        latest = self.due_on + timedelta(days=most)
        if self.extended_by is not None or china_date(at) > self.due_on or not self.due_on < until <= latest:
            raise ExtensionRefused(pointer="/until", due_on=self.due_on, latest=latest)
        self.due_on, self.extended_by, self.extension_reason = until, by, reason
        return self._step("extension", at)

    def blocks(self, ground: Ground, decision: Decision | None, *, on: date) -> Iterator[Refusal]:
        """Everything that forbids a decision on this day; of none yet, the one the party was told of is judged."""
        if self.state in BEFORE_NOTICE:
            yield NoticeMissing()
        yield from law.obstacles(self, ground, decision, on=on)

    def decide(self, decision: Decision, ground: Ground, *, by: str, at: datetime) -> CaseDecided:
        """Decide the penalty. What a court would void is refused, and the article named."""
        if self.state not in BEFORE_NOTICE:
            self._check(Action.DECIDE)
        self._check_unrecused(by)
        for refusal in self.blocks(ground, decision, on=china_date(at)):
            raise refusal
        self.state, self.decided_on = CaseState.DECIDED, china_date(at)
        self.decision = {
            **decision.model_dump(mode="json"),
            "aggravations": self.aggravations,
            "by": by,
            "on_the_spot": False,
        }
        self._charge(decision.penalties)
        return self._decided(decision.penalties, decision.grounds, ground.offence, decision.notice, at)

    def decide_on_the_spot(self, decision: SpotDecision, ground: Ground, *, by: str, at: datetime) -> CaseDecided:
        """A warning, or a small fine, decided and handed over where the act was found (art. 51 and 52)."""
        self._check(Action.DECIDE_ON_THE_SPOT)
        self._check_unrecused(by)
        if self.gravity not in law.ON_THE_SPOT or self.aggravations:
            raise OnTheSpotTooGrave(gravity=self.gravity, aggravated=bool(self.aggravations))
        limit = law.ON_THE_SPOT_FEN[Party(self.party)]
        if decision.fine_fen is not None and decision.fine_fen > limit:
            raise OnTheSpotTooMuch(pointer="/fine_fen", limit_fen=limit)
        if not decision.identity_shown:
            raise IdentityNotShown(pointer="/identity_shown")
        kind = PenaltyKind.WARNING if decision.fine_fen is None else PenaltyKind.FINE
        penalties = [Penalty(kind=kind, amount_fen=decision.fine_fen)]
        for refusal in law.spot_obstacles(self, ground, penalties):
            raise refusal
        today = china_date(at)
        self.state, self.notified_on, self.decided_on, self.served_on = CaseState.SERVED, today, today, today
        self.told_institution_id = self.institution_id
        self.decision = {
            "penalties": [one.model_dump(mode="json") for one in penalties],
            "grounds": decision.grounds,
            "by": by,
            "on_the_spot": True,
        }
        self._charge(penalties)
        return self._decided(penalties, decision.grounds, ground.offence, False, at)

    def spare(self, grounds: str, ground: Ground, *, by: str, at: datetime) -> CaseDropped:
        """Leave a first offence unpunished (首违不罚): minor harm, put right in time, nothing that weighs against the
        party, and the catalogue allows it."""
        self._check(Action.SPARE)
        self._check_unrecused(by)
        minor = self.gravity in (Gravity.MINOR, Gravity.ORDINARY) and not self.harmful
        aggravated = bool(self.aggravations)
        if aggravated or not (ground.offence.leniency and ground.first and ground.corrected and minor):
            raise LeniencyUnfounded(
                allowed=ground.offence.leniency,
                first=ground.first,
                corrected=ground.corrected,
                minor_harm=minor,
                aggravated=aggravated,
            )
        return self._drop(CaseState.LENIENCY, grounds, by, at)

    def dismiss(self, grounds: str, *, by: str, at: datetime) -> CaseDropped:
        """Decide not to punish: the facts do not hold, or the act is too slight (art. 57)."""
        self._check(Action.DISMISS)
        return self._drop(CaseState.NOT_PUNISHED, grounds, by, at)

    def withdraw(self, grounds: str, *, by: str, at: datetime) -> CaseDropped:
        """Take a case off file that should not have been opened (撤案); once the party was told, it is dismissed."""
        self._check(Action.WITHDRAW)
        if self.superseded:
            raise CaseStateRefuses(state=self.state)
        return self._drop(CaseState.WITHDRAWN, grounds, by, at)

    def _drop(self, state: CaseState, grounds: str, by: str, at: datetime) -> CaseDropped:
        self._check_unrecused(by)
        self.state, self.outcome, self.closed_on = state, state, china_date(at)
        self.decision = {"grounds": grounds, "by": by, "penalties": []}
        return self._fact(CaseDropped, at, outcome=state.value, grounds=grounds)

    def _decided(
        self, penalties: Sequence[Penalty], grounds: str, offence: Offence, notice: bool, at: datetime
    ) -> CaseDecided:
        gravity = Gravity(self.gravity)
        proposals = [
            CaseProposal(
                kind=kind.value,
                cause=grounds,
                legal_basis=law.articles_of(offence, meant, gravity),
                until=until,
                breached=offence.clause,
            )
            for kind, meant, until in proposals_of(penalties, notice=notice)
        ]
        return self._fact(
            CaseDecided,
            at,
            penalties=[one.kind.value for one in penalties],
            fine_fen=self.fine_fen,
            aggravations=[one["circumstance"] for one in self.aggravations],
            on_the_spot=self.state == CaseState.SERVED,
            proposals=proposals,
        )


def check_officers(officers: Sequence[str], certified: Collection[str], recused: Sequence[str]) -> None:
    """Two of them are certified today, and none is recused."""
    if set(officers) & set(recused):
        raise OfficerRecused(pointer="/officers")
    if len(set(officers) & set(certified)) < law.OFFICERS:
        raise OfficersMissing(pointer="/officers", certified=len(set(officers) & set(certified)))


def proposals_of(
    penalties: Sequence[Penalty], *, notice: bool
) -> Iterator[tuple[Proposal, Sequence[PenaltyKind], date | None]]:
    """What the decision asks of the registry, and the penalties it rests on: only the registry touches permits and
    publishes notices."""
    for one in penalties:
        if one.kind is PenaltyKind.SUSPENSION:
            yield Proposal.SUSPENSION, [one.kind], one.until
        if one.kind is PenaltyKind.REVOCATION:
            yield Proposal.REVOCATION, [one.kind], None
    if notice or any(one.kind is PenaltyKind.CRITICISM for one in penalties):
        yield Proposal.NOTICE, [one.kind for one in penalties], None


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_penalty_case_violation_id": CaseOpenAlready}
