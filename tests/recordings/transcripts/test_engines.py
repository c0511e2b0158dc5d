"""Tests engines behind one interface: the real model on real speech, a real server, and the error for a missing one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import numpy
import pytest
import pytest_asyncio
import speech_recognition as sr
from pydantic import SecretStr

from benchmarks.speech import english, error
from callcenter.settings import Settings
from callcenter.settings.recordings import TranscriptSettings
from recordings.transcripts.engine import EngineChoice, EngineFailed, EngineMissing, UnknownEngine
from recordings.transcripts.engine_choice import choice_of, language_of, standing
from recordings.transcripts.engines import engine_of
from recordings.transcripts.engines.server import ServerEngine
from recordings.transcripts.engines.stock import StockEngine
from recordings.transcripts.engines.whisper import WhisperEngine
from recordings.transcripts.model import Transcript
from tests.recordings.transcripts.server import AsrServer, asr_server
from tests.recordings.transcripts.sounds import RATE, TEXTS, base_model, channel, clip

pytestmark = pytest.mark.slow

KEY = "sk-very-secret"


def audio(seconds: float, *clips: tuple[float, str]) -> sr.AudioData:
    return sr.AudioData(channel(seconds, *clips), RATE, 2)


@pytest.fixture(scope="module")
def whisper() -> WhisperEngine:
    return WhisperEngine(str(base_model()))


def test_real_mandarin_is_written_down_with_its_seconds(whisper: WhisperEngine) -> None:
    heard = whisper.transcribe(audio(24, (2, "song"), (10, "press"), (18, "number")), "zh")
    join = "".join(TEXTS[name] for name in ("song", "press", "number"))
    assert error([join], [heard.text], "zh") <= 0.2
    # The clips' first sounds are 0.66, 0.69 and 0.81 s after their beginnings.
    starts = [word.start for segment in heard.segments for word in segment.words]
    for second in (2.66, 10.69, 18.81):
        assert min(abs(start - second) for start in starts) < 1.0
    assert all(segment.confidence is not None and 0 <= segment.confidence <= 1 for segment in heard.segments)
    assert (heard.engine, heard.model, heard.language) == ("faster_whisper", "whisper-base", "zh")


def test_no_word_is_placed_in_the_silence_between_the_clips(whisper: WhisperEngine) -> None:
    placed = ((5, "song"), (16, "press"), (40, "number"))
    heard = whisper.transcribe(audio(70, *placed), "zh")
    words = [word for segment in heard.segments for word in segment.words]
    assert words
    ends = [(at, at + len(clip(name)) / RATE) for at, name in placed]
    for word in words:
        assert any(begin - 1 <= word.start <= word.end <= end + 1 for begin, end in ends), word
    assert all(word.start <= after.start for word, after in pairwise(words))


def on_a_line(pcm: bytes, gain: float) -> sr.AudioData:
    """The channel at another level, in the noise of a line 58 dB below full scale."""
    samples = numpy.frombuffer(pcm, dtype="<i2") * gain
    noise = numpy.random.default_rng(1).normal(0, 32767 * 10 ** (-58 / 20), len(samples))
    return sr.AudioData((samples + noise).astype("<i2").tobytes(), RATE, 2)


def test_a_quiet_caller_in_the_noise_of_a_line_is_heard_throughout(whisper: WhisperEngine) -> None:
    """Silero's usual threshold misses the third clip here."""
    heard = whisper.transcribe(on_a_line(channel(40, (2, "song"), (14, "press"), (28, "number")), 0.17), "zh")
    words = [word for segment in heard.segments for word in segment.words]
    for begin, name in ((2, "song"), (14, "press"), (28, "number")):
        end = begin + len(clip(name)) / RATE
        assert any(begin - 1 <= word.start <= word.end <= end + 1 for word in words), (name, heard.text)
    for segment in heard.segments:
        assert segment.end - segment.start < 8, "no segment runs across a pause"


def test_noise_ringback_and_hold_music_have_no_words(whisper: WhisperEngine) -> None:
    """450 Hz, one second in five, is the ringback tone of China (ITU-T E.180 supplement 2)."""
    seconds = numpy.arange(20 * RATE) / RATE
    ringback = 0.1 * numpy.sin(2 * numpy.pi * 450 * seconds) * (seconds % 5 < 1)
    chord = 0.05 * numpy.sin(2 * numpy.pi * numpy.outer((262, 330, 392), seconds)).sum(axis=0)
    for sound in (numpy.zeros(len(seconds)), ringback, chord):
        pcm = (sound * 32767).astype("<i2").tobytes()
        assert whisper.transcribe(on_a_line(pcm, 1.0), "zh", ("湘味到家",)).segments == ()


def test_real_english_is_written_down(whisper: WhisperEngine) -> None:
    """Human prompts of the distribution's Asterisk, as a call would transmit them."""
    prompts = english(Settings().pbx_root)[:3]
    assert len(prompts) == 3, "no Asterisk: run `python -m callcenter pbx install`"
    heard = [whisper.transcribe(sr.AudioData(prompt.pcm, RATE, 2), "en").text for prompt in prompts]
    assert error([prompt.text for prompt in prompts], heard, "en") <= 0.15


def test_silence_is_not_filled_with_words(whisper: WhisperEngine) -> None:
    assert whisper.transcribe(audio(20), "zh", ("湘味到家", "剁椒鱼头")).segments == ()


@pytest.mark.parametrize(
    ("choice", "word"),
    [
        (EngineChoice("off"), "switched off"),
        (EngineChoice("faster_whisper"), "no model is installed; run: callcenter transcripts install"),
        (EngineChoice("faster_whisper", "/nowhere/base"), "no model is installed"),
        (EngineChoice("openai", "whisper-1"), "no server is named"),
        (EngineChoice("openai", "whisper-1", base_url="file:///etc"), "no server is named"),
        (EngineChoice("openai", "", base_url="http://asr.lan/v1"), "no model is named"),
        (EngineChoice("sr:sphinx"), "not installed: pocketsphinx"),
        (EngineChoice("sr:google_cloud"), "not installed: google.cloud.speech"),
        (EngineChoice("sr:nonsense"), "SpeechRecognition has no engine 'nonsense'"),
    ],
)
def test_a_missing_engine_or_model_is_reported_by_a_code(choice: EngineChoice, word: str) -> None:
    engine = engine_of(choice)
    assert word in (engine.available() or "")
    with pytest.raises(EngineMissing):
        engine.transcribe(audio(1), "zh")


def test_an_incomplete_model_folder_names_the_missing_files(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert "lacks model.bin, tokenizer.json, vocabulary" in (WhisperEngine(str(tmp_path)).available() or "")


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(UnknownEngine):
        engine_of(EngineChoice("magic"))


def test_without_a_model_the_feature_is_off_and_with_one_it_is_on(tmp_path: Path) -> None:
    empty = Settings(data_dir=tmp_path)
    assert choice_of(empty, "zh").engine == "off"
    assert "transcripts install" in (standing(empty, "zh").reason or "")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "whisper-base").symlink_to(base_model())
    result = standing(empty, "zh")
    assert (result.engine, result.model, result.reason) == ("faster_whisper", "whisper-base", None)


def test_a_language_is_the_lines_or_the_queues_and_never_guessed() -> None:
    settings = Settings(transcripts=TranscriptSettings(languages={"export": "en", "general": "zh"}))
    assert language_of(settings, "export", "general", "zh-CN") == "en"
    assert language_of(settings, "orders", "general", "en") == "zh"
    assert language_of(settings, "orders", None, "en-GB") == "en"
    assert language_of(settings, "orders", None, "xiang-changsha") == "zh"
    assert language_of(settings, None, None, None) == "zh"


def test_an_engine_of_speech_recognition_gets_each_piece_of_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hand-written engine under its own name: any other needs its packages or a network."""
    heard: list[tuple[float, str]] = []

    def recognize_parrot(_: object, piece: sr.AudioData, language: str) -> str:
        heard.append((len(piece.frame_data) / 2 / piece.sample_rate, language))
        if len(heard) == 2:
            raise sr.UnknownValueError
        return "你好"

    monkeypatch.setattr(sr.Recognizer, "recognize_parrot", recognize_parrot, raising=False)
    segments = StockEngine("parrot").transcribe(audio(20, (2, "song"), (12, "press")), "zh")
    assert len(heard) >= 2
    assert {language for _, language in heard} == {"zh-CN"}
    assert len(segments.segments) == len(heard) - 1
    assert segments.engine == "sr:parrot"
    assert 1.5 < segments.segments[0].start < 3.5


@pytest_asyncio.fixture
async def asr() -> AsyncIterator[AsrServer]:
    async with asr_server() as server:
        yield server


async def ask(server: AsrServer, key: str = KEY, *, prompts: bool = False) -> Transcript:
    engine = ServerEngine(server.url, key, "large-v3", 5, prompts=prompts)
    return await asyncio.to_thread(engine.transcribe, audio(8, (1, "song")), "zh", ("湘味到家",))


async def test_a_compatible_server_is_asked_for_segments_and_words(asr: AsrServer) -> None:
    segments = await ask(asr)
    (segment,) = segments.segments
    assert (segment.start, segment.end, segment.text) == (0.5, 2.5, "您好，湘味到家")
    assert segment.confidence == pytest.approx(0.905)
    assert [word.text for word in segment.words] == ["您好", "湘味到家"]
    assert asr.keys == [f"Bearer {KEY}"]
    (asked,) = asr.asked
    assert (asked["model"], asked["language"], asked["response_format"]) == ("large-v3", "zh", "verbose_json")
    assert int(asked["file"]) > 8 * RATE * 2
    assert "prompt" not in asked
    await ask(asr, prompts=True)
    assert asr.asked[-1]["prompt"] == "湘味到家"


async def test_a_server_that_gives_text_alone_is_asked_piece_by_piece(asr: AsrServer) -> None:
    asr.answer = {"text": "想听歌曲"}
    segments = await ask(asr)
    assert [segment.text for segment in segments.segments] == ["想听歌曲"]
    assert 1 < segments.segments[0].start < 2.5


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (500, {}, EngineFailed),
        (429, {}, EngineFailed),
        (400, {}, EngineFailed),
        (401, {}, EngineMissing),
        (404, {}, EngineMissing),
        (200, b"<html>", EngineFailed),
        (200, b'{"segments": [{"start": -1, "end": 2, "text": "x"}]}', EngineFailed),
        (200, b'{"segments": [{"start": 0, "end": 1e999, "text": "x"}]}', EngineFailed),
        (200, b'{"segments": "many"}', EngineFailed),
    ],
)
async def test_a_server_that_fails_is_a_plain_word(
    asr: AsrServer, status: int, answer: object, error: type[Exception]
) -> None:
    asr.status, asr.answer = status, answer
    with pytest.raises(error) as raised:
        await ask(asr)
    assert KEY not in str(raised.value)


async def test_a_server_that_is_not_there_is_a_plain_word() -> None:
    engine = ServerEngine("http://127.0.0.1:1/v1", KEY, "large-v3", 5)
    assert KEY not in repr(engine)
    with pytest.raises(EngineFailed, match="does not answer"):
        await asyncio.to_thread(engine.transcribe, audio(4, (0, "song")), "zh")


async def test_hostile_text_of_a_server_is_cleaned(asr: AsrServer) -> None:
    asr.answer = {"segments": [{"start": 0, "end": 1, "text": "<b>\x1b[2J\u202e好\x00</b>"}]}
    (segment,) = (await ask(asr)).segments
    assert segment.text == "<b>[2J好</b>"


def test_the_key_is_in_no_settings_that_are_shown() -> None:
    settings = Settings(
        transcripts=TranscriptSettings(engine="openai", server_key=SecretStr(KEY), server_url="http://a/")
    )
    assert KEY not in repr(settings)
    assert KEY not in repr(choice_of(settings, "zh"))
    assert choice_of(settings, "zh").key == KEY
