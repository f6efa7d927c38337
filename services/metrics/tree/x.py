"""The X of "3+X": programmes of which no event tells, reported by an office with evidence."""

from typing import Final

from services.metrics.tree.domain import Direction, Indicator, Office, Words, of_the_report

X_INDICATORS: Final = tuple(
    Indicator(
        f"x.{code}",
        zh,
        en,
        "inside.x",
        owner,
        reported=Words(zh, en[0].lower() + en[1:]),
        direction=Direction.MORE,
        target=of_the_report(figure),
        public=True,
    )
    for code, zh, en, owner, figure in (
        ("air_classroom_lessons", "大同空中课堂课程", "Lessons of the Air Classroom", Office.BASIC_EDUCATION, 1_350),
        (
            "air_classroom_visits",
            "大同空中课堂访问量",
            "Visits of the Air Classroom",
            Office.BASIC_EDUCATION,
            5_000_000,
        ),
        ("communities", "学区共同体", "School-district communities", Office.BASIC_EDUCATION, 13),
        ("joint_research", "联合教研活动", "Joint teaching-research activities", Office.TEACHERS, 70),
        ("regional_research", "区域教研活动", "Regional teaching-research activities", Office.TEACHERS, 80),
        ("model_teachers", "骨干示范教师", "Model teachers", Office.TEACHERS, 1_000),
        ("gold_courses", "思政金课", "Gold ideological courses", Office.TEACHERS, 100),
        ("gold_teachers", "思政金牌教师", "Gold teachers", Office.TEACHERS, 100),
        ("labour_bases", "劳动教育基地", "Bases of labour education", Office.BASIC_EDUCATION, 20),
    )
)
