"""The nouns that are counted, and the dimensions that each of them has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Noun:
    """A kind of counted thing, the dimensions that its events say, and the topics from which they come. Of any other
    dimension it has no number.

    `people`: its members or amounts are children, or answers that children and families gave.
    """

    zh: str
    en: str
    dimensions: frozenset[str]
    topics: frozenset[str]
    people: bool


def _noun(zh: str, en: str, dimensions: str, topics: str, *, people: bool = False) -> Noun:
    return Noun(zh, en, frozenset(dimensions.split()) | {"state"}, frozenset(topics.split()), people)


_PLACED: Final = "district street grid"
_AT_SCHOOL: Final = "district street school"

NOUNS: Final[Mapping[str, Noun]] = {
    "institution": _noun(
        "机构",
        "institution",
        f"kind {_PLACED}",
        "inspection.targets.v1 registry.institutions.v1 registry.responsibilities.v1",
    ),
    "application": _noun("许可申请", "application", "kind month district street", "registry.permits.v1"),
    "permit": _noun("办学许可证", "permit", "kind month district street", "registry.permits.v1"),
    "transformation": _noun("转型", "transformation", "kind month district street", "registry.transformations.v1"),
    "commitment": _noun("承诺书", "commitment", "kind month district street", "registry.commitments.v1"),
    "advertisement": _noun("培训广告", "advertisement", "kind month district street", "registry.advertisements.v1"),
    "notice": _noun("通报", "notice", "kind month district street", "registry.notices.v1"),
    "notice_receipt": _noun("通报签收", "receipt of a notice", "month district street", "registry.notices.v1"),
    "stop_order": _noun("停训令", "stop order", "kind month district campaign", "registry.stop-orders.v1"),
    "stop_recipient": _noun(
        "停训令对象", "recipient of a stop order", "kind month district street campaign", "registry.stop-orders.v1"
    ),
    "team": _noun("检查组", "team", "district street", "inspection.teams.v1"),
    "campaign": _noun("专项行动", "campaign", "district campaign", "inspection.campaigns.v1"),
    "target": _noun("应查对象", "target of a campaign", f"{_PLACED} campaign", "inspection.campaigns.v1"),
    "discovery": _noun(
        "新发现机构", "discovery", f"{_PLACED} campaign", "inspection.campaigns.v1 inspection.discoveries.v1"
    ),
    "draw": _noun("双随机抽查", "draw", "district month", "inspection.draws.v1"),
    "recheck": _noun("复查", "re-check", "kind month district", "inspection.rechecks.v1"),
    "evidence": _noun("证据", "piece of evidence", "kind month district street", "inspection.evidence.v1"),
    "sync_conflict": _noun(
        "离线冲突", "conflict of an offline record", "month district", "inspection.sync-conflicts.v1"
    ),
    "visit": _noun("检查", "visit", f"kind month {_PLACED} campaign", "inspection.visits.v1"),
    "violation": _noun("问题", "violation", f"kind month {_PLACED}", "inspection.violations.v1"),
    "case": _noun("处罚案件", "penalty case", f"kind month {_PLACED}", "inspection.cases.v1"),
    "decision": _noun("处罚决定", "penalty decision", f"kind month {_PLACED}", "inspection.cases.v1"),
    "payment": _noun("罚没款缴纳", "payment of a penalty", f"kind month {_PLACED}", "inspection.cases.v1"),
    "complaint": _noun("投诉举报", "complaint", f"kind month {_PLACED}", "inspection.complaints.v1"),
    "school": _noun("学校", "school", _AT_SCHOOL, "afterschool.offerings.v1 afterschool.schools.v1"),
    "class": _noun("班级", "class", f"kind month {_AT_SCHOOL}", "afterschool.classes.v1"),
    "teacher": _noun("教师", "teacher", _AT_SCHOOL, "afterschool.teachers.v1"),
    "student": _noun("学生", "pupil", f"kind {_AT_SCHOOL}", "afterschool.students.v1", people=True),
    "offering": _noun("课程", "offering", f"kind {_AT_SCHOOL}", "afterschool.offerings.v1"),
    "enrolment": _noun("报名", "enrolment", f"month {_AT_SCHOOL}", "afterschool.enrolments.v1", people=True),
    "wish": _noun("参加意愿", "wish", f"month {_AT_SCHOOL}", "afterschool.wishes.v1", people=True),
    "session_plan": _noun("排课", "run of the timetable", f"month {_AT_SCHOOL}", "afterschool.sessions.v1"),
    "session": _noun("课次", "session", f"kind month {_AT_SCHOOL}", "afterschool.sessions.v1"),
    "attendance": _noun(
        "考勤", "attendance of a session", f"month {_AT_SCHOOL}", "afterschool.sessions.v1", people=True
    ),
    "attended": _noun("到课", "attendance of a session", f"month {_AT_SCHOOL}", "afterschool.sessions.v1", people=True),
    "homework_day": _noun("班级作业日", "class on a day", f"kind month {_AT_SCHOOL}", "afterschool.homework.v1"),
    "homework_unwritten": _noun("班级作业日", "class on a day", f"kind month {_AT_SCHOOL}", "afterschool.homework.v1"),
    "homework_report": _noun(
        "培训机构布置作业举报", "report of homework", "kind month district street", "afterschool.homework-reports.v1"
    ),
    "survey_answers": _noun(
        "满意度结果",
        "published result of a survey",
        "kind month district school",
        "afterschool.surveys.v1",
        people=True,
    ),
    "survey_favourable": _noun(
        "满意度结果",
        "published result of a survey",
        "kind month district school",
        "afterschool.surveys.v1",
        people=True,
    ),
    "catalogue_item": _noun("课后服务项目", "catalogue item", "kind", "afterschool.catalogue.v1"),
    "declaration": _noun("五项管理申报", "declaration", f"kind month {_AT_SCHOOL}", "afterschool.declarations.v1"),
    "shortfall": _noun("五项管理不达标", "shortfall", f"kind month {_AT_SCHOOL}", "afterschool.shortfalls.v1"),
    "listing": _noun("白名单条目", "entry of a white list", "district", "afterschool.engagements.v1"),
    "subsidy_run": _noun("补助核算", "subsidy run", "month", "afterschool.subsidy-runs.v1"),
    "fee_entry": _noun("收费记录", "fee entry", f"month {_AT_SCHOOL}", "afterschool.fee-entries.v1"),
    "fee_waiver": _noun("费用减免", "fee waiver", f"month {_AT_SCHOOL}", "afterschool.fee-waivers.v1", people=True),
}
"""By the name under which the projections count it. Without the row of a dimension, a number is null and not 0."""

PARTS: Final[Mapping[str, str]] = {"attended": "attendance", "survey_favourable": "survey_answers"}
"""Nouns whose every member is told together with a member of another noun, at the same place, and with no greater
amount: one is a part of the other, although both are amounts."""

LEVELS: Final[Mapping[str | None, str]] = {None: "all", "district": "district", "school": "school"}
"""Results of surveys are published for the whole, each district and each school, and hidden numbers are missing at the
level of schools. So a scope is answered by the rows of its own level, which are their state."""
