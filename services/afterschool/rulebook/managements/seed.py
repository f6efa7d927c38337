"""The rules of the five managements that the platform starts with, after the ministry's notices of 2021.

Verified are the rules of sleep and phones, whose questions were read in the text of their notices. The others wait for
the bureau to confirm them.
"""

from datetime import date
from typing import Any, Final

from services.afterschool.rulebook.managements.domain import (
    FigureUnit,
    Management,
    ManagementRuleContent,
    Question,
    TaughtStage,
    columns,
)
from services.afterschool.rulebook.norms.domain import NormName
from services.afterschool.rulebook.norms.seed import (
    FITNESS,
    HOMEWORK,
    SINCE_FITNESS,
    SINCE_HOMEWORK,
    SINCE_SLEEP,
    SLEEP,
)
from shared.data.database import new_id
from shared.domain.dated import SourceStatus

PHONES: Final = "教育部办公厅《关于加强中小学生手机管理工作的通知》（教基厅函〔2021〕3号，2021-01-15）"
READING: Final = "教育部《中小学生课外读物进校园管理办法》（教材〔2021〕2号，2021-03-31）"
SINCE_PHONES: Final = date(2021, 1, 15)
SINCE_READING: Final = date(2021, 3, 31)


def _minutes(key: str, zh: str, en: str, **limits: Any) -> Question:
    return Question(key=key, zh=zh, en=en, unit=FigureUnit.MINUTES, **limits)


def _time(key: str, zh: str, en: str, **limits: Any) -> Question:
    return Question(key=key, zh=zh, en=en, unit=FigureUnit.MINUTE_OF_DAY, **limits)


def _yes(key: str, zh: str, en: str, *, expected: bool = True) -> Question:
    return Question(key=key, zh=zh, en=en, unit=FigureUnit.YES_NO, expected=int(expected))


RULES: Final = (
    ManagementRuleContent(
        management=Management.HOMEWORK,
        summary="小学一二年级不布置书面家庭作业，三至六年级平均不超过60分钟，初中平均不超过90分钟；作业校内公示。",
        questions=[
            _minutes(
                "grades_1_2_written",
                "一二年级书面家庭作业平均时长",
                "Average written homework, grades 1 and 2",
                stage=TaughtStage.PRIMARY,
                at_most=NormName.HOMEWORK_GRADES_1_2,
            ),
            _minutes(
                "grades_3_6_average",
                "三至六年级书面作业平均时长",
                "Average homework, grades 3 to 6",
                stage=TaughtStage.PRIMARY,
                at_most=NormName.HOMEWORK_GRADES_3_6,
            ),
            _minutes(
                "grades_7_9_average",
                "初中书面作业平均时长",
                "Average homework, grades 7 to 9",
                stage=TaughtStage.JUNIOR,
                at_most=NormName.HOMEWORK_GRADES_7_9,
            ),
            _yes("published", "作业是否校内公示", "Homework is published within the school"),
            _yes("marked_by_parents", "是否要求家长批改作业", "Parents are asked to mark homework", expected=False),
        ],
        source=HOMEWORK,
        status=SourceStatus.TO_BE_CONFIRMED,
        valid_from=SINCE_HOMEWORK,
    ),
    ManagementRuleContent(
        management=Management.SLEEP,
        summary="小学生每天睡眠10小时、初中生9小时；小学上午上课不早于8:20，中学不早于8:00。",
        questions=[
            _time(
                "primary_first_lesson",
                "小学上午第一节课开始时间",
                "Start of the first lesson, primary",
                stage=TaughtStage.PRIMARY,
                at_least=NormName.FIRST_LESSON_PRIMARY,
            ),
            _time(
                "junior_first_lesson",
                "初中上午第一节课开始时间",
                "Start of the first lesson, junior high",
                stage=TaughtStage.JUNIOR,
                at_least=NormName.FIRST_LESSON_JUNIOR,
            ),
            _minutes(
                "primary_sleep",
                "小学生平均睡眠时长",
                "Average sleep, primary",
                stage=TaughtStage.PRIMARY,
                at_least=NormName.SLEEP_PRIMARY,
            ),
            _minutes(
                "junior_sleep",
                "初中生平均睡眠时长",
                "Average sleep, junior high",
                stage=TaughtStage.JUNIOR,
                at_least=NormName.SLEEP_JUNIOR,
            ),
        ],
        source=SLEEP,
        status=SourceStatus.VERIFIED,
        valid_from=SINCE_SLEEP,
    ),
    ManagementRuleContent(
        management=Management.PHONES,
        summary="学生原则上不得将个人手机带入校园，确需带入的经家长申请、统一保管，禁止带入课堂；不用手机布置作业。",
        questions=[
            _yes("kept_by_school", "带入校园的手机是否统一保管", "The school keeps the phones that are brought in"),
            _yes("on_application", "带入校园是否经家长书面申请", "Parents apply in writing for a phone"),
            _yes("in_class", "是否允许手机带入课堂", "Phones are allowed in class", expected=False),
            _yes("homework_by_phone", "是否用手机布置作业", "Homework is set by phone", expected=False),
        ],
        source=PHONES,
        status=SourceStatus.VERIFIED,
        valid_from=SINCE_PHONES,
    ),
    ManagementRuleContent(
        management=Management.READING,
        summary="进校园课外读物须经学校推荐、审核、公示；不得强制或变相强制学生购买。",
        questions=[
            _yes("reviewed", "进校园读物是否经学校审核", "The school has reviewed all reading material"),
            _yes("list_published", "推荐目录是否公示", "The recommended list is published"),
            _yes("purchase_required", "是否要求学生购买", "Students must buy reading material", expected=False),
        ],
        source=READING,
        status=SourceStatus.TO_BE_CONFIRMED,
        valid_from=SINCE_READING,
    ),
    ManagementRuleContent(
        management=Management.FITNESS,
        summary="开齐开足体育与健康课程，每天校内体育活动1小时，大课间30分钟。",
        questions=[
            _minutes(
                "school_activity",
                "每天校内体育活动时长",
                "Physical activity at school each day",
                at_least=NormName.FITNESS_SCHOOL,
            ),
            _minutes(
                "long_break",
                "大课间体育活动时长",
                "Physical activity in the long break",
                at_least=NormName.FITNESS_BREAK,
            ),
            _yes("lessons_complete", "体育与健康课程是否开齐开足", "All lessons of physical education are given"),
            _yes(
                "lessons_taken",
                "体育课是否被其他课程占用",
                "Physical education gives way to other subjects",
                expected=False,
            ),
        ],
        source=FITNESS,
        status=SourceStatus.TO_BE_CONFIRMED,
        valid_from=SINCE_FITNESS,
    ),
)


def rows() -> list[dict[str, Any]]:
    """Rows of `management_rule`; version 1 is the fact that the migration writes to the journal."""
    return [{"id": new_id(), "version": 1, **columns(rule)} for rule in RULES]
