"""What a plan would break: pure, given the rules of its days and the calendar."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.registry.ledger.institutions.domain import Kind, Mode, Profit, Stage
from services.registry.rulebook.calendars.domain import Calendar, CalendarUnpublished
from services.registry.rulebook.rules.domain import (
    Advertising,
    AreaPerPupil,
    LatestEnd,
    NationalSubjects,
    OnlineLesson,
    Prepayment,
    PrepaymentAmount,
    Rule,
    RuleCheck,
)
from shared.domain.clock import CHINA, china_date
from shared.domain.refusals import Invalid
from shared.domain.wording import NUMBER, Code, Day, Line


class LessonReversed(Invalid):
    """A lesson must end after it starts."""

    code = "lesson-reversed"
    zh = "课程结束时间须晚于开始时间。"


class LessonOverMidnight(Invalid):
    """A lesson must start and end on the same day in China."""

    code = "lesson-over-midnight"
    zh = "课程不得跨越零点（北京时间）。"


class LessonModeMissing(Invalid):
    """The institution trains both online and offline, so each lesson must name its mode."""

    code = "lesson-mode-missing"
    zh = "线上线下兼营的机构须指明每节课的形式。"


Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2101, 1, 1, tzinfo=UTC))]
Count = Annotated[int, NUMBER, Field(ge=1, le=100_000)]
Fen = Annotated[int, NUMBER, Field(ge=0, le=10**12)]
SquareMetres = Annotated[float, NUMBER, Field(gt=0, le=1_000_000, allow_inf_nan=False)]


class PlannedInstitution(BaseModel):
    """The institution of the plan, as far as the rules need it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    mode: Mode = Mode.OFFLINE
    stages: Annotated[list[Stage], Field(max_length=4)] = Field(default_factory=list)
    district: Code | None = None
    profit: Profit | None = None


class PlannedLesson(BaseModel):
    """A lesson. `group` distinguishes parallel classes, so that pauses are checked within one class."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    starts_at: Moment
    ends_at: Moment
    mode: Annotated[Mode | None, Field(description="Online or offline. Default: the institution's only mode.")] = None
    stage: Stage | None = None
    subject: Line | None = None
    group: Line | None = None


class PlannedFee(BaseModel):
    """A fee paid at once, and the months or lessons that it covers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount_fen: Fen
    months: Count | None = None
    lessons: Count | None = None


class PlannedAdvertisement(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    medium: Line
    place: Line | None = None


class Plan(BaseModel):
    """What an institution plans. Lessons are checked for their own days, the rest for `as_of` (default: today)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    institution: PlannedInstitution
    timetable: Annotated[list[PlannedLesson], Field(max_length=1000)] = Field(default_factory=list)
    fees: Annotated[list[PlannedFee], Field(max_length=100)] = Field(default_factory=list)
    advertisements: Annotated[list[PlannedAdvertisement], Field(max_length=100)] = Field(default_factory=list)
    homework: bool | None = None
    area_m2: SquareMetres | None = None
    pupils: Count | None = None
    as_of: Day | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A planned lesson in China's time."""

    pointer: str
    starts_at: datetime
    ends_at: datetime
    mode: Mode
    stages: Sequence[Stage]
    subject: str | None
    group: str | None

    @property
    def on(self) -> date:
        return china_date(self.starts_at)


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule the plan would break, where, and by how much."""

    rule: Rule
    pointer: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Undecided:
    """A rule nobody can apply yet, and why."""

    rule: Rule
    pointer: str
    reason: str


Finding = Breach | Undecided


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the plan breaks, what could not be decided, and by which rules it was looked at."""

    breaches: Sequence[Breach]
    undecided: Sequence[Undecided]
    checked: Sequence[str]


def read_timetable(plan: Plan) -> list[Lesson]:
    """The lessons in China's time; refuses impossible ones."""
    return [_lesson(plan.institution, lesson, f"/timetable/{place}") for place, lesson in enumerate(plan.timetable)]


def _lesson(institution: PlannedInstitution, planned: PlannedLesson, pointer: str) -> Lesson:
    starts_at, ends_at = planned.starts_at.astimezone(CHINA), planned.ends_at.astimezone(CHINA)
    if ends_at <= starts_at:
        raise LessonReversed(pointer=f"{pointer}/ends_at")
    if china_date(ends_at) != china_date(starts_at):
        raise LessonOverMidnight(pointer=f"{pointer}/ends_at")
    mode = planned.mode or institution.mode
    if mode is Mode.BOTH:
        raise LessonModeMissing(pointer=f"{pointer}/mode")
    stages = [planned.stage] if planned.stage else institution.stages
    return Lesson(pointer, starts_at, ends_at, mode, stages, planned.subject, planned.group)


@dataclass(frozen=True, slots=True)
class _Case:
    """The plan in front of one rule: its lessons are those the rule binds on their days."""

    plan: Plan
    lessons: Sequence[Lesson]
    calendar: Calendar


def judge(plan: Plan, lessons: Sequence[Lesson], rules: Sequence[Rule], calendar: Calendar, *, on: date) -> Verdict:
    findings: list[Finding] = []
    checked: list[str] = []
    kinds = {lesson.pointer: _kind_of(lesson, plan.institution, rules) for lesson in lessons}
    for rule in rules:
        check = RuleCheck(rule.check)
        if check in _OF_LESSONS:
            bound = [
                lesson for lesson in lessons if _binds_lesson(rule, plan.institution, lesson, kinds[lesson.pointer])
            ]
            found = list(_OF_LESSONS[check](rule, _Case(plan, bound, calendar)))
            applied = bool(bound)
        elif check in _OF_PLANS and rule.in_force(on) and _binds_plan(rule, plan.institution):
            has_material, evaluate = _OF_PLANS[check]
            applied = has_material(plan)
            found = list(evaluate(rule, plan)) if applied else []
        else:
            continue
        findings += found
        if applied and rule.code not in checked:
            checked.append(rule.code)
    return Verdict(
        [finding for finding in findings if isinstance(finding, Breach)],
        [finding for finding in findings if isinstance(finding, Undecided)],
        checked,
    )


def _binds_plan(rule: Rule, institution: PlannedInstitution) -> bool:
    return rule.binds(
        kind=institution.kind, mode=institution.mode, stages=institution.stages, district=institution.district
    )


def _binds_lesson(rule: Rule, institution: PlannedInstitution, lesson: Lesson, taught: Kind) -> bool:
    if not rule.in_force(lesson.on):
        return False
    # Only the rule against disguise asks what the institution calls itself; all others ask what it does.
    kind = institution.kind if rule.check == RuleCheck.DISGUISED else taught
    return rule.binds(kind=kind, mode=lesson.mode, stages=lesson.stages, district=institution.district)


def _kind_of(lesson: Lesson, institution: PlannedInstitution, rules: Sequence[Rule]) -> Kind:
    """A lesson in a national subject is subject training, whoever gives it."""
    defining = (rule for rule in rules if rule.check == RuleCheck.DISGUISED and rule.in_force(lesson.on))
    return Kind.SUBJECT if any(_teaches_subject(rule, lesson) for rule in defining) else institution.kind


def _teaches_subject(rule: Rule, lesson: Lesson) -> bool:
    return lesson.subject in NationalSubjects.model_validate(rule.parameters).subjects


def _disguised(rule: Rule, case: _Case) -> Iterator[Finding]:
    for lesson in case.lessons:
        if _teaches_subject(rule, lesson):
            yield Breach(rule, f"{lesson.pointer}/subject", {"subject": lesson.subject})


def _forbidden_days(rule: Rule, case: _Case) -> Iterator[Finding]:
    district = case.plan.institution.district
    for lesson in case.lessons:
        pointer = f"{lesson.pointer}/starts_at"
        vacation = case.calendar.vacation_on(lesson.on, district)
        facts = {"on": lesson.on, "day": case.calendar.kind(lesson.on), "name": case.calendar.name(lesson.on)}
        if vacation is not None:  # forbidden whatever the year's calendar will say
            yield Breach(rule, pointer, {**facts, "vacation": vacation.name})
            continue
        try:
            if case.calendar.forbids_subject_training(lesson.on, district):
                yield Breach(rule, pointer, facts)
        except CalendarUnpublished as unpublished:
            yield Undecided(rule, pointer, unpublished.code)


def _latest_end(rule: Rule, case: _Case) -> Iterator[Finding]:
    latest = LatestEnd.model_validate(rule.parameters)
    for lesson in case.lessons:
        limit = latest.online if lesson.mode is Mode.ONLINE else latest.offline
        if lesson.ends_at.time() > limit:
            facts = {"ends": lesson.ends_at.time(), "latest": limit, "mode": lesson.mode}
            yield Breach(rule, f"{lesson.pointer}/ends_at", facts)


def _online_lesson(rule: Rule, case: _Case) -> Iterator[Finding]:
    limits = OnlineLesson.model_validate(rule.parameters)
    online = [lesson for lesson in case.lessons if lesson.mode is Mode.ONLINE]
    for lesson in online:
        lasts = lesson.ends_at - lesson.starts_at
        if lasts > timedelta(minutes=limits.max_minutes):
            facts = {"minutes": _minutes(lasts), "max_minutes": limits.max_minutes}
            yield Breach(rule, f"{lesson.pointer}/ends_at", facts)
    in_order = sorted(online, key=lambda lesson: (lesson.on, lesson.group or "", lesson.starts_at))
    for _, day in groupby(in_order, key=lambda lesson: (lesson.on, lesson.group or "")):
        for before, after in pairwise(day):
            gap = after.starts_at - before.ends_at
            if gap < timedelta(minutes=limits.min_gap_minutes):
                facts = {"gap_minutes": max(0, _minutes(gap)), "min_gap_minutes": limits.min_gap_minutes}
                yield Breach(rule, f"{after.pointer}/starts_at", facts)


def _minutes(span: timedelta) -> float:
    return round(span.total_seconds() / 60, 1)


def _preschool_online(rule: Rule, case: _Case) -> Iterator[Finding]:
    for lesson in case.lessons:
        if lesson.mode is not Mode.ONLINE:
            continue
        if list(lesson.stages) == [Stage.PRESCHOOL]:
            yield Breach(rule, f"{lesson.pointer}/stage", {"stage": Stage.PRESCHOOL, "mode": Mode.ONLINE})
        elif len(lesson.stages) != 1:
            yield Undecided(rule, f"{lesson.pointer}/stage", "stage-missing")


def _prepayment(rule: Rule, plan: Plan) -> Iterator[Finding]:
    limits = Prepayment.model_validate(rule.parameters)
    for place, fee in enumerate(plan.fees):
        if fee.months is None and fee.lessons is None:
            yield Undecided(rule, f"/fees/{place}", "fee-span-missing")
        for name, found, most in (
            ("months", fee.months, limits.max_months),
            ("lessons", fee.lessons, limits.max_lessons),
        ):
            if found is not None and found > most:
                yield Breach(rule, f"/fees/{place}/{name}", {name: found, f"max_{name}": most})


def _prepayment_amount(rule: Rule, plan: Plan) -> Iterator[Finding]:
    most = PrepaymentAmount.model_validate(rule.parameters).max_fen
    for place, fee in enumerate(plan.fees):
        if fee.amount_fen > most:
            yield Breach(rule, f"/fees/{place}/amount_fen", {"amount_fen": fee.amount_fen, "max_fen": most})


def _advertising(rule: Rule, plan: Plan) -> Iterator[Finding]:
    allowed = Advertising.model_validate(rule.parameters).allowed_media
    for place, advertisement in enumerate(plan.advertisements):
        if advertisement.medium not in allowed:
            yield Breach(rule, f"/advertisements/{place}/medium", {"allowed_media": allowed})


def _homework(rule: Rule, plan: Plan) -> Iterator[Finding]:
    if plan.homework:
        yield Breach(rule, "/homework", {})


def _area_per_pupil(rule: Rule, plan: Plan) -> Iterator[Finding]:
    least = AreaPerPupil.model_validate(rule.parameters).min_m2
    if plan.area_m2 is not None and plan.pupils is not None and plan.area_m2 < least * plan.pupils:
        facts = {"m2_per_pupil": round(plan.area_m2 / plan.pupils, 2), "min_m2": least}
        yield Breach(rule, "/area_m2", facts)


_OF_LESSONS: Final[Mapping[RuleCheck, Callable[[Rule, _Case], Iterator[Finding]]]] = {
    RuleCheck.DISGUISED: _disguised,
    RuleCheck.FORBIDDEN_DAYS: _forbidden_days,
    RuleCheck.LATEST_END: _latest_end,
    RuleCheck.ONLINE_LESSON: _online_lesson,
    RuleCheck.PRESCHOOL_ONLINE: _preschool_online,
}

_OF_PLANS: Final[Mapping[RuleCheck, tuple[Callable[[Plan], bool], Callable[[Rule, Plan], Iterator[Finding]]]]] = {
    RuleCheck.PREPAYMENT: (lambda plan: bool(plan.fees), _prepayment),
    RuleCheck.PREPAYMENT_AMOUNT: (lambda plan: bool(plan.fees), _prepayment_amount),
    RuleCheck.ADVERTISING: (lambda plan: bool(plan.advertisements), _advertising),
    RuleCheck.HOMEWORK: (lambda plan: plan.homework is not None, _homework),
    RuleCheck.AREA_PER_PUPIL: (lambda plan: plan.area_m2 is not None and plan.pupils is not None, _area_per_pupil),
}
