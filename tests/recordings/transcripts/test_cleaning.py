"""Tests that a transcript contains no engine inventions, and spells names as the centre does."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.transcripts.cleaning import LONGEST_SEGMENT, clean_text, cleaned, respelled, without_loop
from recordings.transcripts.model import Segment
from recordings.transcripts.speech import Span, Timeline, spoken, timeline
from tests.recordings.transcripts.sounds import RATE, channel

HOT = ("湘味到家", "剁椒鱼头", "Xiangwei")


@pytest.mark.parametrize(
    ("text", "sure", "stays"),
    [
        ("湘味到家 剁椒鱼头", 0.9, False),
        ("湘味到家，剁椒鱼头，Xiangwei。", 0.99, False),
        ("湘味到家", 0.3, False),
        ("湘味到家", 0.9, True),
        ("您好，湘味到家", 0.3, True),
        ("。。。", 0.9, False),
        ("", 0.9, False),
        ("好", 0.2, True),
    ],
)
def test_hot_words_given_back_on_noise_are_dropped_and_speech_stays(text: str, sure: float, stays: bool) -> None:
    assert bool(cleaned([Segment(0, 1, text, sure)], HOT)) is stays


@pytest.mark.parametrize(
    ("heard", "text"),
    [
        ("接盘侠热热热热热热热", "接盘侠热"),
        ("谢谢观看谢谢观看谢谢观看谢谢观看谢谢观看", "谢谢观看"),
        ("是是是，好的好的", "是是是，好的好的"),
        ("一三八五五五五", "一三八五五五五"),
    ],
)
def test_a_decoder_that_went_in_circles_is_cut_short(heard: str, text: str) -> None:
    assert without_loop(heard) == text


@pytest.mark.parametrize(
    ("heard", "text"),
    [
        ("您好香味到家很高兴", "您好湘味到家很高兴"),
        ("湘味到佳", "湘味到家"),
        ("香味道家", "香味道家"),
        ("我要一份剁椒魚头", "我要一份剁椒鱼头"),
        ("味到，家", "味到，家"),
        ("this is Xiangwey home", "this is Xiangwei home"),
        ("this is xiangwei home", "this is xiangwei home"),
        ("Xiangweyland", "Xiangweyland"),
    ],
)
def test_a_word_nearly_heard_is_spelled_like_the_hot_word(heard: str, text: str) -> None:
    assert respelled(heard, HOT) == text


def test_hostile_text_is_one_printable_line_of_bounded_length() -> None:
    evil = "a\x00b\x1b[31m\u202ec\nd\r\u200b\ufffd" + "甲乙" * 10_000
    text = clean_text(evil)
    assert text.startswith("ab[31mc d") or text.startswith("ab[31mc d".replace("  ", " "))
    assert text.isprintable()
    assert len(text) <= LONGEST_SEGMENT


@given(st.text(max_size=300), st.lists(st.text(max_size=8), max_size=4))
def test_any_output_of_an_engine_is_cleaned_without_an_error(text: str, hot: list[str]) -> None:
    for entry in cleaned([Segment(0, 1, text, 0.5)], hot):
        assert entry.text.isprintable()


def test_speech_is_found_where_it_is_and_silence_is_not_speech() -> None:
    spans = spoken(channel(20, (2, "song"), (12, "press")), RATE)
    assert spoken(channel(5), RATE) == []
    assert spoken(b"", RATE) == []
    assert all(any(abs(start - near) < 1.5 for start, _ in spans) for near in (2, 12))
    assert all(end - start <= 28 for start, end in spans)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([(3.0, 5.0)], [(2.0, 6.0)]),
        ([(0.2, 9.5)], [(0.0, 10.0)]),
        ([(3.0, 5.0), (6.9, 8.0)], [(2.0, 9.0)]),
        ([(1.0, 2.0), (6.5, 8.0)], [(0.0, 3.0), (5.5, 9.0)]),
    ],
    ids=["silence", "margins", "ends of the channel", "a pause", "a long pause"],
)
def test_speech_keeps_the_quiet_around_it_and_long_pauses_are_left_out(spans: list[Span], expected: list[Span]) -> None:
    assert timeline(spans, 10.0).parts == tuple(expected)


@given(st.lists(st.tuples(st.floats(0.1, 40), st.floats(0.5, 12)), max_size=30))
def test_no_part_cuts_speech_or_overlaps_the_next_one(pieces: list[tuple[float, float]]) -> None:
    spans: list[Span] = []
    at = 0.0
    for speech, pause in pieces:
        spans.append((at, at + speech))
        at += speech + pause
    result = timeline(spans, at).parts
    assert all(any(first <= start and stop <= last for first, last in result) for start, stop in spans)
    assert all(last <= first for (_, last), (first, _) in pairwise(result))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ((0.5, 1.0), (0, (2.5, 3.0))),
        ((3.5, 4.0), (0, (5.5, 6.0))),
        ((3.8, 5.0), (1, (20.0, 21.0))),
        ((3.4, 4.2), (0, (5.4, 6.0))),
        ((7.5, 9.0), (1, (23.5, 24.0))),
    ],
    ids=["first", "at the cut", "drawn into the pause before it", "drawn into the pause after it", "past the end"],
)
def test_a_word_keeps_its_time_in_the_channel(word: Span, expected: tuple[int, Span]) -> None:
    """Four seconds from 2 s on and four from 20 s on are heard as eight."""
    number, placed = Timeline(((2.0, 6.0), (20.0, 24.0))).place(*word)
    assert number == expected[0]
    assert placed == pytest.approx(expected[1])


@given(
    st.lists(st.tuples(st.floats(0.1, 40), st.floats(0.5, 12)), min_size=1, max_size=20),
    st.floats(0, 1),
    st.floats(0, 30),
)
def test_every_word_lies_within_a_part_and_words_stay_in_order(
    pieces: list[tuple[float, float]], share: float, length: float
) -> None:
    spans: list[Span] = []
    at = 0.0
    for speech, pause in pieces:
        spans.append((at, at + speech))
        at += speech + pause
    whole = timeline(spans, at)
    heard = sum(end - start for start, end in whole.parts) * share
    number, (start, end) = whole.place(heard, heard + length)
    first, last = whole.parts[number]
    assert first - 1e-6 <= start <= end + 1e-6 <= last + 2e-6
    assert whole.place(heard + length, heard + 2 * length)[0] >= number
