"""Decides what a loan may be, and what loans change for the routing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.routing.loans.errors import LoanNotOne, LoanTime

LONGEST: Final = timedelta(hours=24)
MOST: Final = 20
"""Running loans of one agent."""


@dataclass(frozen=True, slots=True)
class Lent:
    """What is lent: exactly one of a line, a queue, and a skill with its level."""

    line: LineCode | None = None
    queue: QueueCode | None = None
    skill: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Loan:
    """An agent is lent until `until`; `ended_at` is set where it ended earlier."""

    id: str
    agent: AgentNumber
    lent: Lent
    until: datetime
    by: str
    at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""

    def running(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.until

    def end(self, now: datetime) -> datetime | None:
        """When it ended; None while it runs."""
        return self.ended_at or (self.until if self.until <= now else None)


def check_lent(lent: Lent) -> Lent:
    """Return it with a lower-case skill. Raises LoanNotOne."""
    if sum(value is not None for value in (lent.line, lent.queue, lent.skill)) != 1:
        raise LoanNotOne("name exactly one of line, queue and skill")
    if (lent.skill is None) is not (lent.level is None):
        raise LoanNotOne("a skill has a level", field="level")
    return lent if lent.skill is None else Lent(skill=lent.skill.lower(), level=lent.level)


def check_until(until: datetime, now: datetime) -> None:
    """Raises LoanTime."""
    if not timedelta() < until - now <= LONGEST:
        raise LoanTime("a loan ends within a day", hours=LONGEST // timedelta(hours=1))


def lent_lines(
    duty: Mapping[LineCode, Collection[AgentNumber]], loans: Iterable[Loan]
) -> dict[LineCode, set[AgentNumber]]:
    """Who is on duty on each line, by the roster and by loans."""
    lines = {line: set(agents) for line, agents in duty.items()}
    for loan in loans:
        if loan.lent.line is not None:
            lines.setdefault(loan.lent.line, set()).add(loan.agent)
    return lines


def lent_queues(loans: Iterable[Loan]) -> dict[QueueCode, set[AgentNumber]]:
    queues: dict[QueueCode, set[AgentNumber]] = {}
    for loan in loans:
        if loan.lent.queue is not None:
            queues.setdefault(loan.lent.queue, set()).add(loan.agent)
    return queues


def with_lent_skills(skills: Mapping[str, int], agent: str, loans: Iterable[Loan]) -> Mapping[str, int]:
    """The agent's skills; a lent level replaces their own while the loan runs."""
    lent = {
        loan.lent.skill: loan.lent.level
        for loan in loans
        if loan.agent == agent and loan.lent.skill is not None and loan.lent.level is not None
    }
    return {**skills, **lent}
