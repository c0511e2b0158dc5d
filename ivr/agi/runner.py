"""Runs one caller's session over FastAGI: performs its actions and turns Asterisk's answers into events.

The dialplan acts on the end only when it finds CC_DONE=1, which is set in the last command; a runner that dies or hangs
midway leaves the caller to the dialplan's fallback. The dialplan limits the time after each question, so that a runner
that hangs, or is stopped, cannot hold a caller.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import structlog

from callcenter.asterisk.fastagi import AgiChannel
from callcenter.errors import Invalid, Unavailable
from ivr.agi.keys import answered_early, ask, keys_during, play
from ivr.agi.ports import Back, Beginning, Flows, LookUps, Voice, Watchers
from ivr.reception import ASTERISK_LANGUAGE
from ivr.session.machine import advance, begin
from ivr.session.model import (
    Ask,
    Began,
    Caller,
    CaseState,
    End,
    Event,
    Finish,
    Found,
    HungUp,
    LookUpCaller,
    LookUpCase,
    LookUpMember,
    Noted,
    NotFound,
    Say,
    Slow,
    Unheard,
)
from ivr.session.moves import UNHEARD

log = structlog.get_logger(__name__)
Result = TypeVar("Result")

LOOK_UP_SECONDS: Final = 5
"""Until the next question, where the state of a case is looked up first."""
MOST_TURNS: Final = 300
LONGEST_PATH: Final = 900
"""Bytes of a caller's path in one event; one of 100 steps has several."""
ARGUMENTS: Final = 4
"""The line, the folder of sounds, and for a caller who comes back from a queue the version and the language."""
ACTIONS: Final[Mapping[End, str]] = {
    End.QUEUE: "queue",
    End.LINE: "line",
    End.MESSAGE: "message",
    End.CALLBACK: "callback",
    End.CLOSE: "close",
}
"""The values of CC_ACTION, which are extensions of the dialplan's cc-do."""
_SAFE: Final = re.compile(r"[A-Za-z0-9_/:+*#.-]{0,80}")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_/:+*#.-]")


class LineUnserved(Unavailable):
    """The line has no flow here; the dialplan's fallback takes the caller."""

    code = "line_unserved"


class EndlessSession(Unavailable):
    """A session that does not end; the dialplan's fallback takes the caller."""

    code = "endless_session"


class FlowRunner:
    """One instance serves every caller; what it keeps of a caller is a `_Conversation`."""

    def __init__(self, flows: Flows, look_ups: LookUps, voice: Voice, watchers: Watchers) -> None:
        self._flows = flows
        self._look_ups = look_ups
        self._voice = voice
        self._watchers = watchers

    async def serve(self, channel: AgiChannel) -> None:
        """The AGI script `flow`; its arguments are in `ARGUMENTS`. Raises when the dialplan must fall back."""
        line, folder, version, language = (channel.argument(number) for number in range(1, ARGUMENTS + 1))
        back = Back(version, language) if version else None
        beginning = self._flows.begin(line, channel.request.get("callerid", ""), back)
        if beginning is None:
            raise LineUnserved("no flow is published for this line", line=line[:40])
        await self._converse(channel, beginning, folder)

    async def enter_number(self, channel: AgiChannel) -> None:
        """The AGI script `number`: a waiting caller with a hidden number enters the number to be called at."""
        line, folder, language = (channel.argument(number) for number in range(1, 4))
        beginning = self._flows.leave(line, language)
        if beginning is None:
            raise LineUnserved("this line is unknown here", line=line[:40])
        await self._converse(channel, beginning, folder)

    async def _converse(self, channel: AgiChannel, beginning: Beginning, folder: str) -> None:
        conversation = _Conversation(channel, beginning, folder, self._look_ups, self._voice, self._watchers)
        await conversation.run()


@dataclass(frozen=True)
class _Conversation:
    """One caller in a flow."""

    channel: AgiChannel
    beginning: Beginning
    folder: str
    look_ups: LookUps
    voice: Voice
    watchers: Watchers
    early: list[str] = field(default_factory=list)
    """The keys that were pressed during the last look-up, for the next question."""

    async def run(self) -> None:
        turn = advance(begin(self.beginning.flow, self.beginning.situation), Began())
        for _ in range(MOST_TURNS):
            await self._note(turn.notes)
            if isinstance(turn.do, Finish):
                await self._finish(turn.do)
                return
            turn = advance(turn.state, await self._perform(turn.do))
        raise EndlessSession("a session took too many turns", flow=self.beginning.version)

    async def _perform(self, action: Ask | LookUpCaller | LookUpCase | LookUpMember) -> Event:
        if isinstance(action, Ask):
            early = answered_early(self.early.pop() if self.early else "", action.most)
            return early or await self._ask(action)
        try:
            result = await self._looked_up(action)
        except TimeoutError:
            return Slow()
        return NotFound() if result is None else Found(result)

    async def _ask(self, action: Ask) -> Event:
        sounds = self._sounds(action.say)
        event = await ask(self.channel, sounds, action.most, action.seconds)
        if isinstance(event, Unheard):
            log.error("question_not_played", sounds=sounds, see="callcenter prompts build")
        return event

    async def _looked_up(self, action: LookUpCaller | LookUpCase | LookUpMember) -> Caller | CaseState | None:
        line = self.beginning.situation.line
        if isinstance(action, LookUpCaller):
            return await self.look_ups.caller(action.number, line)
        await self.channel.command("SET VARIABLE", "TIMEOUT(absolute)", str(LOOK_UP_SECONDS))
        if isinstance(action, LookUpMember):
            return await self._listening(self.look_ups.member(action.digits, action.number or "", line))
        return await self._listening(self.look_ups.case(action.digits, action.check))

    async def _listening(self, looking: Coroutine[Any, Any, Result]) -> Result:
        """Look up, and keep the keys that the caller presses meanwhile."""
        task = asyncio.create_task(looking, name="flow-look-up")
        try:
            self.early[:] = [await keys_during(self.channel, task)]
            return await task
        finally:
            task.cancel()

    def _sounds(self, say: Sequence[Say]) -> list[str]:
        return self.voice.sounds(say, self.folder, self.beginning.flow.texts)

    async def _note(self, notes: Sequence[Noted]) -> None:
        """Put the path on the call's record (CEL, which outlives the service) and publish it to the live feed."""
        if not notes:
            return
        self.watchers.went(self.channel.request.get("uniqueid", ""), self.beginning.version, notes)
        if not self.channel.caller_gone:
            for part in paths_of(notes):
                await self.channel.command("EXEC", "CELGenUserEvent", f"cc_path,{part}")

    async def _finish(self, finish: Finish) -> None:
        if finish.end is End.GONE:
            return
        if finish.say:
            sounds = self._sounds(finish.say)
            heard = await play(self.channel, sounds)
            if isinstance(heard, HungUp):
                return
            if isinstance(heard, Unheard):
                log.error("words_not_played", sounds=sounds, see="callcenter prompts build")
                await self._note((Noted("end", result=UNHEARD),))
        if finish.dialect:
            await self.channel.command("EXEC", "CELGenUserEvent", f"cc_dialect,{_UNSAFE.sub('', finish.dialect)[:50]}")
        if finish.number:
            await self.channel.command("EXEC", "CELGenUserEvent", f"cc_number,{finish.number}")
        words = assignments(finish, self.beginning.version)
        await self.channel.last_command("EXEC", "MSet", f"{words},TIMEOUT(absolute)=0,CC_DONE=1")


def assignments(finish: Finish, version: str) -> str:
    """The argument of Asterisk's MSet; raises Invalid for a value that MSet or the dialplan could read as syntax."""
    values: Mapping[str, str] = {
        "CC_ACTION": ACTIONS[finish.end],
        "CC_QUEUE": finish.queue,
        "CC_NEXT_LINE": finish.line,
        "QUEUE_PRIO": str(finish.priority),
        "CC_GREETING": "",
        "CC_LANGUAGE": ASTERISK_LANGUAGE.get(finish.language, "en"),
        "CC_DIALECT": finish.dialect,
        "CC_CALL_AT": finish.number,
        "CC_NUMBER_ASKED": "1" if finish.end in (End.MESSAGE, End.CALLBACK) else "",
        "CC_TEAM": "1" if finish.team else "",
        "CC_OWN": finish.own_agent,
        "CC_OUTCOME": finish.outcome,
        "CC_FLOW": version,
    }
    for name, value in values.items():
        if not _SAFE.fullmatch(value):
            raise Invalid("a dialplan variable of ours is a code", variable=name)
    return ",".join(f"{name}={value}" for name, value in values.items())


def path_of(notes: Sequence[Noted]) -> str:
    """Notes as `step=keys>result|...`; nothing in them can be read as syntax."""
    return "|".join(map(_written, notes))


def paths_of(notes: Sequence[Noted]) -> Iterator[str]:
    """The same in parts, each short enough for one event."""
    part = ""
    for text in map(_written, notes):
        if part and len(part) + len(text) + 1 > LONGEST_PATH:
            yield part
            part = ""
        part = f"{part}|{text}" if part else text
    if part:
        yield part


def _written(note: Noted) -> str:
    step, keys, result = (_UNSAFE.sub("", text)[:60] for text in (note.step, note.keys, note.result))
    return f"{step}={keys}>{result}"
