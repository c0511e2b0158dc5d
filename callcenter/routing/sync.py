"""Syncs the queues' members to the plan: after each change, each reconnect, each change of shift, and every 30 s.

It compares with the state that Asterisk reports and sends only the difference, so the next pass corrects a restart of
either side, a manual change on the console or a lost command. Calls in progress are never touched: removing a member
ends their ringing, not their talk. While this does not run, the last members stay and are still rung.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Never, Protocol

import structlog

from callcenter.agents.model import Agent, Presence, PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.errors import CallCentreError, Unavailable
from callcenter.facts import AgentNumber, DutyChanged, LineCode, MemberSeen
from callcenter.routing.ladder import base_of
from callcenter.routing.loans.model import Loan, lent_lines, lent_queues
from callcenter.routing.loans.ports import Loans, NoLoans, with_loans
from callcenter.routing.plan import (
    Add,
    Command,
    DutyAgent,
    Member,
    Pause,
    Penalty,
    Remove,
    Unpause,
    diff,
    plan,
)
from callcenter.routing.service import LineService, QueueService

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 30.0
FIRST_RETRY_SECONDS: Final = 0.5
LAST_RETRY_SECONDS: Final = 30.0


class Control(Protocol):
    """The commands to app_queue (asterisk/control.py); each is idempotent."""

    async def queue_add(
        self, queue: str, interface: str, agent: AgentNumber, penalty: int, paused: bool, reason: str
    ) -> object: ...

    async def queue_remove(self, queue: str, interface: str) -> object: ...

    async def queue_pause(self, queue: str, interface: str, paused: bool, reason: str) -> object: ...

    async def queue_penalty(self, queue: str, interface: str, penalty: int) -> object: ...

    async def queue_status(self) -> Sequence[MemberSeen]: ...


class Roster(Protocol):
    """Who is on duty, which the roster package knows; the two packages do not import each other."""

    async def duty(self, at: datetime) -> Mapping[LineCode, Collection[AgentNumber]]: ...

    async def next_change(self, at: datetime) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Pass:
    """The result of one comparison: commands sent, and how many of them corrected changes not made by us."""

    commands: int
    drift: int
    foreign: int
    refused: int


def nobody_wraps_up() -> Collection[str]:
    """The default for `wrapping_up`."""
    return ()


def nobody_missed() -> Collection[str]:
    """The default for `missed`."""
    return ()


class RoutingSync:
    """Run `run()` as one task; call `wake()` from anywhere on the loop after a change, it never blocks.

    `post` puts DutyChanged on the floor; `wrapping_up` names the agents in after-call work, who stay paused; `team`
    are the agents who take VIP members and key accounts first, `missed` those whose phones have just rung in vain.
    """

    def __init__(
        self,
        control: Control,
        agents: AgentService,
        presence: PresenceService,
        lines: LineService,
        queues: QueueService,
        roster: Roster,
        clock: Clock,
        post: Callable[[DutyChanged], object],
        wrapping_up: Callable[[], Collection[str]] = nobody_wraps_up,
        team: Collection[AgentNumber] = (),
        missed: Callable[[], Collection[str]] = nobody_missed,
        loans: Loans | None = None,
        every_seconds: float = EVERY_SECONDS,
        first_retry_seconds: float = FIRST_RETRY_SECONDS,
    ) -> None:
        self._control = control
        self._agents = agents
        self._presence = presence
        self._lines = lines
        self._queues = queues
        self._roster = roster
        self._clock = clock
        self._post = post
        self._wrapping_up = wrapping_up
        self._team = team
        self._missed = missed
        self.loans: Loans = loans or NoLoans()
        self._every = every_seconds
        self._first_retry = first_retry_seconds
        self._woken = asyncio.Event()
        self._last_plan: frozenset[Member] | None = None
        self._duty: tuple[tuple[str, tuple[str, ...]], ...] | None = None
        self._looked_at: datetime | None = None
        self.drift_total = 0
        """Commands that corrected external changes, foreign members included."""
        self.foreign_total = 0
        self.passes_total = 0
        self.failures_total = 0
        self.last_pass_at: datetime | None = None

    def wake(self, *_: object) -> None:
        """Compare soon; several calls before the next pass are one. Ignores any arguments that callbacks pass."""
        self._woken.set()

    async def run(self) -> Never:
        """Compare forever; a failure is logged and retried with backoff."""
        retry = self._first_retry
        while True:
            self._woken.clear()
            try:
                done = await self.once()
            except Exception as error:
                # Whatever fails here, database or PBX, the queues keep their members and we retry.
                self.failures_total += 1
                known = isinstance(error, CallCentreError)
                log.warning("routing_not_compared", error=str(error), retry=retry, exc_info=not known)
                await self._back_off(retry)
                retry = min(retry * 2, LAST_RETRY_SECONDS)
                continue
            if done.refused:
                self.failures_total += 1
                await self._back_off(retry)
                retry = min(retry * 2, LAST_RETRY_SECONDS)
                continue
            retry = self._first_retry
            await self._until_next(self._every)

    async def _back_off(self, seconds: float) -> None:
        """Wait before the retry; a change or a PBX that is back ends it early, but never in a tight loop.

        One queue that refuses for hours must not delay a pause or a change of shift in the others.
        """
        await asyncio.sleep(self._first_retry * random.uniform(0.8, 1.2))
        await self._until_next(seconds)

    async def once(self) -> Pass:
        """Run one comparison; raises what the database or the control link raises."""
        now = self._looked_at = self._clock()
        loans = await self.loans.running(now)
        duty = lent_lines(await self._roster.duty(now), loans)
        self._publish_duty(now, duty)
        planned, codes = await self._plan(duty, loans)
        seen = await self._control.queue_status()
        actual = [_member(member) for member in seen if base_of(member.queue) in codes]
        commands = diff(planned, actual)
        # Drift differs from the last plan as well as from this one; what only this plan requires is a change.
        before = diff(self._last_plan, actual) if self._last_plan is not None else []
        drift = [command for command in commands if command in before]
        foreign = _foreign(actual, await self._known_interfaces())
        # Until everything is sent the queues' contents are unknown, so the next pass must not call it drift.
        self._last_plan = None
        refused = await self._send(commands)
        self._last_plan = None if refused else planned
        self.drift_total += len(drift)
        self.foreign_total += foreign
        self.passes_total += 1
        self.last_pass_at = now
        if drift:
            log.info("queues_drifted", commands=len(drift), foreign=foreign)
        return Pass(len(commands), len(drift), foreign, refused)

    async def _plan(
        self, duty: Mapping[LineCode, Collection[AgentNumber]], loans: Sequence[Loan]
    ) -> tuple[frozenset[Member], set[str]]:
        agents = await self._agents.agents(active=True)
        presence = await self._presence.all_presences()
        wrapping, missed = set(self._wrapping_up()), set(self._missed())
        people = [
            _now(with_loans(agent, loans), presence.get(agent.number), agent.number in wrapping, agent.number in missed)
            for agent in agents
        ]
        queues = await self._queues.queues()
        planned = plan(duty, people, await self._lines.lines(), queues, self._team, lent_queues(loans))
        return planned, {queue.code for queue in queues}

    async def _known_interfaces(self) -> set[str]:
        return {phone.interface for agent in await self._agents.agents() for phone in agent.phones}

    def _publish_duty(self, now: datetime, duty: Mapping[LineCode, Collection[AgentNumber]]) -> None:
        rows = tuple(sorted((line, tuple(sorted(agents))) for line, agents in duty.items()))
        if rows != self._duty:
            self._post(DutyChanged(at=now, duty=rows))
            self._duty = rows

    async def _send(self, commands: Iterable[Command]) -> int:
        """Send all; a refusal affects one command and the others continue, a lost link ends the pass."""
        refused = 0
        for command in commands:
            try:
                await self._send_one(command)
            except Unavailable:
                raise
            except CallCentreError as error:
                refused += 1
                log.warning("queue_command_refused", command=repr(command), error=error.detail)
        return refused

    async def _send_one(self, command: Command) -> None:
        match command:
            case Add(member):
                await self._control.queue_add(
                    member.queue, member.interface, member.agent, member.penalty, member.paused, member.reason
                )
            case Remove(queue, interface):
                await self._control.queue_remove(queue, interface)
            case Pause(queue, interface, reason):
                await self._control.queue_pause(queue, interface, True, reason)
            case Unpause(queue, interface):
                await self._control.queue_pause(queue, interface, False, "")
            case Penalty(queue, interface, penalty):
                await self._control.queue_penalty(queue, interface, penalty)

    async def _until_next(self, most: float) -> None:
        """Wait for a wake-up, the next change, or `most` seconds, counted from the compared instant."""
        change = await self.next_change(self._looked_at or self._clock())
        left = most if change is None else (change - self._clock()).total_seconds()
        wait = min(most, max(0.0, left))
        try:
            await asyncio.wait_for(self._woken.wait(), wait)
        except TimeoutError:
            return

    async def next_change(self, now: datetime) -> datetime | None:
        """The next change of a shift or end of a loan; None also while it cannot be read."""
        try:
            changes = (await self._roster.next_change(now), await self.loans.next_end(now))
            return min((change for change in changes if change is not None), default=None)
        except Exception as error:
            log.warning("next_shift_change_not_read", error=str(error))
            return None


def _now(agent: Agent, presence: Presence | None, wrap_up: bool, missed: bool) -> DutyAgent:
    signed_in = presence is not None and presence.state is not PresenceState.SIGNED_OUT
    phone = agent.phone(presence.phone if presence else "")
    return DutyAgent(
        number=agent.number,
        interface=phone.interface if phone else "",
        skills=agent.skills,
        signed_in=signed_in,
        pause=presence.reason if presence else "",
        wrap_up=wrap_up,
        missed=missed,
    )


def _member(seen: MemberSeen) -> Member:
    return Member(
        queue=seen.queue,
        interface=seen.interface,
        agent=AgentNumber(seen.agent),
        penalty=seen.penalty,
        paused=seen.paused,
        reason=seen.reason if seen.paused else "",
    )


def _foreign(actual: Iterable[Member], ours: Collection[str]) -> int:
    return sum(member.interface not in ours for member in actual)
