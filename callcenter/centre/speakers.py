"""Finds who speaks a caller's dialect and when they are on duty, for return calls by a speaker (R8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from callcenter.agents.service import AgentService
from callcenter.callbacks.jobs import Needed
from callcenter.calls.model import CallRecord
from callcenter.clock import Clock
from callcenter.customers.service import CustomerService
from callcenter.roster.service import RosterService
from callcenter.routing.ladder import TEAM, level_of
from callcenter.routing.model import Line, Queue
from callcenter.routing.service import LineService, QueueService
from ivr.prompts.pieces import DIALECTS
from ivr.prompts.sentences import sounds
from ivr.prompts.texts import FOLDERS

MANDARIN: Final = "zh-CN"
AHEAD: Final = timedelta(days=60)
"""How far ahead the roster is looked through."""


class DialectSpeakers:
    """Answers for the languages and dialects that the queue of a call's line names, and for the one it requires.

    Anyone takes the others.
    """

    def __init__(
        self,
        lines: LineService,
        queues: QueueService,
        agents: AgentService,
        roster: RosterService,
        customers: CustomerService,
        clock: Clock,
    ) -> None:
        self._lines = lines
        self._queues = queues
        self._agents = agents
        self._roster = roster
        self._customers = customers
        self._clock = clock

    async def needed(self, record: CallRecord) -> Needed | None:
        lines = await self._lines.lines()
        code = next((line.queue for line in lines if line.code == record.line), None)
        queue = next((queue for queue in await self._queues.queues() if queue.code == code), None)
        if queue is None or not (queue.dialects or queue.skill):
            return None
        spoken = (record.dialect or await self._on_file(record.caller_number)).lower()
        # An agent who may not answer the queue's calls does not understand its callers on a return call either.
        language = spoken if spoken in {dialect.lower() for dialect in queue.dialects} else queue.skill.lower()
        if not language:
            return None
        return await self._next(queue, language, [line.code for line in lines if line.queue == queue.code])

    async def _on_file(self, number: str) -> str:
        file = await self._customers.by_number(number)
        return file.language if file else ""

    async def _next(self, queue: Queue, dialect: str, lines: Sequence[str]) -> Needed:
        agents = await self._agents.agents(active=True)
        speak = {agent.number for agent in agents if level_of(agent.skills, dialect) >= queue.min_level}
        now = self._clock()
        shifts = await self._roster.present(now, now + AHEAD)
        starts = [shift.starts_at for shift in shifts if shift.agent in speak and shift.line in lines]
        first = min(starts, default=None)
        return Needed(dialect, first if first is not None and first > now else None)


def no_speaker_sounds(queue: Queue, dialect: str, lines: Sequence[Line]) -> tuple[str, ...]:
    """What a caller hears whose language or dialect no one on duty speaks: in that language where prompts exist in it.

    Speakers of a dialect hear it in Mandarin; where the tag is not known, in the language of the first line of the
    queue. Nothing for the team of one's standing, and where anyone serves such a caller.
    """
    if queue.no_speaker != "callback" or dialect == TEAM:
        return ()
    known = next((name for name in DIALECTS if name.lower() == dialect.lower()), None)
    if known is None:
        return sounds("wished", {}, lines[0].language if lines else MANDARIN)
    return sounds("dialect_return_call", {"dialect": known}, known if known in FOLDERS else MANDARIN)
