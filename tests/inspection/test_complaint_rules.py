"""Every step of a complaint and each refused one; likeness of names and places."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from services.inspection.field.places import Place
from services.inspection.findings.complaints.domain import (
    TRANSITIONS,
    Action,
    Complaint,
    ComplaintContent,
    ComplaintLookedInto,
    ComplaintOutcome,
    ComplaintState,
    ComplaintStateRefuses,
    ComplaintUnmatched,
    ComplaintUnseen,
    ComplaintVisitOpen,
    Looks,
    Source,
    Subject,
    new_receipt,
    place_key,
)
from services.inspection.findings.complaints.matching import Known, candidates, written_code
from services.inspection.rounds.visits.domain import Visit
from shared.data.database import new_id
from shared.domain.refusals import Refusal

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HERE = Place(new_id(), "g1", "140213", None, "t1")
CONTENT = ComplaintContent(subject=Subject.FEES, text="收费半年", address="迎宾街 12 号", district="140213")


NO_LOOK, COMING = Looks(), Looks(coming=True)
IN_VAIN, AGAIN, SEEN = Looks(back=True), Looks(back=True, coming=True), Looks(back=True, seen=True)


def received() -> Complaint:
    return Complaint.receive(CONTENT, source=Source.PUBLIC, hotline_no=None, receipt="R", days=15, at=AT)[0]


def matched() -> Complaint:
    complaint = received()
    complaint.match(HERE, by="b", at=AT)
    return complaint


def investigating() -> Complaint:
    complaint = matched()
    complaint.plan_visit(new_id(), NO_LOOK, team="t1", at=AT)
    return complaint


def answered() -> Complaint:
    complaint = matched()
    complaint.give_answer(ComplaintOutcome.SUBSTANTIATED, "已责令退费", NO_LOOK, by="b", at=AT)
    return complaint


def joined() -> Complaint:
    complaint = matched()
    complaint.join(investigating(), at=AT)
    return complaint


IN_STATE: dict[ComplaintState, Callable[[], Complaint]] = {
    ComplaintState.RECEIVED: received,
    ComplaintState.MATCHED: matched,
    ComplaintState.INVESTIGATING: investigating,
    ComplaintState.JOINED: joined,
    ComplaintState.ANSWERED: answered,
}
NOT_OURS = ComplaintOutcome.NOT_OURS
ACTS: dict[Action, Callable[[Complaint], object]] = {
    Action.MATCH: lambda one: one.match(HERE, by="b", at=AT),
    Action.JOIN: lambda one: one.join(investigating(), at=AT),
    Action.PART: lambda one: one.part(at=AT),
    Action.VISIT: lambda one: one.plan_visit(new_id(), IN_VAIN, team="t1", at=AT),
    Action.ANSWER: lambda one: one.give_answer(NOT_OURS, "x", SEEN, by="b", at=AT),
    Action.ANSWER_JOINED: lambda one: one.take_answer(answered(), at=AT),
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", ComplaintState)
def test_the_table_says_what_is_done_where(action: Action, state: ComplaintState) -> None:
    complaint = IN_STATE[state]()
    assert complaint.state == state
    if state in TRANSITIONS[action]:
        ACTS[action](complaint)
        return
    with pytest.raises(ComplaintStateRefuses):
        ACTS[action](complaint)
    assert complaint.state == state


def test_a_complaint_has_a_day_and_no_words_in_its_fact() -> None:
    complaint, fact = Complaint.receive(
        CONTENT, source=Source.HOTLINE, hotline_no="12345-1", receipt="R", days=15, at=AT
    )
    assert (complaint.due_on, fact.due_on, fact.state) == (date(2026, 3, 17), date(2026, 3, 17), "received")
    assert "收费半年" not in fact.model_dump_json()


def test_an_answer_needs_somebody_it_is_about_and_somebody_who_looked() -> None:
    with pytest.raises(ComplaintUnmatched):
        received().give_answer(ComplaintOutcome.SUBSTANTIATED, "x", SEEN, by="b", at=AT)
    with pytest.raises(ComplaintVisitOpen):
        investigating().give_answer(ComplaintOutcome.UNSUBSTANTIATED, "x", COMING, by="b", at=AT)
    assert investigating().give_answer(ComplaintOutcome.SUBSTANTIATED, "x", SEEN, by="b", at=AT)


@pytest.mark.parametrize(("looks", "refused"), [(AGAIN, ComplaintVisitOpen), (IN_VAIN, ComplaintUnseen)])
def test_behind_a_closed_door_nothing_is_proven(looks: Looks, refused: type[Refusal]) -> None:
    with pytest.raises(refused):
        investigating().give_answer(ComplaintOutcome.SUBSTANTIATED, "x", looks, by="b", at=AT)
    told = investigating().give_answer(ComplaintOutcome.UNSUBSTANTIATED, "x", looks, by="b", at=AT)
    assert told.outcome == "unsubstantiated"


@pytest.mark.parametrize(("looks", "refused"), [(COMING, ComplaintVisitOpen), (SEEN, ComplaintLookedInto)])
def test_nobody_goes_twice_for_one_look(looks: Looks, refused: type[Refusal]) -> None:
    with pytest.raises(refused):
        investigating().plan_visit(new_id(), looks, team="t1", at=AT)
    assert investigating().plan_visit(new_id(), NO_LOOK, team="t1", at=AT).state == "investigating"


@pytest.mark.parametrize(
    ("visits", "looks"),
    [
        ([], NO_LOOK),
        ([("planned", None)], COMING),
        ([("called_off", None)], NO_LOOK),
        ([("done", "closed_door")], IN_VAIN),
        ([("reviewed", "closed_door"), ("started", None)], AGAIN),
        ([("started", "inspected")], COMING),
        ([("done", "closed_door"), ("done", "refused")], SEEN),
        ([("done", "newly_found")], SEEN),
    ],
)
def test_what_the_visits_about_it_came_to(visits: list[tuple[str, str | None]], looks: Looks) -> None:
    assert Looks.of(Visit(state=state, outcome=outcome) for state, outcome in visits) == looks


def test_what_stood_for_itself_again_is_joined_to_nothing() -> None:
    one = joined()
    assert one.part(at=AT).state == "matched"
    assert (one.state, one.lead_id, one.place) == ("matched", None, HERE)
    again = joined()
    again.match(Place(None, "g2", "140213", None, None), by="b", at=AT)
    assert (again.state, again.lead_id, again.grid) == ("matched", None, "g2")


def test_matched_to_the_same_place_again_it_leads_on() -> None:
    one = matched()
    assert one.leads_at(HERE)
    assert not one.leads_at(Place(new_id(), "g1", "140213", None, None))
    assert not one.leads_at(Place(None, "g1", "140213", None, None))
    assert not joined().leads_at(HERE)
    one.match(Place(None, "g1", "140213", None, None), by="b", at=AT)
    assert one.leads_at(Place(None, "g1", "140213", None, "t9"))
    assert not one.leads_at(Place(None, "g2", "140213", None, None))


def test_all_who_joined_get_the_answer() -> None:
    one, lead = joined(), answered()
    fact = one.take_answer(lead, at=AT)
    assert (one.answer, one.outcome, fact.outcome) == ("已责令退费", "substantiated", "substantiated")


def test_receipts_are_not_to_be_guessed() -> None:
    receipts = {new_receipt() for _ in range(200)}
    assert len(receipts) == 200
    assert all(len(one) == 16 and one.isalnum() for one in receipts)


@pytest.mark.parametrize(
    ("written", "key"),
    [("迎宾街 12 号", "迎宾街12号"), ("迎宾街１２号", "迎宾街12号"), ("Ａ座-3", "a座3"), ("--", None), (None, None)],
)
def test_the_same_place_written_twice_is_the_same(written: str | None, key: str | None) -> None:
    assert place_key(written) == key


KNOWN = [
    Known(new_id(), "晨光教育培训学校", "迎宾街12号"),
    Known(new_id(), "晨光艺术中心", "永泰路3号"),
    Known(new_id(), "星火足球俱乐部", "魏都大道88号"),
]


@pytest.mark.parametrize(
    ("asked", "best"),
    [
        ({"name": "晨光教育培训学校", "address": None}, 0),
        ({"name": "晨光教育", "address": "迎宾街12号"}, 0),
        ({"name": None, "address": "魏都大道88号"}, 2),
    ],
)
def test_the_likeliest_comes_first(asked: dict[str, str | None], best: int) -> None:
    found = candidates(KNOWN, [], **asked)
    assert found[0].institution_id == KNOWN[best].institution_id
    assert len({one.institution_id for one in found}) == len(found)


def test_nothing_alike_is_nothing_offered() -> None:
    assert candidates(KNOWN, [], name="zzz", address=None) == []
    assert candidates(KNOWN, [], name=None, address=None) == []


def test_a_code_settles_it() -> None:
    found = candidates(KNOWN, KNOWN[:1], name="星火足球俱乐部", address=None)
    assert [one.institution_id for one in found][:2] == [KNOWN[0].institution_id, KNOWN[2].institution_id]
    assert len({one.institution_id for one in found}) == len(found)


@pytest.mark.parametrize(
    ("written", "code"),
    [(" 91350100m000100y43 ", "91350100M000100Y43"), ("９１35 0100", "91350100"), ("教民1号", "教民1号"), (" ", None)],
)
def test_a_code_is_read_as_people_write_it(written: str, code: str | None) -> None:
    assert written_code(written) == code
