"""Gives the newest calls of the demo's week their recordings, as Asterisk would have left them, and their transcripts.

The files are written into the recorder's folder a few at a time; the service seals them and writes their rows as for
any other call. What is still missing is in a file, so that an interrupted run is completed by the next one.
"""

from __future__ import annotations

import json
import random
import wave
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from callcenter.calls.model import call_id
from callcenter.clock import now
from callcenter.demo.api_client import ApiClient, Refused, until
from callcenter.demo.centre import Centre
from callcenter.demo.speech import RATE, VOICES, Turn, conversation, track
from callcenter.demo.town import WORKERS
from callcenter.facts import Uniqueid, linkedid_of
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from recordings.model import Kind, Party, Take
from recordings.transcripts.model import AGENT, CHANNELS, Segment, Transcript, Utterance
from recordings.transcripts.service import TranscriptService

MOST: Final = 40
AT_ONCE: Final = 4
"""A take of two minutes is 4 MB until it is sealed."""
KEPT_WITHIN: Final = 300.0
PLAN: Final = "past-recordings.json"
ENGINE: Final = "demo"
CORPUS: Final = "callcenter/demo/speech.py"
LANGUAGE: Final = "zh"
SURE: Final = 0.4
"""Below `courtesy.least_confidence`: sentences of the news show nothing of an agent's manners, so none is flagged."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a recording needs to know of a call in the past; `at` is the instant of the answer."""

    linkedid: str
    number: str
    line: str
    agent: str
    at: float
    seconds: float

    @property
    def take(self) -> Take:
        """Asterisk records the caller's channel, which gave the call its id."""
        return Take(linkedid_of(self.linkedid), Uniqueid(self.linkedid), int(self.at), Kind.INBOUND, self.line)

    def turns(self) -> list[Turn]:
        """The same conversation each time it is asked for."""
        agent = next(worker.voice for worker in WORKERS if worker.number == self.agent)
        chance = random.Random(self.linkedid)
        callers = sorted(voice for voice in VOICES if voice != agent)
        # A customer has the same voice in all of their calls.
        return conversation(chance, agent, random.Random(self.number).choice(callers), self.seconds)


def plan(folder: Path, calls: Sequence[Answered]) -> None:
    """Note which calls are to be recorded: the newest ones. Replaces the file atomically."""
    newest = sorted(calls, key=lambda call: call.at)[-MOST:]
    _write(folder / PLAN, newest)


def missing(folder: Path) -> list[Answered]:
    """The calls whose recordings are still to be made, the oldest first."""
    try:
        return [Answered(**row) for row in json.loads((folder / PLAN).read_text("utf-8"))]
    except FileNotFoundError:
        return []


async def record(centre: Centre, api: ApiClient) -> int:
    """Make the missing recordings and wait until the service has sealed them; returns how many. Idempotent."""
    calls, stored = missing(centre.folder), 0
    pbx = centre.settings.pbx.name
    while calls:
        batch = calls[-AT_ONCE:]
        for call in batch:
            final = partial(_is_final, api, call_id(pbx, linkedid_of(call.linkedid)))
            await until(final, KEPT_WITHIN, "the past call is recorded", every=0.5)
            if not await _is_kept(api, call.take.id(pbx)):
                await transcribe(centre, call)
                write_sound(centre.settings.recording_spool, call)
        for call in batch:
            is_stored = partial(_is_kept, api, call.take.id(pbx))
            await until(is_stored, KEPT_WITHIN, "the recording is sealed", every=0.5)
        calls, stored = calls[:-AT_ONCE], stored + len(batch)
        _write(centre.folder / PLAN, calls)
    return stored


def write_sound(spool: Path, call: Answered) -> None:
    """Put both channels into the recorder's folder; a file appears whole."""
    turns = call.turns()
    spool.mkdir(parents=True, exist_ok=True)
    for party in Party:
        # Not in the recorder's folder: a name that the dialplan never produces is reported there.
        half = spool.parent / f"{call.linkedid}-{party}.half"
        with half.open("wb") as file, wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(RATE)
            sound.writeframes(track(turns, party, call.seconds))
        half.replace(spool / call.take.file(party))


async def transcribe(centre: Centre, call: Answered) -> None:
    """Store the text that is known of the conversation as its transcript, before the engine would be asked for one."""
    database = Database.open(centre.settings.database)
    try:
        jobs, audit = Jobs(database, now), Audit(database, now)
        service = TranscriptService(database, now, jobs, audit, lambda *_: None)
        pbx = centre.settings.pbx.name
        recording, of_call = call.take.id(pbx), call_id(pbx, linkedid_of(call.linkedid))
        row = (await service.begin(recording, of_call, LANGUAGE, call.seconds)).id
        turns = call.turns()
        for channel in CHANNELS:
            segments = tuple(
                Segment(turn.start, turn.end, turn.sentence.text, SURE)
                for turn in turns
                if turn.party == channel and turn.sentence.text
            )
            text = "".join(segment.text for segment in segments)
            await service.keep_channel(
                row, channel, Transcript(text, segments, ENGINE, CORPUS, LANGUAGE), len(CHANNELS)
            )
        await service.finish(row, utterances(call))
    finally:
        await database.close()


def utterances(call: Answered) -> list[Utterance]:
    return [
        Utterance(
            turn.start, turn.end, turn.party, call.agent if turn.party == AGENT else None, turn.sentence.text, SURE
        )
        for turn in call.turns()
        if turn.sentence.text
    ]


async def _is_final(api: ApiClient, call: str) -> bool:
    try:
        return (await api.get(f"/calls/{call}"))["ended_at"] is not None
    except Refused:
        return False


async def _is_kept(api: ApiClient, recording: str) -> bool:
    try:
        await api.get(f"/recordings/{recording}")
    except Refused:
        return False
    return True


def _write(path: Path, calls: Sequence[Answered]) -> None:
    half = path.with_name(f"{path.name}.new")
    half.write_text(json.dumps([asdict(call) for call in calls]), "utf-8")
    half.replace(path)
