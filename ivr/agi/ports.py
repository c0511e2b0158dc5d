"""Defines the ports of a runner: flows, look-ups, sounds, observers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ivr.flows.model import Flow
from ivr.session.model import Caller, CaseState, Noted, Say, Situation


@dataclass(frozen=True, slots=True)
class Back:
    """A caller who comes back from a queue that did not serve them, with the version that the call began with."""

    version: str
    language: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """`version` is the flow's name and number, as `hotline/3`."""

    flow: Flow
    version: str
    situation: Situation


class Flows(Protocol):
    """The published flows and what is known of their lines, all in memory."""

    def begin(self, line: str, caller: str, back: Back | None) -> Beginning | None:
        """The flow of the line, or the version of a caller who comes back; None for a line without a flow."""
        ...

    def leave(self, line: str, language: str) -> Beginning | None:
        """For a caller who leaves the queue for a return call and has a hidden number; None for an unknown line."""
        ...


class LookUps(Protocol):
    """What the service looks up; each raises TimeoutError when it does not answer in time."""

    async def caller(self, number: str, line: str) -> Caller | None: ...

    async def member(self, digits: str, number: str, line: str) -> Caller | None: ...

    async def case(self, digits: str, check: str) -> CaseState | None: ...


class Voice(Protocol):
    """Sound names for what is to be said, as Asterisk plays them."""

    def sounds(self, say: Sequence[Say], folder: str, texts: Mapping[str, Mapping[str, str]]) -> list[str]: ...


class Watchers(Protocol):
    """Who is notified of a caller's path while the call lives."""

    def went(self, call: str, version: str, notes: Sequence[Noted]) -> None: ...
