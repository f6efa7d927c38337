"""The rules known when this platform was made, each as its source says it."""

from datetime import date
from typing import Any, Final

from services.registry.ledger.institutions.domain import Kind, Mode, Stage
from services.registry.rulebook.rules.domain import RuleCheck, RuleContent, RuleStatus, Scope, columns
from shared.data.database import new_id

OPINION: Final = "《关于进一步减轻义务教育阶段学生作业负担和校外培训负担的意见》（双减意见，2021-07-24公布）"
NON_SUBJECT_OPINION: Final = "教育部等十三部门《关于规范面向中小学生的非学科类校外培训的意见》（2022-12-29公布）"
SUBJECTS_NOTICE: Final = "教监管厅函〔2021〕3号（义务教育阶段校外培训学科类和非学科类范围）"
SENIOR: Final = "普通高中学生的学科类培训参照执行。"

DOUBLE_REDUCTION: Final = date(2021, 7, 24)
NON_SUBJECT: Final = date(2022, 12, 29)

_SCHOOL_STAGES = [Stage.PRIMARY, Stage.JUNIOR, Stage.SENIOR]
_SUBJECT = Scope(kinds=[Kind.SUBJECT], stages=_SCHOOL_STAGES)
_NON_SUBJECT = Scope(kinds=[Kind.NON_SUBJECT], stages=_SCHOOL_STAGES)

RULES: Final = (
    RuleContent(
        code="approval.subject_closed",
        check=RuleCheck.APPROVAL_CLOSED,
        title_zh="不再审批新的学科类校外培训机构",
        title_en="No new subject training institutions are approved",
        citation=f"{OPINION}：各地不再审批新的面向义务教育阶段学生的学科类校外培训机构；学龄前儿童和普通高中学生同此。",
        parameters={"kinds": ["subject"], "stages": []},
        effective_from=DOUBLE_REDUCTION,
    ),
    RuleContent(
        code="training.forbidden_days",
        check=RuleCheck.FORBIDDEN_DAYS,
        title_zh="不得占用国家法定节假日、休息日及寒暑假期组织学科类培训",
        title_en="No subject training on public holidays, rest days and in winter and summer vacations",
        citation=f"{OPINION}；{SENIOR}",
        scope=_SUBJECT,
        effective_from=DOUBLE_REDUCTION,
    ),
    RuleContent(
        code="training.latest_end.subject",
        check=RuleCheck.LATEST_END,
        title_zh="学科类培训结束时间线下不晚于20:30、线上不晚于21:00",
        title_en="Subject training ends by 20:30 offline and 21:00 online",
        citation=f"{OPINION}及各地实施意见；{SENIOR}",
        scope=_SUBJECT,
        parameters={"offline": "20:30", "online": "21:00"},
        effective_from=DOUBLE_REDUCTION,
    ),
    RuleContent(
        code="training.latest_end.non_subject",
        check=RuleCheck.LATEST_END,
        title_zh="非学科类培训结束时间线下不晚于20:30、线上不晚于21:00",
        title_en="Non-subject training ends by 20:30 offline and 21:00 online",
        citation=NON_SUBJECT_OPINION,
        scope=_NON_SUBJECT,
        parameters={"offline": "20:30", "online": "21:00"},
        effective_from=NON_SUBJECT,
    ),
    RuleContent(
        code="training.online_lesson",
        check=RuleCheck.ONLINE_LESSON,
        title_zh="线上培训每课时不超过30分钟，课程间隔不少于10分钟",
        title_en="Online lessons last at most 30 minutes, with at least 10 minutes between them",
        citation=f"{OPINION}；{SENIOR}",
        scope=Scope(kinds=[Kind.SUBJECT], stages=_SCHOOL_STAGES, modes=[Mode.ONLINE]),
        parameters={"max_minutes": 30, "min_gap_minutes": 10},
        effective_from=DOUBLE_REDUCTION,
    ),
    RuleContent(
        code="training.disguised",
        check=RuleCheck.DISGUISED,
        title_zh="非学科类培训机构不得从事学科类培训",
        title_en="A non-subject institution teaches no subject",
        citation=f"{OPINION}；{SUBJECTS_NOTICE}",
        scope=Scope(kinds=[Kind.NON_SUBJECT]),
        parameters={
            "subjects": [
                "道德与法治",
                "语文",
                "历史",
                "地理",
                "数学",
                "外语",
                "英语",
                "日语",
                "俄语",
                "物理",
                "化学",
                "生物",
            ]
        },
        effective_from=DOUBLE_REDUCTION,
    ),
    RuleContent(
        code="training.preschool_online",
        check=RuleCheck.PRESCHOOL_ONLINE,
        title_zh="不得开展面向学龄前儿童的线上培训",
        title_en="No online training for preschool children",
        citation=OPINION,
        scope=Scope(stages=[Stage.PRESCHOOL], modes=[Mode.ONLINE]),
        effective_from=DOUBLE_REDUCTION,
    ),
    RuleContent(
        code="fees.prepayment",
        check=RuleCheck.PREPAYMENT,
        title_zh="一次性收费不超过3个月或60课时（含充值、次卡）",
        title_en="Prepaid for at most 3 months or 60 lessons, top-ups and punch cards included",
        citation="教监管函〔2021〕2号（教育部等六部门关于加强校外培训机构预收费监管工作的通知）",
        parameters={"max_months": 3, "max_lessons": 60},
        effective_from=date(2021, 10, 21),
    ),
    RuleContent(
        code="fees.prepayment_amount.non_subject",
        check=RuleCheck.PREPAYMENT_AMOUNT,
        title_zh="非学科类培训一次性收费不超过5000元",
        title_en="Non-subject training takes at most 5,000 yuan at once",
        citation=NON_SUBJECT_OPINION,
        scope=Scope(kinds=[Kind.NON_SUBJECT]),
        parameters={"max_fen": 500_000},
        effective_from=NON_SUBJECT,
    ),
    RuleContent(
        code="advertising.none",
        check=RuleCheck.ADVERTISING,
        title_zh="媒体、网络平台、公共场所、居民区等不得刊登、播发校外培训广告",
        title_en="No advertising of off-campus training in any medium or place",
        citation=f"{OPINION}；市场监管总局等八部门关于校外培训广告管控的通知（2021-11-10公布）",
        parameters={"allowed_media": []},
        effective_from=DOUBLE_REDUCTION,
    ),
    RuleContent(
        code="homework.none",
        check=RuleCheck.HOMEWORK,
        title_zh="校外培训机构不得给中小学生留作业",
        title_en="Training institutions set no homework",
        citation="教育部办公厅《关于加强义务教育学校作业管理的通知》（教基厅函〔2021〕13号，2021-04）",
        effective_from=date(2021, 4, 8),
    ),
    RuleContent(
        code="premises.area_per_pupil",
        check=RuleCheck.AREA_PER_PUPIL,
        title_zh="同一培训时段内生均面积不低于3平方米",
        title_en="At least 3 square metres per pupil present",
        citation="二级来源，各省标准不一；数值待市教育局确认。",
        scope=Scope(modes=[Mode.OFFLINE]),
        parameters={"min_m2": 3.0},
        status=RuleStatus.TO_BE_CONFIRMED,
        effective_from=DOUBLE_REDUCTION,
    ),
)


def rows() -> list[dict[str, Any]]:
    """Rows of `rule`; version 1 is the fact that the migration writes to the journal."""
    return [{"id": new_id(), "version": 1, **columns(rule)} for rule in RULES]
