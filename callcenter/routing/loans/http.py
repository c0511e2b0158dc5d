"""Routes of loans."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.facts import LineCode, QueueCode
from callcenter.routing.loans.model import Lent, Loan
from callcenter.routing.loans.service import Loans
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes


class NewLoan(BaseModel):
    """Exactly one of `line`, `queue`, and `skill` with `level`; within a day."""

    model_config = ConfigDict(extra="forbid")

    line: LineCode | None = Field(None, max_length=31)
    queue: QueueCode | None = Field(None, max_length=31)
    skill: str | None = Field(None, max_length=40)
    level: int | None = Field(None, ge=1, le=5)
    until: AwareDatetime


class LoanShape(BaseModel):
    id: str
    agent: str
    line: str | None
    queue: str | None
    skill: str | None
    level: int | None
    until: datetime
    by: str
    at: datetime
    ended_at: datetime | None
    ended_by: str

    @classmethod
    def of(cls, loan: Loan) -> LoanShape:
        return cls(
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


def routes(loans: Loans) -> Routes:
    routes = Routes("routing")

    @routes.get("/loans", roles=ANYONE)
    async def list_loans(ask: Ask) -> Page[LoanShape]:
        """List the loans that run now; for an agent the own ones."""
        return Page(items=[LoanShape.of(loan) for loan in await loans.of(ask.require())])

    @routes.post("/agents/{number}/loans", roles=LEADERS, status=201)
    async def lend_agent(ask: Ask, number: str, body: NewLoan) -> LoanShape:
        """Lend an agent to a line or a queue, or a skill to them, until an instant; the routing follows at once."""
        lent = Lent(body.line, body.queue, body.skill, body.level)
        return LoanShape.of(await loans.lend(number, lent, body.until, ask.require()))

    @routes.delete("/agents/{number}/loans/{id}", roles=LEADERS)
    async def end_loan(ask: Ask, number: str, id: str) -> None:
        """End a loan before its time."""
        await loans.end(number, id, ask.require())

    return routes
