"""What every record of the rulebook has: a source, a first day that is not past, and perhaps a last day."""

from abc import abstractmethod
from datetime import date, datetime

from sqlalchemy import Text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Invalid
from shared.events import Event
from shared.facts import journal
from shared.facts.versions import LastingVersion, Version, record_withdrawal, withdraw_newest


class VersionOverlaps(Conflict):
    """This record already has a version that begins on that day or later (`valid_from`)."""

    code = "version-overlaps"
    zh = "该记录已有同日或更晚生效的版本。"


class VersionBeginsPast(Invalid):
    """A new version must not begin before today."""

    code = "version-begins-past"
    zh = "新版本的生效日期不得早于今天。"


class VersionEndPast(Invalid):
    """A version must not end before today, or before it begins."""

    code = "version-end-past"
    zh = "失效日期不得早于今天，也不得早于生效日期。"


class VersionEndsAlready(Conflict):
    """The version already ends on that day or earlier."""

    code = "version-ends-already"
    zh = "该版本已于该日或更早失效。"


class SourcedVersion(LastingVersion):
    """A version and its source. `status` says whether somebody found the content in the source itself."""

    OVERLAPS = VersionOverlaps

    source: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)

    @abstractmethod
    def _ended(self, at: datetime) -> Event: ...

    def repeal(self, valid_to: date, *, at: datetime) -> Event:
        """Give it a last day, today or later. It stays in force for all days past."""
        self.check_stands()
        if valid_to < max(china_date(at), self.valid_from):
            raise VersionEndPast(pointer="/valid_to")
        if self.valid_to is not None and self.valid_to <= valid_to:
            raise VersionEndsAlready(valid_to=self.valid_to)
        self.valid_to = valid_to
        return self._ended(at)


def check_first_day(valid_from: date, *, at: datetime) -> None:
    """Refuse a version that begins before today."""
    if valid_from < china_date(at):
        raise VersionBeginsPast(pointer="/valid_from")


async def withdraw_version(session: AsyncSession, known: Version, *, reason: str, by: str, at: datetime) -> Version:
    """Withdraw the newest version of a code; its predecessor gets its last day back."""
    withdrawal = await withdraw_newest(session, known, reason=reason, by=by, at=at)
    await record_withdrawal(session, withdrawal, reason=reason)
    return withdrawal.version


async def repeal_version(
    session: AsyncSession, version: SourcedVersion, *, valid_to: date, reason: str, at: datetime
) -> None:
    """Give a version, whose row the caller has locked, its last day."""
    await journal.record(session, version.repeal(valid_to, at=at), subject=version, reason=reason)
