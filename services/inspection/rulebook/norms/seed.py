"""The norms that the platform starts with; each waits for the bureau to confirm it."""

from typing import Any, Final

from services.inspection.rulebook.norms.domain import NormName
from services.inspection.rulebook.offences.seed import SINCE_OPINION
from shared.data.database import new_id
from shared.domain.dated import SourceStatus

_PLATFORM: Final = "default of the platform, from the day of the double-reduction opinion"
_OURS: Final = "平台默认值，待市局确认"
_LARGE: Final = "行政处罚法第六十三条“较大数额”，山西省标准待确认"
NORMS: Final = (
    (NormName.VISIT, 14, _OURS),
    (NormName.SUBMISSION, 1, _OURS),
    (NormName.RETRY, 2, _PLATFORM),
    (NormName.REVIEW, 5, _OURS),
    (NormName.ORDER, 3, _OURS),
    (NormName.RECTIFICATION_HIGH, 3, _PLATFORM),
    (NormName.RECTIFICATION_MODERATE, 15, _PLATFORM),
    (NormName.RECTIFICATION_LOW, 30, _PLATFORM),
    (NormName.VERIFICATION, 7, _OURS),
    (NormName.COMPLAINT_MATCH, 2, _OURS),
    (NormName.COMPLAINT_ANSWER, 15, _OURS),
    (NormName.EVIDENCE, 3, _OURS),
    (NormName.SYNC_DECISION, 3, _OURS),
    (NormName.RECHECK, 7, _OURS),
    (NormName.ESCALATION_FIRST, 1, _OURS),
    (NormName.ESCALATION_SECOND, 3, _OURS),
    (NormName.ESCALATION_THIRD, 7, _OURS),
    (NormName.CASE_EXTENSION, 30, "行政处罚法第六十条，经批准延长的天数待确认"),
    (NormName.HEARING_PERSON, 1_000_000, _LARGE),
    (NormName.HEARING_ORGANISATION, 10_000_000, _LARGE),
    (NormName.DRAW_MINIMUM_SHARE, 500, "local rules on 双随机 checks: at least 5 % of the targets"),
    (NormName.RISK_HIGH_VIOLATION, 5, _PLATFORM),
    (NormName.RISK_MODERATE_VIOLATION, 2, _PLATFORM),
    (NormName.RISK_LOW_VIOLATION, 1, _PLATFORM),
    (NormName.RISK_STALE_DAYS, 180, _PLATFORM),
    (NormName.RISK_STALE_POINTS, 2, _PLATFORM),
    (NormName.RISK_LONG_STALE_DAYS, 365, _PLATFORM),
    (NormName.RISK_LONG_STALE_POINTS, 4, _PLATFORM),
    (NormName.RISK_FROM_MODERATE, 2, _PLATFORM),
    (NormName.RISK_FROM_HIGH, 5, _PLATFORM),
)


def rows() -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "version": 0,
            "name": name.value,
            "valid_from": SINCE_OPINION,
            "value": value,
            "source": source,
            "status": SourceStatus.TO_BE_CONFIRMED.value,
        }
        for name, value, source in NORMS
    ]
