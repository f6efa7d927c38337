"""Thresholds as data, and the alerts that they raise and clear."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from sqlalchemy import Date, Float, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.metrics.indicators.domain import Scope, Value
from services.metrics.orm import Base
from services.metrics.tree.domain import Office
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.events.metrics.alerts import AlertCleared, AlertRaised


class Worse(StrEnum):
    """On which side of its threshold a number needs somebody."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True)
class Threshold:
    """A number that needs somebody once it is beyond `limit`, judged for every scope of one dimension.

    `days` is how long the owner has. `source` says where the limit comes from.
    """

    code: str
    zh: str
    en: str
    indicator: str
    dimension: str
    worse: Worse
    limit: float
    owner: Office
    days: int
    source: str

    def exceeded_by(self, value: Value) -> float | None:
        """The number, if it is beyond the limit. What is unknown, or a ratio of nothing, is not."""
        number = value.value
        if number is None or not (number > self.limit if self.worse is Worse.ABOVE else number < self.limit):
            return None
        return float(number)


_CONSENSUS: Final = "《关于进一步减轻义务教育阶段学生作业负担和校外培训负担的意见》"
_ORDER: Final = "停训令"
_LEDGER: Final = "网格化排查不留盲区"

THRESHOLDS: Final[Mapping[str, Threshold]] = {
    one.code: one
    for one in (
        Threshold(
            "school-without-service", "学校未开设课后服务", "A school without after-school service",
            "schools.serving", "school", Worse.BELOW, 1, Office.BASIC_EDUCATION, 10, _CONSENSUS,
        ),
        Threshold(
            "homework-written-lower", "一至二年级布置书面作业", "Written homework in grades 1 and 2",
            "homework.average_minutes_lower", "school", Worse.ABOVE, 0, Office.BASIC_EDUCATION, 5, _CONSENSUS,
        ),
        Threshold(
            "homework-long-upper", "三至六年级作业超时", "Homework of grades 3 to 6 above its limit",
            "homework.average_minutes_upper", "school", Worse.ABOVE, 60, Office.BASIC_EDUCATION, 5, _CONSENSUS,
        ),
        Threshold(
            "homework-long-junior", "初中作业超时", "Homework of junior high above its limit",
            "homework.average_minutes_junior", "school", Worse.ABOVE, 90, Office.BASIC_EDUCATION, 5, _CONSENSUS,
        ),
        Threshold(
            "shortfalls-open", "五项管理不达标未整改", "Shortfalls of the five managements that are open",
            "shortfalls.open", "district", Worse.ABOVE, 0, Office.BASIC_EDUCATION, 30, _CONSENSUS,
        ),
        Threshold(
            "operating-despite-order", "停训期间仍在培训", "Training went on despite a stop order",
            "stop_orders.operating", "district", Worse.ABOVE, 0, Office.SUPERVISION, 1, _ORDER,
        ),
        Threshold(
            "institutions-unplaced", "机构未落格", "Institutions in no grid",
            "institutions.unplaced", "district", Worse.ABOVE, 0, Office.SUPERVISION, 7, _LEDGER,
        ),
        Threshold(
            "conflicts-undecided", "离线记录冲突待裁定", "Conflicts of offline records that await a decision",
            "sync_conflicts.open", "district", Worse.ABOVE, 0, Office.SUPERVISION, 3, _LEDGER,
        ),
    )
}  # fmt: skip


class Alert(Base, Aggregate):
    """A number of one scope beyond its threshold, from `raised_at` until `cleared_at`. `value` is what it was then."""

    __tablename__ = "alert"
    __table_args__ = (
        Index("uq_alert_open", "threshold", "scope", unique=True, postgresql_where=text("cleared_at IS NULL")),
        Index("ix_alert_scope_id", "scope", "id"),
    )

    threshold: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    value: Mapped[float] = mapped_column(Float)
    raised_at: Mapped[datetime]
    due_on: Mapped[date] = mapped_column(Date)
    cleared_at: Mapped[datetime | None]

    @classmethod
    def found(cls, threshold: Threshold, scope: Scope, value: float, *, at: datetime) -> tuple[Self, AlertRaised]:
        due_on = china_date(at) + timedelta(days=threshold.days)
        alert = cls(
            id=new_id(), version=0, threshold=threshold.code, scope=str(scope), value=value, raised_at=at,
            due_on=due_on, cleared_at=None,
        )  # fmt: skip
        raised = AlertRaised(
            alert_id=alert.id,
            threshold=threshold.code,
            indicator=threshold.indicator,
            scope=alert.scope,
            value=value,
            limit=threshold.limit,
            owner=threshold.owner,
            due_on=due_on,
            at=at,
        )
        return alert, raised

    def clear(self, *, at: datetime) -> AlertCleared:
        """The number is within its threshold again."""
        self.cleared_at = at
        return AlertCleared(alert_id=self.id, threshold=self.threshold, scope=self.scope, at=at)

    def days_overdue(self, today: date) -> int:
        return max((today - self.due_on).days, 0)


Beyond = Mapping[tuple[str, str], tuple[Threshold, Scope, float]]
"""By threshold and scope."""


def beyond(values: Mapping[Scope, Mapping[str, Value]], thresholds: Iterable[Threshold]) -> Beyond:
    """Every number that is beyond its threshold."""
    return {
        (threshold.code, str(scope)): (threshold, scope, number)
        for threshold in thresholds
        for scope, of_scope in values.items()
        if scope.dimension == threshold.dimension
        and (number := threshold.exceeded_by(of_scope[threshold.indicator])) is not None
    }
