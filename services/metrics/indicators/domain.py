"""The indicator tree: the "1234" of the outside wing and the "3+X" of the inside wing, as data.

An indicator's rule is a version of its definition; a changed definition is a new version, never a silent change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from shared.policies import Principal
from shared.refusals import Invalid, NotFound


class IndicatorNotFound(NotFound):
    """There is no such indicator."""

    code = "indicator-not-found"
    zh = "没有此指标。"


class ScopeOutOfReach(NotFound):
    """There is no such scope, or its numbers are not yours to see."""

    code = "scope-not-found"
    zh = "没有此范围，或不在您的权限范围内。"


class ScopeMalformed(Invalid):
    """A scope is `city`, or `district:`, `street:`, `grid:`, `school:` or `campaign:` and a code."""

    code = "scope-malformed"
    zh = "范围应为 city，或 district:、street:、grid:、school:、campaign: 加代码。"


class Unit(StrEnum):
    COUNT = "count"
    PLACES = "places"
    RATIO = "ratio"


@dataclass(frozen=True)
class Selection:
    """Members of one noun, narrowed by state and kind. The empty state ("not announced yet") is never counted."""

    noun: str
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    sums_amounts: bool = False


@dataclass(frozen=True)
class Indicator:
    """A number with its meaning. A ratio has a denominator and is between 0 and 1; null where that is zero."""

    code: str
    zh: str
    en: str
    parent: str
    numerator: Selection
    denominator: Selection | None = None
    rule_version: int = 1

    @property
    def unit(self) -> Unit:
        if self.denominator is not None:
            return Unit.RATIO
        return Unit.PLACES if self.numerator.sums_amounts else Unit.COUNT


@dataclass(frozen=True)
class Branch:
    """A node of the tree that has no number of its own."""

    code: str
    zh: str
    en: str
    parent: str | None


BRANCHES: Final = (
    Branch("outside", "校外“1234”工作法", "Outside schools: 1234", None),
    Branch("outside.goal", "一个目标：规范有序", "1 goal: an orderly ledger", "outside"),
    Branch("outside.stricts", "两个从严：审批、监管", "2 stricts: licensing and inspection", "outside"),
    Branch("outside.responsibilities", "三个责任：区县、街道、行业部门", "3 responsibilities", "outside"),
    Branch("outside.grasps", "四个抓手：排查、整改、处罚、公示", "4 grasps: find, rectify, punish, publish", "outside"),
    Branch("inside", "校内“3+X”工作法", "Inside schools: 3+X", None),
    Branch("inside.three", "课内作业、体艺、综合实践", "3: homework, style and art, practice", "inside"),
    Branch("inside.x", "X：特色项目", "X: programmes", "inside"),
)

_INSTITUTIONS = Selection("institution")
_VISITS = Selection("visit", states=("done",))
_TARGETS = Selection("target")
_CLOSED_TARGETS = Selection("target", states=("inspected", "moved", "duplicate", "refused", "closed_door"))
_VIOLATIONS = Selection("violation")
OPEN_STATES: Final = ("reported", "rectification_ordered", "rectified")
_CLOSED_VIOLATIONS = Selection("violation", states=("closed",))

INDICATORS: Final[Mapping[str, Indicator]] = {
    indicator.code: indicator
    for indicator in (
        Indicator("institutions.total", "台账机构", "Institutions in the ledger", "outside.goal", _INSTITUTIONS),
        Indicator(
            "institutions.active", "正常机构", "Active institutions", "outside.goal",
            Selection("institution", states=("active",)),
        ),
        Indicator(
            "institutions.unlicensed", "无证机构", "Unlicensed institutions", "outside.goal",
            Selection("institution", states=("unlicensed",)),
        ),
        Indicator(
            "institutions.subject", "学科类机构", "Subject institutions", "outside.goal",
            Selection("institution", kinds=("subject",)),
        ),
        Indicator(
            "institutions.non_subject", "非学科类机构", "Non-subject institutions", "outside.goal",
            Selection("institution", kinds=("non_subject",)),
        ),
        Indicator(
            "institutions.unplaced", "未落格机构", "Institutions in no grid", "outside.stricts",
            Selection("institution", where={"grid": ""}),
        ),
        Indicator(
            "institutions.placed_share", "落格率", "Share of institutions placed in a grid", "outside.stricts",
            Selection("institution", where={"grid": "*"}), _INSTITUTIONS,
        ),
        Indicator("inspection.teams", "街道检查组", "Street teams", "outside.responsibilities", Selection("team")),
        Indicator("inspection.visits", "检查次数", "Visits", "outside.stricts", _VISITS),
        Indicator("inspection.targets", "应查对象", "Targets of campaigns", "outside.stricts", _TARGETS),
        Indicator(
            "inspection.covered", "已查对象", "Targets closed with a reason", "outside.stricts", _CLOSED_TARGETS
        ),
        Indicator("inspection.coverage", "排查覆盖率", "Coverage", "outside.stricts", _CLOSED_TARGETS, _TARGETS),
        Indicator(
            "inspection.discoveries", "新发现机构", "Discoveries", "outside.stricts", Selection("discovery")
        ),
        Indicator("violations.total", "发现问题", "Violations found", "outside.grasps", _VIOLATIONS),
        Indicator(
            "violations.open", "未结问题", "Open violations", "outside.grasps",
            Selection("violation", states=OPEN_STATES),
        ),
        Indicator("violations.closed", "已结问题", "Closed violations", "outside.grasps", _CLOSED_VIOLATIONS),
        Indicator(
            "violations.closed_share", "整改完成率", "Share of violations closed", "outside.grasps",
            _CLOSED_VIOLATIONS, _VIOLATIONS,
        ),
        *(
            Indicator(
                f"violations.{severity}", f"{zh}风险问题", f"Violations of {severity} severity", "outside.grasps",
                Selection("violation", kinds=(severity,)),
            )
            for severity, zh in (("low", "低"), ("moderate", "中"), ("high", "高"))
        ),
        Indicator("afterschool.schools", "参与学校", "Schools taking part", "inside.three", Selection("school")),
        Indicator("afterschool.offerings", "开设课程", "Offerings", "inside.three", Selection("offering")),
        Indicator(
            "afterschool.places", "课程学位", "Places offered", "inside.three", Selection("offering", sums_amounts=True)
        ),
        Indicator(
            "afterschool.enrolled", "参加课后服务人次", "Enrolments", "inside.three",
            Selection("enrolment", states=("enrolled",)),
        ),
        Indicator(
            "afterschool.waiting", "候补人次", "On waiting lists", "inside.three",
            Selection("enrolment", states=("waiting",)),
        ),
    )
}  # fmt: skip

SCOPES: Final = ("district", "street", "grid", "school", "campaign")


@dataclass(frozen=True)
class Scope:
    """The part of the city a number is about; `city` is all of it."""

    dimension: str | None = None
    value: str = ""

    @classmethod
    def parse(cls, words: str) -> Self:
        if words == "city":
            return cls()
        dimension, separator, value = words.partition(":")
        if dimension not in SCOPES or not separator or not value or len(value) > 64:
            raise ScopeMalformed(pointer="/scope")
        return cls(dimension, value)

    def within(self, caller: Principal) -> "Scope":
        """This scope if the caller may see its numbers; a district officer sees his district, a school its own."""
        if caller.covers():
            return self
        own = (
            Scope("school", caller.school or "")
            if "school_staff" in caller.roles
            else Scope("district", caller.district or "")
        )
        if not own.value or (self.dimension is not None and self != own):
            raise ScopeOutOfReach
        return own

    def __str__(self) -> str:
        return "city" if self.dimension is None else f"{self.dimension}:{self.value}"


def indicator(code: str) -> Indicator:
    """The indicator of that code; raises `IndicatorNotFound`."""
    found = INDICATORS.get(code)
    if found is None:
        raise IndicatorNotFound
    return found


@dataclass(frozen=True)
class Value:
    """A number and what it was made of."""

    numerator: int
    denominator: int | None

    @property
    def value(self) -> float | int | None:
        if self.denominator is None:
            return self.numerator
        return None if self.denominator == 0 else self.numerator / self.denominator
