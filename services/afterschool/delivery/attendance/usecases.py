"""Take a batch of marks from a phone: a verdict on each, and one fact for each session that changed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Boolean, DateTime, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.attendance import queries
from services.afterschool.delivery.attendance.domain import (
    NOBODY,
    NOT_TAKEN,
    Current,
    Judgement,
    Mark,
    MarkIdReused,
    MarkIn,
    Standing,
    Verdict,
    judge,
    led_by,
)
from services.afterschool.delivery.sessions.domain import CourseSession
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.events.afterschool.sessions import MarkChanged
from shared.facts import journal
from shared.http.batches import Broken
from shared.http.policies import Principal


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on one mark of a batch; `row` is a refused element as it came."""

    mark_id: UUID | None
    verdict: Verdict
    code: str | None
    version: int | None
    theirs: dict[str, Any] | None
    row: str | None = None

    @classmethod
    def of(cls, mark: Mark, sent: MarkIn, verdict: Verdict) -> "Answer":
        row = sent.model_dump_json() if verdict is Verdict.REFUSED else None
        return cls(mark.id, verdict, mark.code, mark.version, mark.theirs, row)

    @classmethod
    def reused(cls, sent: MarkIn) -> "Answer":
        return cls(sent.id, Verdict.REFUSED, MarkIdReused.code, None, None, sent.model_dump_json())

    @classmethod
    def unreadable(cls, broken: Broken) -> "Answer":
        theirs: dict[str, Any] | None = {"fields": broken.pointers} if broken.pointers else None
        return cls(broken.uuid("id"), Verdict.REFUSED, broken.code, None, theirs, broken.text)


async def take_batch(
    session: AsyncSession, elements: Sequence[MarkIn | Broken], *, caller: Principal, at: datetime
) -> list[Answer]:
    """One verdict per element, in their order. The sessions are locked first, in the order of their ids."""
    sent = [one for one in elements if isinstance(one, MarkIn)]
    await queries.queue_for(session, caller.subject)
    known = await queries.marks(session, {one.id for one in sent})
    found = await queries.sessions_for_update(session, {one.lesson for one in sent if one.id not in known})
    within_reach = {lesson: pair for lesson, pair in found.items() if reaches(caller, pair[1])}
    pairs = {(within_reach[one.lesson][0].id, one.person_id) for one in sent if one.lesson in within_reach}
    batch = _Batch(
        known=dict(known),
        sessions={lesson: pair[0] for lesson, pair in within_reach.items()},
        standings=await queries.standings(session, pairs),
        current=dict(await queries.current(session, pairs)),
        subject=caller.subject,
        at=at,
    )
    answers = [Answer.unreadable(one) if isinstance(one, Broken) else batch.take(one) for one in elements]
    session.add_all(batch.new)
    schools = {pair[0].id: pair for pair in within_reach.values()}
    await _store(session, batch, schools)
    return answers


class _Batch:
    """A batch of marks: the rows it read, and its changes."""

    def __init__(
        self,
        *,
        known: dict[UUID, Mark],
        sessions: Mapping[queries.Lesson, CourseSession],
        standings: Mapping[queries.Pair, Standing],
        current: dict[queries.Pair, Current],
        subject: str,
        at: datetime,
    ) -> None:
        self._known, self._sessions, self._standings, self._current = known, sessions, standings, current
        self._subject, self.at, self._today = subject, at, china_date(at)
        self.new: list[Mark] = []
        self.changed: dict[queries.Pair, tuple[Current, bool]] = {}
        """The present attendance of the people who were changed, and whether they teach."""

    def take(self, sent: MarkIn) -> Answer:
        stored = self._known.get(sent.id)
        if stored is not None:
            same = stored.is_same_as(sent, self._subject)
            return Answer.of(stored, sent, stored.answer) if same else Answer.reused(sent)
        found = self._sessions.get(sent.lesson)
        judged = self._judge(sent, found)
        session_id = None if found is None else found.id
        mark = Mark.take(sent, judged, session_id=session_id, subject=self._subject, at=self.at)
        self._known[mark.id] = mark
        self.new.append(mark)
        return Answer.of(mark, sent, judged.verdict)

    def _judge(self, sent: MarkIn, found: CourseSession | None) -> Judgement:
        if found is None:
            return judge(sent, None, standing=NOBODY, current=NOT_TAKEN, today=self._today)
        pair = found.id, sent.person_id
        standing, current = self._standings.get(pair, NOBODY), self._current.get(pair, NOT_TAKEN)
        judged = judge(sent, found, standing=standing, current=current, today=self._today)
        if judged.verdict is Verdict.APPLIED:
            self._current[pair] = judged.current
            self.changed[pair] = judged.current, sent.teacher_id is not None
        return judged


_KEEP: Final = text(
    """
    INSERT INTO attendance (id, session_id, school_id, person_id, teacher, state, version, marked_at)
    SELECT id, session_id, school_id, person_id, teacher, state, version, marked_at
    FROM unnest(:ids, :sessions, :schools, :people, :teachers, :states, :versions, :times)
         AS row (id, session_id, school_id, person_id, teacher, state, version, marked_at)
    ON CONFLICT (session_id, person_id) DO UPDATE
    SET state = excluded.state, version = excluded.version, marked_at = excluded.marked_at
    """
).bindparams(
    *(bindparam(name, type_=ARRAY(Uuid)) for name in ("ids", "sessions", "schools", "people")),
    bindparam("teachers", type_=ARRAY(Boolean)),
    bindparam("states", type_=ARRAY(Text)),
    bindparam("versions", type_=ARRAY(BigInteger)),
    bindparam("times", type_=ARRAY(DateTime(timezone=True))),
)


async def _store(session: AsyncSession, batch: _Batch, sessions: Mapping[UUID, tuple[CourseSession, School]]) -> None:
    """Write what changed and count the sessions again. The counts come from the rows, so a correction subtracts."""
    if not batch.changed:
        return
    rows = list(batch.changed.items())
    values = {
        "ids": [new_id() for _ in rows],
        "sessions": [pair[0] for pair, _ in rows],
        "schools": [sessions[pair[0]][1].id for pair, _ in rows],
        "people": [pair[1] for pair, _ in rows],
        "teachers": [teacher for _, (_, teacher) in rows],
        "states": [now.state for _, (now, _) in rows],
        "versions": [now.version for _, (now, _) in rows],
        "times": [now.marked_at for _, (now, _) in rows],
    }
    await session.execute(_KEEP, values)
    changed = defaultdict[UUID, list[MarkChanged]](list)
    for (session_id, person_id), (now, teacher) in rows:
        mark = MarkChanged(person_id=person_id, teacher=teacher, state=now.state, version=now.version)
        changed[session_id].append(mark)
    children = await queries.counts(session, list(changed))
    teachers = await queries.teachers_marks(session, list(changed))
    facts = []
    for session_id in sorted(changed):
        one, school = sessions[session_id]
        led = led_by(teachers[session_id].get(person, NOT_TAKEN.state) for person in one.leaders)
        event = one.count(children[session_id], led=led, changed=changed[session_id], school=school, at=batch.at)
        one.version += 1
        facts.append(journal.Fact(one.id, one.version, event))
    await session.flush()
    await journal.record_many(session, facts)
