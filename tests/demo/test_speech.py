"""Tests the conversations of the demo's recorded calls: two voices in turn, each on its own channel."""

from __future__ import annotations

import random
import wave
from itertools import pairwise
from pathlib import Path

import pytest

from callcenter.clock import now
from callcenter.demo.history import week
from callcenter.demo.recorded import MOST, SURE, Answered, missing, plan, utterances, write_sound
from callcenter.demo.run import next_caller
from callcenter.demo.speech import FOLDER, RATE, VOICES, conversation, track
from callcenter.demo.town import CALLERS, WORKERS
from callcenter.settings import Settings
from recordings.model import Party, read_name

CALL = Answered("pbx1-1795769589.912", "13702809918", "orders", "1004", 1795769592.1, 86.94)


@pytest.mark.parametrize("voice", VOICES)
def test_every_sentence_is_within_its_file_and_contains_speech(voice: str) -> None:
    length = (FOLDER / f"{voice}.al").stat().st_size / RATE
    assert {worker.voice for worker in WORKERS} <= VOICES.keys()
    for sentence in VOICES[voice]:
        assert 0 <= sentence.start < sentence.end <= length
        assert sentence.seconds > 1.5


@pytest.mark.parametrize("seconds", [0.5, 4.0, 20.0, 300.0])
def test_the_parties_speak_in_turn_and_none_interrupts(seconds: float) -> None:
    turns = conversation(random.Random(1), "woman-1", "man-2", seconds)
    assert [turn.party for turn in turns] == (["agent", "caller"] * len(turns))[: len(turns)]
    assert all(first.end < second.start for first, second in pairwise(turns))
    assert all(turn.end <= seconds for turn in turns)
    assert bool(turns) is (seconds > 10)


def test_a_party_is_heard_only_on_its_own_channel_and_only_in_its_turns() -> None:
    turns = conversation(random.Random(1), "woman-1", "man-2", 60.0)
    for party, other in (("agent", "caller"), ("caller", "agent")):
        sound = track(turns, party, 60.0)
        assert len(sound) == 2 * 60 * RATE
        for turn in turns:
            part = sound[2 * round(turn.start * RATE) : 2 * round(turn.end * RATE)]
            assert any(part) is (turn.party == party), (party, other)


def test_a_recording_is_in_the_spool_as_asterisk_leaves_it(tmp_path: Path) -> None:
    spool = tmp_path / "spool" / "monitor"
    write_sound(spool, CALL)
    names = sorted(path.name for path in spool.iterdir())
    assert [read_name(name) for name in names] == [(CALL.take, Party.AGENT), (CALL.take, Party.CALLER)]
    for name in names:
        with wave.open(str(spool / name)) as sound:
            assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, RATE)
            assert sound.getnframes() == round(CALL.seconds * RATE)
    assert list(spool.parent.iterdir()) == [spool]


def test_the_words_are_those_that_are_heard_and_no_check_judges_manners_by_them() -> None:
    transcribed = utterances(CALL)
    spoken = {(turn.start, turn.sentence.text) for turn in CALL.turns() if turn.sentence.text}
    assert {(utterance.start, utterance.text) for utterance in transcribed} == spoken
    assert {utterance.agent for utterance in transcribed if utterance.speaker == "agent"} == {CALL.agent}
    assert Settings().courtesy.least_confidence > SURE


def test_the_newest_calls_are_planned_and_an_interrupted_run_knows_what_is_missing(tmp_path: Path) -> None:
    assert missing(tmp_path) == []
    answered = week(now()).answered
    plan(tmp_path, answered)
    planned = missing(tmp_path)
    assert len(planned) == MOST
    assert [call.at for call in planned] == sorted(call.at for call in answered)[-MOST:]


def test_S1_the_week_is_green_on_every_day_although_one_agent_is_late() -> None:
    """Answered within 15 s among those answered or abandoned; the late agent rings for about 16 s."""
    history = week(now())
    late = [leg for leg in history.witnessed if leg.at is not None]
    assert late
    in_time = history.calls - len([call for call in history.answered if call.agent == "1003"])
    abandoned = history.calls - len(history.answered)
    assert (in_time - abandoned) / history.calls > 0.8
    assert any(call.agent == "1003" for call in history.answered)


def test_no_caller_makes_two_calls_at_once_and_strangers_have_no_name() -> None:
    chance = random.Random(7)
    regular = {caller.number: caller.name for caller in CALLERS}
    talking = set(list(regular)[:3])
    for _ in range(200):
        caller = next_caller(chance, talking)
        assert caller.number not in talking
        assert caller.name == regular.get(caller.number, "")
