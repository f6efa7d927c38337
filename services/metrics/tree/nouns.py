"""The nouns that are counted, and the dimensions that each of them has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Noun:
    """A kind of counted thing, and the dimensions that its events say. Of any other dimension it has no number.

    `people`: its members or amounts are children, or answers that children and families gave.
    """

    zh: str
    en: str
    dimensions: frozenset[str]
    people: bool


def _noun(zh: str, en: str, dimensions: str, *, people: bool = False) -> Noun:
    return Noun(zh, en, frozenset(dimensions.split()) | {"state"}, people)


_PLACED: Final = "district street grid"
_AT_SCHOOL: Final = "district street school"

NOUNS: Final[Mapping[str, Noun]] = {
    "institution": _noun("机构", "institution", f"kind {_PLACED}"),
    "application": _noun("许可申请", "application", "kind month district street"),
    "permit": _noun("办学许可证", "permit", "kind month district street"),
    "transformation": _noun("转型", "transformation", "kind month district street"),
    "commitment": _noun("承诺书", "commitment", "kind month district street"),
    "advertisement": _noun("培训广告", "advertisement", "kind month district street"),
    "notice": _noun("通报", "notice", "kind month district street"),
    "notice_receipt": _noun("通报签收", "receipt of a notice", "month district street"),
    "stop_order": _noun("停训令", "stop order", "kind month district campaign"),
    "stop_recipient": _noun("停训令对象", "recipient of a stop order", "kind month district street campaign"),
    "team": _noun("检查组", "team", "district street"),
    "campaign": _noun("专项行动", "campaign", "district campaign"),
    "target": _noun("应查对象", "target of a campaign", f"{_PLACED} campaign"),
    "discovery": _noun("新发现机构", "discovery", f"{_PLACED} campaign"),
    "draw": _noun("双随机抽查", "draw", "district month"),
    "recheck": _noun("复查", "re-check", "kind month district"),
    "evidence": _noun("证据", "piece of evidence", "kind month district street"),
    "sync_conflict": _noun("离线冲突", "conflict of an offline record", "month district"),
    "visit": _noun("检查", "visit", f"kind month {_PLACED} campaign"),
    "violation": _noun("问题", "violation", f"kind month {_PLACED}"),
    "case": _noun("处罚案件", "penalty case", f"kind month {_PLACED}"),
    "decision": _noun("处罚决定", "penalty decision", f"kind month {_PLACED}"),
    "payment": _noun("罚没款缴纳", "payment of a penalty", f"kind month {_PLACED}"),
    "complaint": _noun("投诉举报", "complaint", f"kind month {_PLACED}"),
    "school": _noun("学校", "school", _AT_SCHOOL),
    "class": _noun("班级", "class", f"kind month {_AT_SCHOOL}"),
    "teacher": _noun("教师", "teacher", _AT_SCHOOL),
    "student": _noun("学生", "pupil", f"kind {_AT_SCHOOL}", people=True),
    "offering": _noun("课程", "offering", f"kind {_AT_SCHOOL}"),
    "enrolment": _noun("报名", "enrolment", f"month {_AT_SCHOOL}", people=True),
    "wish": _noun("参加意愿", "wish", f"month {_AT_SCHOOL}", people=True),
    "session_plan": _noun("排课", "run of the timetable", f"month {_AT_SCHOOL}"),
    "session": _noun("课次", "session", f"kind month {_AT_SCHOOL}"),
    "attendance": _noun("考勤", "attendance of a session", f"month {_AT_SCHOOL}", people=True),
    "attended": _noun("到课", "attendance of a session", f"month {_AT_SCHOOL}", people=True),
    "homework_day": _noun("班级作业日", "class on a day", f"kind month {_AT_SCHOOL}"),
    "homework_unwritten": _noun("班级作业日", "class on a day", f"kind month {_AT_SCHOOL}"),
    "homework_report": _noun("培训机构布置作业举报", "report of homework", "kind month district street"),
    "survey_answers": _noun("满意度结果", "published result of a survey", "kind month district school", people=True),
    "survey_favourable": _noun("满意度结果", "published result of a survey", "kind month district school", people=True),
    "catalogue_item": _noun("课后服务项目", "catalogue item", "kind"),
    "declaration": _noun("五项管理申报", "declaration", f"kind month {_AT_SCHOOL}"),
    "shortfall": _noun("五项管理不达标", "shortfall", f"kind month {_AT_SCHOOL}"),
    "listing": _noun("白名单条目", "entry of a white list", "district"),
    "subsidy_run": _noun("补助核算", "subsidy run", "month"),
    "fee_entry": _noun("收费记录", "fee entry", f"month {_AT_SCHOOL}"),
    "fee_waiver": _noun("费用减免", "fee waiver", f"month {_AT_SCHOOL}", people=True),
}
"""By the name under which the projections count it. Without the row of a dimension, a number is null and not 0."""

PARTS: Final[Mapping[str, str]] = {"attended": "attendance", "survey_favourable": "survey_answers"}
"""Nouns whose every member is told together with a member of another noun, at the same place, and with no greater
amount: one is a part of the other, although both are amounts."""

LEVELS: Final[Mapping[str | None, str]] = {None: "all", "district": "district", "school": "school"}
"""Results of surveys are published for the whole, each district and each school, and hidden numbers are missing at the
level of schools. So a scope is answered by the rows of its own level, which are their state."""
