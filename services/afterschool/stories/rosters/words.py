"""The words of rosters in our terms, and the columns of the bureau's template."""

import re
from collections.abc import Mapping as Dict
from typing import Final

from services.afterschool.roster.guardianships.domain import Relation
from services.afterschool.roster.schools.domain import Stage
from services.afterschool.roster.students.domain import Group
from shared.domain.text import key
from shared.imports.mapping import Mapping

STUDENT_COLUMNS: Final = {
    "number": "学籍号",
    "name": "学生姓名",
    "school": "学校标识码",
    "school_year": "学年",
    "grade": "年级",
    "class_code": "班级代码",
    "class_name": "班级名称",
    "valid_from": "入班日期",
    "group": "特殊群体",
    "phone": "学生电话",
    "guardian_name": "监护人姓名",
    "guardian_relation": "与学生关系",
    "guardian_phone": "监护人电话",
}
TEACHER_COLUMNS: Final = {
    "number": "教师编号",
    "name": "教师姓名",
    "school": "学校标识码",
    "phone": "联系电话",
    "valid_from": "入校日期",
}
SCHOOL_COLUMNS: Final = {
    "code": "学校标识码",
    "name": "学校名称",
    "stage": "学段",
    "district": "所在区县代码",
    "street": "所在街道代码",
}
CLASS_COLUMNS: Final = {
    "school": "学校标识码",
    "school_year": "学年",
    "grade": "年级",
    "code": "班级代码",
    "name": "班级名称",
}


def template(columns: Dict[str, str]) -> Mapping:
    """The mapping of the bureau's template."""
    return Mapping(columns=dict(columns))


STAGES: Final = {
    "小学": Stage.PRIMARY,
    "初中": Stage.JUNIOR,
    "初级中学": Stage.JUNIOR,
    "九年一贯制": Stage.NINE_YEAR,
    "九年一贯制学校": Stage.NINE_YEAR,
    "完全小学": Stage.PRIMARY,
    **{stage.value: stage for stage in Stage},
}
GROUPS: Final = {
    "家庭经济困难": Group.HARDSHIP,
    "困难": Group.HARDSHIP,
    "低保": Group.HARDSHIP,
    "留守": Group.LEFT_BEHIND,
    "留守儿童": Group.LEFT_BEHIND,
    "多孩": Group.SIBLINGS,
    "兄弟姐妹同校": Group.SIBLINGS,
    **{group.value: group for group in Group if group is not Group.GENERAL},
}
RELATIONS: Final = {
    "母亲": Relation.MOTHER,
    "母": Relation.MOTHER,
    "父亲": Relation.FATHER,
    "父": Relation.FATHER,
    "祖父": Relation.GRANDPARENT,
    "祖母": Relation.GRANDPARENT,
    "外祖父": Relation.GRANDPARENT,
    "外祖母": Relation.GRANDPARENT,
    "爷爷": Relation.GRANDPARENT,
    "奶奶": Relation.GRANDPARENT,
    "其他亲属": Relation.RELATIVE,
    "其他": Relation.OTHER,
    "parent": Relation.OTHER,
    "guardian": Relation.OTHER,
    **{relation.value: relation for relation in Relation},
}

_DIGITS: Final = {word: number for number, word in enumerate("一二三四五六七八九", start=1)}
_GRADE: Final = re.compile(r"(?:grade)?0?([1-9一二三四五六七八九])(?:年级)?", re.IGNORECASE)
_JUNIOR: Final = re.compile(r"初([一二三1-3])(?:年级)?")


def grade_of(written: str) -> int | None:
    """1 to 9; None for what is no grade of compulsory education."""
    plain = key(written).replace(" ", "")
    found = _GRADE.fullmatch(plain)
    if found is not None:
        return _DIGITS.get(found[1]) or int(found[1])
    found = _JUNIOR.fullmatch(plain)
    return None if found is None else 6 + (_DIGITS.get(found[1]) or int(found[1]))


_NOT_IN_A_CODE: Final = re.compile(r"[^0-9A-Za-z_-]+")


def code_of(written: str) -> str:
    """A code of a school as it is stored: `Irving MS` is as good a code as any, once it has no blanks."""
    return _NOT_IN_A_CODE.sub("-", key(written)).strip("-")
