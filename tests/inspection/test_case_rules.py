"""Every step of a case, each refused one, and what the law forbids, by article."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from services.inspection.field.places import Place
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Decision, Filing, Party, Penalty, SpotDecision, Statement
from services.inspection.penalties.cases.refusals import CaseStateRefuses, NoticeMissing, Unlawful
from services.inspection.penalties.cases.states import TRANSITIONS, Action, CaseState
from services.inspection.penalties.deadlines.domain import Clock, ticks
from services.inspection.penalties.decision.domain import (
    blocks,
    decide,
    decide_on_the_spot,
    dismiss,
    extend,
    grant_leniency,
    withdraw,
)
from services.inspection.penalties.execution.domain import close, enforce, late_fen, pay, serve
from services.inspection.penalties.hearing.domain import ask_hearing, call_hearing, hold_hearing, notify, state_defence
from services.inspection.penalties.law import domain as law
from services.inspection.penalties.law.domain import Window, late_surcharge, limitation_ends
from services.inspection.penalties.opening.domain import assign, dispose, exhibit, file, give_review, inquire, preserve
from services.inspection.rulebook.offences.domain import Gravity, PenaltyKind
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Refusal
from tests.inspection.penal import (
    ACTS,
    AT,
    CALENDAR,
    CERTIFIED,
    DAY,
    FILING,
    FINE,
    IN_STATE,
    INQUIRY,
    OBSTRUCTION,
    REVIEW,
    REVOCATION,
    TEACHER,
    days,
    decided,
    decision,
    filed,
    ground,
    heard,
    investigating,
    notice,
    notified,
    offence,
    reviewed,
    served,
)

REFUSED = [(action, state) for action in Action for state in CaseState if state not in TRANSITIONS[action]]


ELSEWHERE = {
    (Action.CLOSE, CaseState.SERVED), (Action.DECIDE, CaseState.HEARING), (Action.NOTIFY, CaseState.HEARING),
}  # fmt: skip
"""Need more than the state: tested further below."""
TAKEN = [
    (action, state) for action in Action for state in sorted(TRANSITIONS[action]) if (action, state) not in ELSEWHERE
]


@pytest.mark.parametrize(("action", "state"), TAKEN, ids=str)
def test_every_step_is_taken_where_the_table_says(action: Action, state: CaseState) -> None:
    case = IN_STATE[state]()
    if action is Action.DISPOSE:
        case.preserved_on = DAY
    if action is Action.ASK_HEARING:
        case.hearing_fen = 1
    assert ACTS[action](case).state == case.state


@pytest.mark.parametrize(("action", "state"), REFUSED, ids=str)
def test_every_other_step_is_refused(action: Action, state: CaseState) -> None:
    case = IN_STATE[state]()
    early = action is Action.DECIDE and state in ("filed", "investigating", "legal_review")
    with pytest.raises(NoticeMissing if early else CaseStateRefuses):
        ACTS[action](case)
    assert case.state == state


def test_there_is_a_way_to_every_state() -> None:
    assert {state for state in CaseState if IN_STATE[state]().state == state} == set(CaseState)


# -- what the law forbids ----------------------------------------------------------------------------


def _file(**more: Any) -> Case:
    return filed(FILING.model_copy(update=more))


LATE = days(120)
VOID: dict[str, tuple[str, Callable[[], object]]] = {
    "no order": (
        "第二十八条",
        lambda: decide(notified(), decision(), ground(rectification_ordered=False), by="b", at=AT),
    ),
    "fined before": (
        "第二十九条",
        lambda: decide(notified(), decision(), ground(fined=[Window(DAY, DAY)]), by="b", at=AT),
    ),
    "minor and put right": ("第三十三条", lambda: decide(_minor(), decision(), ground(corrected=True), by="b", at=AT)),
    "no leniency twice": (
        "第三十三条",
        lambda: grant_leniency(investigating(), "x", ground(first=False), by="b", at=AT),
    ),
    "no leniency uncorrected": ("第三十三条", lambda: grant_leniency(investigating(), "x", ground(), by="b", at=AT)),
    "no leniency for a serving teacher": (
        "第三十三条",
        lambda: grant_leniency(_aggravated(investigating()), "x", ground(corrected=True), by="b", at=AT),
    ),
    "found too late": (
        "第三十六条",
        lambda: filed(FILING.model_copy(update={"acts_from": date(2024, 3, 1), "acts_until": date(2024, 3, 1)})),
    ),
    "found too late for an act without harm": (
        "第三十六条",
        lambda: decide(_harmless(), decision(), ground(offence=offence(life_or_finance=True)), by="b", at=AT),
    ),
    "found too late for an act without harm, on the spot": (
        "第三十六条",
        lambda: decide_on_the_spot(_old(), SpotDecision(grounds="x", identity_shown=True), ground(), by="b", at=AT),
    ),
    "no such penalty": (
        "第三十八条",
        lambda: decide(notified(), decision(), ground(offence=_without(PenaltyKind.FINE)), by="b", at=AT),
    ),
    "no proof": ("第四十条", lambda: decide(_unproven(), decision(), ground(), by="b", at=AT)),
    "one certified officer": ("第四十二条", lambda: inquire(filed(), INQUIRY, certified={"o1"}, at=AT)),
    "nobody certified on the day": (
        "第四十二条",
        lambda: decide(notified(), decision(), ground(certified=()), by="b", at=AT),
    ),
    "recused": ("第四十三条", lambda: inquire(_recused(), INQUIRY, certified=CERTIFIED, at=AT)),
    "recused afterwards reviews": ("第四十三条", lambda: give_review(_lost("o2"), REVIEW, by="o2", at=AT)),
    "recused chairs": ("第四十三条", lambda: call_hearing(_unled("o3"), date(2026, 3, 20), "o3", CALENDAR, at=days(1))),
    "recused presides": ("第四十三条", lambda: hold_hearing(_unled("chair"), attended=True, record="x", at=days(10))),
    "recused extends": ("第四十三条", lambda: extend(_lost("b"), date(2026, 6, 10), "x", most=30, by="b", at=AT)),
    "recused decides": ("第四十三条", lambda: decide(_lost("b"), decision(), ground(), by="b", at=AT)),
    "recused decides on the spot": (
        "第四十三条",
        lambda: decide_on_the_spot(
            _recused(), SpotDecision(grounds="x", identity_shown=True), ground(), by="o2", at=AT
        ),
    ),
    "recused spares": ("第四十三条", lambda: grant_leniency(_lost("b"), "x", ground(corrected=True), by="b", at=AT)),
    "recused dismisses": ("第四十三条", lambda: dismiss(_lost("b"), "x", by="b", at=AT)),
    "recused withdraws": ("第四十三条", lambda: withdraw(_recused(), "x", by="o2", at=AT)),
    "the reviewer is recused later": (
        "第四十三条",
        lambda: decide(_lost("jurist"), decision(), ground(), by="b", at=AT),
    ),
    "rights untold": (
        "第四十四条",
        lambda: notify(investigating(), notice(rights_told=False), offence(), ground(), at=AT),
    ),
    "no notice": ("第四十四条", lambda: decide(investigating(), decision(), ground(), by="b", at=AT)),
    "statement unanswered": ("第四十五条", lambda: decide(_stated(), decision(), ground(), by="b", at=AT)),
    "harsher": (
        "第四十五条",
        lambda: decide(
            notified(), decision(Penalty(kind=PenaltyKind.FINE, amount_fen=100_001)), ground(), by="b", at=AT
        ),
    ),
    "told of more because of a statement": (
        "第四十五条",
        lambda: notify(_stated(), notice(REVOCATION), offence(), ground(), at=AT),
    ),
    "told of more because of a hearing": (
        "第四十五条",
        lambda: notify(heard(), notice(REVOCATION, FINE), offence(), ground(), at=days(1)),
    ),
    "told of a naming because of a statement": (
        "第四十五条",
        lambda: notify(_stated(), notice(public_notice=True), offence(), ground(), at=AT),
    ),
    "told anew and decided at once": (
        "第六十四条",
        lambda: decide(_reviewed_anew(), decision(REVOCATION, collective=True), ground(), by="b", at=days(9)),
    ),
    "told anew and not reviewed": (
        "第五十八条",
        lambda: decide(_told_anew(), decision(REVOCATION, collective=True), ground(), by="b", at=days(12)),
    ),
    "named publicly without a word of it": (
        "第四十五条",
        lambda: decide(notified(), decision(notice=True), ground(), by="b", at=AT),
    ),
    "too much on the spot": (
        "第五十一条",
        lambda: decide_on_the_spot(
            filed(), SpotDecision(grounds="x", identity_shown=True, fine_fen=300_001), ground(), by="b", at=AT
        ),
    ),
    "too much for a person": (
        "第五十一条",
        lambda: decide_on_the_spot(
            _file(party=Party.PERSON),
            SpotDecision(grounds="x", identity_shown=True, fine_fen=20_001),
            ground(),
            by="b",
            at=AT,
        ),
    ),
    "too grave on the spot": (
        "第五十一条",
        lambda: decide_on_the_spot(
            _file(gravity=Gravity.SERIOUS), SpotDecision(grounds="x", identity_shown=True), ground(), by="b", at=AT
        ),
    ),
    "aggravated on the spot": (
        "第五十一条",
        lambda: decide_on_the_spot(
            _file(aggravations=[OBSTRUCTION]), SpotDecision(grounds="x", identity_shown=True), ground(), by="b", at=AT
        ),
    ),
    "no certificate shown": (
        "第五十五条",
        lambda: inquire(filed(), INQUIRY.model_copy(update={"identity_shown": False}), certified=CERTIFIED, at=AT),
    ),
    "preserved twice": ("第五十六条", lambda: preserve(_preserving(), at=days(9))),
    "preserved items": ("第五十六条", lambda: decide(_preserved(), decision(), ground(), by="b", at=AT)),
    "not together": (
        "第五十七条",
        lambda: decide(notified(REVOCATION), decision(REVOCATION), ground(), by="b", at=LATE),
    ),
    "no review": (
        "第五十八条",
        lambda: decide(_unreviewed(), decision(REVOCATION, collective=True), ground(), by="b", at=days(30)),
    ),
    "reviewed and found unlawful": ("第五十八条", lambda: decide(_doubted(), decision(), ground(), by="b", at=AT)),
    "announced against the review": (
        "第五十八条",
        lambda: decide(_against(), decision(), ground(), by="b", at=AT),
    ),
    "reviewed by an officer": ("第五十八条", lambda: give_review(investigating(), REVIEW, by="o1", at=AT)),
    "reviewed by who made an inquiry": ("第五十八条", lambda: give_review(_inquired("o3"), REVIEW, by="o3", at=AT)),
    "reviewed by a former officer": ("第五十八条", lambda: give_review(_handed_over(), REVIEW, by="o1", at=AT)),
    "the reviewer becomes an officer": (
        "第五十八条",
        lambda: decide(
            _joined(notified(REVOCATION), "jurist"),
            decision(REVOCATION, collective=True),
            ground(),
            by="b",
            at=days(12),
        ),
    ),
    "told of a suspension that is over": (
        "第五十九条",
        lambda: notify(investigating(), notice(_rest(date(2026, 3, 1))), offence(), ground(), at=AT),
    ),
    "a suspension that is over": (
        "第五十九条",
        lambda: decide(
            notified(_rest(date(2026, 3, 9))), decision(_rest(date(2026, 3, 9))), ground(), by="b", at=days(8)
        ),
    ),
    "after ninety days": ("第六十条", lambda: decide(notified(), decision(), ground(), by="b", at=days(91))),
    "extended too long": ("第六十条", lambda: extend(filed(), date(2026, 7, 1), "x", most=30, by="b", at=AT)),
    "extended too late": ("第六十条", lambda: extend(filed(), date(2026, 6, 10), "x", most=30, by="b", at=days(91))),
    "hearing untold": (
        "第六十三条",
        lambda: notify(investigating(), notice(REVOCATION, hearing_told=False), offence(), ground(), at=AT),
    ),
    "no right to a hearing": ("第六十三条", lambda: ask_hearing(notified(), CALENDAR, at=AT)),
    "asked late": ("第六十四条", lambda: ask_hearing(notified(REVOCATION), CALENDAR, at=days(8))),
    "window open": (
        "第六十四条",
        lambda: decide(notified(REVOCATION), decision(REVOCATION, collective=True), ground(), by="b", at=days(7)),
    ),
    "called at short notice": (
        "第六十四条",
        lambda: call_hearing(heard(), date(2026, 3, 11), "c", CALENDAR, at=days(1)),
    ),
    "chaired by an officer": (
        "第六十四条",
        lambda: call_hearing(heard(), date(2026, 3, 20), "o2", CALENDAR, at=days(1)),
    ),
    "chaired by a former officer": (
        "第六十四条",
        lambda: hold_hearing(_joined(heard(), "chair"), attended=True, record="x", at=days(10)),
    ),
    "the chair becomes an officer": (
        "第六十四条",
        lambda: decide(_joined(_held(), "chair"), decision(REVOCATION, collective=True), ground(), by="b", at=days(12)),
    ),
    "held early": ("第六十四条", lambda: hold_hearing(heard(), attended=True, record="x", at=days(9))),
    "held twice": ("第六十五条", lambda: hold_hearing(_held(), attended=False, record="y", at=days(11))),
    "called again": (
        "第六十五条",
        lambda: call_hearing(_held(), date(2026, 4, 1), "chair-2", CALENDAR, at=days(11)),
    ),
    "not held": (
        "第六十五条",
        lambda: decide(heard(), decision(REVOCATION, collective=True), ground(), by="b", at=days(20)),
    ),
    "enforced early": ("第六十七条", lambda: enforce(served(), "x", at=days(17))),
}


def _rest(until: date) -> Penalty:
    return Penalty(kind=PenaltyKind.SUSPENSION, until=until)


def _old() -> Case:
    """Three years old: in time only if it harmed finance."""
    old = {"acts_from": date(2023, 3, 2), "acts_until": date(2023, 3, 2), "harmful": True}
    return filed(FILING.model_copy(update=old), offence=offence(life_or_finance=True))


def _harmless() -> Case:
    case = _old()
    inquire(case, INQUIRY.model_copy(update={"harmful": False}), certified=CERTIFIED, at=AT)
    notify(case, notice(), offence(), ground(), at=AT)
    return case


def _aggravated(case: Case) -> Case:
    inquire(case, INQUIRY.model_copy(update={"aggravations": [TEACHER]}), certified=CERTIFIED, at=AT)
    return case


def _minor() -> Case:
    case = notified()
    case.gravity = Gravity.MINOR
    return case


def _without(kind: PenaltyKind) -> Any:
    bare = offence()
    bare.penalties = [rule for rule in bare.penalties if rule["kind"] != kind]
    return bare


def _unproven() -> Case:
    case = notified()
    case.exhibits = []
    return case


def _recused() -> Case:
    case = filed()
    assign(case, ["o1", "o3"], ["o2"], certified=CERTIFIED, at=AT)
    return case


def _lost(one: str) -> Case:
    """Notified; then somebody was recused."""
    case = notified()
    assign(case, ["o1", "o3"], [one], certified=CERTIFIED, at=AT)
    return case


def _unled(one: str) -> Case:
    """A hearing is called; then somebody was recused."""
    case = heard()
    assign(case, ["o1", "o2"], [one], certified=CERTIFIED, at=days(1))
    return case


def _held() -> Case:
    case = heard()
    hold_hearing(case, attended=True, record="x", at=days(10))
    give_review(case, REVIEW, by="jurist", at=days(10))
    return case


def _inquired(by: str) -> Case:
    """Somebody who is no officer of the case took part in an inquiry."""
    case = investigating()
    inquire(case, INQUIRY.model_copy(update={"officers": ["o1", by]}), certified=CERTIFIED, at=AT)
    return case


def _handed_over() -> Case:
    case = investigating()
    assign(case, ["o2", "o3"], [], certified=CERTIFIED, at=AT)
    return case


def _joined(case: Case, who: str) -> Case:
    assign(case, ["o1", "o2", who], [], certified=CERTIFIED, at=days(1))
    assign(case, ["o1", "o2"], [], certified=CERTIFIED, at=days(1))
    return case


def _stated() -> Case:
    case = notified()
    state_defence(case, Statement(text="x"), by="p", at=AT)
    return case


def _preserving() -> Case:
    case = investigating()
    preserve(case, at=AT)
    return case


def _preserved() -> Case:
    case = notified()
    case.preserved_on = DAY
    return case


DOUBTS = REVIEW.model_copy(update={"agreed": False})


def _told_anew() -> Case:
    """The days of the first notice end on the 9th of March, those of the second on the 12th."""
    case = notified(REVOCATION)
    notify(case, notice(REVOCATION), offence(), ground(), at=days(3))
    return case


def _reviewed_anew() -> Case:
    case = _told_anew()
    give_review(case, REVIEW, by="jurist", at=days(3))
    return case


def _doubted() -> Case:
    case = notified()
    give_review(case, DOUBTS, by="jurist", at=AT)
    return case


def _against() -> Case:
    case = investigating()
    give_review(case, DOUBTS, by="jurist", at=AT)
    notify(case, notice(), offence(), ground(), at=AT)
    return case


def _unreviewed() -> Case:
    case = investigating()
    notify(case, notice(REVOCATION), offence(), ground(), at=AT)
    return case


@pytest.mark.parametrize("name", VOID)
def test_what_a_court_would_void_is_refused_by_article(name: str) -> None:
    article, act = VOID[name]
    with pytest.raises(Unlawful) as refused:
        act()
    assert refused.value.facts["article"] == article
    assert refused.value.article == article


def test_a_fine_outside_its_range_names_the_rule() -> None:
    case = investigating()
    for amount in (1_000_001, 0):
        with pytest.raises(Unlawful) as refused:
            notify(case, notice(Penalty(kind=PenaltyKind.FINE, amount_fen=amount)), offence(), ground(), at=AT)
        assert refused.value.facts["law"] == "第二条"
    case.gravity, case.illegal_income_fen = Gravity.SERIOUS, 1000
    with pytest.raises(Unlawful) as refused:
        notify(case, notice(Penalty(kind=PenaltyKind.FINE, amount_fen=999)), offence(), ground(), at=AT)
    assert (refused.value.facts["least_fen"], refused.value.facts["most_fen"]) == (1000, 5000)
    notify(case, notice(Penalty(kind=PenaltyKind.FINE, amount_fen=5000)), offence(), ground(), at=AT)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"acts_until": date(2026, 3, 3)}, "acts-reversed"),
        ({"acts_from": date(2026, 3, 2), "acts_until": date(2026, 3, 1)}, "acts-reversed"),
        ({"officers": ["o1", "nobody"]}, "officers-missing"),
    ],
)
def test_a_case_is_not_filed_so(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        _file(**change)
    assert refused.value.code == code


def test_nobody_finds_what_has_not_begun() -> None:
    with pytest.raises(Refusal) as refused:
        filed(FILING.model_copy(update={"acts_from": DAY}), found_on=date(2026, 3, 1))
    assert (refused.value.code, refused.value.pointer) == ("acts-after-finding", "/acts_from")
    assert filed(FILING.model_copy(update={"acts_from": DAY}), found_on=DAY).state == "filed"


def test_a_case_needs_a_party_and_a_basis() -> None:
    nowhere = Place(None, "g1", "140213", None, None)
    bare = offence()
    bare.penalties = []
    common: dict[str, Any] = {"violation_id": new_id(), "found_on": DAY, "certified": CERTIFIED, "by": "b", "at": AT}
    with pytest.raises(Refusal) as refused:
        file(FILING, nowhere, offence(), **common)
    assert refused.value.code == "party-missing"
    with pytest.raises(Refusal) as refused:
        file(FILING.model_copy(update={"party_name": "某人"}), nowhere, bare, **common)
    assert refused.value.code == "no-penalty-basis"


@pytest.mark.parametrize(
    ("until", "five", "last"),
    [
        (date(2024, 3, 2), False, date(2026, 3, 2)),
        (date(2024, 2, 29), False, date(2026, 2, 28)),
        (date(2024, 2, 29), True, date(2029, 2, 28)),
    ],
)
def test_two_years_or_five(until: date, five: bool, last: date) -> None:
    assert limitation_ends(until, five_years=five) == last


def test_five_years_where_finance_was_harmed() -> None:
    old = {"acts_from": date(2022, 3, 2), "acts_until": date(2022, 3, 2), "harmful": True}
    assert filed(FILING.model_copy(update=old), offence=offence(life_or_finance=True)).state == "filed"


# -- the hearing, the decision, the money ------------------------------------------------------------


def test_a_hearing_is_held_reviewed_and_decided() -> None:
    case = heard()
    assert hold_hearing(case, attended=False, record="未到场", at=days(10)).attended is False
    collective = decision(REVOCATION, collective=True)
    with pytest.raises(Unlawful) as refused:  # the opinion is older than the hearing
        decide(case, collective, ground(), by="b", at=days(11))
    assert refused.value.code == "legal-review-missing"
    give_review(case, REVIEW, by="jurist", at=days(11))
    assert [one.kind for one in decide(case, collective, ground(), by="b", at=days(11)).proposals] == ["revocation"]


def test_an_opinion_of_the_morning_does_not_know_what_the_hearing_heard() -> None:
    case = heard()
    give_review(case, REVIEW, by="jurist", at=days(10))
    hold_hearing(case, attended=True, record="x", at=days(10))
    with pytest.raises(Unlawful) as refused:
        decide(case, decision(REVOCATION, collective=True), ground(), by="b", at=days(10))
    assert refused.value.code == "legal-review-missing"
    assert (case.review or {})["set_aside_on"] == "2026-03-12"
    give_review(case, REVIEW, by="jurist", at=days(10))
    assert decide(case, decision(REVOCATION, collective=True), ground(), by="b", at=days(10)).state == "decided"


def test_a_large_fine_is_what_it_was_on_the_day_of_the_notice() -> None:
    large = Penalty(kind=PenaltyKind.FINE, amount_fen=600_000)
    raised = ground(hearing_fen=700_000)
    with pytest.raises(Unlawful) as refused:
        decide(notified(large), decision(large), raised, by="b", at=days(1))
    assert refused.value.code == "hearing-window-open"
    unreviewed = investigating()
    notify(unreviewed, notice(large), offence(), ground(), at=AT)
    with pytest.raises(Unlawful) as refused:
        decide(unreviewed, decision(large), raised, by="b", at=days(20))
    assert refused.value.code == "legal-review-missing"
    assert ask_hearing(notified(large), CALENDAR, at=days(1)).step == "hearing_asked"


def test_a_party_may_waive_its_hearing() -> None:
    case = reviewed()
    notify(case, notice(REVOCATION, public_notice=True), offence(), ground(), at=AT)
    state_defence(case, Statement(text="不要求听证", waives_hearing=True), by="p", at=AT)
    fact = decide(case, decision(REVOCATION, collective=True, answer="已复核", notice=True), ground(), by="b", at=AT)
    assert [one.kind for one in fact.proposals] == ["revocation", "notice"]
    basis = next(rule.basis for rule in offence().rules if rule.kind is PenaltyKind.REVOCATION)
    assert [(one.legal_basis, one.breached) for one in fact.proposals] == [(basis, offence().clause)] * 2
    assert basis != offence().clause


def test_who_is_told_of_criticism_is_told_of_its_publication() -> None:
    criticism = Penalty(kind=PenaltyKind.CRITICISM)
    fact = decide(notified(criticism), decision(criticism, notice=True), ground(), by="b", at=AT)
    assert [one.kind for one in fact.proposals] == ["notice"]


def test_a_suspension_is_proposed_until_its_day() -> None:
    rest = Penalty(kind=PenaltyKind.SUSPENSION, until=date(2026, 9, 1))
    case = notified(rest)
    longer = Penalty(kind=PenaltyKind.SUSPENSION, until=date(2026, 9, 2))
    with pytest.raises(Unlawful):
        decide(case, decision(longer), ground(), by="b", at=days(8))
    (proposal,) = decide(case, decision(rest), ground(), by="b", at=days(8)).proposals
    assert (proposal.kind, proposal.until) == ("suspension", date(2026, 9, 1))


def test_an_extension_moves_the_day_once() -> None:
    case = notified()
    extend(case, date(2026, 6, 20), "案情复杂", most=30, by="b", at=days(89))
    with pytest.raises(Unlawful):
        extend(case, date(2026, 6, 25), "x", most=30, by="b", at=days(90))
    assert decide(case, decision(), ground(), by="b", at=days(100)).state == "decided"


def test_a_wrong_notice_is_replaced_before_anybody_spoke() -> None:
    case = notified()
    fact = notify(case, notice(REVOCATION), offence(), ground(), at=days(3))
    assert (fact.state, fact.penalties, case.notified_on) == ("notified", ["revocation"], date(2026, 3, 5))
    (before,) = case.superseded
    assert (before["notified_on"], before["replaced_on"]) == ("2026-03-02", "2026-03-05")
    assert before["notice"]["penalties"][0]["kind"] == "fine"
    give_review(case, REVIEW, by="jurist", at=days(3))
    assert decide(case, decision(REVOCATION, collective=True), ground(), by="b", at=days(11)).state == "decided"


def test_a_case_nobody_reviewed_is_told_anew() -> None:
    case = _unreviewed()
    assert notify(case, notice(REVOCATION), offence(), ground(), at=days(1)).state == "notified"
    assert case.review is None


def test_who_reviewed_an_earlier_notice_may_investigate() -> None:
    case = notified()
    notify(case, notice(), offence(), ground(), at=AT)
    assert decide(_joined(case, "jurist"), decision(), ground(), by="b", at=days(1)).state == "decided"


def test_a_new_notice_keeps_the_hearing_of_the_old_one_on_file() -> None:
    case = _held()
    notify(case, notice(REVOCATION), offence(), ground(), at=days(11))
    assert (case.state, case.hearing, case.hearing_asked_on) == ("notified", None, None)
    assert case.superseded[0]["hearing"]["record"] == "x"
    assert ask_hearing(case, CALENDAR, at=days(12)).state == "hearing"


def test_graver_facts_reopen_the_investigation_and_are_told() -> None:
    case = _stated()
    graver = INQUIRY.model_copy(update={"gravity": Gravity.SERIOUS, "illegal_income_fen": 100_000})
    assert inquire(case, graver, certified=CERTIFIED, at=days(1)).state == "investigating"
    with pytest.raises(NoticeMissing):
        decide(case, decision(), ground(), by="b", at=days(1))
    with pytest.raises(CaseStateRefuses):  # it was told: it gets a decision
        withdraw(case, "x", by="b", at=days(1))
    give_review(case, REVIEW, by="jurist", at=days(1))
    larger = Penalty(kind=PenaltyKind.FINE, amount_fen=400_000)
    notify(case, notice(larger), offence(), ground(), at=days(1))
    assert decide(case, decision(larger, answer="已复核"), ground(), by="b", at=days(1)).fine_fen == 400_000


def test_an_inquiry_that_finds_the_same_leaves_the_notice() -> None:
    same = INQUIRY.model_copy(update={"gravity": Gravity.ORDINARY})
    assert inquire(_stated(), same, certified=CERTIFIED, at=days(1)).state == "notified"
    assert inquire(heard(), same, certified=CERTIFIED, at=days(1)).state == "hearing"
    assert inquire(_held(), same, certified=CERTIFIED, at=days(11)).state == "investigating"


def test_a_new_review_lifts_the_one_that_disagreed() -> None:
    case = _doubted()
    give_review(case, REVIEW, by="jurist-2", at=AT)
    assert decide(case, decision(), ground(), by="b", at=AT).state == "decided"


def test_legal_review_may_send_a_case_back() -> None:
    case = investigating()
    give_review(case, REVIEW.model_copy(update={"agreed": False}), by="jurist", at=AT)
    assert case.state == "investigating"


def test_an_inquiry_may_change_what_the_act_is() -> None:
    case = filed()
    inquire(
        case,
        INQUIRY.model_copy(update={"gravity": Gravity.SERIOUS, "illegal_income_fen": 7, "harmful": True}),
        certified=CERTIFIED,
        at=AT,
    )
    assert (case.gravity, case.illegal_income_fen, case.harmful) == ("serious", 7, True)
    with pytest.raises(Refusal) as refused:
        exhibit(case, [new_id() for _ in range(500)], at=AT)
    assert refused.value.code == "exhibits-full"


def test_what_weighs_against_the_party_is_told_decided_and_said() -> None:
    case = _aggravated(investigating())
    notify(case, notice(), offence(), ground(), at=AT)
    said = [{"circumstance": "serving_teacher", "ground": "某校在职教师授课"}]
    assert (case.notice or {})["aggravations"] == said
    assert decide(case, decision(), ground(), by="b", at=AT).aggravations == ["serving_teacher"]
    assert (case.decision or {})["aggravations"] == said


def test_what_weighs_against_the_party_is_not_found_behind_its_back() -> None:
    case = _aggravated(notified())
    assert (case.state, case.notice) == ("investigating", None)
    lifted = INQUIRY.model_copy(update={"aggravations": []})
    inquire(case, lifted, certified=CERTIFIED, at=AT)
    assert case.aggravations == []


def test_what_weighs_against_the_party_takes_more_than_the_least_fine() -> None:
    case = _aggravated(investigating())
    case.gravity, case.illegal_income_fen = Gravity.SERIOUS, 1000
    with pytest.raises(Unlawful) as refused:
        notify(case, notice(Penalty(kind=PenaltyKind.FINE, amount_fen=1000)), offence(), ground(), at=AT)
    assert (refused.value.code, refused.value.facts["least_fen"]) == ("fine-out-of-range", 1001)
    notify(case, notice(Penalty(kind=PenaltyKind.FINE, amount_fen=1001)), offence(), ground(), at=AT)
    both = {"aggravations": [TEACHER.model_dump(), OBSTRUCTION.model_dump()]}
    assert filed(Filing.model_validate(FILING.model_dump() | both)).aggravations[1]["ground"] == "拒不开门"
    with pytest.raises(ValueError):
        Filing.model_validate(FILING.model_dump() | {"aggravations": [TEACHER.model_dump(), TEACHER.model_dump()]})


def test_service_after_seven_working_days_is_late_but_done() -> None:
    prompt, slow = decided(), decided()
    assert serve(prompt, "x", CALENDAR, at=days(10)).late is False
    assert serve(slow, "x", CALENDAR, at=days(11)).late is True


@pytest.mark.parametrize(("late", "fen"), [(-1, 0), (0, 0), (1, 30), (33, 990), (34, 1000), (99, 1000)])
def test_three_percent_a_day_and_never_more_than_the_fine(late: int, fen: int) -> None:
    assert late_surcharge(1000, late) == fen


def test_what_is_owed_is_paid_in_parts() -> None:
    case = served()
    with pytest.raises(Refusal):
        close(case, at=days(3))
    assert pay(case, 40_000, at=days(3)).paid_fen == 40_000
    assert (case.state, late_fen(case, china_date(days(20)))) == ("served", 9000)
    with pytest.raises(Refusal) as refused:
        pay(case, 69_001, at=days(20))
    assert refused.value.facts["owed_fen"] == 69_000
    assert pay(case, 69_000, at=days(20)).state == "paid"
    assert late_fen(case, china_date(days(90))) == 9000
    assert close(case, at=days(21)).outcome == "paid"


def test_a_warning_is_closed_when_it_is_served() -> None:
    case = filed()
    fact = decide_on_the_spot(case, SpotDecision(grounds="x", identity_shown=True), ground(), by="b", at=AT)
    assert (fact.on_the_spot, fact.penalties, case.served_on) == (True, ["warning"], DAY)
    assert late_fen(case, DAY) == 0
    assert close(case, at=AT).outcome == "served"
    assert late_fen(filed(), DAY) == 0
    with pytest.raises(Unlawful):
        decide_on_the_spot(filed(), SpotDecision(grounds="x", identity_shown=False), ground(), by="b", at=AT)
    with pytest.raises(Unlawful):
        decide_on_the_spot(filed(), SpotDecision(grounds="x", identity_shown=True), ground(certified=()), by="b", at=AT)


def test_confiscation_is_of_the_illegal_income() -> None:
    taken = Penalty(kind=PenaltyKind.CONFISCATION, amount_fen=9)
    assert notified(taken).proposed == [taken]
    with pytest.raises(Unlawful):
        notified(Penalty(kind=PenaltyKind.CONFISCATION, amount_fen=8))


def test_preserved_items_are_settled_once() -> None:
    case = investigating()
    preserve(case, at=AT)
    assert dispose(case, at=days(1)).step == "preservation_settled"
    again = investigating()
    for day in (1, 9):
        preserve(again, at=days(day))
        dispose(again, at=days(day + 1))
    assert again.preserved_on == china_date(days(9))
    for settled in (case, investigating()):
        with pytest.raises(CaseStateRefuses):
            dispose(settled, at=days(2))


def test_everything_that_blocks_is_said_at_once() -> None:
    case = filed()
    case.preserved_on = DAY
    codes = [refusal.code for refusal in blocks(case, ground(rectification_ordered=False), None, on=DAY)]
    assert codes == ["notice-missing", "rectification-not-ordered", "facts-unproven", "preserved-items-undecided"]


# -- the clock ---------------------------------------------------------------------------------------


def test_the_clock_lists_each_deadline_with_its_day() -> None:
    case = heard()
    case.preserved_on = DAY
    told = {tick.name: tick for tick in ticks(case, CALENDAR, five_years=False, on=date(2026, 3, 9))}
    assert {name: tick.due_on for name, tick in told.items()} == {
        Clock.LIMITATION: date(2028, 3, 2),
        Clock.PRESERVED_ITEMS: date(2026, 3, 11),
        Clock.DECISION: date(2026, 5, 31),
        Clock.HEARING_REQUEST: date(2026, 3, 9),
        Clock.HEARING: date(2026, 3, 12),
    }
    assert (told[Clock.PRESERVED_ITEMS].working_days_left, told[Clock.PRESERVED_ITEMS].days_left) == (2, 2)
    assert told[Clock.HEARING_REQUEST].done_on == date(2026, 3, 3)
    hold_hearing(case, attended=True, record="x", at=days(10))
    told = {tick.name: tick for tick in ticks(case, CALENDAR, five_years=False, on=date(2026, 6, 9))}
    assert told[Clock.HEARING].done_on == date(2026, 3, 12)
    assert told[Clock.DECISION].overdue


def test_the_clock_after_the_decision() -> None:
    told = {tick.name: tick for tick in ticks(served(), CALENDAR, five_years=False, on=date(2026, 3, 20))}
    assert told[Clock.SERVICE].due_on == date(2026, 3, 12)
    assert (told[Clock.PAYMENT].due_on, told[Clock.PAYMENT].overdue) == (date(2026, 3, 19), True)
    waived = notified(REVOCATION)
    state_defence(waived, Statement(text="x", waives_hearing=True), by="p", at=AT)
    done = {tick.name: tick.done_on for tick in ticks(waived, CALENDAR, five_years=False, on=DAY)}
    assert done[Clock.HEARING_REQUEST] == DAY
    dropped = IN_STATE[CaseState.WITHDRAWN]()
    assert [tick.done_on for tick in ticks(dropped, CALENDAR, five_years=False, on=DAY)] == [DAY, DAY]


def test_days_in_a_year_nobody_published_are_provisional() -> None:
    assert law.hearing_window(date(2026, 12, 29), CALENDAR).provisional
    assert not law.hearing_window(DAY, CALENDAR).provisional


def test_penalties_are_complete() -> None:
    for wrong in ({"kind": "fine"}, {"kind": "warning", "amount_fen": 1}, {"kind": "suspension"}):
        with pytest.raises(ValueError):
            Penalty.model_validate(wrong)
    assert Decision(penalties=[FINE], grounds="x").collective is False
