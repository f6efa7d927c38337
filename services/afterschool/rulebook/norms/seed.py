"""The numbers that the platform starts with, each with its source.

Verified are those that were read in the source. Amounts of money, shares and deadlines are configuration until the
bureau confirms them.
"""

from datetime import date
from typing import Any, Final

from services.afterschool.rulebook.norms.domain import NormContent, NormName, columns
from shared.data.database import new_id
from shared.domain.dated import SourceStatus

OPINION: Final = "《关于进一步减轻义务教育阶段学生作业负担和校外培训负担的意见》（双减意见，2021-07-24公布）"
HOMEWORK: Final = "教育部办公厅《关于加强义务教育学校作业管理的通知》（教基厅函〔2021〕13号，2021-04-08）；双减意见重申"
SLEEP: Final = "教育部办公厅《关于进一步加强中小学生睡眠管理工作的通知》（教基厅函〔2021〕11号，2021-03-30）"
FITNESS: Final = "教育部办公厅《关于进一步加强中小学生体质健康管理工作的通知》（教体艺厅函〔2021〕16号，2021-04-19）"
REPORT: Final = "大同市“双减”报道（2021）所载金额，计算口径未公布"
TO_CONFIRM: Final = "待市教育局确认"
OURS: Final = f"平台默认值，{TO_CONFIRM}"

SINCE_OPINION: Final = date(2021, 7, 24)
SINCE_HOMEWORK: Final = date(2021, 4, 8)
SINCE_SLEEP: Final = date(2021, 3, 30)
SINCE_FITNESS: Final = date(2021, 4, 19)
SINCE_AUTUMN_2021: Final = date(2021, 9, 1)

_VERIFIED, _OPEN = SourceStatus.VERIFIED, SourceStatus.TO_BE_CONFIRMED
_VALUES: Final = (
    (NormName.HOMEWORK_GRADES_1_2, 0, HOMEWORK, _VERIFIED, SINCE_HOMEWORK),
    (NormName.HOMEWORK_GRADES_3_6, 60, HOMEWORK, _VERIFIED, SINCE_HOMEWORK),
    (NormName.HOMEWORK_GRADES_7_9, 90, HOMEWORK, _VERIFIED, SINCE_HOMEWORK),
    (NormName.SERVICE_DAYS, 5, OPINION, _VERIFIED, SINCE_OPINION),
    (NormName.SERVICE_MINUTES, 120, OPINION, _VERIFIED, SINCE_OPINION),
    (
        NormName.SERVICE_END,
        18 * 60,
        f"双减意见：结束时间原则上不早于当地正常下班时间；18:00为平台默认值，{TO_CONFIRM}",
        _OPEN,
        SINCE_OPINION,
    ),
    (
        NormName.FEE_LESSON,
        300,
        f"本市课时收费上限未公布，暂用山东2022年例（每课时3元），{TO_CONFIRM}",
        _OPEN,
        SINCE_AUTUMN_2021,
    ),
    (NormName.SUBSIDY_PRIMARY_CLASS, 1_000_000, f"{REPORT}：小学每班1万元，{TO_CONFIRM}", _OPEN, SINCE_AUTUMN_2021),
    (
        NormName.SUBSIDY_PRINCIPAL_FUND,
        3_000_000,
        f"{REPORT}：校长基金每班3万元，{TO_CONFIRM}",
        _OPEN,
        SINCE_AUTUMN_2021,
    ),
    (
        NormName.SUBSIDY_JUNIOR_SHARE,
        5_000,
        f"{REPORT}：校长基金部分用于初中晚自习等服务，比例未载；50%为平台默认值，{TO_CONFIRM}",
        _OPEN,
        SINCE_AUTUMN_2021,
    ),
    (
        NormName.SUBSIDY_DAYS,
        60,
        f"班级一学期内达到每日服务时长的最少天数，60天为平台默认值，{TO_CONFIRM}",
        _OPEN,
        SINCE_AUTUMN_2021,
    ),
    (NormName.SLEEP_PRIMARY, 600, SLEEP, _VERIFIED, SINCE_SLEEP),
    (NormName.SLEEP_JUNIOR, 540, SLEEP, _VERIFIED, SINCE_SLEEP),
    (NormName.BEDTIME_PRIMARY, 21 * 60 + 20, SLEEP, _VERIFIED, SINCE_SLEEP),
    (NormName.BEDTIME_JUNIOR, 22 * 60, SLEEP, _VERIFIED, SINCE_SLEEP),
    (NormName.FIRST_LESSON_PRIMARY, 8 * 60 + 20, SLEEP, _VERIFIED, SINCE_SLEEP),
    (NormName.FIRST_LESSON_JUNIOR, 8 * 60, SLEEP, _VERIFIED, SINCE_SLEEP),
    (NormName.FITNESS_SCHOOL, 60, f"{FITNESS}，文本{TO_CONFIRM}", _OPEN, SINCE_FITNESS),
    (NormName.FITNESS_BREAK, 30, f"{FITNESS}，文本{TO_CONFIRM}", _OPEN, SINCE_FITNESS),
    (NormName.OFFER, 24, OURS, _OPEN, SINCE_AUTUMN_2021),
    (NormName.MANAGEMENT_SAMPLE, 500, f"参照“双随机”抽查比例不低于5%的规定，{TO_CONFIRM}", _OPEN, SINCE_AUTUMN_2021),
    (NormName.MANAGEMENT_SHORTFALL, 15, OURS, _OPEN, SINCE_AUTUMN_2021),
)

NORMS: Final = tuple(
    NormContent(name=name, value=value, source=source, status=status, valid_from=since)
    for name, value, source, status, since in _VALUES
)


def rows() -> list[dict[str, Any]]:
    """Rows of `norm`; version 1 is the fact that the migration writes to the journal."""
    return [{"id": new_id(), "version": 1, **columns(norm)} for norm in NORMS]
