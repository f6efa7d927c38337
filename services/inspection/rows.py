"""Words that files use for ours: days in many notations, outcomes, severities; and what is wrong with a row."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from pydantic import BeforeValidator, ValidationError

from shared.refusals import field_error

_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2})?)?"
_DAYS: Final = tuple(
    re.compile(pattern + _TIME)
    for pattern in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})",
        r"(?P<year>\d{4})[/.](?P<month>\d{1,2})[/.](?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日",
    )
)
"""A time of day is read over: files write midnight where they mean no time at all."""

OUTCOMES: Final[Mapping[str, str]] = {
    "已检查": "inspected",
    "检查完成": "inspected",
    "闭门": "closed_door",
    "关门": "closed_door",
    "已搬迁": "moved",
    "搬迁": "moved",
    "重复": "duplicate",
    "拒绝": "refused",
    "拒绝检查": "refused",
    "新发现": "newly_found",
    "pass": "inspected",
    "pass w/ conditions": "inspected",
    "pass with conditions": "inspected",
    "fail": "inspected",
    "合格": "inspected",
    "不合格": "inspected",
}
INTERPRETED: Final[Mapping[str, str]] = {
    "no entry": "closed_door",
    "not ready": "closed_door",
    "无人": "closed_door",
    "未开门": "closed_door",
    "未就绪": "closed_door",
    "out of business": "moved",
    "business not located": "moved",
    "停业": "moved",
    "已停业": "moved",
    "查无此机构": "moved",
}
"""Words that say more than any of ours: the nearest one is taken, the file's word stays in the note, the row's report
says `outcome-interpreted`.

A person would come again where nobody let him in or nothing was ready to be looked at: a closed door. He would not
where the business is gone or was never there: of our outcomes only `moved` says that nobody stands at this address any
more, ends a campaign's target, and counts as having been there.
"""
SEVERITIES: Final[Mapping[str, str]] = {
    "low risk": "low",
    "moderate risk": "moderate",
    "medium": "moderate",
    "medium risk": "moderate",
    "high risk": "high",
    "低": "low",
    "中": "moderate",
    "高": "high",
    "低风险": "low",
    "中风险": "moderate",
    "高风险": "high",
}
STATUSES: Final[Mapping[str, str]] = {"已上报": "reported", "已办结": "closed", "已销号": "closed"}


def read_day(value: object) -> object:
    """A calendar day in any of the notations files use; of two readings the American one, month first."""
    if not isinstance(value, str):
        return value
    for pattern in _DAYS:
        found = pattern.fullmatch(value)
        if found is not None:
            try:
                return date(int(found["year"]), int(found["month"]), int(found["day"]))
            except ValueError:
                break
    raise field_error("unreadable", en="This is not a day we can read.", zh="无法识别的日期。")


def read_score(value: object) -> object:
    """Sheets write 96 as 96.0."""
    return value[: -len(match[0])] if isinstance(value, str) and (match := re.search(r"\.0+$", value)) else value


def read_word(words: Mapping[str, str]) -> BeforeValidator:
    """The file's word in ours, whatever its case; a word nobody knows is left for the validator to refuse."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        plain = _plain(value)
        return words.get(plain, plain.replace(" ", "_"))

    return BeforeValidator(read)


def _plain(word: str) -> str:
    return " ".join(word.lower().split())


def interpreted(outcome: object) -> bool:
    """Whether this word of a file had to be interpreted."""
    return isinstance(outcome, str) and _plain(outcome) in INTERPRETED


Day = Annotated[date, BeforeValidator(read_day)]


def codes_of(error: ValidationError) -> list[str]:
    """`field-reason` for each field that is not acceptable, each once."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return sorted(
        {
            f"{problem['loc'][0] if problem['loc'] else 'row'}-{problem['type'].replace('_', '-')}"
            for problem in problems
        }
    )
