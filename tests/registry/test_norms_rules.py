"""Every rule both ways, at its boundary, on its days, for those it binds."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from services.registry.ledger.institutions.domain import Kind, Stage
from services.registry.rulebook.calendars import seed as calendar_seed
from services.registry.rulebook.calendars.domain import Calendar, DayKind, ExceptionalDay, Vacation
from services.registry.rulebook.rules.domain import (
    PARAMETERS,
    Rule,
    RuleCheck,
    RuleContent,
    RuleDaysReversed,
    RuleEndPast,
    RuleEndsAlready,
    RuleParametersInvalid,
    approval_closed,
)
from services.registry.rulebook.rules.evaluation import (
    LessonModeMissing,
    LessonOverMidnight,
    LessonReversed,
    Plan,
    Verdict,
    judge,
    read_timetable,
)
from services.registry.rulebook.rules.seed import RULES
from shared.domain.refusals import Refusal

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
SUMMER = Vacation("summer_vacation", "暑假", None, date(2026, 7, 11), date(2026, 8, 31))
NEXT_WINTER = Vacation("winter_vacation", "寒假", "140213", date(2027, 1, 18), date(2027, 2, 28))
SEEDED = sorted((Rule.enact(content, at=AT)[0] for content in RULES), key=lambda rule: rule.code)

FORBIDDEN, LATE, LATE_TOO = "training.forbidden_days", "training.latest_end.subject", "training.latest_end.non_subject"
ONLINE, DISGUISED, PRESCHOOL = "training.online_lesson", "training.disguised", "training.preschool_online"
PREPAYMENT, AMOUNT, AREA = "fees.prepayment", "fees.prepayment_amount.non_subject", "premises.area_per_pupil"
ADVERTISING, HOMEWORK = "advertising.none", "homework.none"


def the_calendar() -> Calendar:
    years, days = calendar_seed.rows()
    return Calendar(
        frozenset(year["year"] for year in years),
        {day["on"]: ExceptionalDay(DayKind(day["kind"]), day["name"]) for day in days},
        [SUMMER, NEXT_WINTER],
    )


CALENDAR = the_calendar()


def lesson(
    on: str = "2026-03-06", start: str = "18:00", end: str = "19:00", offset: str = "+08:00", **more: Any
) -> dict[str, Any]:
    return {"starts_at": f"{on}T{start}:00{offset}", "ends_at": f"{on}T{end}:00{offset}", **more}


def verdict_on(*lessons: dict[str, Any], rules: Sequence[Rule] = SEEDED, on: date = TODAY, **more: Any) -> Verdict:
    of = {"kind": "subject", "mode": "offline", "stages": ["primary"], "district": "140213"}
    institution = {**of, **more.pop("institution", {})}
    plan = Plan.model_validate({"institution": institution, "timetable": lessons, **more})
    return judge(plan, read_timetable(plan), rules, CALENDAR, on=on)


def breaches(*lessons: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    return [(breach.rule.code, breach.pointer) for breach in verdict_on(*lessons, **more).breaches]


def undecided(*lessons: dict[str, Any], **more: Any) -> list[tuple[str, str, str]]:
    found = verdict_on(*lessons, **more).undecided
    return [(finding.rule.code, finding.pointer, finding.reason) for finding in found]


def only(facts: Verdict) -> dict[str, Any]:
    (breach,) = facts.breaches
    return dict(breach.facts)


PAINTING = {"kind": "non_subject"}
ONLINE_SCHOOL = {"mode": "online"}


def test_a_plan_nothing_is_wrong_with() -> None:
    verdict = verdict_on(
        lesson(), fees=[{"amount_fen": 100, "months": 3}], homework=False, area_m2=30, pupils=10, advertisements=[]
    )
    assert (verdict.breaches, verdict.undecided) == ([], [])
    assert set(verdict.checked) == {FORBIDDEN, LATE, PREPAYMENT, HOMEWORK, AREA}
    assert verdict_on().checked == []


@pytest.mark.parametrize(
    ("on", "more", "breached"),
    [
        ("2026-03-06", {}, False),  # a Friday
        ("2026-03-07", {}, True),  # a Saturday
        ("2026-10-10", {}, False),  # a Saturday worked instead of a day of the holiday
        ("2026-10-01", {}, True),
        ("2026-10-04", {}, True),  # a Sunday within the holiday
        ("2026-07-10", {}, False),
        ("2026-07-11", {}, True),
        ("2026-08-31", {}, True),
        ("2026-09-01", {}, False),
        ("2027-01-18", {}, True),  # a vacation is known before the year's calendar
        ("2021-07-23", {}, False),  # a Friday, and a day before the opinion
        ("2021-07-18", {}, False),  # a Sunday before the opinion
        ("2021-07-25", {}, True),  # the first Sunday after it
        ("2026-03-07", {"institution": PAINTING}, False),
        ("2026-03-07", {"institution": {"stages": ["preschool"]}}, False),
        ("2026-03-07", {"institution": {"stages": ["senior"]}}, True),
        ("2026-03-07", {"institution": {"stages": []}}, True),
    ],
)
def test_forbidden_days(on: str, more: dict[str, Any], breached: bool) -> None:
    assert breaches(lesson(on), **more) == [(FORBIDDEN, "/timetable/0/starts_at")] * breached


def test_what_is_said_of_a_forbidden_day() -> None:
    assert only(verdict_on(lesson("2026-10-01"))) == {
        "on": date(2026, 10, 1), "day": "public_holiday", "name": "国庆节",
    }  # fmt: skip
    assert only(verdict_on(lesson("2026-07-13")))["vacation"] == "暑假"


def test_nobody_knows_the_days_of_an_unpublished_year() -> None:
    expected = [(FORBIDDEN, "/timetable/0/starts_at", "calendar-unpublished")]
    assert undecided(lesson("2027-03-06")) == expected
    assert breaches(lesson("2027-03-06")) == []
    assert undecided(lesson("2027-03-06"), institution=PAINTING) == []


def test_the_day_is_that_of_china() -> None:
    friday_in_utc = lesson("2026-03-06", "22:00", "23:00", offset="+00:00")
    assert breaches(friday_in_utc) == [(FORBIDDEN, "/timetable/0/starts_at")]
    sunday_in_utc = lesson("2026-03-08", "22:00", "23:00", offset="+00:00")
    assert breaches(sunday_in_utc) == []


@pytest.mark.parametrize("of", ["subject", "non_subject"])
@pytest.mark.parametrize(
    ("mode", "end", "late"),
    [
        ("offline", "20:30", False), ("offline", "20:31", True),
        ("online", "20:31", False), ("online", "21:00", False), ("online", "21:01", True),
    ],
)  # fmt: skip
def test_latest_end(of: str, mode: str, end: str, late: bool) -> None:
    found = breaches(lesson(start="20:29", end="20:30", mode=mode), institution={"kind": of, "mode": "both"})
    assert found == []
    start = "20:30" if end == "21:00" else "20:10" if end < "20:40" else "20:40"
    found = breaches(lesson(start=start, end=end, mode=mode), institution={"kind": of, "mode": "both"})
    assert found == [(LATE if of == "subject" else LATE_TOO, "/timetable/0/ends_at")] * late


def test_non_subject_training_ended_late_before_its_rule() -> None:
    late = {"start": "20:00", "end": "21:30"}
    assert breaches(lesson("2022-12-28", **late), institution=PAINTING) == []
    assert breaches(lesson("2022-12-29", **late), institution=PAINTING) == [(LATE_TOO, "/timetable/0/ends_at")]


@pytest.mark.parametrize(("end", "long"), [("18:30", False), ("18:31", True)])
def test_online_lessons_are_short(end: str, long: bool) -> None:
    assert breaches(lesson(end=end), institution=ONLINE_SCHOOL) == [(ONLINE, "/timetable/0/ends_at")] * long
    assert breaches(lesson(end=end)) == []
    assert breaches(lesson(end=end), institution={**ONLINE_SCHOOL, **PAINTING}) == []


@pytest.mark.parametrize(("next_start", "tight"), [("18:40", False), ("18:39", True), ("18:20", True)])
@pytest.mark.parametrize("turned", [False, True])
def test_online_lessons_have_pauses(next_start: str, tight: bool, turned: bool) -> None:
    pair = [lesson(start="18:00", end="18:30"), lesson(start=next_start, end="18:50")]
    found = breaches(*(reversed(pair) if turned else pair), institution=ONLINE_SCHOOL)
    assert found == [(ONLINE, f"/timetable/{int(not turned)}/starts_at")] * tight


def test_pauses_are_those_of_one_class_on_one_day() -> None:
    first, second = lesson(start="18:00", end="18:30"), lesson(start="18:30", end="19:00")
    assert breaches({**first, "group": "a"}, {**second, "group": "b"}, institution=ONLINE_SCHOOL) == []
    assert breaches({**first, "group": "a"}, {**second, "group": "a"}, institution=ONLINE_SCHOOL) != []
    next_day = lesson("2026-03-09", start="18:00", end="18:30")
    assert breaches(first, next_day, institution=ONLINE_SCHOOL) == []


@pytest.mark.parametrize(
    "subject",
    ["道德与法治", "语文", "历史", "地理", "数学", "外语", "英语", "日语", "俄语", "物理", "化学", "生物"],
)
def test_a_national_subject_is_subject_training_whoever_gives_it(subject: str) -> None:
    found = breaches(lesson("2026-03-07", subject=subject), institution=PAINTING)
    assert found == [(DISGUISED, "/timetable/0/subject"), (FORBIDDEN, "/timetable/0/starts_at")]


def test_no_disguise() -> None:
    assert breaches(lesson("2026-03-07", subject="绘画"), institution=PAINTING) == []
    assert breaches(lesson(subject="数学")) == []
    assert breaches(lesson("2021-07-18", subject="数学"), institution=PAINTING) == []


@pytest.mark.parametrize(
    ("stages", "stage", "mode", "found"),
    [
        (["preschool"], None, "online", "breach"),
        (["preschool"], None, "offline", None),
        (["preschool", "primary"], "preschool", "online", "breach"),
        (["preschool", "primary"], "primary", "online", None),
        (["preschool", "primary"], None, "online", "undecided"),
        (["primary"], None, "online", None),
        ([], None, "online", "undecided"),
    ],
)
def test_preschool_online(stages: list[str], stage: str | None, mode: str, found: str | None) -> None:
    short = lesson(end="18:30", stage=stage, mode=mode)
    said = {"institution": {"stages": stages, "mode": "both", **PAINTING}}
    assert breaches(short, **said) == [(PRESCHOOL, "/timetable/0/stage")] * (found == "breach")
    assert undecided(short, **said) == [(PRESCHOOL, "/timetable/0/stage", "stage-missing")] * (found == "undecided")


@pytest.mark.parametrize(
    ("fee", "found"),
    [
        ({"months": 3}, []),
        ({"months": 4}, ["/fees/0/months"]),
        ({"lessons": 60}, []),
        ({"lessons": 61}, ["/fees/0/lessons"]),
        ({"months": 4, "lessons": 61}, ["/fees/0/months", "/fees/0/lessons"]),
        ({"months": 3, "lessons": 61}, ["/fees/0/lessons"]),
    ],
)
def test_prepayment(fee: dict[str, int], found: list[str]) -> None:
    assert breaches(fees=[{"amount_fen": 1, **fee}]) == [(PREPAYMENT, pointer) for pointer in found]
    assert breaches(fees=[{"amount_fen": 1, **fee}], on=date(2021, 10, 20)) == []


def test_a_fee_for_no_said_time() -> None:
    assert undecided(fees=[{"amount_fen": 1}]) == [(PREPAYMENT, "/fees/0", "fee-span-missing")]


@pytest.mark.parametrize(
    ("of", "fen", "on", "found"),
    [
        ("non_subject", 500_000, TODAY, False), ("non_subject", 500_001, TODAY, True),
        ("non_subject", 500_001, date(2022, 12, 28), False), ("subject", 500_001, TODAY, False),
    ],
)  # fmt: skip
def test_prepayment_amount(of: str, fen: int, on: date, found: bool) -> None:
    plan = {"institution": {"kind": of}, "fees": [{"amount_fen": fen, "months": 1}]}
    assert breaches(on=on, **plan) == [(AMOUNT, "/fees/0/amount_fen")] * found


@pytest.mark.parametrize("of", ["subject", "non_subject"])
@pytest.mark.parametrize("medium", ["leaflet", "billboard", "online", "梯内海报"])
def test_no_advertising(of: str, medium: str) -> None:
    plan: dict[str, Any] = {"institution": {"kind": of}, "advertisements": [{"medium": medium, "place": "小区"}]}
    assert breaches(**plan) == [(ADVERTISING, "/advertisements/0/medium")]
    assert breaches(on=date(2021, 7, 23), **plan) == []


@pytest.mark.parametrize(("homework", "found"), [(True, [(HOMEWORK, "/homework")]), (False, []), (None, [])])
def test_homework(homework: bool | None, found: list[tuple[str, str]]) -> None:
    assert breaches(homework=homework) == found


@pytest.mark.parametrize(
    ("area", "pupils", "mode", "found"),
    [(30, 10, "offline", False), (29.9, 10, "offline", True), (29.9, 10, "both", True), (1, 10, "online", False)],
)
def test_area_per_pupil(area: float, pupils: int, mode: str, found: bool) -> None:
    verdict = verdict_on(area_m2=area, pupils=pupils, institution={"mode": mode})
    assert [breach.rule.code for breach in verdict.breaches] == [AREA] * found
    assert all(breach.rule.status == "to_be_confirmed" for breach in verdict.breaches)
    assert verdict_on(area_m2=1).checked == []


def test_numbers_are_the_records() -> None:
    stricter, _ = Rule.enact(
        RuleContent.model_validate(
            {
                "code": LATE,
                "check": "latest_end",
                "title_zh": "z",
                "title_en": "e",
                "citation": "c",
                "scope": {"districts": ["140213"]},
                "parameters": {"offline": "19:00", "online": "20:00"},
                "effective_from": "2026-03-06",
            }
        ),
        at=AT,
    )
    late = {"start": "18:30", "end": "19:01"}
    assert breaches(lesson("2026-03-05", **late), rules=[stricter]) == []
    assert breaches(lesson("2026-03-06", **late), rules=[stricter]) == [(LATE, "/timetable/0/ends_at")]
    assert breaches(lesson("2026-03-06", **late), rules=[stricter], institution={"district": "140214"}) == []
    assert breaches(lesson("2026-03-06", **late), rules=[stricter], institution={"district": None}) == []
    stricter.repeal(date(2026, 3, 6), at=AT)
    assert breaches(lesson("2026-03-09", **late), rules=[stricter]) == []


def of_everybody(check: str, **parameters: Any) -> Rule:
    return Rule.enact(rule_of(check=check, parameters=parameters, effective_from="2020-01-01"), at=AT)[0]


def test_a_record_without_scope_binds_everybody() -> None:
    preschool = of_everybody("preschool_online")
    both = {"mode": "both", "stages": []}
    assert undecided(lesson(mode="offline"), lesson(mode="online", stage="primary"), rules=[preschool]) == []
    assert breaches(lesson(mode="online", stage="preschool"), rules=[preschool], institution=both) != []
    online = of_everybody("online_lesson", max_minutes=30, min_gap_minutes=10)
    assert breaches(lesson(mode="offline"), rules=[online], institution=PAINTING) == []
    assert breaches(lesson(mode="online"), rules=[online], institution=PAINTING) != []


def test_a_medium_may_be_allowed() -> None:
    allowing = of_everybody("advertising", allowed_media=["poster"])
    media = [{"medium": "poster"}, {"medium": "leaflet"}]
    assert breaches(rules=[allowing], advertisements=media) == [("a.b", "/advertisements/1/medium")]


@pytest.mark.parametrize(
    ("planned", "refusal", "pointer"),
    [
        (lesson(start="19:00", end="18:59"), LessonReversed, "/timetable/0/ends_at"),
        (lesson(start="19:00", end="19:00"), LessonReversed, "/timetable/0/ends_at"),
        (lesson(start="15:30", end="16:01", offset="+00:00"), LessonOverMidnight, "/timetable/0/ends_at"),
        (lesson(start="15:30", end="16:00", offset="+00:00"), LessonOverMidnight, "/timetable/0/ends_at"),
        (lesson(), LessonModeMissing, "/timetable/0/mode"),
    ],
)
def test_lessons_that_cannot_be(planned: dict[str, Any], refusal: type[Refusal], pointer: str) -> None:
    with pytest.raises(refusal) as refused:
        verdict_on(planned, institution={"mode": "both" if refusal is LessonModeMissing else "offline"})
    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    ("wrong"),
    [
        {"fees": [{"amount_fen": True}]}, {"fees": [{"amount_fen": -1}]}, {"pupils": 0}, {"area_m2": 0},
        {"timetable": [{"starts_at": "2026-03-06T18:00:00", "ends_at": "2026-03-06T19:00:00+08:00"}]},
        {"timetable": [{"starts_at": "0001-01-01T00:00:00+14:00", "ends_at": "2026-03-06T19:00:00+08:00"}]},
    ],
)  # fmt: skip
def test_plans_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Plan.model_validate({"institution": {"kind": "subject"}, **wrong})


@pytest.mark.parametrize(
    ("kind", "stages", "on", "closed"),
    [
        (Kind.SUBJECT, [Stage.PRIMARY], TODAY, True),
        (Kind.SUBJECT, [Stage.SENIOR], TODAY, True),
        (Kind.SUBJECT, [], TODAY, True),
        (Kind.NON_SUBJECT, [Stage.PRIMARY], TODAY, False),
        (Kind.SUBJECT, [Stage.PRIMARY], date(2021, 7, 23), False),
    ],
)
def test_approval_closed(kind: Kind, stages: list[Stage], on: date, closed: bool) -> None:
    found = approval_closed([rule for rule in SEEDED if rule.in_force(on)], kind=kind, stages=stages)
    assert (found.code if found else None) == ("approval.subject_closed" if closed else None)


def test_approval_closed_for_some_stages() -> None:
    of_juniors = RULES[0].model_copy(update={"parameters": {"kinds": ["subject"], "stages": ["junior"]}})
    rules = [Rule.enact(of_juniors, at=AT)[0]]
    assert approval_closed(rules, kind=Kind.SUBJECT, stages=[Stage.JUNIOR, Stage.SENIOR]) is rules[0]
    assert approval_closed(rules, kind=Kind.SUBJECT, stages=[Stage.SENIOR]) is None
    assert approval_closed(rules, kind=Kind.SUBJECT, stages=[]) is rules[0]


def test_every_check_has_its_parameters_and_a_seeded_rule() -> None:
    assert set(PARAMETERS) == set(RuleCheck) == {rule.check for rule in RULES}
    assert len({rule.code for rule in RULES}) == len(RULES)


def rule_of(**more: Any) -> RuleContent:
    said = {"code": "a.b", "check": "homework", "title_zh": "z", "title_en": "e", "citation": "c"}
    return RuleContent.model_validate({**said, "effective_from": "2026-03-10", **more})


def test_enact_and_repeal() -> None:
    rule, enacted = Rule.enact(rule_of(), at=AT)
    assert (rule.version, enacted.rule_id, enacted.effective_to) == (0, rule.id, None)
    assert not rule.in_force(date(2026, 3, 9))
    assert rule.in_force(date(2026, 3, 10))
    repealed = rule.repeal(date(2026, 3, 20), at=AT)
    assert (repealed.code, repealed.effective_to) == ("a.b", date(2026, 3, 20))
    assert rule.in_force(date(2026, 3, 20))
    assert not rule.in_force(date(2026, 3, 21))
    rule.repeal(date(2026, 3, 15), at=AT)
    for again in (date(2026, 3, 15), date(2026, 3, 20)):
        with pytest.raises(RuleEndsAlready):
            rule.repeal(again, at=AT)


@pytest.mark.parametrize(
    ("since", "until", "refused"),
    [
        ("2026-03-10", "2026-03-09", True), ("2026-03-10", "2026-03-10", False),
        ("2020-01-01", "2026-03-01", True), ("2020-01-01", "2026-03-02", False),
    ],
)  # fmt: skip
def test_a_rule_ends_no_earlier_than_today(since: str, until: str, refused: bool) -> None:
    rule, _ = Rule.enact(rule_of(effective_from=since), at=AT)
    if refused:
        with pytest.raises(RuleEndPast):
            rule.repeal(date.fromisoformat(until), at=AT)
    else:
        rule.repeal(date.fromisoformat(until), at=AT)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (rule_of(effective_to="2026-03-09"), RuleDaysReversed),
        (rule_of(parameters={"more": 1}), RuleParametersInvalid),
        (rule_of(check="prepayment"), RuleParametersInvalid),
        (rule_of(check="prepayment", parameters={"max_months": 0, "max_lessons": 60}), RuleParametersInvalid),
        (rule_of(check="latest_end", parameters={"offline": "25:00", "online": "21:00"}), RuleParametersInvalid),
        (rule_of(check="latest_end", parameters={"offline": "20:30Z", "online": "21:00"}), RuleParametersInvalid),
    ],
)
def test_a_rule_that_cannot_be(content: RuleContent, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        Rule.enact(content, at=AT)
