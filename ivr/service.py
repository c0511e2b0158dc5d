"""The reception's runner: looks up, decides, tells Asterisk in channel variables; never more than a second.

The dialplan acts only when it finds CC_DONE=1, which is set last, so a service that dies midway leaves the
caller to the dialplan's own fallback. By R7 a slow look-up never costs the caller anything but their priority.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Collection
from typing import Final, Protocol, TypeVar

import structlog

from callcenter.asterisk.fastagi import AgiChannel
from callcenter.clock import Clock
from callcenter.errors import Invalid, Unavailable
from ivr.reception import Action, Customer, Decision, Line, decide, known_number

log = structlog.get_logger(__name__)

EXCHANGE_SECONDS: Final = 1.0
"""The whole exchange; the caller has heard at most this much silence when the dialplan goes on."""

LOOK_UP_SECONDS: Final = 0.5
"""All look-ups together; after it the decision is made with what is known."""

_CODE: Final = re.compile(r"[A-Za-z0-9_/-]{0,80}")

_T = TypeVar("_T")


class Directory(Protocol):
    """Where the reception looks things up. A look-up may fail or be slow; the runner copes with both."""

    async def line(self, code: str) -> Line | None:
        """The line of this code, None when there is none."""
        ...

    async def duty(self, line: str) -> Collection[str]:
        """Numbers of the agents on duty for the line now."""
        ...

    async def customer(self, number: str) -> Customer | None:
        """The file of whoever calls from this number, None when nobody is known."""
        ...


class LookUpFailed(Unavailable):
    """The line itself or its duty could not be looked up; the dialplan's fallback takes the caller."""

    code = "reception_look_up_failed"


class Reception:
    """One instance serves every caller; it keeps nothing between them."""

    def __init__(
        self,
        directory: Directory,
        clock: Clock,
        *,
        look_up_seconds: float = LOOK_UP_SECONDS,
        exchange_seconds: float = EXCHANGE_SECONDS,
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._look_up_seconds = look_up_seconds
        self._exchange_seconds = exchange_seconds

    async def serve(self, channel: AgiChannel) -> None:
        """The script `reception`: decide and set the CC_ variables. Raises when the dialplan must fall back."""
        async with asyncio.timeout(self._exchange_seconds):
            decision = await self.decision(
                channel.argument(1) or channel.request.get("accountcode", ""), channel.request.get("callerid", "")
            )
            await _tell(channel, decision)

    async def decision(self, line_code: str, caller: str) -> Decision:
        """Look up and decide; raises LookUpFailed when the line or its duty cannot be known in time."""
        deadline = asyncio.get_running_loop().time() + self._look_up_seconds
        number = known_number(caller)
        async with asyncio.TaskGroup() as group:
            line_task = group.create_task(
                self._or_failed(self._directory.line(line_code), deadline), name="look-up-line"
            )
            duty_task = group.create_task(
                self._or_failed(self._directory.duty(line_code), deadline), name="look-up-duty"
            )
            file_task = group.create_task(self._file(number, deadline), name="look-up-customer")
        line, duty = line_task.result(), duty_task.result()
        if isinstance(line, LookUpFailed):
            raise line
        if isinstance(duty, LookUpFailed):
            raise duty
        at = self._clock()
        is_open = line is not None and line.hours.open_at(at)
        return decide(number, line, at, is_open, duty, file_task.result())

    async def _or_failed(self, look_up: Awaitable[_T], deadline: float) -> _T | LookUpFailed:
        try:
            async with asyncio.timeout_at(deadline):
                return await look_up
        except Exception as error:
            # Whatever fails in a look-up (the database's errors are of many families), the caller must not wait for it.
            log.warning("reception_look_up_failed", cause=type(error).__name__)
            return LookUpFailed("the reception could not look the line up", cause=type(error).__name__)

    async def _file(self, number: str | None, deadline: float) -> Customer | None:
        """The caller's file, or None: R11 lets a caller without a file wait in their turn like any other."""
        if number is None:
            return None
        found = await self._or_failed(self._directory.customer(number), deadline)
        return None if isinstance(found, LookUpFailed) else found


async def _tell(channel: AgiChannel, decision: Decision) -> None:
    """Set the variables that the dialplan reads, CC_DONE last: one command, so Asterisk has all of them or none."""
    if decision.action is not Action.QUEUE:
        log.info("reception_did_not_queue", action=decision.action, reason=decision.reason, queue=decision.queue)
    await channel.command("EXEC", "MSet", f"{assignments(decision)},CC_DONE=1")


def assignments(decision: Decision) -> str:
    """The argument of Asterisk's MSet; raises Invalid on a value in which MSet or the dialplan could see syntax."""
    values = {
        "CC_ACTION": str(decision.action),
        "CC_QUEUE": decision.queue,
        "CC_PRIORITY": str(decision.priority),
        "CC_GREETING": decision.greeting,
        "CC_LANGUAGE": decision.language,
        "CC_REASON": str(decision.reason),
    }
    for name, value in values.items():
        if not _CODE.fullmatch(value):
            raise Invalid("a dialplan variable of ours is a code", variable=name)
    return ",".join(f"{name}={value}" for name, value in values.items())
