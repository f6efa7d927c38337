"""The procedures known when this platform was made: licensing by law, transformations by the platform's defaults."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

LICENSING_LAW: Final = "《中华人民共和国行政许可法》第三十二条、第四十二条；材料清单为平台缺省，由市局核定"
DEFAULT: Final = "平台缺省流程，由市局核定（《关于进一步减轻义务教育阶段学生作业负担和校外培训负担的意见》2021-07-24）"

DOCUMENTS: Final = (
    ("application_form", "设立申请书"),
    ("sponsor_identity", "举办者身份证明"),
    ("charter", "办学章程"),
    ("premises", "办学场所产权或租赁证明"),
    ("fire_safety", "消防安全证明"),
    ("staff_list", "负责人及教职工名单与资格证明"),
    ("funds", "开办资金证明"),
    ("courses_and_fees", "课程与收费方案"),
)
# Working days: five to say what is missing, twenty from acceptance to decision, ten more with leave (art. 32, 42).
NEW_PERMIT: Final = {
    "matter": "new_permit",
    "valid_from": date(2004, 7, 1),
    "documents": [{"code": code, "name": name, "required": True} for code, name in DOCUMENTS],
    "deciding_office": "bureau",
    "site_visit": True,
    "days": {"submitted": 5, "returned": 30, "accepted": 5, "site_visit_requested": 10, "site_visited": 5},
    "overall_days": 20,
    "extension_days": 10,
    "steps": [],
    "permit": "kept",
    "source": LICENSING_LAW,
}


def _transformation(matter: str, permit: str, overall_days: int, *steps: tuple[str, str, int]) -> dict[str, Any]:
    return {
        "matter": matter,
        "valid_from": date(2021, 7, 24),
        "documents": [],
        "deciding_office": "bureau",
        "site_visit": False,
        "days": {},
        "overall_days": overall_days,
        "extension_days": 0,
        "steps": [{"code": code, "name": name, "days": days} for code, name, days in steps],
        "permit": permit,
        "source": DEFAULT,
    }


PROCEDURES: Final = (
    NEW_PERMIT,
    _transformation(
        "to_non_subject",
        "cancelled",
        60,
        ("plan_filed", "提交转型方案", 10),
        ("subject_courses_stopped", "停止学科类课程", 15),
        ("fees_settled", "退还或转移预收费", 40),
        ("registration_changed", "变更法人登记与经营范围", 60),
    ),
    _transformation(
        "to_non_profit",
        "kept",
        60,
        ("plan_filed", "提交转登记方案", 10),
        ("accounts_settled", "财务清算", 40),
        ("registration_changed", "办理非营利性法人登记", 60),
    ),
    _transformation(
        "closure",
        "cancelled",
        40,
        ("plan_filed", "提交终止办学方案", 5),
        ("fees_refunded", "退还学员费用", 20),
        ("staff_settled", "妥善安置教职工", 30),
        ("permit_returned", "交回办学许可证", 40),
    ),
)


def rows(*, at: datetime) -> Iterator[dict[str, Any]]:
    """Rows of `procedure`; version 1 is the fact that the migration writes to the journal.

    The ids are fixed, and lower than every id given out later.
    """
    for number, procedure in enumerate(PROCEDURES, 1):
        made = UUID(f"00000000-0000-7000-8000-{number:012d}")
        yield {"id": made, "version": 1, "enacted_at": at, **procedure}
