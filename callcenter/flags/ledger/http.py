"""The ledger over HTTP (D7): agents see and dispute their own entries, leaders decide, managers close months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.agents.service import AgentService
from callcenter.facts import CallId, CaseNumber
from callcenter.flags.ledger.model import MONTH, Evidence, LedgerEvent, LedgerState, check_month, totals
from callcenter.flags.ledger.queries import EntryFilter, LedgerReading
from callcenter.flags.ledger.rows import LedgerEntryRow, LedgerStepRow
from callcenter.flags.ledger.service import Ledger
from callcenter.web.roles import AGENT_NUMBER, Person
from callcenter.web.routes import (
    ANYONE,
    LEADERS,
    MANAGERS,
    Ask,
    Page,
    PageQuery,
    Routes,
    decode_cursor,
    encode_cursor,
    page_of,
)


class LedgerStep(BaseModel):
    """A step of the history; amounts in fen."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    event: str
    state: LedgerState
    amount: int
    by_name: str
    reason: str


class LedgerEntry(BaseModel):
    """A violation with its evidence; amounts in fen: `proposed` by the policy, `amount` as decided.

    `confirmed_by` is the id of who confirmed it, for leaders: another person settles a dispute. `steps` name who took
    each step.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    clause: str
    policy_version: str
    agent: str
    at: datetime
    month: str
    facts: dict[str, Any]
    proposed: int
    amount: int
    state: LedgerState
    confirmed_by: str | None = None
    steps: list[LedgerStep] = []

    @classmethod
    def of(cls, row: LedgerEntryRow, steps: Sequence[LedgerStepRow], reader: Person) -> LedgerEntry:
        shape = cls.model_validate(row)
        seen = row.confirmed_by if reader.may(LEADERS) else None
        history = [LedgerStep.model_validate(step) for step in steps]
        return shape.model_copy(update={"confirmed_by": seen, "steps": history})


class LedgerQuery(PageQuery):
    agent: str | None = Field(None, max_length=20)
    state: LedgerState | None = None
    month: str | None = Field(None, pattern=MONTH)
    kind: str | None = Field(None, max_length=20)


class LedgerProposal(BaseModel):
    """`kind` is one of the policy's violations; name the call or the case that proves it."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=20)
    agent: str = Field(max_length=20, description=AGENT_NUMBER)
    at: AwareDatetime
    call: CallId | None = Field(None, max_length=180)
    case: CaseNumber | None = Field(None, max_length=24)
    reason: str = Field(min_length=1, max_length=2000)

    def evidence(self, policy_version: str) -> Evidence:
        facts = {name: value for name, value in (("call", self.call), ("case", self.case)) if value is not None}
        proof = self.case or self.call or self.at.isoformat()
        id = f"hand:{self.kind}:{self.agent}:{proof}"
        return Evidence(id, self.kind, "D7", policy_version, self.agent, self.at, facts)


class LedgerDecision(BaseModel):
    """`amount` in fen lowers the deduction; without it the amount stays."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000)
    amount: int | None = Field(None, ge=0, le=1_000_000)


class LedgerReason(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000)


class LedgerMonth(BaseModel):
    """What a month deducts from each agent, in fen; `sha256` and the closing are null while it is open."""

    month: str
    totals: dict[str, int]
    entries: int
    undecided: int
    closed_at: datetime | None
    closed_by: str | None
    sha256: str | None


def routes(ledger: Ledger, reading: LedgerReading, agents: AgentService, policy_version: str) -> Routes:
    routes = Routes("ledger")

    async def shape_of(row: LedgerEntryRow, reader: Person) -> LedgerEntry:
        return LedgerEntry.of(row, (await reading.steps([row.id]))[row.id], reader)

    async def decided(ask: Ask, id: str, event: LedgerEvent, reason: str, amount: int | None = None) -> LedgerEntry:
        by = ask.require()
        await reading.entry(id, by)
        return await shape_of(await ledger.decide(id, event, reason, by, amount), by)

    @routes.get("/ledger", roles=ANYONE)
    async def list_ledger(ask: Ask, query: LedgerQuery) -> Page[LedgerEntry]:
        """List violations, newest first; agents see those about themselves."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        conditions = EntryFilter(query.agent, query.state, query.month, query.kind)
        by = ask.require()
        rows = await reading.entries(conditions, by, query.limit + 1, after)
        page = page_of(list(rows), query.limit, lambda row: encode_cursor(row.at, row.id))
        steps = await reading.steps([row.id for row in page.items])
        return Page(items=[LedgerEntry.of(row, steps[row.id], by) for row in page.items], next=page.next)

    @routes.post("/ledger", roles=LEADERS, status=201)
    async def propose_ledger_entry(ask: Ask, body: LedgerProposal) -> LedgerEntry:
        """Propose an entry by hand, such as for rude service that led to a complaint; a person then confirms it."""
        await agents.agent(body.agent)
        by = ask.require()
        return await shape_of(await ledger.propose(body.evidence(policy_version), body.reason, by), by)

    @routes.get("/ledger/{id}", roles=ANYONE)
    async def read_ledger_entry(ask: Ask, id: str) -> LedgerEntry:
        """Read an entry with its history."""
        by = ask.require()
        return await shape_of(await reading.entry(id, by), by)

    @routes.post("/ledger/{id}/confirm", roles=LEADERS)
    async def confirm_ledger_entry(ask: Ask, id: str, body: LedgerDecision) -> LedgerEntry:
        """Confirm an entry with a reason, with its amount or a lower one."""
        return await decided(ask, id, LedgerEvent.CONFIRM, body.reason, body.amount)

    @routes.post("/ledger/{id}/annul", roles=LEADERS)
    async def annul_ledger_entry(ask: Ask, id: str, body: LedgerReason) -> LedgerEntry:
        """Annul an entry with a reason."""
        return await decided(ask, id, LedgerEvent.ANNUL, body.reason)

    @routes.post("/ledger/{id}/dispute", roles=ANYONE)
    async def dispute_ledger_entry(ask: Ask, id: str, body: LedgerReason) -> LedgerEntry:
        """Dispute a confirmed entry about yourself; another person than who confirmed it settles the dispute."""
        return await decided(ask, id, LedgerEvent.DISPUTE, body.reason)

    @routes.post("/ledger/{id}/settle", roles=LEADERS)
    async def settle_ledger_entry(ask: Ask, id: str, body: LedgerDecision) -> LedgerEntry:
        """Settle a dispute: uphold the entry, or lower its amount; `annul` drops it."""
        return await decided(ask, id, LedgerEvent.SETTLE, body.reason, body.amount)

    _months(routes, ledger, reading)
    return routes


def _months(routes: Routes, ledger: Ledger, reading: LedgerReading) -> None:
    async def shape_of(month: str) -> LedgerMonth:
        closed, rows = await reading.month(check_month(month))
        states = [LedgerState(row.state) for row in rows]
        return LedgerMonth(
            month=month,
            totals=closed.totals if closed else totals((row.agent, LedgerState(row.state), row.amount) for row in rows),
            entries=len(rows),
            undecided=sum(state in (LedgerState.PROPOSED, LedgerState.DISPUTED) for state in states),
            closed_at=closed.closed_at if closed else None,
            closed_by=closed.closed_by if closed else None,
            sha256=closed.sha256 if closed else None,
        )

    @routes.get("/ledger/months/{month:[0-9-]+}", roles=LEADERS)
    async def read_ledger_month(ask: Ask, month: str) -> LedgerMonth:
        """Read what a month such as 2026-11 deducts from each agent."""
        return await shape_of(month)

    @routes.post("/ledger/months/{month:[0-9-]+}/close", roles=MANAGERS)
    async def close_ledger_month(ask: Ask, month: str) -> LedgerMonth:
        """Close a month that is over and has no undecided entry: nothing of it changes afterwards."""
        await ledger.close(month, ask.require())
        return await shape_of(month)
