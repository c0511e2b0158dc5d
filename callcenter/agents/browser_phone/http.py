"""The account of the phone in one's own page."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from callcenter.agents.browser_phone.errors import NoBrowserPhone
from callcenter.agents.model import Agent, Phone, PhoneKind
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.web.roles import Person
from callcenter.web.routes import ANYONE, Ask, Routes

WS_PATH = "/phone/ws"


class OwnPhoneShape(BaseModel):
    """The SIP account of your browser phone; `ws` is on this origin, and `ice_servers` is empty on a local network."""

    phone: str
    uri: str
    user: str
    secret: str
    ws: str
    ice_servers: list[str]


class BrowserPhones:
    def __init__(
        self, agents: AgentService, presence: PresenceService, domain: str, ice_servers: Sequence[str] = ()
    ) -> None:
        self._agents = agents
        self._presence = presence
        self._domain = domain
        self._ice_servers = ice_servers

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

    async def account(self, by: Person) -> OwnPhoneShape:
        """Raises NoBrowserPhone, SecretUnreadable."""
        agent, phone = await self.of(by)
        account = await self._agents.show_secret(agent.number, phone.name, by)
        return OwnPhoneShape(
            phone=phone.name,
            uri=f"sip:{phone.name}@{self._domain}",
            user=phone.name,
            secret=account.secret,
            ws=WS_PATH,
            ice_servers=list(self._ice_servers),
        )


def routes(phones: BrowserPhones) -> Routes:
    routes = Routes("agents")

    @routes.get("/phones/self", roles=ANYONE)
    async def read_own_phone(ask: Ask) -> OwnPhoneShape:
        """Read the account of your browser phone; the access is in the audit."""
        ask.answer_is_secret()
        return await phones.account(ask.require())

    return routes
