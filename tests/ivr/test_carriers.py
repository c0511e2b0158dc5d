"""Short Mandarin texts are spoken inside a longer one and cut out at the quietest place."""

from __future__ import annotations

import numpy
import pytest

from ivr.prompts.sentences import default_catalogue
from ivr.prompts.sound import COMMA_SECONDS, MARGIN_SECONDS, measure, tail_of, trimmed
from ivr.prompts.voice.carriers import (
    AFTER_A_PHRASE,
    AFTER_DIGITS,
    BEFORE_DIGITS,
    FRAME,
    NONE,
    Carrier,
    carrier_of,
    cut_out,
)
from ivr.prompts.voice.durations import DURATIONS, with_durations
from tests.ivr.tones import Samples

RATE = 24_000


def tone(frames: int, level: float) -> Samples:
    result: Samples = level * numpy.sin(numpy.arange(frames * FRAME) * 0.3)
    return result


def silence(frames: int) -> Samples:
    return numpy.zeros(frames * FRAME)


@pytest.mark.parametrize(
    ("text", "carrier"),
    [
        ("五", BEFORE_DIGITS),
        ("您前面还有", BEFORE_DIGITS),
        ("人工服务，", BEFORE_DIGITS),
        ("请按一号键", AFTER_A_PHRASE),
        ("点", AFTER_DIGITS),
        ("感谢您打来电话，再见。", NONE),
        ("您好，请您稍等！", NONE),
    ],
)
def test_what_is_shorter_than_a_sentence_gets_a_carrier(text: str, carrier: Carrier) -> None:
    assert carrier_of(text, "zh-CN") == carrier


def test_english_is_understood_without_a_carrier() -> None:
    assert {carrier_of(prompt.text, "en") for prompt in default_catalogue().recordings()} == {NONE}


def test_the_carrier_behind_a_text_is_cut_off_in_the_gap_between_them() -> None:
    spoken = numpy.concatenate([silence(2), tone(8, 0.5), silence(2), tone(12, 0.4), silence(2)])
    # Two signs of the text, a separator of two signs, three of the carrier; the model's borders are off by a unit.
    cut = cut_out(spoken, [2, 4, 5, 1, 1, 4, 4, 3, 2], before=0, after=5)
    assert 10 * FRAME <= len(cut) <= 12 * FRAME
    assert measure(cut, RATE).level_db == pytest.approx(measure(tone(8, 0.5), RATE).level_db, abs=0.5)


def test_the_carrier_before_a_text_is_cut_off_in_the_gap_between_them() -> None:
    spoken = numpy.concatenate([silence(2), tone(12, 0.5), silence(1), tone(8, 0.25), silence(2)])
    cut = cut_out(spoken, [2, 4, 4, 5, 4, 4, 2], before=3, after=0)
    assert 10 * FRAME <= len(cut) <= 11 * FRAME
    assert numpy.abs(cut).max() <= 0.26


def test_a_cut_does_not_click_and_nothing_is_cut_without_a_carrier() -> None:
    spoken = numpy.concatenate([tone(8, 0.5), tone(8, 0.5)])
    cut = cut_out(spoken, [0, 8, 1, 1, 6, 0], before=0, after=3)
    assert abs(cut[-1]) < 0.01
    assert len(cut_out(spoken, [0, 8, 8, 0], 0, 0)) == len(spoken)


def test_empty_sound_stays_empty() -> None:
    assert len(cut_out(numpy.zeros(0), [0, 1, 1, 0], 1, 1)) == 0


def test_after_a_comma_a_pause_stays() -> None:
    samples = numpy.concatenate([silence(4), tone(10, 0.5), silence(4)])
    for text, seconds in (
        ("人工服务，", COMMA_SECONDS),
        ("Say it,", COMMA_SECONDS),
        ("五", MARGIN_SECONDS),
    ):
        heard = measure(trimmed(samples, RATE, tail_of(text)), RATE)
        assert heard.tail_seconds == pytest.approx(seconds, abs=0.011)
        assert heard.lead_seconds == pytest.approx(MARGIN_SECONDS, abs=0.011)


def test_the_model_gets_an_output_by_an_appended_message() -> None:
    name = DURATIONS.encode()
    value = b"\x0a" + bytes([len(name)]) + name
    output = b"\x62" + bytes([len(value)]) + value
    assert with_durations(b"model") == b"model" + b"\x3a" + bytes([len(output)]) + output
