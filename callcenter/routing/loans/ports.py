"""The loans as the routing reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from callcenter.agents.model import Agent
from callcenter.routing.loans.model import Loan, with_lent_skills


class Loans(Protocol):
    """Who is lent (routing/loans)."""

    async def running(self, at: datetime) -> Sequence[Loan]: ...

    async def next_end(self, after: datetime) -> datetime | None: ...


class NoLoans:
    """Nobody is lent."""

    async def running(self, at: datetime) -> Sequence[Loan]:
        return ()

    async def next_end(self, after: datetime) -> datetime | None:
        return None


def with_loans(agent: Agent, loans: Sequence[Loan]) -> Agent:
    return replace(agent, skills=with_lent_skills(agent.skills, agent.number, loans)) if loans else agent
