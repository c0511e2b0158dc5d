"""Agent use cases: add, change and look up agents and their phones with secrets."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents import model
from callcenter.agents.errors import AgentExists, PhoneTaken, SecretUnreadable, UnknownAgent, UnknownPhone
from callcenter.agents.model import Agent, Phone, PhoneKind
from callcenter.agents.phone_secrets import SEALED, PhoneSecrets
from callcenter.agents.rows import ActivityRow, AgentRow, PhoneRow
from callcenter.clock import Clock
from callcenter.facts import AgentNumber
from callcenter.storage.database import Database, after_commit
from callcenter.web.audit import Audit, Fact
from callcenter.web.ports import Notify, notify_nobody
from callcenter.web.roles import Person

log = structlog.get_logger(__name__)
Check = Callable[[Agent], None]
"""Called with the stored state before a change; raises when a concurrent change came first."""
Retired = Callable[[AsyncSession, Agent, Person | None], Awaitable[None]]
"""Called in the transaction in which an agent stops working here."""
FOREVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PhoneAccount:
    """Phone account data that the PBX needs."""

    agent: AgentNumber
    name: str
    phone: str
    kind: PhoneKind
    secret: str = field(repr=False)


class AgentService:
    """`changed` is called after each commit that affects the PBX configuration or routing; it must not block."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        changed: Notify = notify_nobody,
        keys: Path | None = None,
    ) -> None:
        """`keys` is the folder of the key that seals phone secrets."""
        self._secrets = PhoneSecrets(keys)
        self._shut_out: dict[str, str] = {}
        self._database = database
        self._clock = clock
        self._audit = audit
        self._changed = changed
        self.retired: list[Retired] = []

    async def agent(self, number: str) -> Agent:
        """Return one agent; raises UnknownAgent."""
        async with self._database.read() as session:
            return await self._load(session, number)

    async def shown(self, number: str) -> str:
        """Return number and name as shown in a form, or only the number if the agent does not exist."""
        try:
            return f"{number} {(await self.agent(number)).name}".strip()
        except UnknownAgent:
            return number

    async def agents(self, *, active: bool | None = None, after: str = "", limit: int | None = None) -> list[Agent]:
        """Return at most `limit` agents by number, after `after`; active and inactive unless filtered."""
        query = select(AgentRow).where(AgentRow.number > after).order_by(AgentRow.number).limit(limit)
        if active is not None:
            query = query.where(AgentRow.active.is_(active))
        async with self._database.read() as session:
            rows = (await session.scalars(query)).all()
            phones = await _phones(session, [row.number for row in rows])
        return [_agent(row, phones.get(row.number, ())) for row in rows]

    async def skills(self) -> dict[str, Mapping[str, int]]:
        """The skills of all agents as they are now; also of agents who no longer work here, for their past shifts."""
        return {agent.number: agent.skills for agent in await self.agents()}

    async def inactive(self) -> frozenset[AgentNumber]:
        """The numbers of the agents who no longer work here."""
        async with self._database.read() as session:
            return frozenset(await session.scalars(select(AgentRow.number).where(AgentRow.active.is_(False))))

    async def gone(self, agents: Collection[str]) -> dict[str, list[tuple[datetime, datetime]]]:
        """When each of these agents did not work here; until the end of time where they have not come back.

        An agent whose leaving is not on record is not in it.
        """
        query = select(ActivityRow).where(ActivityRow.agent.in_(agents)).order_by(ActivityRow.at, ActivityRow.id)
        result: dict[str, list[tuple[datetime, datetime]]] = {}
        async with self._database.read() as session:
            for row in await session.scalars(query):
                spans = result.setdefault(row.agent, [])
                absent = bool(spans) and spans[-1][1] == FOREVER
                if row.active and absent:
                    spans[-1] = (spans[-1][0], row.at)
                elif not row.active and not absent:
                    spans.append((row.at, FOREVER))
        return {agent: spans for agent, spans in result.items() if spans}

    async def phone_accounts(self) -> list[PhoneAccount]:
        """Return the phones of active agents with their secrets, by name, for the PBX configuration only.

        A phone whose secret this machine cannot open gets a random unknown one: it is locked out, the others work.
        """
        return [
            PhoneAccount(agent.number, agent.name, phone.name, phone.kind, self._for_pbx(phone))
            for agent in await self.agents(active=True)
            for phone in agent.phones
        ]

    def _for_pbx(self, phone: Phone) -> str:
        try:
            return self._secrets.open(phone.secret, phone.name)
        except SecretUnreadable as error:
            log.error("phone_secret_unreadable", phone=phone.name, detail=error.detail)
            return self._shut_out.setdefault(phone.name, new_secret())

    async def seal_secrets(self) -> int:
        """Seal the secrets that were stored before sealing existed; return how many."""
        clear = select(PhoneRow).where(PhoneRow.secret.not_like(f"{SEALED}%"))
        async with self._database.read() as session:
            if (await session.scalars(clear.limit(1))).first() is None:
                return 0
        async with self._database.write() as session:
            rows = (await session.scalars(clear)).all()
            for row in rows:
                row.secret = self._secrets.seal(row.secret)
        return len(rows)

    async def add(self, agent: Agent, by: Person | None) -> Agent:
        """Add an agent with generated phone secrets; raises AgentExists, PhoneTaken or the errors of model.py."""
        async with self._database.write() as session:
            return self._opened(await self.insert(session, agent, by))

    async def change(self, agent: Agent, by: Person | None, check: Check | None = None) -> Agent:
        """Replace an agent but keep the secrets of remaining phones; raises UnknownAgent, PhoneTaken."""
        async with self._database.write() as session:
            return await self.update(session, agent, by, check)

    async def new_secret(self, number: str, phone: str, by: Person | None) -> Phone:
        """Generate a new secret for a phone; the old one expires with the next PBX reload. Raises UnknownPhone."""
        async with self._database.write() as session:
            row = await self._phone(session, number, phone)
            secret = new_secret()
            row.secret = self._secrets.seal(secret)
            await self._audit.append(session, by, "phone.new_secret", f"phone/{phone}", facts={"agent": number})
            after_commit(session, self._changed)
            return replace(_phone(row), secret=secret)

    async def show_secret(self, number: str, phone: str, by: Person | None) -> Phone:
        """Return a phone with its secret and audit the access.

        Raises UnknownPhone, SecretUnreadable.
        """
        async with self._database.write() as session:
            row = await self._phone(session, number, phone)
            await self._audit.append(session, by, "phone.secret_shown", f"phone/{phone}", facts={"agent": number})
            return replace(_phone(row), secret=self._secrets.open(row.secret, row.name))

    async def secret(self, number: str, phone: str) -> str:
        """The secret of a phone, for the service itself. Raises UnknownPhone, SecretUnreadable."""
        async with self._database.read() as session:
            row = await self._phone(session, number, phone)
        return self._secrets.open(row.secret, row.name)

    def _opened(self, agent: Agent) -> Agent:
        phones = (replace(phone, secret=self._secrets.open(phone.secret, phone.name)) for phone in agent.phones)
        return replace(agent, phones=tuple(phones))

    async def hold(self, session: AsyncSession, number: str) -> Agent:
        """Lock the agent against changes until the transaction ends; raises UnknownAgent."""
        row = await session.get(AgentRow, number, with_for_update=True)
        if row is None:
            raise UnknownAgent("no such agent", agent=number[:40])
        return _agent(row, (await _phones(session, [number])).get(number, ()))

    async def hold_all(self, session: AsyncSession, numbers: Collection[str]) -> set[str]:
        """Lock many agents as `hold` does, in one statement and in order; return those that exist."""
        query = select(AgentRow.number).where(AgentRow.number.in_(numbers)).order_by(AgentRow.number).with_for_update()
        return set(await session.scalars(query))

    async def insert(self, session: AsyncSession, agent: Agent, by: Person | None) -> Agent:
        """Do what `add` does inside the caller's transaction."""
        agent = _checked(agent)
        if await session.get(AgentRow, agent.number) is not None:
            raise AgentExists("an agent has this number", agent=agent.number)
        row = AgentRow(number=agent.number, created_at=self._clock(), name="", skills={}, active=True)
        return await self._put(session, row, agent, by, "agent.added")

    async def update(self, session: AsyncSession, agent: Agent, by: Person | None, check: Check | None = None) -> Agent:
        """Do what `change` does inside the caller's transaction."""
        agent = _checked(agent)
        before = await self.hold(session, agent.number)
        if check is not None:
            check(before)
        if _public(before) == _public(agent):
            return before
        row = await session.get_one(AgentRow, agent.number)
        return await self._put(session, row, agent, by, "agent.changed")

    async def _put(self, session: AsyncSession, row: AgentRow, agent: Agent, by: Person | None, action: str) -> Agent:
        turned = action == "agent.added" or row.active is not agent.active
        row.name, row.skills, row.active = agent.name, dict(agent.skills), agent.active
        session.add(row)
        await session.flush()
        if turned:
            session.add(ActivityRow(agent=agent.number, at=self._clock(), active=agent.active))
            for hear in self.retired if not agent.active else ():
                await hear(session, agent, by)
        await self._put_phones(session, agent)
        facts: dict[str, Fact] = {
            "name": agent.name,
            "active": agent.active,
            "phones": [phone.name for phone in agent.phones],
        }
        await self._audit.append(session, by, action, f"agent/{agent.number}", facts=facts)
        after_commit(session, self._changed)
        return await self._load(session, agent.number)

    async def _put_phones(self, session: AsyncSession, agent: Agent) -> None:
        names = [phone.name for phone in agent.phones]
        await session.execute(delete(PhoneRow).where(PhoneRow.agent == agent.number, PhoneRow.name.not_in(names)))
        for place, phone in enumerate(agent.phones):
            row = await session.get(PhoneRow, phone.name)
            if row is None:
                row = PhoneRow(
                    name=phone.name, agent=agent.number, secret=self._secrets.seal(phone.secret or new_secret())
                )
            if row.agent != agent.number:
                raise PhoneTaken("another agent has this phone", phone=phone.name, agent=row.agent)
            row.place, row.kind = place, phone.kind
            session.add(row)
        await session.flush()

    async def _load(self, session: AsyncSession, number: str) -> Agent:
        row = await session.get(AgentRow, number)
        if row is None:
            raise UnknownAgent("no such agent", agent=number[:40])
        return _agent(row, (await _phones(session, [number])).get(number, ()))

    async def _phone(self, session: AsyncSession, number: str, phone: str) -> PhoneRow:
        row = await session.get(PhoneRow, phone, with_for_update=True)
        if row is None or row.agent != number:
            raise UnknownPhone("this agent has no such phone", agent=number[:40], phone=phone[:40])
        return row


def new_secret() -> str:
    """Return 144 random bits in letters, digits, '-' and '_', which need no quoting in Asterisk's files."""
    return secrets.token_urlsafe(18)


def _checked(agent: Agent) -> Agent:
    model.check_number(agent.number)
    return replace(
        agent,
        name=model.check_name(agent.name),
        skills=model.check_skills(agent.skills),
        phones=model.check_phones(agent.phones),
    )


def _public(agent: Agent) -> Agent:
    return replace(agent, phones=tuple(replace(phone, secret="") for phone in agent.phones))


async def _phones(session: AsyncSession, numbers: Sequence[str]) -> dict[str, list[PhoneRow]]:
    query = select(PhoneRow).where(PhoneRow.agent.in_(numbers)).order_by(PhoneRow.agent, PhoneRow.place)
    phones: dict[str, list[PhoneRow]] = {}
    for row in await session.scalars(query):
        phones.setdefault(row.agent, []).append(row)
    return phones


def _agent(row: AgentRow, phones: Sequence[PhoneRow]) -> Agent:
    return Agent(row.number, row.name, dict(row.skills), tuple(_phone(phone) for phone in phones), row.active)


def _phone(row: PhoneRow) -> Phone:
    return Phone(row.name, PhoneKind(row.kind), row.secret)
