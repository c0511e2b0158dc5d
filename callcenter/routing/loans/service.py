"""Use cases of loans: leaders lend an agent, the routing follows at once, and at the end by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NoReturn
from uuid import uuid4

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.model import Agent, check_skills
from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.facts import AgentNumber
from callcenter.routing.loans.deltas import LOAN, LoanDelta
from callcenter.routing.loans.errors import LoanExists, LoanWithoutSkill, TooManyLoans, UnknownLoan
from callcenter.routing.loans.model import MOST, Lent, Loan, check_lent, check_until, with_lent_skills
from callcenter.routing.loans.rows import AgentLoanRow
from callcenter.routing.plan import penalty_of
from callcenter.routing.service import LineService, QueueService
from callcenter.storage.database import Database, after_commit
from callcenter.web.audit import Audit, Fact
from callcenter.web.ports import Notify, Publish
from callcenter.web.roles import LEADERS, Person, must_be

LOOK_SECONDS: Final = 30.0
RETRY_SECONDS: Final = 1.0
log = structlog.get_logger(__name__)


class Loans:
    """`changed` wakes the routing."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        agents: AgentService,
        lines: LineService,
        queues: QueueService,
        publish: Publish,
        changed: Notify,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._agents = agents
        self._lines = lines
        self._queues = queues
        self._publish = publish
        self._changed = changed
        self._woken = asyncio.Event()

    async def lend(self, agent: str, lent: Lent, until: datetime, by: Person) -> Loan:
        """Raises UnknownAgent, UnknownLine, UnknownQueue, BadSkill and the errors of loans."""
        must_be(by, LEADERS)
        now, lent = self._clock(), check_lent(lent)
        check_until(until, now)
        if lent.skill is not None and lent.level is not None:
            check_skills({lent.skill: lent.level})
        loan = Loan(uuid4().hex, AgentNumber(agent), lent, until, by.login[:80], now)
        async with self._database.write() as session:
            # The lock makes two leaders who lend the same agent wait for each other.
            held = await self._agents.hold(session, agent)
            running = await self._running(session, now, agent)
            await self._check_serves(held, lent, running)
            if same := next((other for other in running if _same(other.lent, lent)), None):
                raise LoanExists("this is lent already", loan=same.id, until=same.until.isoformat())
            if len(running) >= MOST:
                raise TooManyLoans("so many loans of this agent run already", most=MOST)
            session.add(_row(loan))
            await self._audit.append(session, by, "loan.begun", f"agent/{agent}", facts=_facts(loan))
            after_commit(session, lambda: self._show(loan))
        return loan

    async def end(self, agent: str, id: str, by: Person) -> None:
        """End a loan early; idempotent. Raises UnknownLoan."""
        must_be(by, LEADERS)
        now = self._clock()
        async with self._database.write() as session:
            row = await session.get(AgentLoanRow, id, with_for_update=True)
            if row is None or row.agent != agent:
                raise UnknownLoan("this agent has no such loan", agent=agent[:40])
            if not _loan(row).running(now):
                return
            row.ended_at, row.ended_by = now, by.login[:80]
            ended = _loan(row)
            await self._audit.append(session, by, "loan.ended", f"agent/{agent}", facts=_facts(ended))
            after_commit(session, lambda: self._show(ended))

    async def of(self, by: Person) -> list[Loan]:
        """The running loans, those that end first first; of an agent the own ones."""
        async with self._database.read() as session:
            return await self._running(session, self._clock(), None if by.may(LEADERS) else by.agent or "")

    async def running(self, at: datetime) -> list[Loan]:
        """The loans that run at this instant, for the routing."""
        async with self._database.read() as session:
            return await self._running(session, at)

    async def next_end(self, after: datetime) -> datetime | None:
        """When the next of them ends."""
        query = select(func.min(AgentLoanRow.until)).where(AgentLoanRow.until > after, AgentLoanRow.ended_at.is_(None))
        async with self._database.read() as session:
            return await session.scalar(query)

    async def run(self) -> NoReturn:
        """Publish the end of each loan that ends by itself, until cancelled."""
        seen = self._clock()
        while True:
            try:
                seen = await self.publish_ended(seen)
                await self._until_next(seen)
            except (DBAPIError, OSError) as error:
                log.warning("loans_not_read", cause=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def publish_ended(self, since: datetime) -> datetime:
        """Publish the loans that have ended by themselves since an instant; returns until when they were read."""
        now = self._clock()
        ended = select(AgentLoanRow).where(
            AgentLoanRow.until > since, AgentLoanRow.until <= now, AgentLoanRow.ended_at.is_(None)
        )
        async with self._database.read() as session:
            loans = [_loan(row) for row in await session.scalars(ended.order_by(AgentLoanRow.until))]
        for loan in loans:
            self._show(loan)
        return now

    async def _until_next(self, seen: datetime) -> None:
        self._woken.clear()
        end = await self.next_end(seen)
        left = LOOK_SECONDS if end is None else max(0.0, (end - self._clock()).total_seconds())
        try:
            await asyncio.wait_for(self._woken.wait(), min(left, LOOK_SECONDS))
        except TimeoutError:
            return

    async def _running(self, session: AsyncSession, at: datetime, agent: str | None = None) -> list[Loan]:
        query = select(AgentLoanRow).where(AgentLoanRow.until > at, AgentLoanRow.ended_at.is_(None))
        if agent is not None:
            query = query.where(AgentLoanRow.agent == agent)
        return [_loan(row) for row in await session.scalars(query.order_by(AgentLoanRow.until, AgentLoanRow.id))]

    async def _check_serves(self, agent: Agent, lent: Lent, running: Sequence[Loan]) -> None:
        """A queue that requires a language takes no agent who does not speak it. Raises LoanWithoutSkill."""
        if lent.skill is not None:
            return
        code = lent.queue or (await self._lines.line(lent.line or "")).queue
        queue = await self._queues.queue(code)
        if penalty_of(with_lent_skills(agent.skills, agent.number, running), queue) is None:
            raise LoanWithoutSkill(
                "the queue requires a language", agent=agent.number, skill=queue.skill, level=queue.min_level
            )

    def _show(self, loan: Loan) -> None:
        self._changed()
        self._woken.set()
        end = loan.end(self._clock())
        delta: LoanDelta = {
            "id": loan.id,
            "agent": loan.agent,
            "line": loan.lent.line,
            "queue": loan.lent.queue,
            "skill": loan.lent.skill,
            "level": loan.lent.level,
            "until": loan.until.isoformat(),
            "by": loan.by,
            "at": loan.at.isoformat(),
            "ended_at": end.isoformat() if end else None,
            "ended_by": loan.ended_by,
        }
        self._publish(LOAN, delta, frozenset({loan.agent}))


def _same(lent: Lent, other: Lent) -> bool:
    return (lent.line, lent.queue, lent.skill) == (other.line, other.queue, other.skill)


def _facts(loan: Loan) -> dict[str, Fact]:
    lent = loan.lent
    named: dict[str, Fact] = {"line": lent.line, "queue": lent.queue, "skill": lent.skill, "level": lent.level}
    facts: dict[str, Fact] = {name: value for name, value in named.items() if value is not None}
    return {**facts, "until": loan.until.isoformat()}


def _row(loan: Loan) -> AgentLoanRow:
    return AgentLoanRow(
        id=loan.id,
        agent=loan.agent,
        line=loan.lent.line,
        queue=loan.lent.queue,
        skill=loan.lent.skill,
        level=loan.lent.level,
        until=loan.until,
        by=loan.by,
        at=loan.at,
        ended_at=loan.ended_at,
        ended_by=loan.ended_by,
    )


def _loan(row: AgentLoanRow) -> Loan:
    lent = Lent(row.line, row.queue, row.skill, row.level)
    return Loan(row.id, row.agent, lent, row.until, row.by, row.at, row.ended_at, row.ended_by)
