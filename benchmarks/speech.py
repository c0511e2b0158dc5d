"""Measures speech recognition at telephone quality, accuracy and speed, against the bare engine in the same run.

Mandarin: real utterances of the folder that CC_BENCH_SPEECH names, else `../shared/speech` beside the project. English:
the human prompts of the distribution's Asterisk, with their published text. Both are band-limited to 300-3400 Hz, 8
kHz, and passed through 8-bit mu-law. Two channels of some minutes join the Mandarin utterances with pauses of up to
15 s in the noise of a line, as a call has them. The baseline is faster-whisper's own `transcribe` with its defaults and
the same model, in a separate process, with its own resampling.
"""

from __future__ import annotations

import csv
import gzip
import os
import re
import time
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy
import soundfile
import typer

from benchmarks.result import Result
from callcenter.asterisk.install import Tree
from callcenter.settings import Settings
from recordings.transcripts.engine import EngineMissing
from recordings.transcripts.engine_choice import choice_of
from recordings.transcripts.scribe import ScribeProcess

RATE: Final = 8000
MOST: Final = 40
LEAST: Final = 30
MOST_OVER: Final = 1.0
"""Points that the pipeline may be worse than the engine alone."""
SEED: Final = 12
PAUSES: Final = (0.6, 1.2, 2.5, 4.0, 8.0, 15.0)
NOISE_DB: Final = -58.0
UTTERANCES: Final = "utterances"
CHANNELS: Final = "channels"
PARTS: Final = {
    f"speech.zh.{UTTERANCES}": "zh",
    f"speech.zh.{CHANNELS}": "zh",
    f"speech.en.{UTTERANCES}": "en",
}
"""The parts with their languages; each can be run alone, and `speech.zh` both of Mandarin."""
COMMAND: Final = "make bench ONLY=speech"
DIGITS: Final = str.maketrans("0123456789", "零一二三四五六七八九")
TARGETS: Final = {
    "zh": "CER under 30 % on 30 utterances or more, at most 1 point over the engine alone",
    "channels": "CER at most 1 point over the engine alone, on two channels of 20 utterances with pauses",
    "en": "WER under 10 % on 30 prompts or more, at most 1 point over the engine alone",
}


@dataclass(frozen=True, slots=True)
class Utterance:
    text: str
    pcm: bytes

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / RATE


@dataclass(frozen=True, slots=True)
class Heard:
    """`seconds` of work, excluding the loading of the model; `peak` is the process's peak memory in MB."""

    texts: tuple[str, ...]
    seconds: float
    peak: float


async def run(name: str) -> list[Result]:
    settings = Settings()
    measured: list[Result] = []
    for part, language in PARTS.items():
        if not f"{part}.".startswith(f"{name}."):
            continue
        utterances = mandarin() if language == "zh" else english(settings.pbx_root)
        if len(utterances) < LEAST:
            raise ModuleNotFoundError("speech to measure with", name=f"{language} speech")
        choice = choice_of(settings, language)
        if choice.engine != "faster_whisper":
            raise ModuleNotFoundError("a model", name="a speech model: callcenter transcripts install")
        kind = part.rpartition(".")[2]
        sounds = channels(utterances) if kind == CHANNELS else utterances
        measured += await compared(part, kind, sounds, language, settings, choice.model)
    return measured


async def compared(
    part: str, kind: str, sounds: Sequence[Utterance], language: str, settings: Settings, model: str
) -> list[Result]:
    """The pipeline, then the engine alone, with the same sounds."""
    mine = await ours(sounds, language, settings)
    typer.echo(f"{part}: the pipeline took {mine.seconds:.0f} s", err=True)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        bare = pool.submit(alone, model, language, [sound.pcm for sound in sounds]).result()
    typer.echo(f"{part}: the engine alone took {bare.seconds:.0f} s", err=True)
    return results(language, sounds, mine, bare, kind)


def channels(utterances: Sequence[Utterance]) -> list[Utterance]:
    """The utterances as two sides of a call: 20 each, pauses between, a line's noise 58 dB below full scale."""
    draw, noise = Random(SEED), numpy.random.default_rng(SEED)
    sides = []
    for speaker in (utterances[: MOST // 2], utterances[MOST // 2 :]):
        parts = [numpy.zeros(0)]
        for utterance in speaker:
            parts.append(numpy.zeros(round(draw.choice(PAUSES) * RATE)))
            parts.append(numpy.frombuffer(utterance.pcm, dtype="<i2").astype(float))
        sound = numpy.concatenate([*parts, numpy.zeros(round(PAUSES[-1] * RATE))])
        sound += noise.normal(0, 32767 * 10 ** (NOISE_DB / 20), len(sound))
        pcm = sound.clip(-32768, 32767).astype("<i2").tobytes()
        sides.append(Utterance("".join(utterance.text for utterance in speaker), pcm))
    return sides


def results(
    language: str, utterances: Sequence[Utterance], mine: Heard, bare: Heard, kind: str = UTTERANCES
) -> list[Result]:
    spoken = sum(utterance.seconds for utterance in utterances)
    conditions = [utterance.text for utterance in utterances]
    rate = "cer" if language == "zh" else "wer"
    pairs = [
        (rate, 100 * error(conditions, mine.texts, language), "%", 100 * error(conditions, bare.texts, language)),
        ("realtime", mine.seconds / spoken, "x", bare.seconds / spoken),
        ("memory", mine.peak, "MB", bare.peak),
    ]
    name, target = (f"speech.{language}", TARGETS[language])
    if kind != UTTERANCES:
        name, target = f"{name}.{kind}", TARGETS[kind]
    # The pipeline is at most a point worse than the engine alone.
    limits = {rate: pairs[0][3] + MOST_OVER}
    compared = [
        Result(f"{name}.{measure}", value, unit, base, value / base, target, COMMAND, limits.get(measure))
        for measure, value, unit, base in pairs
    ]
    return [*compared, Result(f"{name}.{kind}", len(utterances), "spoken", None, None, target, COMMAND)]


async def ours(utterances: Sequence[Utterance], language: str, settings: Settings) -> Heard:
    """Through the worker process, as in the service."""
    scribe = ScribeProcess(settings.transcripts.niceness, 60)
    choice = choice_of(settings, language)
    try:
        # The first one loads the model.
        await scribe.transcribe(utterances[0].pcm, RATE, choice, language, ())
        begun = time.monotonic()
        heard = [await scribe.transcribe(utterance.pcm, RATE, choice, language, ()) for utterance in utterances]
        taken = time.monotonic() - begun
        assert scribe.pid is not None
        return Heard(tuple(transcript.text for transcript in heard), taken, peak_of(scribe.pid))
    except EngineMissing as missing:
        raise ModuleNotFoundError("a speech engine", name=missing.detail) from missing
    finally:
        await scribe.close()


def alone(model: str, language: str, sounds: Sequence[bytes]) -> Heard:
    """faster-whisper alone, with its defaults."""
    from faster_whisper import WhisperModel

    engine = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=1)
    texts, begun = [], 0.0
    for number, pcm in enumerate([sounds[0], *sounds]):
        if number == 1:
            begun = time.monotonic()
        wav = BytesIO()
        soundfile.write(wav, numpy.frombuffer(pcm, dtype="<i2"), RATE, format="WAV", subtype="PCM_16")
        wav.seek(0)
        segments, _ = engine.transcribe(wav, language=language)
        texts.append("".join(segment.text for segment in segments))
    return Heard(tuple(texts[1:]), time.monotonic() - begun, peak_of(os.getpid()))


def peak_of(pid: int) -> float:
    """The peak resident memory of a process, in MB (proc(5), VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def mandarin() -> list[Utterance]:
    """Utterances of the shared folder; none when the folder does not exist."""
    folder = Path(os.environ.get("CC_BENCH_SPEECH", Path(__file__).parents[2] / "shared" / "speech")) / "zh"
    table = folder / "transcripts.tsv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file, delimiter="\t"), key=lambda row: row["id"])
    return [Utterance(row["text"], telephone(folder / f"{row['id']}.flac")) for row in rows[:MOST]]


def english(root: Path) -> list[Utterance]:
    """Prompts of five words or more that are spoken as written."""
    texts = root / "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
    sounds = Tree(root).data / "sounds" / "en_US_f_Allison"
    if not texts.is_file():
        return []
    utterances = []
    for line in gzip.decompress(texts.read_bytes()).decode("utf-8", "replace").splitlines():
        name, _, text = line.partition(":")
        path = sounds / f"{name.strip()}.wav"
        plain = not line.startswith(";") and not re.search(r"[\[\](){}<>0-9]", text)
        if plain and len(text.split()) >= 5 and path.is_file():
            utterances.append(Utterance(text.strip(), telephone(path)))
    return utterances[:MOST]


def telephone(path: Path) -> bytes:
    """Audio as a call transmits it: 300-3400 Hz, 8 kHz, 8-bit mu-law (ITU-T G.711) and back to 16 bits."""
    sound, rate = soundfile.read(path, dtype="float64")
    spectrum = numpy.fft.rfft(sound)
    pitch = numpy.fft.rfftfreq(len(sound), 1 / rate)
    spectrum[(pitch < 300) | (pitch > 3400)] = 0
    narrow: Any = numpy.fft.irfft(spectrum, len(sound))[:: rate // RATE]
    pressed = numpy.round(numpy.sign(narrow) * numpy.log1p(255 * abs(narrow)) / numpy.log(256) * 127) / 127
    back = numpy.sign(pressed) * numpy.expm1(abs(pressed) * numpy.log(256)) / 255
    return bytes((back * 32767).clip(-32768, 32767).astype("<i2").tobytes())


def error(spoken: Sequence[str], heard: Sequence[str], language: str) -> float:
    """Characters or words changed, missed or added, as a share of all that were spoken."""
    pairs = [
        (pieces(sentence, language), pieces(other, language)) for sentence, other in zip(spoken, heard, strict=True)
    ]
    return sum(distance(want, got) for want, got in pairs) / sum(len(want) for want, _ in pairs)


def pieces(text: str, language: str) -> list[str]:
    """Simplified characters with numbers as they are read, or lower-case words; no punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    if language == "en":
        return re.findall(r"[a-z0-9']+", folded.replace("-", " "))
    from opencc import OpenCC

    return [char for char in OpenCC("tw2s").convert(folded).translate(DIGITS) if char.isalnum()]


def distance(want: Sequence[str], got: Sequence[str]) -> int:
    """Levenshtein distance (1966)."""
    row = list(range(len(got) + 1))
    for place, piece in enumerate(want, 1):
        last, row[0] = row[0], place
        for column, other in enumerate(got, 1):
            last, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, last + (piece != other))
    return row[-1]
