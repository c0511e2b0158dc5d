"""Use cases of messages: write, read, confirm the reading."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.service import AgentService
from callcenter.calls.deltas import instant
from callcenter.calls.effects import AgentNow
from callcenter.clock import Clock
from callcenter.routing.service import LineService
from callcenter.storage.database import Database, after_commit
from callcenter.storage.paging import Position, newest_first
from callcenter.supervision.messages.deltas import MESSAGE, MessageDelta
from callcenter.supervision.messages.errors import MessageNotAllowed, NobodyToReach, UnknownMessage
from callcenter.supervision.messages.model import Draft, To, addressed
from callcenter.supervision.messages.rows import TeamMessageReceiptRow, TeamMessageRow
from callcenter.web.audit import Audit
from callcenter.web.ports import Publish
from callcenter.web.roles import LEADERS, Person

OUT: Final = "signed_out"
TO_LEADERS: Final = ""


class Floor(Protocol):
    """The live picture (calls/live.py)."""

    def agents_now(self) -> Mapping[str, AgentNow]: ...

    def on_duty(self, line: str) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Message:
    row: TeamMessageRow
    receipts: Sequence[TeamMessageReceiptRow]


class Messages:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        agents: AgentService,
        lines: LineService,
        floor: Floor,
        publish: Publish,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._agents = agents
        self._lines = lines
        self._floor = floor
        self._publish = publish

    async def write(self, draft: Draft, by: Person) -> Message:
        """Raises BadMessage, MessageNotAllowed, UnknownAgent, UnknownLine, NobodyToReach."""
        to, target = addressed(draft)
        if to is not To.LEADERS and not by.may(LEADERS):
            raise MessageNotAllowed("agents write to their leaders")
        recipients = await self._recipients(to, target, by)
        row = TeamMessageRow(
            id=uuid4().hex,
            at=self._clock(),
            by=by.login[:80],
            by_name=by.name,
            by_agent=by.agent,
            text=draft.text.strip(),
            to=to.value,
            target=target,
        )
        receipts = [
            TeamMessageReceiptRow(message=row.id, agent=agent, read_at=None, read_by="") for agent in recipients
        ]
        async with self._database.write() as session:
            session.add(row)
            await session.flush()
            session.add_all(receipts)
            facts = {"to": to.value, "target": target}
            await self._audit.append(session, by, "message.sent", f"message/{row.id}", facts=facts)
            self._show(session, Message(row, receipts))
        return Message(row, receipts)

    async def _recipients(self, to: To, target: str, by: Person) -> Sequence[str]:
        if to is To.LEADERS:
            return [TO_LEADERS]
        if to is To.AGENT:
            return [(await self._agents.agent(target)).number]
        if to is To.LINE:
            await self._lines.line(target)
            chosen: Collection[str] = self._floor.on_duty(target)
        else:
            chosen = [agent.number for agent in self._floor.agents_now().values() if agent.state != OUT]
        recipients = sorted(set(chosen) - {by.agent or ""})
        if not recipients:
            raise NobodyToReach("no one whom this message is for is signed in")
        return recipients

    async def read(self, id: str, by: Person) -> Message:
        """Confirm that it was read; the first time counts. Raises UnknownMessage."""
        async with self._database.write() as session:
            message = await self._of(session, id)
            own = [receipt for receipt in message.receipts if _is_for(receipt, by)]
            if not own:
                raise UnknownMessage("there is no such message for you", message=id[:40])
            fresh = [receipt for receipt in own if receipt.read_at is None]
            for receipt in fresh:
                receipt.read_at, receipt.read_by = self._clock(), by.login[:80]
            if fresh:
                self._show(session, message)
        return message

    async def page(self, by: Person, limit: int, after: Position | None = None) -> list[Message]:
        """The messages that this person sent or received, newest first; leaders see those to the leaders."""
        mine = [by.agent] if by.agent else []
        agents = [*mine, TO_LEADERS] if by.may(LEADERS) else mine
        received = select(TeamMessageReceiptRow.message).where(TeamMessageReceiptRow.agent.in_(agents))
        query = select(TeamMessageRow).where(or_(TeamMessageRow.by == by.login[:80], TeamMessageRow.id.in_(received)))
        query = newest_first(query, TeamMessageRow.at, TeamMessageRow.id, limit, after)
        async with self._database.read() as session:
            rows = (await session.scalars(query)).all()
            return [Message(row, await _receipts(session, row.id)) for row in rows]

    async def _of(self, session: AsyncSession, id: str) -> Message:
        row = await session.get(TeamMessageRow, id)
        if row is None:
            raise UnknownMessage("there is no such message for you", message=id[:40])
        return Message(row, await _receipts(session, id))

    def _show(self, session: AsyncSession, message: Message) -> None:
        row, recipients = message.row, [receipt.agent for receipt in message.receipts if receipt.agent]
        delta: MessageDelta = {
            "id": row.id,
            "at": instant(row.at),
            "by": row.by,
            "by_name": row.by_name,
            "by_agent": row.by_agent,
            "text": row.text,
            "to": row.to,
            "target": row.target,
            "recipients": recipients,
            "read_by": [receipt.agent or receipt.read_by for receipt in message.receipts if receipt.read_at],
        }
        audience = frozenset({*recipients, row.by_agent} - {None})
        after_commit(session, lambda: self._publish(MESSAGE, delta, frozenset(each for each in audience if each)))


async def _receipts(session: AsyncSession, id: str) -> Sequence[TeamMessageReceiptRow]:
    query = select(TeamMessageReceiptRow).where(TeamMessageReceiptRow.message == id)
    return (await session.scalars(query.order_by(TeamMessageReceiptRow.agent))).all()


def _is_for(receipt: TeamMessageReceiptRow, by: Person) -> bool:
    return by.may(LEADERS) if receipt.agent == TO_LEADERS else receipt.agent == by.agent
