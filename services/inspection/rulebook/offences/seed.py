"""The offences known when this platform was made, each as its source says it.

What this platform does not know from the text itself, the days to put things right first of all, waits for the
bureau: `to_be_confirmed`. Before Order 53 (2023-10-15) an offence of the opinion could be corrected, not fined.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from services.inspection.rulebook.offences.domain import (
    Gravity,
    OffenceContent,
    PenaltyKind,
    PenaltyRule,
    Severity,
    columns,
)
from shared.data.database import new_id
from shared.domain.dated import SourceStatus

OPINION: Final = "双减意见"
OPINION_SOURCE: Final = "《关于进一步减轻义务教育阶段学生作业负担和校外培训负担的意见》，2021-07-24公布"
NON_SUBJECT: Final = "《关于规范面向中小学生的非学科类校外培训的意见》"
NON_SUBJECT_SOURCE: Final = "教育部等十三部门，2022-12-29公布"
ORDER: Final = "《校外培训行政处罚暂行办法》"
ORDER_SOURCE: Final = "教育部令第53号，2023-10-15施行"
PREPAYMENT: Final = "教监管函〔2021〕2号"
SINCE_OPINION: Final = date(2021, 7, 24)
SINCE_NON_SUBJECT: Final = date(2022, 12, 29)
SINCE_ORDER: Final = date(2023, 10, 15)

_DISGUISED: Final = (
    PenaltyRule(kind=PenaltyKind.WARNING, gravities=[Gravity.ORDINARY], basis=f"{ORDER}第十八条"),
    PenaltyRule(kind=PenaltyKind.CRITICISM, gravities=[Gravity.ORDINARY], basis=f"{ORDER}第十八条"),
    PenaltyRule(
        kind=PenaltyKind.FINE, gravities=[Gravity.SERIOUS], basis=f"{ORDER}第十八条", min_fen=0, max_fen=5_000_000
    ),
    PenaltyRule(
        kind=PenaltyKind.FINE,
        gravities=[Gravity.VERY_SERIOUS],
        basis=f"{ORDER}第十八条",
        min_fen=5_000_000,
        max_fen=10_000_000,
    ),
)
_UNLICENSED: Final = (
    PenaltyRule(
        kind=PenaltyKind.CLOSURE,
        gravities=[Gravity.ORDINARY, Gravity.SERIOUS, Gravity.VERY_SERIOUS],
        basis=f"{ORDER}第十七条",
    ),
    PenaltyRule(
        kind=PenaltyKind.FINE,
        gravities=[Gravity.ORDINARY, Gravity.SERIOUS, Gravity.VERY_SERIOUS],
        basis=f"{ORDER}第十七条",
        min_times=1,
        max_times=5,
    ),
)


def _conduct(article: str) -> tuple[PenaltyRule, ...]:
    """A warning; if serious, a halt to enrolment, or a suspended or revoked permit."""
    basis = f"{ORDER}{article}"
    grave = [Gravity.SERIOUS, Gravity.VERY_SERIOUS]
    return (
        PenaltyRule(kind=PenaltyKind.WARNING, gravities=[Gravity.ORDINARY], basis=basis),
        PenaltyRule(kind=PenaltyKind.CONFISCATION, gravities=[Gravity.ORDINARY, *grave], basis=basis),
        PenaltyRule(kind=PenaltyKind.ENROLMENT_STOP, gravities=grave, basis=basis),
        PenaltyRule(kind=PenaltyKind.SUSPENSION, gravities=grave, basis=basis),
        PenaltyRule(kind=PenaltyKind.REVOCATION, gravities=grave, basis=basis),
    )


def _fined(article: str) -> tuple[PenaltyRule, ...]:
    """A warning; fines if serious and if very serious."""
    basis = f"{ORDER}{article}"
    return (
        PenaltyRule(kind=PenaltyKind.WARNING, gravities=[Gravity.ORDINARY], basis=basis),
        PenaltyRule(kind=PenaltyKind.CRITICISM, gravities=[Gravity.ORDINARY], basis=basis),
        PenaltyRule(kind=PenaltyKind.FINE, gravities=[Gravity.SERIOUS], basis=basis, min_fen=0, max_fen=5_000_000),
        PenaltyRule(
            kind=PenaltyKind.FINE, gravities=[Gravity.VERY_SERIOUS], basis=basis, min_fen=5_000_000, max_fen=10_000_000
        ),
    )


def _offence(
    code: str,
    title: str,
    cites: tuple[str, str, str, str],
    graveness: tuple[Severity, int],
    since: date,
    *,
    penalties: Sequence[PenaltyRule] = (),
    leniency: bool = True,
    life_or_finance: bool = False,
    status: SourceStatus = SourceStatus.TO_BE_CONFIRMED,
) -> OffenceContent:
    law, article, text, source = cites
    return OffenceContent(
        code=code,
        title=title,
        law=law,
        article=article,
        text=text,
        severity=graveness[0],
        days=graveness[1],
        penalties=list(penalties),
        leniency=leniency,
        life_or_finance=life_or_finance,
        source=source,
        status=status,
        valid_from=since,
    )


_HIGH, _MODERATE, _LOW = (Severity.HIGH, 3), (Severity.MODERATE, 15), (Severity.LOW, 30)
_VERIFIED: Final = SourceStatus.VERIFIED

OFFENCES: Final = (
    _offence(
        "training.forbidden_day",
        "在国家法定节假日、休息日或寒暑假组织学科类培训",
        (OPINION, "第13条", "不得占用国家法定节假日、休息日及寒暑假期组织学科类培训。", OPINION_SOURCE),
        _HIGH,
        SINCE_OPINION,
        penalties=_fined("第二十条"),
    ),
    _offence(
        "training.late_end",
        "培训超过规定结束时间",
        (
            NON_SUBJECT,
            "培训时间",
            "线下培训结束时间不得晚于20:30，线上不得晚于21:00，不得与教学时间冲突。",
            NON_SUBJECT_SOURCE,
        ),
        _MODERATE,
        SINCE_OPINION,
        penalties=_fined("第二十条"),
    ),
    _offence(
        "training.online_lesson",
        "线上培训课时或间隔不合规定",
        (
            OPINION,
            "第14条",
            "线上培训每课时不超过30分钟，课程间隔不少于10分钟，培训结束时间不晚于21点。",
            OPINION_SOURCE,
        ),
        _LOW,
        SINCE_OPINION,
        penalties=_fined("第二十条"),
    ),
    _offence(
        "prepayment.limit",
        "预收费超过三个月或60课时",
        (
            PREPAYMENT,
            "第二十条",
            "不得一次性收取或以充值、次卡等形式变相收取时间跨度超过3个月或60课时的费用。",
            "教监管函〔2021〕2号",
        ),
        _HIGH,
        SINCE_OPINION,
        penalties=_conduct("第二十二条"),
        leniency=False,
    ),
    _offence(
        "prepayment.amount",
        "非学科类预收费超过5000元",
        (NON_SUBJECT, "收费管理", "一次性收费时间跨度不得超过3个月或60课时，且不超过5000元。", NON_SUBJECT_SOURCE),
        _HIGH,
        SINCE_NON_SUBJECT,
        penalties=_conduct("第二十二条"),
        leniency=False,
    ),
    _offence(
        "prepayment.early",
        "过早收取培训费用",
        (
            "《中小学生校外培训收费管理》地方规定",
            "收费时间",
            "不得早于新课开始前1个月或者剩余20课时收费。",
            "江苏、成都地方规定；本市待确认",
        ),
        _MODERATE,
        SINCE_OPINION,
    ),
    _offence(
        "prepayment.account",
        "预收费未全部进入专用账户",
        (
            "《关于加强校外培训机构预收费监管工作的通知》",
            "全额监管",
            "预收费须全部进入本机构培训收费专用账户，不得使用培训贷。",
            "河南、海南、广州公布文本",
        ),
        _HIGH,
        SINCE_OPINION,
        penalties=_conduct("第二十二条"),
        leniency=False,
        life_or_finance=True,
    ),
    _offence(
        "price.above_guidance",
        "学科类培训收费高于政府指导价",
        (
            "《关于加强义务教育阶段学科类校外培训收费监管的通知》",
            "政府指导价",
            "上浮不得超过10%，下浮不限；本市基准价待确认。",
            "国家发展改革委等，2021；本市待确认",
        ),
        _MODERATE,
        SINCE_OPINION,
    ),
    _offence(
        "scope.unlicensed",
        "擅自举办校外培训机构",
        (
            ORDER,
            "第十七条",
            "未经审批，有场所或网站、两名以上从业人员和组织分工而开展培训的，责令停止举办、退还费用，处违法所得一至五倍罚款。",
            ORDER_SOURCE,
        ),
        _HIGH,
        SINCE_ORDER,
        penalties=_UNLICENSED,
        leniency=False,
        status=_VERIFIED,
    ),
    _offence(
        "scope.disguised",
        "变相开展学科类校外培训",
        (
            ORDER,
            "第十八条",
            "通过线上、居民楼、酒店、咖啡厅或者以其他名义变相开展学科类培训的，责令改正、退还费用，予以警告；情节严重的罚款。",
            ORDER_SOURCE,
        ),
        _HIGH,
        SINCE_ORDER,
        penalties=_DISGUISED,
        status=_VERIFIED,
    ),
    _offence(
        "scope.beyond_permit",
        "超出办学许可范围开展培训",
        (OPINION, "第13条", "非学科类机构不得从事学科类培训；不得面向学龄前儿童开展线上培训。", OPINION_SOURCE),
        _HIGH,
        SINCE_OPINION,
        penalties=_conduct("第十九条"),
    ),
    _offence(
        "scope.foreign_curriculum",
        "提供境外教育课程",
        (OPINION, "第14条", "严禁提供境外教育课程。", OPINION_SOURCE),
        _HIGH,
        SINCE_OPINION,
        penalties=_fined("第二十条"),
    ),
    _offence(
        "advertising.any",
        "发布校外培训广告",
        (
            OPINION,
            "第15条",
            "不得在主流媒体、新媒体、公共场所、居民区各类广告牌和网络平台等刊登、播发校外培训广告。",
            OPINION_SOURCE,
        ),
        _MODERATE,
        SINCE_OPINION,
    ),
    _offence(
        "homework.assigned",
        "培训机构布置作业",
        (
            "《关于加强义务教育学校作业管理的通知》",
            "第十条",
            "校外培训机构不得给中小学生留作业。",
            "教育部办公厅，2021-04",
        ),
        _LOW,
        SINCE_OPINION,
    ),
    _offence(
        "conduct.preschool_subject",
        "对学龄前未成年人进行小学课程教育",
        (
            "《中华人民共和国未成年人保护法》",
            "第三十三条",
            "校外培训机构不得对学龄前未成年人进行小学课程教育。",
            "2024年修正文本",
        ),
        _HIGH,
        SINCE_OPINION,
        penalties=_fined("第二十条"),
        life_or_finance=False,
    ),
    _offence(
        "premises.area",
        "生均面积低于3平方米",
        ("校外培训机构设置标准", "场所", "同一培训时段内生均面积不低于3平方米。", "仅见二级来源，各省不一"),
        _MODERATE,
        SINCE_OPINION,
    ),
    _offence(
        "premises.fire",
        "场所不符合消防安全要求",
        ("校外培训机构设置标准", "场所", "培训场所须符合消防、住建等安全条件。", "仅见二级来源，各省不一"),
        _HIGH,
        SINCE_OPINION,
        penalties=_conduct("第二十一条"),
        leniency=False,
        life_or_finance=True,
    ),
    _offence(
        "staff.serving_teacher",
        "聘用在职中小学教师",
        (OPINION, "第13条", "校外培训机构不得高薪挖抢学校教师，不得聘用在职教师。", OPINION_SOURCE),
        _HIGH,
        SINCE_OPINION,
        penalties=_conduct("第二十一条"),
        leniency=False,
    ),
    _offence(
        "contract.model",
        "未使用示范合同或未公示收费",
        (
            PREPAYMENT,
            "合同与公示",
            "须使用《中小学生校外培训服务合同（示范文本）》，公示收费项目和标准。",
            "河南、海南、广州公布文本",
        ),
        _LOW,
        SINCE_OPINION,
    ),
)


def rows() -> Iterator[dict[str, Any]]:
    """One row per version. An offence of before Order 53, which could not be penalised, has an earlier version without
    penalties."""
    for offence in OFFENCES:
        row = {"id": new_id(), "version": 0, "valid_to": None, **columns(offence)}
        if offence.penalties and offence.valid_from < SINCE_ORDER:
            yield row | {"penalties": [], "valid_to": SINCE_ORDER - timedelta(days=1)}
            row |= {"id": new_id(), "valid_from": SINCE_ORDER}
        yield row
