"""Records an agent's result of a return call: only what can have happened and what the customer's answers allow.

A customer's statement requires a customer who answered, and a counted attempt a phone that was called; the PBX and the
dial's own facts show how far it got (`Reach`). What is not known yet is refused until it is known, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.endings import Endings
from callcenter.callbacks.errors import BadResult, CustomerNotReached, EvaluationContradicts, LeaseOver, NotYours
from callcenter.callbacks.model import BUSY, FINAL, GIVEN_BY_AGENT, NEEDS, WAITING, Event, Reach, Result, State
from callcenter.callbacks.rows import ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook
from callcenter.callbacks.store import Steps, load
from callcenter.callbacks.timing import Place
from callcenter.clock import Clock
from callcenter.errors import IllegalTransition
from callcenter.followup.errors import UnknownEvaluation
from callcenter.followup.evaluations.model import FITTING, Evaluation, meaning_of
from callcenter.followup.evaluations.service import evaluation_of_item
from callcenter.storage.database import Database
from callcenter.web.roles import LEADERS, Person


@dataclass(frozen=True, slots=True)
class AgentResult:
    """An agent's result of a return call; `again_at` is for CALL_AGAIN."""

    result: Result
    notes: str = ""
    satisfaction: int | None = None
    again_at: datetime | None = None
    evaluation: str | None = None


class Line(Protocol):
    """The dials under way (dialling/service.py)."""

    async def reach(self, id: str) -> Reach | None:
        """How far the dial of this return call has got, asked of the PBX now; None when unknown."""
        ...


class Results:
    def __init__(
        self, database: Database, clock: Clock, rules: Rulebook, steps: Steps, endings: Endings, line: Line
    ) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._steps = steps
        self._endings = endings
        self._line = line

    async def record(self, id: str, reported: AgentResult, by: Person) -> ReturnCallRow:
        """Record the agent's result, during the call or after it.

        Raises NotYours, BadResult, CustomerNotReached, UnknownEvaluation, IllegalTransition.
        """
        check_agent_result(reported)
        reach = await self._line.reach(id)
        async with self._database.write() as session:
            row = await load(session, id)
            check_hand(row, by)
            check_reach(row, reported.result, reach)
            await self._write(session, row, reported, by.login)
            return row

    async def reach(self, id: str) -> Reach | None:
        """How far the dial of this return call has got, as far as is known. Raises UnknownReturnCall."""
        return await self._line.reach(id)

    async def answered(self, session: AsyncSession, row: ReturnCallRow, given: Evaluation, by: Person) -> None:
        """Record the result that follows from the customer's answers, in the transaction that stores them.

        During the call or its after-call work the answers are the result, if they imply one. Later they may only agree
        with what was written. Raises EvaluationContradicts.
        """
        means = meaning_of(given)
        if row.state == State.TALKING and means is not None:
            notes = "\n".join(text for text in (given.problem, given.notes) if text)
            await self._endings.record(session, row, means, by.login, notes, given.satisfaction, given.id)
        elif row.state != State.TALKING and not _agrees(row, means):
            raise EvaluationContradicts(
                "the result of this return call contradicts it", item=row.id, result=row.result or row.last_result
            )

    async def _write(self, session: AsyncSession, row: ReturnCallRow, reported: AgentResult, by: str) -> None:
        given = await evaluation_of_item(session, row.id)
        if reported.evaluation is not None and (given is None or given.id != reported.evaluation):
            raise UnknownEvaluation("this return call has no such evaluation", evaluation=reported.evaluation[:40])
        if reported.result is Result.CALL_AGAIN:
            await self._call_again(session, row, reported, by)
        elif given is not None and reported.result in FINAL:
            await self._as_given(session, row, reported, given, by)
        else:
            await self._endings.record(session, row, reported.result, by, reported.notes, reported.satisfaction)

    async def _as_given(
        self, session: AsyncSession, row: ReturnCallRow, reported: AgentResult, given: Evaluation, by: str
    ) -> None:
        """The customer's answers accompany the result; an agent's result neither hides a problem nor alters a mark."""
        if reported.result not in FITTING[meaning_of(given)]:
            raise BadResult(
                "the answers contradict it", fault="against_answers", result=reported.result.value, item=row.id
            )
        if None not in (reported.satisfaction, given.satisfaction) and reported.satisfaction != given.satisfaction:
            raise BadResult(
                "the answers have a different rating", fault="against_mark", given=given.satisfaction, item=row.id
            )
        notes = reported.notes or given.problem or given.notes
        mark = reported.satisfaction if given.satisfaction is None else given.satisfaction
        await self._endings.record(session, row, reported.result, by, notes, mark, given.id)

    async def _call_again(self, session: AsyncSession, row: ReturnCallRow, reported: AgentResult, by: str) -> None:
        if reported.again_at is None:
            raise BadResult(
                "the time at which to call again is required", fault="time_missing", result=reported.result.value
            )
        times = self._rules.appointment(reported.again_at, self._clock(), Place(row.region, tuple(row.zones)))
        await self._endings.attempt_over(session, row, Result.CALL_AGAIN)
        await self._steps.take(
            session,
            row,
            Event.SCHEDULE,
            by,
            reported.notes,
            due_at=times.due_at,
            may_from=times.may_from,
            may_until=times.may_until,
            promised=True,
            promised_by=by,
            intent=None,
            lease_until=None,
            last_result=reported.result.value,
            last_at=self._clock(),
            preferred=row.agent,
            attempts=row.attempts + 1,
        )


def _agrees(row: ReturnCallRow, means: Result | None) -> bool:
    """Whether answers written after the result agree with it; None leaves the result to the agent."""
    if means is None:
        return True
    if row.result is not None:
        return Result(row.result) in FITTING[means]
    # Postponed or never recorded: the conversation took place, and its outcome was left open.
    return row.last_result in (Result.CALL_AGAIN, Result.UNSAID)


def check_agent_result(reported: AgentResult) -> None:
    """Refuse results that no agent may give. Raises BadResult."""
    if reported.result not in GIVEN_BY_AGENT:
        raise BadResult("agents cannot give this result", fault="not_an_agents_word", result=reported.result.value)
    if reported.satisfaction is not None and reported.result not in FINAL:
        raise BadResult(
            "a rating is allowed only with a final result", fault="mark_without_word", result=reported.result.value
        )
    if reported.again_at is not None and reported.result is not Result.CALL_AGAIN:
        raise BadResult(
            "a time is allowed only with call_again", fault="time_without_call_again", result=reported.result.value
        )


def check_reach(row: ReturnCallRow, result: Result, reach: Reach | None) -> None:
    """A customer's statement requires a customer, a counted attempt a phone that was called.

    Raises CustomerNotReached, and IllegalTransition for a return call that no agent holds.
    """
    if row.state == State.TALKING:
        reach = Reach.ANSWERED
    elif row.state == State.CLAIMED or row.state in WAITING:
        raise CustomerNotReached("it has not been dialled", item=row.id, result=result.value, reach="none")
    elif row.state != State.DIALLING:
        raise IllegalTransition("return call", row.state, result)
    needed = NEEDS[result]
    if needed is Reach.AGENT or (reach is not None and reach >= needed):
        return
    if reach is None:
        detail = "the PBX has not yet reported whether the customer was reached; record the result afterwards"
    elif needed is Reach.ANSWERED:
        detail = "the customer has not answered"
    else:
        detail = "the customer's phone has not been called"
    raise CustomerNotReached(
        detail, item=row.id, result=result.value, reach="unknown" if reach is None else reach.name.lower()
    )


def check_hand(row: ReturnCallRow, by: Person) -> None:
    """Only the agent who holds it, and leaders, may act on it. Raises NotYours, LeaseOver."""
    if by.may(LEADERS) or (row.agent is not None and row.agent == by.agent and row.state in BUSY):
        return
    if row.agent is not None and row.agent == by.agent and row.state in WAITING:
        raise LeaseOver("your claim ran out and it is back in the queue", item=row.id)
    raise NotYours("this return call is held by a colleague or by no one", item=row.id)
