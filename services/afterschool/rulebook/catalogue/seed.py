"""The catalogue that the platform starts with: seven categories and twenty-two items.

The report on Datong names the categories and the number of items; no public list of the items exists. These are
plausible ones, and each waits for the bureau to confirm it.
"""

from datetime import date
from typing import Any, Final

from services.afterschool.rulebook.catalogue.domain import CatalogueItemContent, Category, Path, columns
from shared.data.database import new_id
from shared.domain.dated import SourceStatus

SINCE_AUTUMN_2021: Final = date(2021, 9, 1)
"""The first term after the opinion of 24 July 2021."""
SOURCE: Final = "大同市“双减”报道（2021）载七大类22项，未公布项目清单；本项为平台拟列，待市教育局确认"

_ITEMS: Final = {
    (Category.MORAL_EDUCATION, Path.COMPREHENSIVE_PRACTICE): (
        ("moral_red_stories", "红色故事", "Stories of the revolution"),
        ("moral_mental_health", "心理健康", "Mental health"),
        ("moral_manners_and_law", "文明礼仪与法治", "Manners and the law"),
    ),
    (Category.SUNSHINE_SPORTS, Path.STYLE_AND_ART): (
        ("sports_football", "足球", "Football"),
        ("sports_basketball", "篮球", "Basketball"),
        ("sports_rope_and_athletics", "跳绳与田径", "Rope skipping and athletics"),
        ("sports_martial_arts", "武术", "Martial arts"),
    ),
    (Category.SCHOOL_BASED_COURSES, Path.COMPREHENSIVE_PRACTICE): (
        ("school_yungang_culture", "云冈文化", "Culture of Yungang"),
        ("school_science_and_robots", "科学实验与机器人", "Experiments and robots"),
        ("school_chess", "棋类", "Chess and Go"),
    ),
    (Category.ESSAY_READING, Path.COMPREHENSIVE_PRACTICE): (
        ("reading_classics", "经典诵读", "Reciting the classics"),
        ("reading_whole_books", "整本书阅读", "Reading whole books"),
        ("reading_writing", "美文写作", "Writing essays"),
    ),
    (Category.LABOUR_EDUCATION, Path.COMPREHENSIVE_PRACTICE): (
        ("labour_gardening", "种植", "Gardening"),
        ("labour_housework", "家务与烹饪", "Housework and cooking"),
        ("labour_crafts", "手工制作", "Crafts"),
    ),
    (Category.HOMEWORK_GUIDANCE, Path.IN_CLASS_HOMEWORK): (
        ("homework_guidance", "作业辅导", "Homework guidance"),
        ("homework_questions", "答疑解惑", "Questions and answers"),
    ),
    (Category.ARTISTIC_CULTIVATION, Path.STYLE_AND_ART): (
        ("art_choir", "合唱", "Choir"),
        ("art_dance", "舞蹈", "Dance"),
        ("art_painting_and_calligraphy", "书画", "Painting and calligraphy"),
        ("art_instruments", "器乐", "Musical instruments"),
    ),
}

ITEMS: Final = tuple(
    CatalogueItemContent(
        code=code,
        title_zh=zh,
        title_en=en,
        category=category,
        path=path,
        source=SOURCE,
        status=SourceStatus.TO_BE_CONFIRMED,
        valid_from=SINCE_AUTUMN_2021,
    )
    for (category, path), items in _ITEMS.items()
    for code, zh, en in items
)


def rows() -> list[dict[str, Any]]:
    """Rows of `catalogue_item`; version 1 is the fact that the migration writes to the journal."""
    return [{"id": new_id(), "version": 1, **columns(item)} for item in ITEMS]
