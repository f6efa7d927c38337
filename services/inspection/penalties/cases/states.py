"""Where a case stands, and what can be done with it there."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class CaseState(StrEnum):
    FILED = "filed"
    INVESTIGATING = "investigating"
    LEGAL_REVIEW = "legal_review"
    NOTIFIED = "notified"
    HEARING = "hearing"
    DECIDED = "decided"
    SERVED = "served"
    PAID = "paid"
    ENFORCED = "enforced"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    NOT_PUNISHED = "not_punished"
    LENIENCY = "leniency"


class Action(StrEnum):
    """What can be done with a case."""

    ASSIGN = "assign"
    INQUIRE = "inquire"
    PRESERVE = "preserve"
    DISPOSE = "dispose"
    EXHIBIT = "exhibit"
    REVIEW = "review"
    NOTIFY = "notify"
    STATE = "state"
    ASK_HEARING = "ask_hearing"
    CALL_HEARING = "call_hearing"
    HOLD_HEARING = "hold_hearing"
    EXTEND = "extend"
    DECIDE = "decide"
    DECIDE_ON_THE_SPOT = "decide_on_the_spot"
    LENIENCY = "leniency"
    DISMISS = "dismiss"
    WITHDRAW = "withdraw"
    SERVE = "serve"
    PAY = "pay"
    ENFORCE = "enforce"
    CLOSE = "close"


_S = CaseState
BEFORE_NOTICE: Final = frozenset({_S.FILED, _S.INVESTIGATING, _S.LEGAL_REVIEW})
UNDECIDED: Final = BEFORE_NOTICE | {_S.NOTIFIED, _S.HEARING}
ENDED: Final = frozenset({_S.CLOSED, _S.WITHDRAWN, _S.NOT_PUNISHED, _S.LENIENCY})

TRANSITIONS: Final[Mapping[Action, frozenset[CaseState]]] = {
    Action.ASSIGN: UNDECIDED,
    Action.INQUIRE: frozenset({_S.FILED, _S.INVESTIGATING, _S.NOTIFIED, _S.HEARING}),
    Action.PRESERVE: frozenset({_S.INVESTIGATING}),
    Action.DISPOSE: UNDECIDED,
    Action.EXHIBIT: UNDECIDED,
    Action.REVIEW: frozenset({_S.INVESTIGATING, _S.LEGAL_REVIEW, _S.NOTIFIED, _S.HEARING}),
    Action.NOTIFY: frozenset({_S.INVESTIGATING, _S.LEGAL_REVIEW, _S.NOTIFIED, _S.HEARING}),
    Action.STATE: frozenset({_S.NOTIFIED, _S.HEARING}),
    Action.ASK_HEARING: frozenset({_S.NOTIFIED}),
    Action.CALL_HEARING: frozenset({_S.HEARING}),
    Action.HOLD_HEARING: frozenset({_S.HEARING}),
    Action.EXTEND: UNDECIDED,
    Action.DECIDE: frozenset({_S.NOTIFIED, _S.HEARING}),
    Action.DECIDE_ON_THE_SPOT: frozenset({_S.FILED}),
    Action.LENIENCY: frozenset({_S.INVESTIGATING, _S.LEGAL_REVIEW, _S.NOTIFIED, _S.HEARING}),
    Action.DISMISS: frozenset({_S.INVESTIGATING, _S.LEGAL_REVIEW, _S.NOTIFIED, _S.HEARING}),
    Action.WITHDRAW: frozenset({_S.FILED, _S.INVESTIGATING}),
    Action.SERVE: frozenset({_S.DECIDED}),
    Action.PAY: frozenset({_S.SERVED}),
    Action.ENFORCE: frozenset({_S.SERVED}),
    Action.CLOSE: frozenset({_S.SERVED, _S.PAID, _S.ENFORCED}),
}
