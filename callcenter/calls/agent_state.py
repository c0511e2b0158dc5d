"""Defines what the live floor holds of one agent and their phone's channels. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from callcenter.facts import CallId, Uniqueid


class AgentState(StrEnum):
    SIGNED_OUT = "signed_out"
    AVAILABLE = "available"
    RINGING = "ringing"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


@dataclass(slots=True)
class LiveChannel:
    """A channel of an agent's phone. `root`: it began the call: dialled by the agent or, when it rings, by us."""

    agent: str
    call: CallId
    root: bool = False
    up: bool = False
    rang: bool = False
    from_queue: bool = False
    over: bool = False
    """The talk has ended, but the phone is not hung up yet."""

    @property
    def talking(self) -> bool:
        return not self.over and (self.up or (self.root and not self.rang))

    @property
    def ringing(self) -> bool:
        return self.rang and not self.up and not self.over


@dataclass(slots=True)
class LiveAgent:
    number: str
    name: str
    phone: str
    declared: AgentState
    reason: str
    since: datetime
    shown: AgentState | None = None
    reachable: bool = True
    set_by: str = ""
    channels: dict[Uniqueid, LiveChannel] = field(default_factory=dict)
