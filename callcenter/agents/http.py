"""Routes of the people: agents, their phones, their presence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from pydantic import BaseModel, Field

from callcenter.agents.model import PAUSE_REASONS, Agent, Phone, PhoneKind, Presence, PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.facts import AgentNumber
from callcenter.web.roles import Person
from callcenter.web.routes import (
    ADMINISTRATORS,
    ANYONE,
    LEADERS,
    MANAGERS,
    Ask,
    Page,
    PageQuery,
    Routes,
    decode_cursor,
    encode_cursor,
)


class PhoneShape(BaseModel):
    name: str = Field(max_length=20)
    kind: PhoneKind = Field(PhoneKind.DESK, strict=False)


class AgentShape(BaseModel):
    number: AgentNumber
    name: str
    skills: dict[str, int]
    phones: list[PhoneShape]
    active: bool

    @classmethod
    def of(cls, agent: Agent) -> AgentShape:
        phones = [PhoneShape(name=phone.name, kind=phone.kind) for phone in agent.phones]
        return cls(number=agent.number, name=agent.name, skills=dict(agent.skills), phones=phones, active=agent.active)


class AgentChange(BaseModel):
    """`skills` maps a language or dialect to a level from 1 (a few words) to 5 (native)."""

    name: str = Field(max_length=80)
    skills: dict[str, int] = Field(default_factory=dict, max_length=50)
    phones: list[PhoneShape] = Field(default_factory=list, max_length=8)
    active: bool = True

    def agent(self, number: AgentNumber) -> Agent:
        phones = tuple(Phone(phone.name, phone.kind) for phone in self.phones)
        return Agent(number, self.name, dict(self.skills), phones, self.active)


class NewAgent(AgentChange):
    """Without `phones` the agent gets one desk phone of their own number."""

    number: AgentNumber = Field(max_length=20)

    def new_agent(self) -> Agent:
        agent = self.agent(self.number)
        return (
            agent
            if "phones" in self.model_fields_set
            else Agent(agent.number, agent.name, agent.skills, (Phone(self.number),), agent.active)
        )


class PhoneSecret(PhoneShape):
    secret: str


class AddedAgent(AgentShape):
    secrets: list[PhoneSecret]
    """The secrets to configure in the phones; returned here and, to administrators, on request."""


class PresenceShape(BaseModel):
    agent: str
    state: PresenceState
    reason: str
    phone: str
    since: datetime
    by: str
    note: str
    """Who set it for the agent, and what they wrote; `note` is empty for colleagues."""
    by_name: str = ""
    """The name of that person, where the presence is read."""

    @classmethod
    def of(cls, presence: Presence, reader: Person) -> PresenceShape:
        return cls(
            agent=presence.agent,
            state=presence.state,
            reason=presence.reason,
            phone=presence.phone,
            since=presence.since,
            by=presence.by,
            note=presence.note if reader.agent == presence.agent or reader.may(LEADERS) else "",
        )


NOTE = "What a leader writes for the agent whom they pause or sign out; the agent sees it."


DESPITE = "Why a leader takes the agent off the desk although a line is left short; kept in the audit."


class PresencePut(BaseModel):
    """`state` is the new state: available signs in and ends a pause, paused needs a `reason`."""

    state: PresenceState = Field(strict=False)
    reason: str = Field("other", max_length=20)
    phone: str = Field("", max_length=20)
    note: str = Field("", max_length=200, description=NOTE)
    despite_reason: str = Field("", max_length=500, description=DESPITE)


class AgentSignIn(BaseModel):
    phone: str = Field("", max_length=20)
    """Which of the agent's phones is to ring; empty for the first."""


class PauseBody(BaseModel):
    reason: str = Field(
        max_length=20, description=f"One of {', '.join(PAUSE_REASONS)}, unless the centre configures others."
    )
    note: str = Field("", max_length=200, description=NOTE)
    despite_reason: str = Field("", max_length=500, description=DESPITE)


class AgentQuery(PageQuery):
    active: bool | None = None


NameOf = Callable[[str], Awaitable[str]]
"""The name of the person with a login; empty if there is none."""


async def no_name(login: str) -> str:
    """The default, for an application without people."""
    return ""


def routes(agents: AgentService, presence: PresenceService, name_of: NameOf = no_name) -> Routes:
    routes = Routes("agents")

    @routes.get("/agents", roles=ANYONE)
    async def list_agents(ask: Ask, query: AgentQuery) -> Page[AgentShape]:
        """All agents by number."""
        after = decode_cursor(query.cursor, tuple[str])[0] if query.cursor else ""
        listed = await agents.agents(active=query.active, after=after, limit=query.limit + 1)
        page = listed[: query.limit]
        following = encode_cursor(page[-1].number) if len(listed) > len(page) else None
        return Page(items=[AgentShape.of(agent) for agent in page], next=following)

    @routes.post("/agents", roles=ADMINISTRATORS, status=201)
    async def add_agent(ask: Ask, body: NewAgent) -> AddedAgent:
        """Add an agent; only this response includes the phones' secrets."""
        added = await agents.add(body.new_agent(), ask.require())
        secrets = [PhoneSecret(name=phone.name, kind=phone.kind, secret=phone.secret) for phone in added.phones]
        return AddedAgent(**AgentShape.of(added).model_dump(), secrets=secrets)

    @routes.get("/agents/{number}", roles=ANYONE)
    async def read_agent(ask: Ask, number: str) -> AgentShape:
        """Read an agent."""
        return AgentShape.of(await agents.agent(number))

    @routes.put("/agents/{number}", roles=MANAGERS)
    async def change_agent(ask: Ask, number: AgentNumber, body: AgentChange) -> AgentShape:
        """Replace an agent; remaining phones keep their secrets. `active: false` retires an agent; none is deleted."""
        changed = await agents.change(
            body.agent(number), ask.require(), lambda current: ask.must_match(AgentShape.of(current))
        )
        return AgentShape.of(changed)

    @routes.get("/agents/{number}/phones/{phone}/secret", roles=ADMINISTRATORS)
    async def show_phone_secret(ask: Ask, number: str, phone: str) -> PhoneSecret:
        """Read a phone's secret; the access is recorded in the audit."""
        secret = await agents.show_secret(number, phone, ask.require())
        return PhoneSecret(name=secret.name, kind=secret.kind, secret=secret.secret)

    @routes.post("/agents/{number}/phones/{phone}/secret", roles=ADMINISTRATORS)
    async def renew_phone_secret(ask: Ask, number: str, phone: str) -> PhoneSecret:
        """Generate a new secret for a phone."""
        renewed = await agents.new_secret(number, phone, ask.require())
        return PhoneSecret(name=renewed.name, kind=renewed.kind, secret=renewed.secret)

    _presence_routes(routes, presence, name_of)
    return routes


def _presence_routes(routes: Routes, presence: PresenceService, name_of: NameOf) -> None:
    @routes.get("/agents/{number}/presence", roles=ANYONE)
    async def read_presence(ask: Ask, number: str) -> PresenceShape:
        """Read the presence that an agent has set."""
        shape = PresenceShape.of(await presence.presence(number), ask.require())
        return shape.model_copy(update={"by_name": await name_of(shape.by) if shape.by else ""})

    @routes.put("/agents/{number}/presence", roles=ANYONE, edits=False)
    async def put_presence(ask: Ask, number: str, body: PresencePut) -> PresenceShape:
        """Set the presence: agents their own, leaders that of any agent.

        A leader who leaves a line short states `despite_reason` (D5).
        """
        person = ask.require()
        if body.state is PresenceState.SIGNED_OUT:
            out = await presence.sign_out(number, person, body.note, despite=body.despite_reason)
            return PresenceShape.of(out, person)
        if body.state is PresenceState.PAUSED:
            paused = await presence.pause(number, body.reason, person, body.note, despite=body.despite_reason)
            return PresenceShape.of(paused, person)
        await presence.sign_in(number, person, body.phone)
        return PresenceShape.of(await presence.resume(number, person), ask.require())

    @routes.post("/agents/{number}/presence/sign-in", roles=ANYONE)
    async def sign_in(ask: Ask, number: str, body: AgentSignIn) -> PresenceShape:
        """Sign in to take calls."""
        return PresenceShape.of(await presence.sign_in(number, ask.require(), body.phone), ask.require())

    @routes.post("/agents/{number}/presence/sign-out", roles=ANYONE)
    async def sign_out(ask: Ask, number: str) -> PresenceShape:
        """Sign out; a call in progress continues.

        A leader who leaves a line short does it with `PUT /agents/{number}/presence` and `despite_reason`.
        """
        return PresenceShape.of(await presence.sign_out(number, ask.require()), ask.require())

    @routes.post("/agents/{number}/presence/pause", roles=ANYONE)
    async def pause(ask: Ask, number: str, body: PauseBody) -> PresenceShape:
        """Pause with a reason; no calls are offered meanwhile."""
        person = ask.require()
        paused = await presence.pause(number, body.reason, person, body.note, despite=body.despite_reason)
        return PresenceShape.of(paused, person)

    @routes.post("/agents/{number}/presence/resume", roles=ANYONE)
    async def resume(ask: Ask, number: str) -> PresenceShape:
        """End a pause."""
        return PresenceShape.of(await presence.resume(number, ask.require()), ask.require())

    @routes.get("/pause-reasons", roles=ANYONE)
    async def list_pause_reasons(ask: Ask) -> Page[str]:
        """List the reasons for a pause."""
        return Page(items=list(presence.reasons))
