"""Schools, teachers, and pupils with their guardians, by the bureau's own files."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from deploy.demo.acts.stage import Stage
from deploy.demo.player import Json

DISTRICTS: Final = (
    "140214", "140212", "140215", "140221", "140222", "140223", "140224", "140225", "140226", "140213",
)  # fmt: skip
"""The districts and counties of Datong. Pingcheng is the last: there it is vacation on the day of the play."""
ON_VACATION: Final = "140213"
GRADES: Final = 6
SCHOOL: Final = ("学校标识码", "学校名称", "学段", "所在区县代码")
TEACHER: Final = ("教师编号", "教师姓名", "学校标识码", "联系电话")
PUPIL: Final = (
    "学籍号", "学生姓名", "学校标识码", "学年", "年级", "班级代码", "班级名称",
    "监护人姓名", "与学生关系", "监护人电话",
)  # fmt: skip


async def play(stage: Stage) -> None:
    """Schools first: the rosters name them. A roster that the scorecard counts already is not sent again."""
    await _import(stage, "schools", [SCHOOL, *_schools(stage)])
    for kind, rows, code, wanted in (
        ("teachers", [TEACHER, *_teachers(stage)], "teachers.total", stage.size.teachers),
        ("students", [PUPIL, *_pupils(stage)], "students.roll", stage.size.pupils),
    ):
        if (await stage.bureau.get("metrics", f"/v1/indicators/{code}"))["value"] != wanted:
            await _import(stage, kind, rows)


async def _import(stage: Stage, kind: str, rows: Iterable[Sequence[str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    await stage.import_file("afterschool", kind, file.getvalue().encode(), None)


def _code(stage: Stage, school: int) -> str:
    return f"{stage.prefix}{school:05}"


def _district(stage: Stage, school: int) -> str:
    """The small play has schools in one district; the full one in all ten."""
    return DISTRICTS[school * len(DISTRICTS) // stage.size.schools] if stage.size.schools > 10 else DISTRICTS[0]


def _schools(stage: Stage) -> Iterable[Sequence[str]]:
    for school in range(stage.size.schools):
        yield _code(stage, school), f"（演示）大同第{school + 1}小学", "小学", _district(stage, school)


def _teachers(stage: Stage) -> Iterable[Sequence[str]]:
    for teacher in range(stage.size.teachers):
        school = _code(stage, teacher % stage.size.schools)
        yield f"{stage.prefix}T{teacher:06}", f"（演示）教师{teacher + 1}", school, f"000{teacher:08}"


def _pupils(stage: Stage) -> Iterable[Sequence[str]]:
    """Everybody in turn joins the next school, and there the next class."""
    year = str(school_year(stage))
    for pupil in range(stage.size.pupils):
        of_school, school = divmod(pupil, stage.size.schools)
        of_grade, grade = divmod(of_school % stage.size.classes_of_a_school, GRADES)
        code = f"{grade + 1}-{of_grade + 1}"
        yield (
            f"G1402002021{pupil:08}", f"（演示）学生{pupil + 1}", _code(stage, school), year, str(grade + 1), code,
            f"{code}班", f"（演示）家长{pupil + 1}", "母亲", f"000{pupil:08}",
        )  # fmt: skip


def school_year(stage: Stage) -> int:
    """The school year of the day: its rosters are made in August."""
    return stage.on.year if stage.on.month >= 8 else stage.on.year - 1


async def schools(stage: Stage) -> list[Json]:
    """The schools of the play, in the order of their codes."""
    found = await stage.all("afterschool", "/v1/schools")
    return sorted((one for one in found if one["code"].startswith(stage.prefix)), key=lambda one: str(one["code"]))


async def teaching(stage: Stage) -> list[Json]:
    """The schools that teach on the day of the play: none where it is vacation."""
    found = await schools(stage)
    return [one for one in found if one["district"] != ON_VACATION][: stage.size.teaching]
