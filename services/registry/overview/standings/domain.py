"""What the public is told about one institution: is it lawful, and why (not)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from services.registry.ledger.institutions.domain import Status
from shared.events.registry.permits import PermitStatus, status_on

PENAL: Final = ("rectification_ordered", "rectified")
"""States of a violation that the public is told of: under an order, until somebody has seen it put right. A violation
merely reported is an accusation, and stays inside."""


@dataclass(frozen=True, slots=True)
class PermitFacts:
    """A permit as its row has it."""

    number: str
    kind: str
    stages: Sequence[str]
    subjects: Sequence[str]
    valid_from: date | None
    valid_to: date | None
    suspended_from: date | None
    suspended_until: date | None
    ended_on: date | None
    ending: str | None


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """A stop order that is in force for the institution."""

    title: str
    first_day: date
    last_day: date
    today: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a standing is derived from."""

    status: str
    permit_no: str | None
    permits: Sequence[PermitFacts]
    open_penalties: int
    orders: Sequence[OrderFacts]
    open_decisions: int = 0


Licence = Literal["pending", "in_force", "suspended", "expired", "revoked", "cancelled", "unverified", "none"]


@dataclass(frozen=True, slots=True)
class Standing:
    """`lawful` is null where the ledger names a permit that nobody has recorded: then nobody can say."""

    lawful: bool | None
    licence: Licence
    permit: PermitFacts | None
    reasons: Sequence["Reason"]


class Reason(StrEnum):
    """Why an institution stands as it does; `WORDS` says it to people."""

    LICENCE_IN_FORCE = "licence-in-force"
    LICENCE_PENDING = "licence-pending"
    LICENCE_SUSPENDED = "licence-suspended"
    LICENCE_EXPIRED = "licence-expired"
    LICENCE_REVOKED = "licence-revoked"
    LICENCE_CANCELLED = "licence-cancelled"
    LICENCE_UNVERIFIED = "licence-unverified"
    LICENCE_NONE = "licence-none"
    CLOSED = "institution-closed"
    OUT_OF_BUSINESS = "institution-suspended"
    APPLYING = "institution-applying"
    UNLICENSED = "institution-unlicensed"
    OPEN_PENALTIES = "open-penalties"
    OPEN_DECISIONS = "open-penalty-decisions"
    STOP_ORDER = "stop-order-in-force"
    STOPPED_TODAY = "stopped-today"


WORDS: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.LICENCE_IN_FORCE: ("办学许可证有效。", "Its permit is in force."),
    Reason.LICENCE_PENDING: ("办学许可证尚未生效。", "Its permit is not in force yet."),
    Reason.LICENCE_SUSPENDED: ("办学许可证已被暂停。", "Its permit is suspended."),
    Reason.LICENCE_EXPIRED: ("办学许可证已过期。", "Its permit has expired."),
    Reason.LICENCE_REVOKED: ("办学许可证已被吊销或撤销。", "Its permit was revoked."),
    Reason.LICENCE_CANCELLED: ("办学许可证已注销。", "Its permit was cancelled."),
    Reason.LICENCE_UNVERIFIED: (
        "台账载有许可证编号，有效期未核实，请向教育局查询。",
        "The ledger names a permit, but its dates are not recorded. Ask the bureau.",
    ),
    Reason.LICENCE_NONE: ("没有办学许可证。", "It has no permit."),
    Reason.CLOSED: ("该机构已关闭。", "It is closed."),
    Reason.OUT_OF_BUSINESS: ("该机构目前停业。", "It has suspended its business for now."),
    Reason.APPLYING: ("该机构正在申请办学许可。", "It is applying for a permit."),
    Reason.UNLICENSED: ("该机构无证办学。", "It runs without a permit."),
    Reason.OPEN_PENALTIES: ("有尚未办结的责令整改。", "It is under a rectification order that is not closed."),
    Reason.OPEN_DECISIONS: (
        "有尚未履行完毕的行政处罚决定。",
        "It has not yet fulfilled a penalty decision.",
    ),
    Reason.STOP_ORDER: ("假期停课令执行中。", "A holiday stop order is in force."),
    Reason.STOPPED_TODAY: ("今天不得开展学科类培训。", "No subject training may take place today."),
}

_BEST_FIRST: Final = (
    PermitStatus.IN_FORCE,
    PermitStatus.SUSPENDED,
    PermitStatus.PENDING,
    PermitStatus.EXPIRED,
    PermitStatus.REVOKED,
    PermitStatus.CANCELLED,
)
_OF_STATUS: Final[Mapping[str, Reason]] = {
    Status.CLOSED: Reason.CLOSED,
    Status.MERGED: Reason.CLOSED,
    Status.SUSPENDED: Reason.OUT_OF_BUSINESS,
    Status.APPLYING: Reason.APPLYING,
    Status.UNLICENSED: Reason.UNLICENSED,
}
_MAY_TEACH: Final = frozenset({Status.ACTIVE, Status.SUSPENDED})


def judge(facts: Facts, on: date) -> Standing:
    """Judge an institution on a day: its best permit decides, and everything open against it is listed as a reason."""
    ranked = sorted(facts.permits, key=lambda permit: _BEST_FIRST.index(status_on(permit, on)))
    permit = ranked[0] if ranked else None
    licence: Licence = (
        status_on(permit, on).value if permit is not None else "unverified" if facts.permit_no else "none"
    )
    may_teach = facts.status in _MAY_TEACH
    lawful = None if licence == "unverified" and may_teach else licence == "in_force" and may_teach
    return Standing(lawful, licence, permit, list(_reasons(facts, licence)))


def _reasons(facts: Facts, licence: Licence) -> Iterator[Reason]:
    yield Reason(f"licence-{licence.replace('_', '-')}")
    if facts.status in _OF_STATUS:
        yield _OF_STATUS[facts.status]
    if facts.open_penalties:
        yield Reason.OPEN_PENALTIES
    if facts.open_decisions:
        yield Reason.OPEN_DECISIONS
    if facts.orders:
        yield Reason.STOP_ORDER
    if any(order.today for order in facts.orders):
        yield Reason.STOPPED_TODAY
