"""Suspend, reinstate, revoke, renew and cancel permits; take over those a ledger states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.institutions.domain import Institution, Status
from services.registry.licensing.permits import queries
from services.registry.licensing.permits.domain import (
    ARTICLES,
    STANDING,
    CancellationGround,
    Paper,
    Permit,
    PermitInForceAlready,
    RevocationException,
    Scope,
    SuspensionException,
    SuspensionNeedsProposal,
    Validity,
    entry_changes,
)
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


@dataclass(frozen=True, slots=True)
class Revocation:
    """Why the permit is revoked, on which provision, and by which exception if no penalty was decided."""

    cause: str
    legal_basis: str
    exception: RevocationException | None = None


async def grant_permit(
    session: AsyncSession,
    institution: Institution,
    scope: Scope,
    validity: Validity,
    *,
    number: str | None,
    application_id: UUID,
    at: datetime,
) -> Permit:
    """Grant a permit, which makes the institution `active`. The caller has locked the institution's row."""
    today = china_date(at)
    for other in await queries.living_permits_for_update(session, institution.id, today):
        if other.status_on(today) in STANDING and (other.kind, other.site) == (scope.kind, scope.site):
            raise PermitInForceAlready(number=other.number)
    permit, granted = Permit.grant(
        number or await queries.next_number(session, scope.district),
        scope,
        validity,
        institution_id=institution.id,
        application_id=application_id,
        at=at,
    )
    session.add(permit)
    await journal.record(session, granted, subject=permit)
    await update_entry(session, institution, {"permit_no": permit.number, "status": Status.ACTIVE}, at=at)
    return permit


async def suspend_permit(
    session: AsyncSession,
    permit_id: UUID,
    until: date,
    *,
    cause: str,
    legal_basis: str,
    exception: SuspensionException | None = None,
    caller: Principal,
    at: datetime,
) -> Permit:
    permit = await queries.permit_for_update(session, permit_id, caller)
    suspended = permit.suspend(until, cause=cause, legal_basis=legal_basis, exception=exception, at=at)
    await journal.record(session, suspended, subject=permit, reason=cause)
    return permit


async def suspend_on_exception(
    session: AsyncSession,
    permit_id: UUID,
    until: date,
    exception: SuspensionException | None,
    *,
    cause: str,
    caller: Principal,
    at: datetime,
) -> Permit:
    """Suspend a permit without a penalty decision; raises `SuspensionNeedsProposal` if no exception is named."""
    await queries.permit(session, permit_id, caller)
    if exception is None:
        raise SuspensionNeedsProposal(pointer="/exception", exceptions=list(SuspensionException))
    return await suspend_permit(
        session,
        permit_id,
        until,
        cause=cause,
        legal_basis=ARTICLES[exception],
        exception=exception,
        caller=caller,
        at=at,
    )


async def reinstate_permit(
    session: AsyncSession, permit_id: UUID, *, cause: str, caller: Principal, at: datetime
) -> Permit:
    permit = await queries.permit_for_update(session, permit_id, caller)
    await journal.record(session, permit.reinstate(cause, at=at), subject=permit, reason=cause)
    return permit


async def revoke_permit(
    session: AsyncSession, permit_id: UUID, revocation: Revocation, notice_id: UUID, *, caller: Principal, at: datetime
) -> Permit:
    permit, institution = await locked_with_institution(session, permit_id, caller)
    revoked = permit.revoke(
        revocation.cause,
        legal_basis=revocation.legal_basis,
        notice_id=notice_id,
        exception=revocation.exception,
        at=at,
    )
    await journal.record(session, revoked, subject=permit, reason=revocation.cause)
    await update_entry(session, institution, at=at)
    return permit


async def renew_permit(
    session: AsyncSession, permit_id: UUID, valid_to: date, *, reason: str | None, caller: Principal, at: datetime
) -> Permit:
    permit = await queries.permit_for_update(session, permit_id, caller)
    await journal.record(session, permit.renew(valid_to, at=at), subject=permit, reason=reason)
    return permit


async def cancel_permit(
    session: AsyncSession,
    permit_id: UUID,
    ground: CancellationGround,
    *,
    cause: str,
    caller: Principal,
    at: datetime,
) -> Permit:
    permit, institution = await locked_with_institution(session, permit_id, caller)
    await journal.record(session, permit.cancel(cause, ground=ground, at=at), subject=permit, reason=cause)
    await update_entry(session, institution, at=at)
    return permit


async def cancel_all(
    session: AsyncSession, institution: Institution, *, kind: str | None, cause: str, at: datetime
) -> int:
    """Cancel every living permit (of a kind) of an institution, whose row the caller has locked; returns how many."""
    living = await queries.living_permits_for_update(session, institution.id, china_date(at))
    ending = [permit for permit in living if kind in (None, permit.kind)]
    for permit in ending:
        cancelled = permit.cancel(cause, ground=CancellationGround.REQUESTED_BY_HOLDER, at=at)
        await journal.record(session, cancelled, subject=permit, reason=cause)
    return len(ending)


class PaperOutcome(StrEnum):
    """What became of a permit that a ledger states; `taken`: its number is another institution's, it is left alone."""

    RECORDED = "recorded"
    UNCHANGED = "unchanged"
    TAKEN = "taken"


async def record_papers(
    session: AsyncSession, papers: Sequence[Paper], *, at: datetime
) -> dict[tuple[UUID, str], PaperOutcome]:
    """Take over the permits that a ledger states; returns the outcome of each, by institution and number."""
    known = await queries.by_number_for_update(session, [paper.number for paper in papers])
    outcomes: dict[tuple[UUID, str], PaperOutcome] = {}
    facts: list[journal.Fact] = []
    for paper in papers:
        key = (paper.institution_id, paper.number)
        permit = known.get(paper.number)
        if permit is None:
            permit, recorded = Permit.record(paper, at=at)
            session.add(permit)
            known[paper.number] = permit
        elif permit.institution_id != paper.institution_id:
            outcomes[key] = PaperOutcome.TAKEN
            continue
        else:
            again = permit.record_again(paper, at=at)
            if again is None:
                outcomes.setdefault(key, PaperOutcome.UNCHANGED)
                continue
            recorded = again
        outcomes[key] = PaperOutcome.RECORDED
        permit.version += 1
        facts.append(journal.Fact(permit.id, permit.version, recorded))
    await session.flush()
    await journal.record_many(session, facts)
    return outcomes


async def locked_with_institution(
    session: AsyncSession, permit_id: UUID, caller: Principal
) -> tuple[Permit, Institution]:
    """The permit and its institution, both locked, the institution first, as everywhere."""
    seen = await queries.permit(session, permit_id, caller)
    institution = await institutions.institution_for_update(session, seen.institution_id, caller)
    return await queries.permit_for_update(session, permit_id, caller), institution


async def update_entry(
    session: AsyncSession,
    institution: Institution,
    changes: Mapping[str, object] | None = None,
    *,
    reason: str | None = None,
    at: datetime,
) -> None:
    """Change an entry so that it agrees with its permits; at most one fact. The caller has locked its row."""
    wanted = dict(changes or {})
    entry = institution.details().model_copy(update=wanted)
    wanted |= entry_changes(await queries.permits_in_file(session, institution.id), entry, china_date(at))
    changed = institution.change(wanted, at=at)
    if changed is not None:
        await journal.record(session, changed, subject=institution, reason=reason)
