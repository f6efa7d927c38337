"""The Administrative Penalty Law as checks: what it fixes in numbers, and what it forbids a decision to be.

"Days" of two, three, five and seven are working days (art. 85); longer periods are natural days.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Decision, Party, Penalty
from services.inspection.penalties.cases.refusals import (
    ChairInvolved,
    CollectiveDecisionMissing,
    DecisionLate,
    FactsUnproven,
    FinedAlready,
    FineOutOfRange,
    HarsherThanNotified,
    HearingNotHeld,
    HearingWindowOpen,
    LegalReviewDisagrees,
    LegalReviewMissing,
    LimitationPassed,
    MustNotPunish,
    OfficerRecused,
    OfficersMissing,
    PenaltyUnfounded,
    PreservedItemsUndecided,
    RectificationNotOrdered,
    ReviewerInvolved,
    StatementUnanswered,
    SuspensionOver,
)
from services.inspection.rulebook.norms.domain import NormName
from services.inspection.rulebook.offences.domain import Gravity, Offence, PenaltyKind, PenaltyRule
from shared.domain.refusals import Refusal
from shared.domain.working_days import CountsWorkingDays, Deadline

HEARING: Final[Mapping[Party, NormName]] = {
    Party.PERSON: NormName.HEARING_PERSON,
    Party.ORGANISATION: NormName.HEARING_ORGANISATION,
}
"""What a large fine is (art. 63), each province says for itself."""
OFFICERS: Final = 2
"""Art. 42."""
ON_THE_SPOT: Final = frozenset({Gravity.MINOR, Gravity.ORDINARY})
"""Art. 51: what is serious takes the ordinary procedure."""
ON_THE_SPOT_FEN: Final[Mapping[Party, int]] = {Party.PERSON: 20_000, Party.ORGANISATION: 300_000}
"""Art. 51."""
SETTLE_DAYS: Final = 7
"""Working days, art. 56."""
DECISION_DAYS: Final = 90
"""Natural days from the filing, art. 60."""
SERVICE_DAYS: Final = 7
"""Working days, art. 61."""
HEARING_REQUEST_DAYS: Final = 5
"""Working days from the notice, art. 64 (1)."""
HEARING_NOTICE_DAYS: Final = 7
"""Working days before the hearing, art. 64 (2)."""
PAYMENT_DAYS: Final = 15
"""Natural days from the service, art. 67."""
LATE_PERCENT: Final = 3
"""Of the fine, a day, art. 72; never more than the fine."""

_ALWAYS_HEARD: Final = frozenset(
    {PenaltyKind.REVOCATION, PenaltyKind.CLOSURE, PenaltyKind.SUSPENSION, PenaltyKind.ENROLMENT_STOP}
)
"""Art. 63: a permit taken away, a business stopped or closed; an enrolment stop is such a stop in part."""


@dataclass(frozen=True, slots=True)
class Window:
    """Another case in which a fine was decided, and the days its acts span."""

    acts_from: date
    acts_until: date


@dataclass(frozen=True, slots=True)
class Ground:
    """What a decision stands on besides the case's own file."""

    offence: Offence
    calendar: CountsWorkingDays
    certified: Collection[str]
    hearing_fen: int
    """Today's; for a case whose party was told, that of the notice counts."""
    rectification_ordered: bool
    corrected: bool
    first: bool
    fined: Sequence[Window] = field(default_factory=tuple)


def limitation_ends(acts_until: date, *, five_years: bool) -> date:
    """The last day on which the act may be found (art. 36): two years after it ended, or five."""
    years = 5 if five_years else 2
    try:
        return acts_until.replace(year=acts_until.year + years)
    except ValueError:  # 29 February
        return acts_until.replace(year=acts_until.year + years, day=28)


def too_old(case: Case, offence: Offence) -> Iterator[Refusal]:
    """Refuse an act that was found too late. If an inquiry finds no harm, two years apply instead of five."""
    limit = limitation_ends(case.acts_until, five_years=offence.life_or_finance and case.harmful)
    if case.found_on > limit:
        yield LimitationPassed(ended_on=limit)


def hearing_window(notified_on: date, calendar: CountsWorkingDays) -> Deadline:
    return calendar.after_working_days(notified_on, HEARING_REQUEST_DAYS)


def payment_due(served_on: date) -> date:
    return served_on + timedelta(days=PAYMENT_DAYS)


def late_surcharge(fine_fen: int, days_late: int) -> int:
    """3 % of the fine per day, at most the fine."""
    return min(fine_fen, fine_fen * LATE_PERCENT * max(days_late, 0) // 100)


def gives_hearing(penalties: Sequence[Penalty], hearing_fen: int) -> bool:
    """Whether the party may ask for a hearing: for grave penalties, and for large fines and confiscations."""
    return any(one.kind in _ALWAYS_HEARD or (one.amount_fen or 0) >= hearing_fen for one in penalties)


def needs_review(penalties: Sequence[Penalty], hearing_fen: int, *, heard: bool) -> bool:
    """Whether a legal review is required (art. 58): the party's important interests are affected, or there was a
    hearing."""
    return heard or gives_hearing(penalties, hearing_fen)


def is_grave(case: Case, penalties: Sequence[Penalty]) -> bool:
    """Whether the penalty must be decided collectively (art. 57)."""
    return case.gravity == Gravity.VERY_SERIOUS or any(
        one.kind in (PenaltyKind.REVOCATION, PenaltyKind.CLOSURE) for one in penalties
    )


def check_penalties(case: Case, penalties: Sequence[Penalty], offence: Offence, *, on: date) -> None:
    """Check that the law allows each penalty for an act of this gravity, that a fine lies in its range and that a
    suspension can still be served."""
    for refusal in (*unfounded(case, penalties, offence), *_over(penalties, on=on)):
        raise refusal


def unfounded(case: Case, penalties: Sequence[Penalty], offence: Offence) -> Iterator[Refusal]:
    kinds = [one.kind for one in penalties]
    for place, one in enumerate(penalties):
        rule = _rule(offence.rules, one.kind, Gravity(case.gravity))
        if rule is None or kinds.count(one.kind) > 1:
            yield PenaltyUnfounded(pointer=f"/penalties/{place}/kind", gravity=case.gravity)
        elif one.kind is PenaltyKind.FINE and one.amount_fen is not None:
            least, most = _range_fen(case, rule)
            if not least <= one.amount_fen <= most or one.amount_fen == 0:
                yield FineOutOfRange(
                    pointer=f"/penalties/{place}/amount_fen",
                    law=rule.basis,
                    article=rule.basis,
                    least_fen=least,
                    most_fen=most,
                )
        elif one.kind is PenaltyKind.CONFISCATION and one.amount_fen != case.illegal_income_fen:
            yield PenaltyUnfounded(pointer=f"/penalties/{place}/amount_fen", illegal_income_fen=case.illegal_income_fen)


def _range_fen(case: Case, rule: PenaltyRule) -> tuple[int, int]:
    """The range of the fine. With aggravating circumstances, the minimum itself is too little."""
    least, most = rule.range_fen(case.illegal_income_fen)
    return (least + 1 if case.aggravations and least < most else least), most


def _over(penalties: Sequence[Penalty], *, on: date) -> Iterator[Refusal]:
    for place, one in enumerate(penalties):
        if one.until is not None and one.until < on:
            yield SuspensionOver(pointer=f"/penalties/{place}/until")


def articles_of(offence: Offence, kinds: Sequence[PenaltyKind], gravity: Gravity) -> str:
    rules = [_rule(offence.rules, kind, gravity) for kind in kinds]
    return "、".join(dict.fromkeys(rule.basis for rule in rules if rule is not None)) or offence.clause


def _rule(rules: Sequence[PenaltyRule], kind: PenaltyKind, gravity: Gravity) -> PenaltyRule | None:
    return next((rule for rule in rules if rule.kind is kind and gravity in rule.gravities), None)


def obstacles(case: Case, ground: Ground, decision: Decision | None, *, on: date) -> Iterator[Refusal]:
    penalties = decision.penalties if decision is not None else case.proposed
    yield from _about_the_act(case, ground, penalties)
    yield from unfounded(case, penalties, ground.offence)
    if not case.inquiries or not case.exhibits:
        yield FactsUnproven(inquiries=len(case.inquiries), exhibits=len(case.exhibits))
    if len(set(case.officers) & set(ground.certified)) < OFFICERS:
        yield OfficersMissing(certified=len(set(case.officers) & set(ground.certified)))
    if decision is not None and case.statements and decision.answer is None:
        yield StatementUnanswered(pointer="/answer")
    if decision is not None:
        yield from harsher_than_told(case, penalties, named=decision.notice)
    yield from _involved(case)
    if case.preserved_on is not None and case.settled_on is None:
        yield PreservedItemsUndecided(preserved_on=case.preserved_on)
    if is_grave(case, penalties) and not (decision is not None and decision.collective):
        yield CollectiveDecisionMissing(pointer="/collective")
    yield from _about_review_and_hearing(case, ground, penalties, on=on)
    yield from _over(penalties, on=on)
    if on > case.due_on:
        yield DecisionLate(due_on=case.due_on)


def _involved(case: Case) -> Iterator[Refusal]:
    """A reviewer or chair must be neither recused nor an investigator of this case, at any time, also later."""
    reviewer = case.review["by"] if case.review is not None and _stands(case.review) else None
    chair = (case.hearing or {}).get("chair")
    if {reviewer, chair} & set(case.recused):
        yield OfficerRecused()
    if reviewer in case.investigators:
        yield ReviewerInvolved()
    if chair in case.investigators:
        yield ChairInvolved()


def _about_the_act(case: Case, ground: Ground, penalties: Sequence[Penalty]) -> Iterator[Refusal]:
    if not ground.rectification_ordered:
        yield RectificationNotOrdered()
    if any(one.kind is PenaltyKind.FINE for one in penalties) and any(_overlap(case, one) for one in ground.fined):
        yield FinedAlready()
    if case.gravity == Gravity.MINOR and ground.corrected and not case.harmful:
        yield MustNotPunish()
    yield from too_old(case, ground.offence)


def _about_review_and_hearing(
    case: Case, ground: Ground, penalties: Sequence[Penalty], *, on: date
) -> Iterator[Refusal]:
    asked = case.hearing_asked_on is not None
    if case.review is not None and not case.review["agreed"]:
        yield LegalReviewDisagrees()
    large = ground.hearing_fen if case.hearing_fen is None else case.hearing_fen
    if needs_review(penalties, large, heard=asked) and (case.review is None or not _stands(case.review)):
        yield LegalReviewMissing()
    if asked and not case.heard:
        yield HearingNotHeld(hearing_on=case.hearing_on)
    if case.notified_on is None or asked or case.hearing_waived:
        return
    window = hearing_window(case.notified_on, ground.calendar)
    if gives_hearing(case.proposed, large) and on <= window.on:
        yield HearingWindowOpen(until=window.on)


def _stands(review: Mapping[str, Any]) -> bool:
    """Whether a review still counts: not after a later hearing or another notice."""
    return "set_aside_on" not in review


def spot_obstacles(case: Case, ground: Ground, penalties: Sequence[Penalty]) -> Iterator[Refusal]:
    yield from _about_the_act(case, ground, penalties)
    yield from unfounded(case, penalties, ground.offence)
    if len(set(case.officers) & set(ground.certified)) < OFFICERS:
        yield OfficersMissing(certified=len(set(case.officers) & set(ground.certified)))


def _overlap(case: Case, other: Window) -> bool:
    return case.acts_from <= other.acts_until and other.acts_from <= case.acts_until


def harsher_than_told(case: Case, penalties: Sequence[Penalty], *, named: bool) -> Iterator[Refusal]:
    """Whatever goes beyond the notice in force: a new penalty, a larger amount, a longer suspension, a public
    naming."""
    if case.notice is None:
        return
    known = {one.kind: one for one in case.proposed}
    if any(
        one.kind not in known
        or (one.amount_fen or 0) > (known[one.kind].amount_fen or 0)
        or (one.until or date.min) > (known[one.kind].until or date.max)
        for one in penalties
    ):
        yield HarsherThanNotified(pointer="/penalties")
    # Who is criticised in public is named in public.
    if named and not case.notice.get("public_notice") and PenaltyKind.CRITICISM not in known:
        yield HarsherThanNotified()


def check_officers(officers: Sequence[str], certified: Collection[str], recused: Sequence[str]) -> None:
    """At least two officers are certified today, and none is recused; raises `OfficersMissing` or `OfficerRecused`."""
    if set(officers) & set(recused):
        raise OfficerRecused(pointer="/officers")
    if len(set(officers) & set(certified)) < OFFICERS:
        raise OfficersMissing(pointer="/officers", certified=len(set(officers) & set(certified)))
