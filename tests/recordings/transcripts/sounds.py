"""Provides audio for the tests: real clips placed on channels at known seconds, and an `Audio` that serves them."""

from __future__ import annotations

import asyncio
import os
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import soundfile

from callcenter.calls.model import CallRecord, Direction, HungUpBy, Leg, Offer, OfferOutcome, Outcome, Transfer
from callcenter.facts import CallId, RecordingId, Uniqueid, linkedid_of
from recordings.transcripts.ports import Recorded, Sound, SoundGone

HERE = Path(__file__).parent / "speech"
RATE = 8000
TEXTS = {"song": "想听歌曲又见山里红", "number": "一三八五四九六四零六九", "press": "在记者会结束后的四个小时内"}
ARRIVED = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
ANSWERED = ARRIVED + timedelta(seconds=6)
CALL = "pbx1-1795485600.1"


def models_home() -> Path:
    """Where `make test` has installed the model; a missing one fails the tests that need it, none is skipped."""
    named = os.environ.get("CC_TEST_MODELS")
    return Path(named) if named else Path(__file__).parents[3] / "var" / "models"


def base_model() -> Path:
    folder = models_home() / "whisper-base"
    if not (folder / "model.bin").is_file():
        pytest.fail("no speech model: run `python -m callcenter transcripts install`; these tests do not skip")
    return folder


def clip(name: str) -> array[int]:
    samples, rate = soundfile.read(HERE / f"{name}.flac", dtype="int16")
    assert rate == RATE
    return array("h", samples.tobytes())


def channel(seconds: float, *clips: tuple[float, str]) -> bytes:
    """A channel of silence with clips placed at their seconds."""
    samples = array("h", bytes(2 * int(seconds * RATE)))
    for at, name in clips:
        sound = clip(name)
        start = int(at * RATE)
        samples[start : start + len(sound)] = sound
    return samples.tobytes()


@dataclass
class Shelf:
    """Recordings by id, each with its channels; `given` lists the channels that were requested."""

    recordings: dict[str, dict[str, bytes]] = field(default_factory=dict)
    call: str = CALL
    given: list[tuple[str, str]] = field(default_factory=list)
    stops_at: str = ""
    """A channel that is never returned: the caller waits until cancelled."""

    async def about(self, recording: str) -> Recorded:
        if recording not in self.recordings:
            raise SoundGone("not kept any more", recording=recording)
        sound = self.recordings[recording]
        seconds = max(len(pcm) for pcm in sound.values()) / 2 / RATE
        return Recorded(RecordingId(recording), CallId(self.call), ANSWERED, seconds, tuple(sound))

    async def pcm(self, recording: str, channel: str) -> Sound:
        if channel == self.stops_at:
            await asyncio.Event().wait()
        self.given.append((recording, channel))
        try:
            return Sound(self.recordings[recording][channel], RATE)
        except KeyError:
            raise SoundGone("not kept any more", recording=recording) from None


def leg(name: str, phone: str, party: str, answered: float | None) -> Leg:
    at = None if answered is None else ARRIVED + timedelta(seconds=answered)
    return Leg(Uniqueid(name), f"PJSIP/{phone}-0000000{name}", party, ARRIVED, at, ARRIVED + timedelta(seconds=120), 16)


def answered_call(*legs: Leg, transfers: tuple[Transfer, ...] = (), line: str | None = "orders") -> CallRecord:
    """A call that agent 1001 answered after six seconds."""
    return CallRecord(
        pbx="pbx1",
        linkedid=linkedid_of(CALL),
        direction=Direction.INBOUND,
        line=line,
        queue="general",
        caller_number="13800138000",
        caller_name="",
        called_number="4008001234",
        arrived_at=ARRIVED,
        answered_at=ANSWERED,
        ended_at=ARRIVED + timedelta(seconds=120),
        outcome=Outcome.ANSWERED,
        agent="1001",
        hung_up_by=HungUpBy.CALLER,
        offers=(
            Offer(
                Uniqueid("2"), "1001", "1001", "general", ARRIVED, ARRIVED, ANSWERED, 1, False, OfferOutcome.ANSWERED
            ),
        ),
        transfers=transfers,
        legs=legs or (leg("1", "trunk", "caller", 0), leg("2", "1001", "agent", 6)),
    )
