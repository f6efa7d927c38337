"""A run as a workbook for finance: its lines, the sums of schools, and its total. Amounts are whole fen."""

import io
from collections.abc import Sequence
from typing import Any, Final

import xlsxwriter

from services.afterschool.finance.subsidies.postings import Programme
from shared.domain.spreadsheets import guarded

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

LINE_TITLES: Final = (
    "学校标识码", "学校", "区县", "班级代码", "班级", "年级", "项目", "达标天数", "课次",
    "最少天数", "每日最少分钟", "最早结束（当日分钟）", "标准出处", "标准生效日期", "标准编号",
    "年度标准（分）", "应拨（分）", "已拨（分）", "本次（分）",
)  # fmt: skip
SCHOOL_TITLES: Final = (
    "学校标识码",
    "学校",
    "区县",
    *(f"{one}（分）" for one in ("小学班级", "校长基金", "初中晚间服务")),
    "合计（分）",
)
PROGRAMMES: Final = {
    Programme.PRIMARY_CLASS: "小学班级补助",
    Programme.PRINCIPAL_FUND: "校长基金",
    Programme.PRINCIPAL_FUND_JUNIOR: "校长基金（初中晚间服务）",
}


def workbook_of(rows: Sequence[Any]) -> bytes:
    """The file. Texts that a spreadsheet could take for formulas are guarded."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        _write(workbook.add_worksheet("明细"), LINE_TITLES, [_line(row) for row in rows])
        _write(workbook.add_worksheet("学校"), SCHOOL_TITLES, schools_of(rows))
        total = [[PROGRAMMES[each], sum(row.posting for row in rows if row.programme == each)] for each in PROGRAMMES]
        whole = sum(row.posting for row in rows)
        _write(workbook.add_worksheet("汇总"), ("项目", "本次（分）"), [*total, ["合计", whole]])
    return file.getvalue()


def schools_of(rows: Sequence[Any]) -> list[list[Any]]:
    """The sums of each school by programme, and in all."""
    sums: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in rows:
        school = sums.setdefault((row.school_code, row.school, row.district), dict.fromkeys(Programme, 0))
        school[row.programme] += row.posting
    return [[*school, *found.values(), sum(found.values())] for school, found in sums.items()]


def _line(row: Any) -> list[Any]:
    cells = row._asdict()
    cells["programme"] = PROGRAMMES[cells["programme"]]
    return [str(cell) if name in ("valid_from", "norm_id") else cell for name, cell in cells.items()]


def _write(sheet: Any, titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    sheet.write_row(0, 0, titles)
    for number, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(number, place, cell)
            else:
                sheet.write_string(number, place, guarded(cell))
