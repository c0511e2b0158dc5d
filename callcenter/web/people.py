"""Manages people who may sign in: administrators create, change and deactivate them; each action is audited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import String, cast, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalogue import Language, language_of
from callcenter.clock import Clock
from callcenter.facts import AgentNumber
from callcenter.storage.database import Database
from callcenter.web.audit import Audit, Fact
from callcenter.web.errors import AgentLinked, LastAdministrator, LoginTaken, UnknownPerson
from callcenter.web.passwords import Passwords
from callcenter.web.roles import Person, Role
from callcenter.web.rows import KnownDeviceRow, PersonRow, SessionRow


@dataclass(frozen=True, slots=True)
class Account:
    """A person as administrators see them."""

    person: Person
    active: bool
    version: int


def person_of(row: PersonRow) -> Person:
    roles = frozenset(Role(role) for role in row.roles)
    return Person(row.id, row.login, row.name, roles, row.agent, row.must_change)


def account_of(row: PersonRow) -> Account:
    return Account(person_of(row), row.active, row.version)


AgentExists = Callable[[str], Awaitable[object]]
"""Raises the agents package's error for an unknown agent number."""


async def no_agents_room(_: str) -> None:
    """Without the agents package there is nothing to check against; `join` sets the real check."""


class PeopleService:
    def __init__(self, database: Database, clock: Clock, audit: Audit, passwords: Passwords | None = None) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self.passwords = passwords or Passwords()
        self.agent_exists: AgentExists = no_agents_room

    async def add(
        self,
        login: str,
        name: str,
        password: str,
        roles: frozenset[Role],
        agent: str | None = None,
        by: Person | None = None,
        address: str = "",
    ) -> Account:
        """A person added by another person must change the password first: then only they know it.

        Raises LoginTaken, AgentLinked, WeakPassword, UnknownAgent.
        """
        if agent is not None:
            await self.agent_exists(agent)
        hashed = await self.passwords.hash(password, login)
        row = PersonRow(
            id=uuid4().hex,
            login=login.casefold(),
            name=name,
            roles=sorted(roles),
            agent=agent,
            password_hash=hashed,
            must_change=by is not None,
            active=True,
            created_at=self._clock(),
        )
        async with self._database.write() as session:
            await self._free(session, row)
            session.add(row)
            facts: dict[str, Fact] = {"roles": [*sorted(roles)], "agent": agent}
            await self._audit.append(session, by, "person.add", row.login, address, facts)
        return account_of(row)

    async def change(
        self,
        person_id: str,
        by: Person | None = None,
        address: str = "",
        check: Callable[[Account], None] | None = None,
        *,
        name: str,
        roles: frozenset[Role],
        agent: str | None,
        active: bool,
    ) -> Account:
        """Raises UnknownPerson, UnknownAgent, AgentLinked, LastAdministrator; deactivation ends the sessions."""
        if agent is not None and agent != (await self.account(person_id)).person.agent:
            await self.agent_exists(agent)
        async with self._database.write() as session:
            row = await self._row(session, person_id)
            if check is not None:
                check(account_of(row))
            row.name, row.roles, row.active = name, sorted(roles), active
            row.agent = None if agent is None else AgentNumber(agent)
            await self._free(session, row)
            await session.flush()
            await self._keep_an_administrator(session)
            if not active:
                await session.execute(delete(SessionRow).where(SessionRow.person_id == person_id))
            facts: dict[str, Fact] = {"roles": [*sorted(roles)], "agent": agent, "active": active}
            await self._audit.append(session, by, "person.change", row.login, address, facts)
        return account_of(row)

    async def set_password(
        self, person_id: str, password: str, by: Person | None = None, address: str = "", *, must_change: bool = True
    ) -> None:
        """Reset a password: ends all of the person's sessions; they must change it at the next sign-in.

        Raises UnknownPerson, WeakPassword.
        """
        hashed = await self.passwords.hash(password, (await self.account(person_id)).person.login)
        async with self._database.write() as session:
            row = await self._row(session, person_id)
            row.password_hash, row.must_change = hashed, must_change
            for table in (SessionRow, KnownDeviceRow):
                await session.execute(delete(table).where(table.person_id == person_id))
            await self._audit.append(session, by, "person.password", row.login, address)

    async def sign_out_everywhere(self, person_id: str, by: Person | None = None, address: str = "") -> None:
        async with self._database.write() as session:
            row = await self._row(session, person_id)
            await session.execute(delete(SessionRow).where(SessionRow.person_id == person_id))
            await self._audit.append(session, by, "person.sign_out", row.login, address)

    async def account(self, person_id: str) -> Account:
        async with self._database.read() as session:
            return account_of(await self._row(session, person_id))

    async def living(self, person_id: str) -> Account:
        """An active person; raises UnknownPerson, also for a deactivated account."""
        account = await self.account(person_id)
        if not account.active:
            raise UnknownPerson("this person may not sign in any more", person=person_id)
        return account

    async def by_agent(self, agent: str | None) -> Person | None:
        """The person who signs in as this agent; None for an agent without a login."""
        if not agent:
            return None
        async with self._database.read() as session:
            row = await session.scalar(select(PersonRow).where(PersonRow.agent == agent))
            return person_of(row) if row else None

    async def last_language(self, person_id: str) -> Language | None:
        """The language in which this person last signed in to the pages."""
        query = select(SessionRow.language).where(SessionRow.person_id == person_id)
        async with self._database.read() as session:
            return language_of(await session.scalar(query.order_by(SessionRow.created_at.desc()).limit(1)) or "")

    async def roles_of_agents(self) -> dict[str, frozenset[str]]:
        """The roles of all active people who sign in as an agent, by agent number."""
        query = select(PersonRow).where(PersonRow.agent.is_not(None), PersonRow.active)
        async with self._database.read() as session:
            return {row.agent: frozenset(row.roles) for row in await session.scalars(query) if row.agent}

    async def agents_of(self, ids: Collection[str]) -> dict[str, str]:
        """The agent numbers of those of these active people who sign in as an agent, by person."""
        query = select(PersonRow.id, PersonRow.agent).where(
            PersonRow.id.in_(ids), PersonRow.agent.is_not(None), PersonRow.active
        )
        async with self._database.read() as session:
            return {row.id: row.agent for row in await session.execute(query) if row.agent}

    async def known(self, ids: Collection[str]) -> set[str]:
        """Those of the ids that belong to people."""
        async with self._database.read() as session:
            return set(await session.scalars(select(PersonRow.id).where(PersonRow.id.in_(ids))))

    async def page(
        self,
        limit: int,
        after: str | None = None,
        *,
        words: str = "",
        agent: str | None = None,
        role: Role | None = None,
        active: bool | None = None,
    ) -> list[Account]:
        """Accounts by login, at most `limit`, after the login `after`; `words` is a part of name, login or number."""
        query = select(PersonRow).order_by(PersonRow.login)
        if after is not None:
            query = query.where(PersonRow.login > after)
        if words:
            columns = (PersonRow.name, PersonRow.login, PersonRow.agent)
            query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
        if agent is not None:
            query = query.where(PersonRow.agent == agent)
        if role is not None:
            # Roles are a JSON list of plain words; as text each is quoted, on both databases.
            query = query.where(cast(PersonRow.roles, String).contains(f'"{role.value}"'))
        if active is not None:
            query = query.where(PersonRow.active.is_(active))
        async with self._database.read() as session:
            return [account_of(row) for row in await session.scalars(query.limit(limit))]

    async def by_login(self, login: str) -> Account | None:
        async with self._database.read() as session:
            row = await session.scalar(select(PersonRow).where(PersonRow.login == login.casefold()))
            return account_of(row) if row else None

    async def name_of(self, login: str) -> str:
        """The name of the person with this login; empty if there is none."""
        account = await self.by_login(login)
        return "" if account is None else account.person.name

    async def living_login(self, login: str) -> Account:
        """The active person with this login; raises UnknownPerson, also for a deactivated account."""
        account = await self.by_login(login)
        if account is None or not account.active:
            raise UnknownPerson("no one signs in with this login", login=login[:40])
        return account

    async def _row(self, session: AsyncSession, person_id: str) -> PersonRow:
        row = await session.get(PersonRow, person_id)
        if row is None:
            raise UnknownPerson("no such person", person=person_id)
        return row

    async def _free(self, session: AsyncSession, row: PersonRow) -> None:
        """Report with our own errors what the unique constraints would refuse."""
        with session.no_autoflush:
            others = select(func.count()).select_from(PersonRow).where(PersonRow.id != row.id)
            if await session.scalar(others.where(PersonRow.login == row.login)):
                raise LoginTaken("this login is taken", login=row.login)
            if row.agent and await session.scalar(others.where(PersonRow.agent == row.agent)):
                raise AgentLinked("another person is linked to this agent", agent=row.agent)

    async def _keep_an_administrator(self, session: AsyncSession) -> None:
        active = await session.scalars(select(PersonRow.roles).where(PersonRow.active))
        if not any(Role.ADMINISTRATOR in roles for roles in active):
            raise LastAdministrator("no administrator would be left; appoint another one first")
