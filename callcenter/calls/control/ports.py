"""What call control needs of the PBX, the live picture and the dialling rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from callcenter.calls.effects import AgentNow
from callcenter.facts import ChannelSeen, Fact


class Pbx(Protocol):
    """The control login (asterisk/control.py)."""

    async def originate(
        self, intent: str, channel: str, context: str, exten: str, caller_id: str, variables: Mapping[str, str]
    ) -> None: ...

    async def channels(self) -> Sequence[ChannelSeen]: ...


class Commands(Protocol):
    """The commands about one call (asterisk/call_commands.py)."""

    async def hang_up(self, intent: str, seen: ChannelSeen, cause: int = 16) -> None: ...
    async def mute(self, channel: str, muted: bool) -> None: ...
    async def begin_hold(self, intent: str, agent: str) -> None: ...
    async def end_hold(self, party: str) -> None: ...
    async def is_held(self, party: str) -> bool: ...
    async def transfer(self, intent: str, agent: str, context: str, target: str) -> None: ...
    async def consult(self, intent: str, agent: str, target: str) -> None: ...
    async def cancel_consult(self, intent: str, agent: str) -> None: ...
    async def complete(self, intent: str, agent: str) -> None: ...
    async def confer(self, intent: str, agent: str) -> None: ...
    async def send_keys(self, intent: str, party: str, keys: str) -> None: ...


class Floor(Protocol):
    """The live picture (calls/live.py)."""

    def agents_now(self) -> Mapping[str, AgentNow]: ...

    def submit_soon(self, fact: Fact) -> None: ...


QueueExists = Callable[[str], Awaitable[object]]
"""Raises UnknownQueue."""


class Permission(Protocol):
    """The dialling rules of the centre."""

    async def permitted(self, number: str, line: str | None, phone: str, agent: str) -> str:
        """Return the digits to dial. Raises BadNumber, DialNotAllowed, NumberBarred, UnknownLine."""
        ...
