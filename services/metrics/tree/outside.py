"""The wing outside schools: one goal, two stricts, three responsibilities, four grasps."""

from typing import Final

from services.metrics.projections.domain import Mark
from services.metrics.tree.domain import Branch, Direction, Indicator, Office, Selection, Unit, of_the_report

_MORE, _LESS, _OURS = Direction.MORE, Direction.LESS, Office.SUPERVISION

OUTSIDE: Final = (
    Branch("outside", "校外“1234”工作法", "Outside schools: 1234", None),
    Branch("outside.goal", "一个目标：规范有序", "1 goal: an orderly ledger", "outside"),
    Branch("outside.stricts", "两个从严：审批、监管", "2 stricts: licensing and oversight", "outside"),
    Branch(
        "outside.responsibilities",
        "三个责任：区县、街道、行业部门",
        "3 responsibilities: district, street, industry department",
        "outside",
    ),
    Branch("outside.grasps", "四个抓手", "4 grasps", "outside"),
    Branch("outside.governance", "排查治理", "Inspection and governance", "outside.grasps"),
    Branch("outside.transformation", "转型", "Transformation", "outside.grasps"),
    Branch("outside.orientation", "正面引导", "Positive orientation", "outside.grasps"),
    Branch("outside.supervision", "监督", "Supervision", "outside.grasps"),
)

IN_THE_LEDGER: Final = ("applying", "active", "suspended", "closed", "unlicensed")
"""An entry that was merged into another was that institution twice: it is not counted."""
SUPERVISED: Final = ("active", "suspended", "unlicensed")
"""What needs somebody responsible: an applicant has its application, and what is closed or merged has ended."""
CLOSED_TARGETS: Final = ("inspected", "moved", "duplicate", "refused", "closed_door")
LISTED: Final = ("open", *CLOSED_TARGETS)
"""The states of a target on the list of a campaign; the list of a withdrawn campaign counts nowhere."""
OPEN_STATES: Final = ("reported", "rectification_ordered", "rectified")
_STANDING: Final = (*OPEN_STATES, "closed")
"""What was withdrawn was never a violation."""
_NOT_ENDED = ("granted", "recorded", "suspended", "reinstated", "renewed")
_UNDER_WAY = ("submitted", "returned", "accepted", "site_visit_requested", "site_visited")

_INSTITUTIONS = Selection("institution", "台账中的机构", "institutions in the ledger", states=IN_THE_LEDGER)
_SUPERVISED = Selection(
    "institution", "正常、停业和无证的机构", "institutions that are active, suspended or unlicensed", states=SUPERVISED
)
_PLACED = Selection(
    "institution", "台账中已落格的机构", "institutions of the ledger in a grid", states=IN_THE_LEDGER, placed=True
)
_TARGETS = Selection("target", "专项行动清单上的对象", "targets on the lists of campaigns", states=LISTED)
_CLOSED_TARGETS = Selection(
    "target", "已注明结果的应查对象", "targets of campaigns that are closed with a reason", states=CLOSED_TARGETS
)
_VIOLATIONS = Selection("violation", "未撤回的问题", "violations that were not withdrawn", states=_STANDING)
_CLOSED = Selection("violation", "已核验整改的问题", "violations whose rectification was verified", states=("closed",))
_INVESTIGATED = Selection(
    "violation",
    "已责令整改、已整改或已结的问题",
    "violations on which somebody acted, verified or not yet",
    states=("rectification_ordered", "rectified", "closed"),
)
_ADVERTISEMENTS = Selection("advertisement", "发现的培训广告", "advertisements found")
_CLEANED_UP = Selection(
    "advertisement", "经核实已清除的培训广告", "advertisements verified to be gone", states=("verified",)
)
_CONFIRMED = Selection("notice_receipt", "对通报的签收", "receipts of notices that were confirmed")
_RECIPIENTS = Selection("notice", "通报的接收机构", "recipients of notices", sums_amounts=True)
_ORDERED = Selection(
    "stop_recipient", "停训令责令停训的机构", "institutions ordered to stop, once per order", states=("ordered",)
)
_ACKNOWLEDGED = Selection(
    "stop_recipient",
    "已确认停训令的机构",
    "institutions that acknowledged their order",
    states=("ordered",),
    mark=Mark.ACKNOWLEDGED,
)
_STOPPED = Selection(
    "stop_recipient",
    "经核实已停训的机构",
    "institutions verified to have stopped",
    states=("ordered",),
    kinds=("stopped",),
)
_COMPLAINTS = Selection("complaint", "收到的投诉举报", "complaints received")
_ANSWERED = Selection("complaint", "已答复的投诉举报", "complaints that were answered", states=("answered",))
_RECHECKED = Selection("recheck", "已完成的复查", "re-checks that were concluded")
_AGREEING = Selection("recheck", "与原检查相符的复查", "re-checks that agree with the visit", states=("agrees",))


def _of(code: str, zh: str, en: str, noun: str, *states: str, kinds: tuple[str, ...] = ()) -> Indicator:
    """A plain count, whose name says what is counted; `parent:code`."""
    parent, _, own = code.partition(":")
    words = en[0].lower() + en[1:]
    counted = Selection(noun, zh, words, states=states, kinds=kinds)
    return Indicator(own, zh, en, f"outside.{parent}", _OURS, counted)


_GOAL: Final = (
    Indicator(
        "institutions.total",
        "台账机构",
        "Institutions in the ledger",
        "outside.goal",
        _OURS,
        _INSTITUTIONS,
        rule_version=2,
        public=True,
    ),
    _of("goal:institutions.active", "正常机构", "Active institutions", "institution", "active"),
    Indicator(
        "institutions.unlicensed",
        "无证机构",
        "Unlicensed institutions",
        "outside.goal",
        _OURS,
        Selection("institution", "无证机构", "unlicensed institutions", states=("unlicensed",)),
        direction=_LESS,
    ),
    *(
        Indicator(
            f"institutions.{kind}",
            zh,
            en,
            "outside.goal",
            _OURS,
            Selection("institution", f"台账中的{zh}", words, states=IN_THE_LEDGER, kinds=(kind,)),
            rule_version=2,
        )
        for kind, zh, en, words in (
            ("subject", "学科类机构", "Subject institutions", "institutions of the ledger that teach school subjects"),
            (
                "non_subject",
                "非学科类机构",
                "Non-subject institutions",
                "institutions of the ledger that teach no school subjects",
            ),
        )
    ),
)

_STRICTS: Final = (
    _of("stricts:applications.open", "在办许可申请", "Applications under way", "application", *_UNDER_WAY),
    _of("stricts:applications.decided", "已决许可申请", "Applications decided", "application", "granted", "refused"),
    _of("stricts:applications.granted", "准予许可", "Applications granted", "application", "granted"),
    _of("stricts:applications.refused", "不予许可", "Applications refused", "application", "refused"),
    _of("stricts:permits.total", "办学许可证", "Permits granted or recorded", "permit"),
    _of(
        "stricts:permits.not_ended", "未被吊销注销的许可证", "Permits that no decision has ended", "permit", *_NOT_ENDED
    ),
    _of("stricts:permits.suspended", "被暂停的许可证", "Permits last suspended", "permit", "suspended"),
    Indicator(
        "permits.revoked",
        "吊销许可证",
        "Permits revoked",
        "outside.stricts",
        _OURS,
        Selection("permit", "被吊销的许可证", "permits that were revoked", states=("revoked",)),
        target=of_the_report(3),
        public=True,
    ),
    _of("stricts:permits.cancelled", "注销许可证", "Permits cancelled", "permit", "cancelled"),
    _of("stricts:stop_orders.issued", "停训令", "Holiday stop orders", "stop_order", "issued"),
    Indicator(
        "stop_orders.recipients",
        "责令停训机构",
        "Ordered to stop",
        "outside.stricts",
        _OURS,
        _ORDERED,
        target=of_the_report(154),
        public=True,
    ),
    Indicator(
        "stop_orders.acknowledged",
        "确认停训令",
        "Orders acknowledged",
        "outside.stricts",
        _OURS,
        _ACKNOWLEDGED,
        direction=_MORE,
    ),
    Indicator(
        "stop_orders.acknowledged_share",
        "停训令确认率",
        "Share of orders acknowledged",
        "outside.stricts",
        _OURS,
        _ACKNOWLEDGED,
        _ORDERED,
        direction=_MORE,
    ),
    Indicator(
        "stop_orders.stopped",
        "核实停训机构",
        "Verified stopped",
        "outside.stricts",
        _OURS,
        _STOPPED,
        direction=_MORE,
        target=of_the_report(154),
        public=True,
    ),
    Indicator(
        "stop_orders.operating",
        "停训期间仍在培训",
        "Found operating",
        "outside.stricts",
        _OURS,
        Selection(
            "stop_recipient",
            "停训期间仍在培训的机构",
            "institutions found operating in spite of an order",
            states=("ordered",),
            kinds=("operating",),
        ),
        direction=_LESS,
    ),
    Indicator(
        "stop_orders.stopped_share",
        "停训率",
        "Share verified stopped",
        "outside.stricts",
        _OURS,
        _STOPPED,
        _ORDERED,
        direction=_MORE,
        target=of_the_report(1),
        public=True,
    ),
)

_RESPONSIBILITIES: Final = (
    Indicator(
        "inspection.teams",
        "街道检查组",
        "Street teams",
        "outside.responsibilities",
        _OURS,
        Selection("team", "街道检查组", "street teams"),
        target=of_the_report(18),
        public=True,
    ),
    *(
        indicator
        for role, zh, en in (
            ("district_officer", "区县责任人", "of the district"),
            ("street_officer", "街道责任人", "of the street"),
            ("industry_department", "行业部门责任人", "of the industry department"),
        )
        for named in [
            Selection(
                "institution",
                f"已落实{zh}的正常、停业和无证机构",
                f"institutions, active, suspended or unlicensed, that have an officer {en}",
                states=SUPERVISED,
                mark=Mark[role.upper()],
            )
        ]
        for indicator in (
            Indicator(
                f"responsibilities.{role}",
                f"已落实{zh}机构",
                f"Institutions with an officer {en}",
                "outside.responsibilities",
                _OURS,
                named,
                rule_version=2,
                direction=_MORE,
            ),
            Indicator(
                f"responsibilities.{role}_share",
                f"{zh}落实率",
                f"Share of institutions with an officer {en}",
                "outside.responsibilities",
                _OURS,
                named,
                _SUPERVISED,
                rule_version=2,
                direction=_MORE,
                target=of_the_report(1),
            ),
        )
    ),
)

_GOVERNANCE: Final = (
    Indicator(
        "institutions.unplaced",
        "未落格机构",
        "Institutions in no grid",
        "outside.governance",
        _OURS,
        Selection(
            "institution",
            "台账中未落格的机构",
            "institutions of the ledger in no grid",
            states=IN_THE_LEDGER,
            placed=False,
        ),
        rule_version=2,
        direction=_LESS,
        target=of_the_report(0),
    ),
    Indicator(
        "institutions.placed_share",
        "落格率",
        "Share of institutions placed in a grid",
        "outside.governance",
        _OURS,
        _PLACED,
        _INSTITUTIONS,
        rule_version=2,
        direction=_MORE,
        target=of_the_report(1),
    ),
    _of("governance:inspection.visits", "检查次数", "Visits", "visit", "done"),
    Indicator("inspection.targets", "应查对象", "Targets of campaigns", "outside.governance", _OURS, _TARGETS),
    Indicator(
        "inspection.covered",
        "已查对象",
        "Targets closed with a reason",
        "outside.governance",
        _OURS,
        _CLOSED_TARGETS,
        direction=_MORE,
    ),
    Indicator(
        "inspection.coverage",
        "排查覆盖率",
        "Coverage",
        "outside.governance",
        _OURS,
        _CLOSED_TARGETS,
        _TARGETS,
        direction=_MORE,
        target=of_the_report(1),
        public=True,
    ),
    _of("governance:inspection.discoveries", "新发现机构", "Discoveries", "discovery"),
    _of(
        "governance:discoveries.entered",
        "新发现机构入台账",
        "Discoveries entered in the ledger",
        "discovery",
        "entered",
    ),
    _of("governance:draws.revealed", "双随机抽查", "Random inspections drawn", "draw", "revealed"),
    Indicator(
        "draws.targets",
        "双随机抽中机构",
        "Institutions drawn",
        "outside.governance",
        _OURS,
        Selection("draw", "双随机抽中的机构", "institutions drawn", states=("revealed",), sums_amounts=True),
    ),
    Indicator("violations.total", "发现问题", "Violations found", "outside.governance", _OURS, _VIOLATIONS),
    Indicator(
        "violations.open",
        "未结问题",
        "Open violations",
        "outside.governance",
        _OURS,
        Selection("violation", "未结问题", "violations that are not closed", states=OPEN_STATES),
        direction=_LESS,
    ),
    Indicator(
        "violations.investigated",
        "查处问题",
        "Violations investigated",
        "outside.governance",
        _OURS,
        _INVESTIGATED,
        target=of_the_report(461),
        public=True,
    ),
    Indicator(
        "violations.rectified",
        "已整改问题",
        "Violations rectified, verified or not yet",
        "outside.governance",
        _OURS,
        Selection(
            "violation",
            "已整改（含待核验）的问题",
            "violations that were rectified, verified or not yet",
            states=("rectified", "closed"),
        ),
        direction=_MORE,
    ),
    Indicator(
        "violations.closed", "已结问题", "Closed violations", "outside.governance", _OURS, _CLOSED, direction=_MORE
    ),
    Indicator(
        "violations.closed_share",
        "整改完成率",
        "Share of violations closed",
        "outside.governance",
        _OURS,
        _CLOSED,
        _VIOLATIONS,
        direction=_MORE,
    ),
    *(
        Indicator(
            f"violations.{severity}",
            f"{zh}风险问题",
            f"Violations of {severity} severity",
            "outside.governance",
            _OURS,
            Selection(
                "violation",
                f"未撤回的{zh}风险问题",
                f"violations of {severity} severity that were not withdrawn",
                states=_STANDING,
                kinds=(severity,),
            ),
            direction=_LESS,
        )
        for severity, zh in (("low", "低"), ("moderate", "中"), ("high", "高"))
    ),
    Indicator(
        "advertisements.found", "发现培训广告", "Advertisements found", "outside.governance", _OURS, _ADVERTISEMENTS
    ),
    Indicator(
        "advertisements.cleaned_up",
        "清理培训广告",
        "Advertisements gone",
        "outside.governance",
        _OURS,
        _CLEANED_UP,
        direction=_MORE,
        target=of_the_report(488),
        public=True,
    ),
    Indicator(
        "advertisements.cleaned_up_share",
        "广告清理率",
        "Share of advertisements gone",
        "outside.governance",
        _OURS,
        _CLEANED_UP,
        _ADVERTISEMENTS,
        direction=_MORE,
    ),
    _of("governance:evidence.kept", "固定证据", "Pieces of evidence kept", "evidence", "kept"),
    _of("governance:cases.filed", "行政处罚立案", "Penalty cases filed", "case"),
    _of("governance:cases.decided", "行政处罚决定", "Penalties decided", "decision"),
    Indicator(
        "fines.imposed",
        "罚款金额",
        "Fines imposed",
        "outside.governance",
        _OURS,
        Selection("decision", "处罚决定中的罚款", "fines that were decided", sums_amounts=True),
        counts=Unit.FEN,
    ),
    Indicator(
        "fines.paid",
        "已缴罚没款",
        "Fines paid",
        "outside.governance",
        _OURS,
        Selection("payment", "已缴的罚没款", "fines and confiscated income that were paid", sums_amounts=True),
        counts=Unit.FEN,
    ),
)

_TRANSFORMATION: Final = (
    _of(
        "transformation:transformations.under_way",
        "正在转型",
        "Transformations under way",
        "transformation",
        "under_way",
    ),
    _of(
        "transformation:transformations.completed",
        "完成转型",
        "Transformations completed",
        "transformation",
        "completed",
    ),
    *(
        _of(
            f"transformation:transformations.{target}",
            zh,
            f"Transformations completed: {en}",
            "transformation",
            "completed",
            kinds=(target,),
        )
        for target, zh, en in (
            ("non_subject", "转为非学科类", "to non-subject"),
            ("non_profit", "转为非营利性", "to non-profit"),
            ("closure", "终止办学", "to closure"),
        )
    ),
)

_ORIENTATION: Final = (
    Indicator(
        "commitments.signed",
        "签订规范办学承诺书",
        "Commitments signed",
        "outside.orientation",
        _OURS,
        Selection("commitment", "签订的规范办学承诺书", "commitments that were signed"),
        direction=_MORE,
        target=of_the_report(311),
        public=True,
    ),
    Indicator(
        "commitments.breached",
        "违反承诺",
        "Commitments broken",
        "outside.orientation",
        _OURS,
        Selection("commitment", "被违反的承诺书", "commitments that were broken", states=("breached",)),
        direction=_LESS,
    ),
    _of("orientation:notices.published", "发布通报", "Notices published", "notice"),
    _of("orientation:notices.violators", "通报违规机构", "Notices about violators", "notice", kinds=("violators",)),
    Indicator("notices.confirmed", "通报签收", "Receipts of notices", "outside.orientation", _OURS, _CONFIRMED),
    Indicator(
        "notices.confirmed_share",
        "通报签收率",
        "Share of receipts",
        "outside.orientation",
        _OURS,
        _CONFIRMED,
        _RECIPIENTS,
        undivided=True,
        direction=_MORE,
    ),
)

_SUPERVISION: Final = (
    Indicator("rechecks.total", "复查次数", "Re-checks", "outside.supervision", _OURS, _RECHECKED),
    Indicator(
        "rechecks.agreeing_share",
        "复查相符率",
        "Share of re-checks that agree",
        "outside.supervision",
        _OURS,
        _AGREEING,
        _RECHECKED,
        direction=_MORE,
    ),
    _of("supervision:sync_conflicts.total", "离线记录冲突", "Conflicts of offline records", "sync_conflict"),
    Indicator(
        "sync_conflicts.open",
        "待裁定离线冲突",
        "Conflicts that await a decision",
        "outside.supervision",
        _OURS,
        Selection("sync_conflict", "待裁定的离线冲突", "conflicts that await a decision", states=("open",)),
        direction=_LESS,
    ),
    Indicator("complaints.received", "收到投诉举报", "Complaints received", "outside.supervision", _OURS, _COMPLAINTS),
    Indicator(
        "complaints.answered",
        "答复投诉举报",
        "Complaints answered",
        "outside.supervision",
        _OURS,
        _ANSWERED,
        direction=_MORE,
    ),
    Indicator(
        "complaints.answered_share",
        "投诉举报答复率",
        "Share of complaints answered",
        "outside.supervision",
        _OURS,
        _ANSWERED,
        _COMPLAINTS,
        direction=_MORE,
    ),
    Indicator(
        "homework_reports.filed",
        "培训机构布置作业举报",
        "Reports of homework set by institutions",
        "outside.supervision",
        _OURS,
        Selection("homework_report", "培训机构布置作业的举报", "reports that an institution set homework"),
        direction=_LESS,
    ),
)

OUTSIDE_INDICATORS: Final = (
    *_GOAL,
    *_STRICTS,
    *_RESPONSIBILITIES,
    *_GOVERNANCE,
    *_TRANSFORMATION,
    *_ORIENTATION,
    *_SUPERVISION,
)
