"""The indicator tree: the "1234" of the outside wing and the "3+X" of the inside wing, as data.

An indicator's rule is a version of its definition; a changed definition is a new version, never a silent change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from services.metrics.projections.domain import Mark
from shared.domain.refusals import Invalid, NotFound
from shared.http.policies import Principal


class IndicatorNotFound(NotFound):
    """There is no such indicator."""

    code = "indicator-not-found"
    zh = "没有此指标。"


class CampaignNotFound(NotFound):
    """There is no such campaign (yet), or you may not see it."""

    code = "campaign-not-found"
    zh = "没有此专项行动。"


class ScopeOutOfReach(NotFound):
    """There is no such scope, or you may not see its figures."""

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
    FEN = "fen"


@dataclass(frozen=True)
class Selection:
    """Members of one noun, narrowed by state, kind and mark. The empty state ("not announced yet") is never counted."""

    noun: str
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    mark: Mark | None = None
    sums_amounts: bool = False

    def is_part_of(self, whole: "Selection") -> bool:
        """Whether every member that it counts is also counted by `whole`."""
        if self.sums_amounts or whole.sums_amounts or self.noun != whole.noun or whole.mark not in (None, self.mark):
            return False
        narrower = all(
            not wide or (narrow and set(narrow) <= set(wide))
            for narrow, wide in ((self.states, whole.states), (self.kinds, whole.kinds))
        )
        return narrower and whole.where.items() <= self.where.items()


@dataclass(frozen=True)
class Indicator:
    """A number with its meaning. A ratio has a denominator and is between 0 and 1; null where that is zero.

    Of a ratio the numerator is a part of the denominator, so it is one in every scope and along every dimension. One of
    two different nouns is `undivided`: it exists for the city as a whole, and is null for any part of it.
    """

    code: str
    zh: str
    en: str
    parent: str
    numerator: Selection
    denominator: Selection | None = None
    rule_version: int = 1
    counts: Unit = Unit.COUNT
    undivided: bool = False

    def __post_init__(self) -> None:
        if self.denominator is not None and not (self.undivided or self.numerator.is_part_of(self.denominator)):
            raise TypeError(f"{self.code}: what is counted is no part of what it is a share of")

    @property
    def unit(self) -> Unit:
        return self.counts if self.denominator is None else Unit.RATIO


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

IN_THE_LEDGER: Final = ("applying", "active", "suspended", "closed", "unlicensed")
"""An entry that was merged into another was that institution twice: it is not counted."""
_INSTITUTIONS = Selection("institution", states=IN_THE_LEDGER)
SUPERVISED: Final = ("active", "suspended", "unlicensed")
"""What needs somebody responsible: an applicant has its application, and what is closed or merged has ended."""
_SUPERVISED = Selection("institution", states=SUPERVISED)
_VISITS = Selection("visit", states=("done",))
_CLOSED_TARGETS = Selection("target", states=("inspected", "moved", "duplicate", "refused", "closed_door"))
LISTED: Final = ("open", *_CLOSED_TARGETS.states)
"""The states of a target on the list of a campaign; the list of a withdrawn campaign counts nowhere."""
_TARGETS = Selection("target", states=LISTED)
OPEN_STATES: Final = ("reported", "rectification_ordered", "rectified")
_STANDING: Final = (*OPEN_STATES, "closed")
"""What was withdrawn was never a violation."""
_VIOLATIONS = Selection("violation", states=_STANDING)
_CLOSED_VIOLATIONS = Selection("violation", states=("closed",))
_INVESTIGATED = Selection("violation", states=("rectification_ordered", "rectified", "closed"))
"""Somebody acted on it, whether a visit found it, a patrol or a complaint, and whether or not it was verified since."""
_NOT_ENDED = ("granted", "recorded", "suspended", "reinstated", "renewed")
_UNDER_WAY = ("submitted", "returned", "accepted", "site_visit_requested", "site_visited")
_ADVERTISEMENTS = Selection("advertisement")
_CLEANED_UP = Selection("advertisement", states=("verified",))
_CONFIRMED = Selection("notice_receipt")
_ORDERED = Selection("stop_recipient", states=("ordered",))
_ACKNOWLEDGED = Selection("stop_recipient", states=("ordered",), mark=Mark.ACKNOWLEDGED)
_STOPPED = Selection("stop_recipient", states=("ordered",), kinds=("stopped",))
_COMPLAINTS = Selection("complaint")
_ANSWERED = Selection("complaint", states=("answered",))
_RECHECKED = Selection("recheck")
_AGREEING = Selection("recheck", states=("agrees",))

INDICATORS: Final[Mapping[str, Indicator]] = {
    indicator.code: indicator
    for indicator in (
        Indicator(
            "institutions.total", "台账机构", "Institutions in the ledger", "outside.goal", _INSTITUTIONS,
            rule_version=2,
        ),
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
            Selection("institution", states=IN_THE_LEDGER, kinds=("subject",)), rule_version=2,
        ),
        Indicator(
            "institutions.non_subject", "非学科类机构", "Non-subject institutions", "outside.goal",
            Selection("institution", states=IN_THE_LEDGER, kinds=("non_subject",)), rule_version=2,
        ),
        Indicator(
            "commitments.signed", "签订规范办学承诺书", "Commitments signed", "outside.goal", Selection("commitment")
        ),
        Indicator(
            "commitments.breached", "违反承诺", "Commitments broken", "outside.goal",
            Selection("commitment", states=("breached",)),
        ),
        Indicator(
            "transformations.under_way", "正在转型", "Transformations under way", "outside.goal",
            Selection("transformation", states=("under_way",)),
        ),
        Indicator(
            "transformations.completed", "完成转型", "Transformations completed", "outside.goal",
            Selection("transformation", states=("completed",)),
        ),
        *(
            Indicator(
                f"transformations.{target}", zh, f"Transformations completed: {en}", "outside.goal",
                Selection("transformation", states=("completed",), kinds=(target,)),
            )
            for target, zh, en in (
                ("non_subject", "转为非学科类", "to non-subject"),
                ("non_profit", "转为非营利性", "to non-profit"),
                ("closure", "终止办学", "to closure"),
            )
        ),
        Indicator(
            "applications.open", "在办许可申请", "Applications under way", "outside.stricts",
            Selection("application", states=_UNDER_WAY),
        ),
        Indicator(
            "applications.decided", "已决许可申请", "Applications decided", "outside.stricts",
            Selection("application", states=("granted", "refused")),
        ),
        Indicator(
            "applications.granted", "准予许可", "Applications granted", "outside.stricts",
            Selection("application", states=("granted",)),
        ),
        Indicator(
            "applications.refused", "不予许可", "Applications refused", "outside.stricts",
            Selection("application", states=("refused",)),
        ),
        Indicator("permits.total", "办学许可证", "Permits granted or recorded", "outside.stricts", Selection("permit")),
        Indicator(
            "permits.not_ended", "未被吊销注销的许可证", "Permits that no decision has ended", "outside.stricts",
            Selection("permit", states=_NOT_ENDED),
        ),
        Indicator(
            "permits.suspended", "被暂停的许可证", "Permits last suspended", "outside.stricts",
            Selection("permit", states=("suspended",)),
        ),
        Indicator(
            "stop_orders.issued", "停训令", "Holiday stop orders", "outside.stricts",
            Selection("stop_order", states=("issued",)),
        ),
        Indicator("stop_orders.recipients", "责令停训机构", "Ordered to stop", "outside.stricts", _ORDERED),
        Indicator("stop_orders.acknowledged", "确认停训令", "Orders acknowledged", "outside.stricts", _ACKNOWLEDGED),
        Indicator(
            "stop_orders.acknowledged_share", "停训令确认率", "Share of orders acknowledged", "outside.stricts",
            _ACKNOWLEDGED, _ORDERED,
        ),
        Indicator("stop_orders.stopped", "核实停训机构", "Verified stopped", "outside.stricts", _STOPPED),
        Indicator(
            "stop_orders.operating", "停训期间仍在培训", "Found operating", "outside.stricts",
            Selection("stop_recipient", states=("ordered",), kinds=("operating",)),
        ),
        Indicator(
            "stop_orders.stopped_share", "停训率", "Share verified stopped", "outside.stricts", _STOPPED, _ORDERED
        ),
        Indicator(
            "institutions.unplaced", "未落格机构", "Institutions in no grid", "outside.stricts",
            Selection("institution", states=IN_THE_LEDGER, where={"grid": ""}), rule_version=2,
        ),
        Indicator(
            "institutions.placed_share", "落格率", "Share of institutions placed in a grid", "outside.stricts",
            Selection("institution", states=IN_THE_LEDGER, where={"grid": "*"}), _INSTITUTIONS, rule_version=2,
        ),
        Indicator("inspection.teams", "街道检查组", "Street teams", "outside.responsibilities", Selection("team")),
        *(
            indicator
            for role, zh, en in (
                ("district_officer", "区县责任人", "of the district"),
                ("street_officer", "街道责任人", "of the street"),
                ("industry_department", "行业部门责任人", "of the industry department"),
            )
            for named in [Selection("institution", states=SUPERVISED, mark=Mark[role.upper()])]
            for indicator in (
                Indicator(
                    f"responsibilities.{role}", f"已落实{zh}机构", f"Institutions with an officer {en}",
                    "outside.responsibilities", named, rule_version=2,
                ),
                Indicator(
                    f"responsibilities.{role}_share", f"{zh}落实率", f"Share of institutions with an officer {en}",
                    "outside.responsibilities", named, _SUPERVISED, rule_version=2,
                ),
            )
        ),
        Indicator("inspection.visits", "检查次数", "Visits", "outside.stricts", _VISITS),
        Indicator("inspection.targets", "应查对象", "Targets of campaigns", "outside.stricts", _TARGETS),
        Indicator(
            "inspection.covered", "已查对象", "Targets closed with a reason", "outside.stricts", _CLOSED_TARGETS
        ),
        Indicator("inspection.coverage", "排查覆盖率", "Coverage", "outside.stricts", _CLOSED_TARGETS, _TARGETS),
        Indicator(
            "inspection.discoveries", "新发现机构", "Discoveries", "outside.stricts", Selection("discovery")
        ),
        Indicator(
            "discoveries.entered", "新发现机构入台账", "Discoveries entered in the ledger", "outside.stricts",
            Selection("discovery", states=("entered",)),
        ),
        Indicator(
            "draws.revealed", "双随机抽查", "Random inspections drawn", "outside.stricts",
            Selection("draw", states=("revealed",)),
        ),
        Indicator(
            "draws.targets", "双随机抽中机构", "Institutions drawn", "outside.stricts",
            Selection("draw", states=("revealed",), sums_amounts=True),
        ),
        Indicator("rechecks.total", "复查次数", "Re-checks", "outside.responsibilities", _RECHECKED),
        Indicator(
            "rechecks.agreeing_share", "复查相符率", "Share of re-checks that agree", "outside.responsibilities",
            _AGREEING, _RECHECKED,
        ),
        Indicator(
            "sync_conflicts.total", "离线记录冲突", "Conflicts of offline records", "outside.responsibilities",
            Selection("sync_conflict"),
        ),
        Indicator(
            "sync_conflicts.open", "待裁定离线冲突", "Conflicts that await a decision", "outside.responsibilities",
            Selection("sync_conflict", states=("open",)),
        ),
        Indicator("complaints.received", "收到投诉举报", "Complaints received", "outside.grasps", _COMPLAINTS),
        Indicator("complaints.answered", "答复投诉举报", "Complaints answered", "outside.grasps", _ANSWERED),
        Indicator(
            "complaints.answered_share", "投诉举报答复率", "Share of complaints answered", "outside.grasps",
            _ANSWERED, _COMPLAINTS,
        ),
        Indicator(
            "evidence.kept", "固定证据", "Pieces of evidence kept", "outside.grasps",
            Selection("evidence", states=("kept",)),
        ),
        Indicator("cases.filed", "行政处罚立案", "Penalty cases filed", "outside.grasps", Selection("case")),
        Indicator("cases.decided", "行政处罚决定", "Penalties decided", "outside.grasps", Selection("decision")),
        Indicator(
            "fines.imposed", "罚款金额", "Fines imposed", "outside.grasps",
            Selection("decision", sums_amounts=True), counts=Unit.FEN,
        ),
        Indicator(
            "fines.paid", "已缴罚没款", "Fines paid", "outside.grasps",
            Selection("payment", sums_amounts=True), counts=Unit.FEN,
        ),
        Indicator("violations.total", "发现问题", "Violations found", "outside.grasps", _VIOLATIONS),
        Indicator(
            "violations.open", "未结问题", "Open violations", "outside.grasps",
            Selection("violation", states=OPEN_STATES),
        ),
        Indicator("violations.investigated", "查处问题", "Violations investigated", "outside.grasps", _INVESTIGATED),
        Indicator(
            "violations.rectified", "已整改问题", "Violations rectified, verified or not yet", "outside.grasps",
            Selection("violation", states=("rectified", "closed")),
        ),
        Indicator("violations.closed", "已结问题", "Closed violations", "outside.grasps", _CLOSED_VIOLATIONS),
        Indicator(
            "violations.closed_share", "整改完成率", "Share of violations closed", "outside.grasps",
            _CLOSED_VIOLATIONS, _VIOLATIONS,
        ),
        *(
            Indicator(
                f"violations.{severity}", f"{zh}风险问题", f"Violations of {severity} severity", "outside.grasps",
                Selection("violation", states=_STANDING, kinds=(severity,)),
            )
            for severity, zh in (("low", "低"), ("moderate", "中"), ("high", "高"))
        ),
        Indicator("advertisements.found", "发现培训广告", "Advertisements found", "outside.grasps", _ADVERTISEMENTS),
        Indicator("advertisements.cleaned_up", "清理培训广告", "Advertisements gone", "outside.grasps", _CLEANED_UP),
        Indicator(
            "advertisements.cleaned_up_share", "广告清理率", "Share of advertisements gone", "outside.grasps",
            _CLEANED_UP, _ADVERTISEMENTS,
        ),
        Indicator(
            "permits.revoked", "吊销许可证", "Permits revoked", "outside.grasps",
            Selection("permit", states=("revoked",)),
        ),
        Indicator(
            "permits.cancelled", "注销许可证", "Permits cancelled", "outside.grasps",
            Selection("permit", states=("cancelled",)),
        ),
        Indicator("notices.published", "发布通报", "Notices published", "outside.grasps", Selection("notice")),
        Indicator(
            "notices.violators", "通报违规机构", "Notices about violators", "outside.grasps",
            Selection("notice", kinds=("violators",)),
        ),
        Indicator("notices.confirmed", "通报签收", "Receipts of notices", "outside.grasps", _CONFIRMED),
        Indicator(
            "notices.confirmed_share", "通报签收率", "Share of receipts", "outside.grasps", _CONFIRMED,
            Selection("notice", sums_amounts=True), undivided=True,
        ),
        Indicator("afterschool.schools", "参与学校", "Schools taking part", "inside.three", Selection("school")),
        Indicator("afterschool.offerings", "开设课程", "Offerings", "inside.three", Selection("offering")),
        Indicator(
            "afterschool.places", "课程学位", "Places offered", "inside.three",
            Selection("offering", sums_amounts=True), counts=Unit.PLACES,
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
        """This scope, if the caller may see it; district officers see their district, school staff their school."""
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

    @classmethod
    def undefined(cls) -> Self:
        return cls(0, 0)

    @property
    def value(self) -> float | int | None:
        """The number, or a ratio from 0 to 1. Null without a whole, or while it is unknown: a receipt can arrive
        before the notice that it confirms."""
        if self.denominator is None:
            return self.numerator
        if self.denominator == 0 or self.numerator > self.denominator:
            return None
        return self.numerator / self.denominator
