"""The checklist that comes with the platform: what the rules of 2021 to 2024 want looked at, each with its offence.

The wording is the platform's own; the bureau confirms it or enacts its own version.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.inspection.rulebook.checklists.domain import ChecklistContent
from services.inspection.rulebook.checklists.questions import Breach, Condition, OnlyIf, Question, QuestionKind, Test

ROUTINE = UUID("019a0000-0000-7000-8000-00000000c001")
YES, NO = Condition(test=Test.EQUALS, yes=True), Condition(test=Test.EQUALS, yes=False)


def _wanted(key: str, text: str, offence: str, description: str) -> Question:
    return Question(
        key=key,
        text=text,
        kind=QuestionKind.YES_NO,
        breaches=[Breach(when=NO, offence=offence, description=description)],
    )


def _unwanted(key: str, text: str, offence: str, description: str) -> Question:
    return Question(
        key=key,
        text=text,
        kind=QuestionKind.YES_NO,
        breaches=[Breach(when=YES, offence=offence, description=description)],
    )


CONTENT = ChecklistContent(
    code="routine",
    title="校外培训机构日常检查表",
    source="平台默认，依据双减意见与教育部令第53号编制，待市局确认",
    valid_from=date(2024, 1, 1),
    questions=[
        _wanted("permit_shown", "是否持有并公示有效办学许可证", "scope.unlicensed", "未取得或未公示办学许可证"),
        _unwanted("beyond_scope", "是否超出许可范围培训", "scope.beyond_permit", "超出许可范围开展培训"),
        _unwanted("disguised", "是否隐形变异开展学科类培训", "scope.disguised", "隐形变异开展学科类培训"),
        _unwanted(
            "forbidden_day",
            "是否在节假日、休息日、寒暑假开展学科类培训",
            "training.forbidden_day",
            "违规时段开展学科类培训",
        ),
        _unwanted("late_end", "线下培训是否晚于20:30结束", "training.late_end", "培训结束时间超过规定"),
        _unwanted("homework", "是否留作业", "homework.assigned", "培训机构留作业"),
        _unwanted("serving_teacher", "是否聘用中小学在职教师", "staff.serving_teacher", "聘用中小学在职教师"),
        _wanted("contract", "是否使用示范合同", "contract.model", "未使用培训服务合同示范文本"),
        _wanted("account", "预收费是否全部进入监管账户", "prepayment.account", "预收费未纳入监管账户"),
        Question(
            key="prepaid_months",
            text="一次性收费跨度",
            kind=QuestionKind.NUMBER,
            unit="月",
            breaches=[
                Breach(
                    when=Condition(test=Test.ABOVE, limit=3),
                    offence="prepayment.limit",
                    description="一次性收取超过3个月费用",
                )
            ],
        ),
        _unwanted("advertising", "是否发布校外培训广告", "advertising.any", "发布校外培训广告"),
        Question(
            key="advertising_photo",
            text="广告照片",
            kind=QuestionKind.EVIDENCE,
            only_if=OnlyIf(question="advertising", answer=YES),
        ),
        _wanted("fire", "消防是否合格", "premises.fire", "消防安全不符合要求"),
        Question(
            key="area_per_pupil",
            text="同一时段生均面积",
            kind=QuestionKind.NUMBER,
            unit="平方米",
            required=False,
            breaches=[
                Breach(
                    when=Condition(test=Test.BELOW, limit=3), offence="premises.area", description="生均面积低于规定"
                )
            ],
        ),
        Question(key="remarks", text="其他情况", kind=QuestionKind.TEXT, required=False),
    ],
)


def rows() -> Iterator[dict[str, Any]]:
    told = CONTENT.model_dump(mode="json")
    yield {
        "id": ROUTINE,
        "version": 1,
        "code": CONTENT.code,
        "title": CONTENT.title,
        "questions": told["questions"],
        "source": CONTENT.source,
        "valid_from": CONTENT.valid_from,
        "enacted_at": datetime(2024, 1, 1, tzinfo=UTC),
    }
