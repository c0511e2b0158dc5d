"""Agents sign in and out, and pause, by codes that they dial on their phones; the phone hears what came of it.

The person who dials has no more rights than an agent about themselves: the phone is known, the person is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NoReturn

import structlog

from callcenter.agents.model import Presence, PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.errors import CallCentreError
from callcenter.facts import AgentNumber, PhoneCode
from callcenter.web.audit import Audit
from callcenter.web.people import PeopleService
from callcenter.web.roles import Person, Role

MOST_WAITING: Final = 50
"""Codes that wait to be carried out; the phones of any more hear that nothing is confirmed."""
ACT_SECONDS: Final = 5.0
PAUSES: Final[Mapping[PhoneCode, str]] = {
    PhoneCode.BREAK: "break",
    PhoneCode.MEAL: "meal",
    PhoneCode.OTHER: "other",
}
STATES: Final[Mapping[PresenceState, str]] = {
    PresenceState.AVAILABLE: "presence_in",
    PresenceState.SIGNED_OUT: "presence_out",
    PresenceState.PAUSED: "presence_paused",
}
REFUSALS: Final[Mapping[str, str]] = {
    "break_must_wait": "presence_waiting",
    "last_agent": "presence_last",
    "relief_not_arrived": "presence_stay",
    "unread_announcements": "presence_read",
    "illegal_transition": "presence_out_first",
}
"""The code of a refusal -> the prompt; any other refusal is read on the page."""
UNKNOWN: Final = "presence_unknown"
NO_AGENT: Final = "presence_no_agent"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Dialled:
    """A code, the channel that waits for the answer, and the agent and the phone; no agent on a phone of nobody."""

    code: PhoneCode
    channel: str
    agent: str | None
    phone: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A prompt with its values."""

    prompt: str
    place: int | None = None


Speak = Callable[[str, Spoken, str | None], Awaitable[None]]
"""Plays a prompt on a channel, in the language of this person (their id) where it is known."""


class PhoneCodes:
    """One task carries the codes out, in the order in which they were dialled."""

    def __init__(self, presence: PresenceService, people: PeopleService, audit: Audit, speak: Speak) -> None:
        self._presence = presence
        self._people = people
        self._audit = audit
        self._speak = speak
        self._waiting: asyncio.Queue[Dialled] = asyncio.Queue(MOST_WAITING)

    def dialled(self, dialled: Dialled) -> None:
        """Take a code; never blocks."""
        try:
            self._waiting.put_nowait(dialled)
        except asyncio.QueueFull:
            log.warning("phone_code_dropped", code=dialled.code.value, most=MOST_WAITING)

    async def run(self) -> NoReturn:
        while True:
            dialled = await self._waiting.get()
            try:
                async with asyncio.timeout(ACT_SECONDS):
                    person = await self._person(dialled)
                    await self._speak(dialled.channel, await self.act(dialled, person), person.id if person else None)
            except CallCentreError as error:
                # The phone has been hung up, or Asterisk cannot be reached.
                log.info("phone_code_not_answered", code=dialled.code.value, cause=error.code)
            except Exception as error:
                # The phone hears that nothing is confirmed; the next code is carried out.
                log.error("phone_code_failed", code=dialled.code.value, cause=type(error).__name__)

    async def act(self, dialled: Dialled, person: Person | None) -> Spoken:
        """Carry the code out; what the phone hears."""
        if dialled.agent is None:
            return Spoken(NO_AGENT)
        if person is None or person.agent is None:
            return Spoken(UNKNOWN)
        try:
            presence = await self._change(dialled, person, person.agent)
        except CallCentreError as refusal:
            await self._keep(dialled, person, refusal.code)
            place = refusal.facts.get("place")
            return Spoken(REFUSALS.get(refusal.code, UNKNOWN), place if isinstance(place, int) else None)
        await self._keep(dialled, person, "")
        return Spoken(STATES[presence.state])

    async def _change(self, dialled: Dialled, person: Person, agent: AgentNumber) -> Presence:
        match dialled.code:
            case PhoneCode.STATE:
                return await self._presence.presence(agent)
            case PhoneCode.SIGN_IN:
                return await self._presence.sign_in(agent, person, dialled.phone)
            case PhoneCode.SIGN_OUT:
                return await self._presence.sign_out(agent, person)
            case PhoneCode.RESUME:
                return await self._presence.resume(agent, person)
            case _:
                return await self._presence.pause(agent, PAUSES[dialled.code], person)

    async def _person(self, dialled: Dialled) -> Person | None:
        """The agent of the phone, without the roles that they have on the pages; None for one who may not sign in."""
        if dialled.agent is None:
            return None
        agent, roles = AgentNumber(dialled.agent), frozenset({Role.AGENT})
        person = await self._people.by_agent(agent)
        if person is None:
            return Person(f"phone:{dialled.phone}", f"phone:{dialled.phone}", "", roles, agent)
        active = (await self._people.account(person.id)).active
        return replace(person, roles=roles) if active else None

    async def _keep(self, dialled: Dialled, person: Person, refusal: str) -> None:
        if dialled.code is PhoneCode.STATE:
            return
        facts = {"code": dialled.code.value, "phone": dialled.phone, "refused": refusal or None}
        await self._audit.record(person, "presence.by_phone", f"agent/{person.agent}", facts=facts)
