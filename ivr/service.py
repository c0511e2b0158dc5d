"""Runs the reception: looks up, decides, and sets Asterisk channel variables, within a second at most.

The dialplan acts only when it finds CC_DONE=1, which is set last, so a service that dies midway leaves the caller to
the dialplan's own fallback. By R7 a failed look-up never costs the caller anything but their priority.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

import structlog

from callcenter.asterisk.fastagi import AgiChannel
from callcenter.clock import Clock
from callcenter.errors import Invalid, Unavailable
from ivr.reception import Action, Customer, Decision, Line, decide, known_number

log = structlog.get_logger(__name__)

EXCHANGE_SECONDS: Final = 1.0
"""Limit for the whole exchange; the longest silence a caller hears before the dialplan continues."""

_CODE: Final = re.compile(r"[A-Za-z0-9_/-]{0,80}")


class Directory(Protocol):
    """What the reception looks up, all of it in memory: a caller never waits for a database. A look-up may fail."""

    def line(self, code: str) -> Line | None:
        """The line of this code, None when there is none."""
        ...

    def open_at(self, line: Line, at: datetime) -> bool:
        """Whether the line is open."""
        ...

    def duty(self, line: str) -> Collection[str]:
        """Numbers of the agents now on duty for the line."""
        ...

    def customer(self, number: str) -> Customer | None:
        """The file of the customer with this number, None when unknown."""
        ...


class OwnAgents(Protocol):
    """Who holds a caller's open case, or spoke with them last; raises TimeoutError."""

    async def own_agent(self, number: str, line: str) -> str | None: ...


class NoOwnAgents:
    """The default without a service to ask."""

    async def own_agent(self, number: str, line: str) -> str | None:
        return None


class LookUpFailed(Unavailable):
    """The line itself or its duty could not be looked up; the dialplan's fallback takes the caller."""

    code = "reception_look_up_failed"


class Reception:
    """One instance serves every caller; it keeps no state between them."""

    def __init__(
        self,
        directory: Directory,
        clock: Clock,
        agents: OwnAgents | None = None,
        *,
        exchange_seconds: float = EXCHANGE_SECONDS,
    ) -> None:
        self._agents = agents or NoOwnAgents()
        self._directory = directory
        self._clock = clock
        self._exchange_seconds = exchange_seconds

    async def serve(self, channel: AgiChannel) -> None:
        """The AGI script `reception`: decide and set the CC_ variables. Raises when the dialplan must fall back."""
        async with asyncio.timeout(self._exchange_seconds):
            line = channel.argument(1) or channel.request.get("accountcode", "")
            caller = channel.request.get("callerid", "")
            decision = self.decision(line, caller)
            if decision.action is Action.QUEUE and self._has_own(line):
                decision = replace(decision, own_agent=await self._own_agent(known_number(caller), line))
            await _set_variables(channel, decision)

    def _has_own(self, line_code: str) -> bool:
        line = self._directory.line(line_code)
        return line is not None and line.own_agent

    async def _own_agent(self, number: str | None, line: str) -> str:
        """The caller's own agent, empty when there is none or the service does not answer in time."""
        if number is None:
            return ""
        try:
            return await self._agents.own_agent(number, line) or ""
        except TimeoutError:
            return ""

    def decision(self, line_code: str, caller: str) -> Decision:
        """Look up and decide; raises LookUpFailed when the line or its duty is unavailable."""
        number = known_number(caller)
        try:
            line, duty = self._directory.line(line_code), self._directory.duty(line_code)
        except Exception as error:
            raise LookUpFailed("the reception could not look the line up", cause=type(error).__name__) from error
        at = self._clock()
        is_open = line is not None and self._directory.open_at(line, at)
        return decide(number, line, at, is_open, duty, self._file(number))

    def _file(self, number: str | None) -> Customer | None:
        """The caller's file, or None: R11 lets a caller without a file wait in turn like any other."""
        if number is None:
            return None
        try:
            return self._directory.customer(number)
        except Exception as error:
            # Whatever is wrong with a file, the caller must not suffer for it.
            log.warning("reception_look_up_failed", cause=type(error).__name__)
            return None


async def _set_variables(channel: AgiChannel, decision: Decision) -> None:
    """Set the variables that the dialplan reads, CC_DONE last: one command, so Asterisk has all of them or none."""
    if decision.action is not Action.QUEUE:
        log.info("reception_did_not_queue", action=decision.action, reason=decision.reason, queue=decision.queue)
    await channel.last_command("EXEC", "MSet", f"{assignments(decision)},TIMEOUT(absolute)=0,CC_DONE=1")


def assignments(decision: Decision) -> str:
    """The argument of Asterisk's MSet; raises Invalid for a value that MSet or the dialplan could read as syntax."""
    values = {
        "CC_ACTION": str(decision.action),
        "CC_QUEUE": decision.queue,
        "QUEUE_PRIO": str(decision.priority),
        "CC_GREETING": decision.greeting,
        "CC_LANGUAGE": decision.language,
        "CC_REASON": str(decision.reason),
        "CC_DIALECT": decision.dialect,
        "CC_TEAM": "1" if decision.team else "",
        "CC_OWN": decision.own_agent,
    }
    for name, value in values.items():
        if not _CODE.fullmatch(value):
            raise Invalid("a dialplan variable of ours is a code", variable=name)
    return ",".join(f"{name}={value}" for name, value in values.items())
