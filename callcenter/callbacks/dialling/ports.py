"""Defines the ports of dialling: the PBX, the call records and the agents' phones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from callcenter.calls.model import CallRecord
from callcenter.facts import CallId, ChannelSeen


class Pbx(Protocol):
    """The control login (asterisk/control.py)."""

    async def originate(
        self, intent: str, channel: str, context: str, exten: str, caller_id: str, variables: Mapping[str, str]
    ) -> None: ...

    async def channels(self) -> Sequence[ChannelSeen]: ...


class Records(Protocol):
    """The calls' records (calls/service.py)."""

    async def get(self, call: CallId) -> CallRecord: ...


class Phones(Protocol):
    """The agents' phones: which one to ring, and how to keep incoming calls away from it meanwhile."""

    async def interface(self, agent: str) -> str:
        """The phone to call; raises NoPhoneThere."""
        ...

    async def settle(self, in_hand: frozenset[str]) -> None:
        """Pause exactly these agents for their return calls, and no others."""
        ...
