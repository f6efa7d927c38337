"""What the platform begins with; the bureau confirms or replaces it."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from services.inspection.norms.domain import NormName
from services.inspection.offences.domain import SourceStatus
from shared.database import new_id

_OURS: Final = "平台默认值，待市局确认"
_LARGE: Final = "行政处罚法第六十三条“较大数额”，山西省标准待确认"
_VALUES: Final = (
    (NormName.VISIT, 14, _OURS),
    (NormName.RETRY, 3, _OURS),
    (NormName.REVIEW, 5, _OURS),
    (NormName.ORDER, 3, _OURS),
    (NormName.VERIFICATION, 7, _OURS),
    (NormName.COMPLAINT_MATCH, 2, _OURS),
    (NormName.COMPLAINT_ANSWER, 15, _OURS),
    (NormName.ESCALATION_FIRST, 1, _OURS),
    (NormName.ESCALATION_SECOND, 3, _OURS),
    (NormName.ESCALATION_THIRD, 7, _OURS),
    (NormName.CASE_EXTENSION, 30, "行政处罚法第六十条，经批准延长的天数待确认"),
    (NormName.HEARING_PERSON, 1_000_000, _LARGE),
    (NormName.HEARING_ORGANISATION, 10_000_000, _LARGE),
)


def rows() -> Iterator[dict[str, Any]]:
    for name, value, source in _VALUES:
        yield {
            "id": new_id(),
            "version": 0,
            "name": name.value,
            "valid_from": date(2021, 7, 24),
            "value": value,
            "source": source,
            "status": SourceStatus.TO_BE_CONFIRMED.value,
        }
