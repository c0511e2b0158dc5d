"""Generates the telephone recordings of the prompts: 8 kHz, mono, 16 bit, as Asterisk plays without transcoding.

For each prompt it uses the first source that has it: the centre's own recording, the one shipped with the software (for
unchanged texts), speech by espeak-ng, and last Asterisk's nearest English sound. Blocking work; call it from a command
or a thread.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Final

import structlog

from callcenter.asterisk.install import NotInstalled, Tree
from callcenter.errors import Invalid, Unavailable
from callcenter.settings import Settings
from ivr.prompts.sentences import catalogue_of
from ivr.prompts.texts import CORE_SOUNDS, FOLDERS, VOICES, Prompt, texts

log = structlog.get_logger(__name__)

RATE: Final = 8000
_SPEAK_SECONDS: Final = 30.0
_MANIFEST: Final = "prompts.json"


class Source(StrEnum):
    """The origin of a prompt's recording."""

    OWN = "own recording"
    READY = "ready recording"
    SPOKEN = "synthetic voice"
    CORE = "Asterisk's English sound"
    NONE = "none"


class BadRecording(Invalid):
    """A recording of the centre's own that cannot be read as audio."""

    code = "bad_recording"


class VoiceFailed(Unavailable):
    """The speech program failed or took too long."""

    code = "voice_failed"


@dataclass(frozen=True, slots=True)
class Built:
    """The result for one prompt; `fresh` is False when the file was already up to date."""

    prompt: Prompt
    source: Source
    fresh: bool


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where to read sounds from and where to write them.

    `own` holds the centre's recordings as `zh/greeting.wav`, `speak` is the command line of espeak-ng (empty: none),
    `core` is the folder of Asterisk's English sounds, `ready` holds the recordings shipped with the software.
    """

    target: Path
    own: Path | None = None
    speak: tuple[str, ...] = ()
    core: Path | None = None
    ready: Path | None = None

    def build(self, company: Mapping[str, str]) -> list[Built]:
        """Generate every recording that is missing or out of date; idempotent.

        Raises BadRecording when one of the centre's own recordings cannot be read.
        """
        known = _manifest(self.target / _MANIFEST)
        fresh: dict[str, str] = {}
        built = [self._build(prompt, known, fresh) for prompt in prompts(company)]
        _write(self.target / _MANIFEST, json.dumps(fresh, indent=1, sort_keys=True).encode())
        return built

    def _build(self, prompt: Prompt, known: Mapping[str, str], fresh: dict[str, str]) -> Built:
        path = self.target / prompt.folder / "cc" / f"{prompt.name}.wav"
        for source, origin in self._sources(prompt):
            digest = _digest(prompt, source, origin, self.speak)
            unchanged = known.get(_key(prompt)) == digest and path.is_file()
            try:
                if not unchanged:
                    _write(path, _telephone(origin.read_bytes() if origin else _spoken(prompt, self.speak), prompt))
            except VoiceFailed as error:
                # R2 comes before quality: a greeting from the next source is better than none.
                log.warning("voice_failed", prompt=prompt.name, language=prompt.language, error=error.detail)
                continue
            fresh[_key(prompt)] = digest
            return Built(prompt, source, fresh=not unchanged)
        return Built(prompt, Source.NONE, fresh=False)

    def _sources(self, prompt: Prompt) -> Iterator[tuple[Source, Path | None]]:
        """The possible sources of this prompt, best first."""
        own = self.own / prompt.folder / f"{prompt.name}.wav" if self.own else None
        if own and own.is_file():
            yield Source.OWN, own
        if self.ready and _manifest(self.ready / _MANIFEST).get(_key(prompt)) == _text(prompt):
            yield Source.READY, self.ready / prompt.folder / f"{prompt.name}.flac"
        if self.speak:
            yield Source.SPOKEN, None
        name = CORE_SOUNDS.get(prompt.name)
        core = self.core / f"{name}.wav" if self.core and name else None
        if core and core.is_file():
            yield Source.CORE, core


def prompts(company: Mapping[str, str]) -> tuple[Prompt, ...]:
    """Every recording in every language; `company` gives the name by language."""
    return catalogue_of({language: texts(language, company) for language in FOLDERS}).recordings()


def build_prompts(settings: Settings, tree: Tree) -> list[Built]:
    """Write the recordings where the rendered dialplan plays them; the centre's own are in data_dir/prompts."""
    try:
        speak = tuple(tree.program("espeak-ng"))
    except NotInstalled:
        speak = ()
    return Workshop(
        target=settings.pbx_home / "sounds",
        own=settings.data_dir / "prompts",
        speak=speak,
        core=tree.data / "sounds" / "en",
        ready=ready_recordings(),
    ).build(settings.company)


def ready_recordings() -> Path:
    """The folder of the recordings shipped with the software."""
    return Path(str(files("ivr.prompts") / "audio"))


def make_ready(folder: Path, speak: Sequence[str], company: Mapping[str, str]) -> None:
    """Speak every prompt into the folder shipped with the software, with the texts' digests beside them."""
    texts = {}
    for prompt in prompts(company):
        sound = _telephone(_spoken(prompt, tuple(speak)), prompt, "FLAC")
        _write(folder / prompt.folder / f"{prompt.name}.flac", sound)
        texts[_key(prompt)] = _text(prompt)
    _write(folder / _MANIFEST, (json.dumps(texts, indent=1, sort_keys=True) + "\n").encode())


def _spoken(prompt: Prompt, speak: tuple[str, ...]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="prompt-") as folder:
        out = Path(folder) / "spoken.wav"
        voice, speed = VOICES[prompt.language]
        try:
            subprocess.run(
                [*speak, "-v", voice, "-s", str(speed), "-w", str(out), "--stdin"],
                input=prompt.text.encode(),
                check=True,
                capture_output=True,
                timeout=_SPEAK_SECONDS,
            )
            return out.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise VoiceFailed("the synthetic voice did not speak", prompt=prompt.name) from error


def _telephone(sound: bytes, prompt: Prompt, container: str = "WAV") -> bytes:
    """Any sound file as a telephone recording: mixed to mono, band-limited, and normalised in loudness."""
    import numpy as np
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(sound), dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, ValueError) as error:
        raise BadRecording("this recording cannot be read", prompt=prompt.name, language=prompt.language) from error
    mono = np.asarray(samples, dtype=np.float64).mean(axis=1)
    if mono.size == 0:
        raise BadRecording("this recording is empty", prompt=prompt.name, language=prompt.language)
    if rate != RATE:
        # Cutting the spectrum at 4 kHz band-limits and resamples in one step, without a separate filter.
        length = max(1, round(mono.size * RATE / rate))
        mono = np.fft.irfft(np.fft.rfft(mono)[: length // 2 + 1], n=length) * (length / mono.size)
    peak = float(np.abs(mono).max())
    out = io.BytesIO()
    soundfile.write(out, mono * (0.7 / peak) if peak else mono, RATE, format=container, subtype="PCM_16")
    return out.getvalue()


def _digest(prompt: Prompt, source: Source, origin: Path | None, speak: tuple[str, ...]) -> str:
    content = hashlib.sha256(f"{source} {prompt.text} {speak}".encode())
    if origin:
        content.update(origin.read_bytes())
    return content.hexdigest()


def _key(prompt: Prompt) -> str:
    return f"{prompt.folder}/{prompt.name}"


def _text(prompt: Prompt) -> str:
    return hashlib.sha256(prompt.text.encode()).hexdigest()


def _manifest(path: Path) -> dict[str, str]:
    try:
        return {str(key): str(value) for key, value in json.loads(path.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        # A missing or broken list only means that everything is generated again.
        return {}


def _write(path: Path, data: bytes) -> None:
    """Write atomically: Asterisk may be playing the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)
