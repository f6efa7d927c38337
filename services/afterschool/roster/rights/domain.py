"""What of a child can be erased, and what must stay and why."""

from datetime import date
from typing import Final

from services.afterschool.roster.students.domain import Membership
from shared.domain.refusals import Conflict


class IdentityNeeded(Conflict):
    """The child belongs to a class until `left_on`; the school must know who its pupils are (义务教育法)."""

    code = "identity-needed"
    zh = "该学生仍在籍，学校依法须保存其身份信息。"


KEPT: Final = {
    "memberships": (
        "学籍归属为统计与补助依据，仅以代号保存。",
        "Counts and subsidies rest on them; they carry a pseudonym only.",
    ),
    "enrolments": (
        "选课与候补的先后须可核对，仅以代号保存。",
        "The order of the queue can be checked; by pseudonym only.",
    ),
    "identity_reads": ("查阅记录依法保存。", "The log of reads must be kept by law."),
}
"""What stays after an erasure, and why, in Chinese and English."""


def check_erasable(membership: Membership, on: date) -> None:
    """Raises `IdentityNeeded`."""
    if membership.valid_to is None or membership.valid_to > on:
        raise IdentityNeeded(left_on=membership.valid_to)
