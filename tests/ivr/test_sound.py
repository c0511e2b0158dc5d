"""Tests that recordings are trimmed, levelled and resampled so that they can be played one after another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.prompts.sound import LEVEL_DB, MARGIN_SECONDS, PEAK, joined, level, levelled, measure, resampled, trimmed
from tests.ivr.tones import spoken, tone

RATE = 24000


@pytest.mark.parametrize("silence", [0.0, 0.01, 0.5, 3.0])
def test_silence_at_the_ends_becomes_a_short_margin(silence: float) -> None:
    result = measure(trimmed(spoken(1.0, RATE, silence=silence), RATE), RATE)
    assert result.seconds == pytest.approx(1.0 + 2 * MARGIN_SECONDS, abs=0.04)
    assert result.lead_seconds == pytest.approx(MARGIN_SECONDS, abs=0.02)
    assert result.tail_seconds == pytest.approx(MARGIN_SECONDS, abs=0.02)


def test_ends_are_faded_so_that_joints_do_not_click() -> None:
    cut = trimmed(np.concatenate([tone(RATE, 1.0)]), RATE)
    assert cut[0] == 0
    assert cut[-1] == 0
    two = joined([cut, cut])
    assert float(np.abs(np.diff(two)).max()) <= float(np.abs(np.diff(tone(RATE))).max()) * 1.2


@given(st.floats(0.01, 1.0), st.floats(0.3, 2.0))
def test_recordings_become_equally_loud(loudness: float, seconds: float) -> None:
    result = levelled(spoken(seconds, 8000, loudness=loudness), 8000)
    assert level(result, 8000) == pytest.approx(LEVEL_DB, abs=0.5)
    assert float(np.abs(result).max()) <= PEAK + 1e-9


def test_pauses_do_not_count_for_the_loudness() -> None:
    short, long = spoken(1.0, 8000, silence=0.1), spoken(1.0, 8000, silence=5.0)
    assert level(short, 8000) == pytest.approx(level(long, 8000), abs=0.2)


def test_a_sound_with_a_high_peak_is_not_clipped() -> None:
    hard = np.zeros(RATE)
    hard[::4000] = 0.9
    assert float(np.abs(levelled(hard, RATE)).max()) <= PEAK + 1e-9


def test_silence_stays_silence() -> None:
    quiet = np.zeros(RATE)
    assert not levelled(quiet, RATE).any()
    assert measure(trimmed(quiet, RATE), RATE).level_db == -120


@pytest.mark.parametrize(("rate", "to"), [(24000, 8000), (24000, 16000), (44100, 8000), (8000, 16000)])
def test_another_sample_rate_keeps_length_pitch_and_loudness(rate: int, to: int) -> None:
    result = resampled(tone(rate, 1.0), rate, to)
    assert len(result) == to
    assert int(np.argmax(np.abs(np.fft.rfft(result)))) == 440
    assert level(result, to) == pytest.approx(level(tone(rate, 1.0), rate), abs=0.1)
