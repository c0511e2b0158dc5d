"""Use cases of the phone in a page: its account with a short-lived secret, and the check of what the page proves."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from aiohttp import web

from callcenter.agents.browser_phone.credentials import Credentials
from callcenter.agents.browser_phone.errors import NoBrowserPhone
from callcenter.agents.browser_phone.session_secret import (
    SessionSecret,
    TurnCredentials,
    accepted,
    secret_at,
    turn_credentials,
)
from callcenter.agents.model import Agent, Phone, PhoneKind
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.web.audit import Audit
from callcenter.web.roles import Person
from callcenter.web.tokens import hash_token
from callcenter.web.webhooks.service import sealing_key

MOST_NOTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class IceServers:
    """How the sound of a page outside the local network finds its way."""

    stun: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    turn_secret: str = ""
    turn_seconds: int = 43_200


@dataclass(frozen=True, slots=True)
class Account:
    phone: str
    domain: str
    secret: SessionSecret
    ice_servers: tuple[str, ...]
    turn: TurnCredentials | None


class BrowserPhones:
    """`token_of` reads the token of a request's session; `keys` is the folder of this machine's keys."""

    def __init__(
        self,
        agents: AgentService,
        presence: PresenceService,
        audit: Audit,
        clock: Clock,
        keys: Path,
        token_of: Callable[[web.Request], str | None],
        domain: str,
        ice: IceServers = IceServers(),
    ) -> None:
        self._agents = agents
        self._presence = presence
        self._audit = audit
        self._clock = clock
        self._keys = keys
        self._token_of = token_of
        self._domain = domain
        self._ice = ice
        self._noted: OrderedDict[tuple[str, str], None] = OrderedDict()

    def session_of(self, request: web.Request) -> str:
        """The hash of the session's token, which the secret belongs to. Raises NoBrowserPhone for a program."""
        token = self._token_of(request)
        if not token:
            raise NoBrowserPhone("only a person with an agent number has a phone in the page")
        return hash_token(token)

    async def of(self, by: Person) -> tuple[Agent, Phone]:
        """The browser phone that this person signed in with, else their first one. Raises NoBrowserPhone."""
        if by.agent is None or by.program:
            raise NoBrowserPhone("only a person with an agent number has a phone in the page")
        agent = await self._agents.agent(by.agent)
        chosen = (await self._presence.presence(agent.number)).phone
        phones = [phone for phone in agent.phones if phone.kind is PhoneKind.WEBRTC]
        phone = next((phone for phone in phones if phone.name == chosen), phones[0] if phones else None)
        if phone is None:
            raise NoBrowserPhone("you have no browser phone", agent=agent.number)
        return agent, phone

    async def account(self, by: Person, session: str) -> Account:
        """Raises NoBrowserPhone."""
        agent, phone = await self.of(by)
        now, ice = self._clock(), self._ice
        await self._note(by, agent, phone, session)
        expires_at = now + timedelta(seconds=ice.turn_seconds)
        return Account(
            phone=phone.name,
            domain=self._domain,
            secret=secret_at(await self._key(), session, phone.name, now),
            ice_servers=ice.stun,
            turn=turn_credentials(ice.turn_secret, ice.turn, phone.name, expires_at) if ice.turn else None,
        )

    async def answers(self, credentials: Credentials, phone: str, session: str) -> bool:
        """Whether a request proves a secret that is accepted now."""
        secrets = accepted(await self._key(), session, phone, self._clock(), in_dialog=credentials.in_dialog)
        return credentials.user == phone and credentials.prove(secrets)

    async def pbx_secret(self, by: Person, phone: str) -> str:
        """The secret that Asterisk knows; it stays in the service. Raises NoBrowserPhone, SecretUnreadable."""
        agent, own = await self.of(by)
        if own.name != phone and all(known.name != phone for known in agent.phones):
            raise NoBrowserPhone("this is no longer your phone", agent=agent.number)
        return await self._agents.secret(agent.number, phone)

    async def _key(self) -> bytes:
        return await asyncio.to_thread(sealing_key, self._keys, "page_phones")

    async def _note(self, by: Person, agent: Agent, phone: Phone, session: str) -> None:
        """Audit the first access of a session: a page renews its secret every few minutes."""
        if (session, phone.name) in self._noted:
            return
        await self._audit.record(by, "phone.secret_shown", f"phone/{phone.name}", facts={"agent": agent.number})
        self._noted[session, phone.name] = None
        while len(self._noted) > MOST_NOTED:
            self._noted.popitem(last=False)
