"""Generates the telephone recordings of the prompts: WAV at 8 and 16 kHz, mono, 16 bit, as Asterisk plays them.

For each recording it uses the first source that has it: the centre's own recording, the one shipped with the software
(for unchanged texts), the synthetic voice, speech by espeak-ng, and last Asterisk's nearest English sound. Blocking
work; call it from a command, a thread or a process.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from callcenter.asterisk.render.waiting import FOLDER as WAITING
from callcenter.asterisk.render.waiting import NAME as ANNOUNCE
from ivr.prompts.espeak import VoiceFailed, spoken
from ivr.prompts.files import NARROW, SUFFIXES, WIDE, read_sound, silence, wav, write_whole
from ivr.prompts.pieces import PAUSE, PAUSE_SECONDS
from ivr.prompts.ready import Recording, key, path_of, ready_list
from ivr.prompts.sound import MARGIN_SECONDS, levelled, tail_of, trimmed
from ivr.prompts.texts import CORE_SOUNDS, FOLDERS, Prompt
from ivr.prompts.voice.kokoro import SPEAKERS

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

log = structlog.get_logger(__name__)

_MANIFEST: Final = "prompts.json"
Speak = Callable[[str, str], "tuple[Samples, int]"]


class Source(StrEnum):
    """The origin of a prompt's recording."""

    OWN = "own recording"
    READY = "ready recording"
    VOICE = "synthetic voice"
    ESPEAK = "espeak-ng, which is hard to understand"
    CORE = "Asterisk's English sound"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Built:
    """The result for one recording; `fresh` is False when the files were already up to date."""

    prompt: Prompt
    source: Source
    fresh: bool


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where to read sounds from and where to write them.

    `own` holds the centre's recordings as `zh/greeting.wav`, `ready` those shipped with the software, `voice` speaks a
    text in a language (None: the voice is not at hand, but what it has spoken stays), `espeak` is the command line of
    espeak-ng (empty: none), `core` is the folder of Asterisk's English sounds. `rates` are the sample rates to write.
    """

    target: Path
    own: Path | None = None
    ready: Path | None = None
    voice: Speak | None = None
    espeak: tuple[str, ...] = ()
    core: Path | None = None
    rates: tuple[int, ...] = (NARROW, WIDE)

    def build(self, prompts: Iterable[Prompt]) -> Iterator[Built]:
        """Generate every one of these recordings that is missing or out of date, one after another; idempotent.

        A second build of the same target, in this process or another, waits for the first.
        Raises BadRecording when one of the centre's own recordings cannot be read; what is done until then stays.
        """
        with _alone(self.target):
            run = _Run(self, _manifest(self.target / _MANIFEST), ready_list(self.ready) if self.ready else {})
            try:
                for prompt in prompts:
                    yield run.build(prompt)
                for folder in FOLDERS.values():
                    run.pause(folder)
                    run.offer(folder)
            finally:
                whole = json.dumps({**run.known, **run.fresh}, indent=1, sort_keys=True)
                write_whole(self.target / _MANIFEST, whole.encode())


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """The command and the service may build at the same time, and each writes the list of what is up to date."""
    target.mkdir(parents=True, exist_ok=True)
    with (target / ".prompts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True, slots=True)
class _Origin:
    """A source of one recording; `identity` changes whenever its sound does."""

    source: Source
    identity: str
    sound: Callable[[], tuple[Samples, int]] | None


@dataclass(frozen=True, slots=True)
class _Run:
    shop: Workshop
    known: Mapping[str, str]
    ready: Mapping[str, Recording]
    fresh: dict[str, str] = field(default_factory=dict)

    def build(self, prompt: Prompt) -> Built:
        files = {rate: self._file(prompt.folder, prompt.name, rate) for rate in self.shop.rates}
        for origin in self._origins(prompt):
            digest = hashlib.sha256(f"{origin.source} {prompt.text} {origin.identity}".encode()).hexdigest()
            unchanged = self.known.get(key(prompt)) == digest
            if unchanged and all(path.is_file() for path in files.values()):
                self.fresh[key(prompt)] = digest
                return Built(prompt, origin.source, fresh=False)
            if origin.sound is None:
                continue
            # Of two files one may be written when the disk is full: neither is up to date then.
            self.fresh[key(prompt)] = ""
            try:
                self._write(prompt, *origin.sound(), keep_others=unchanged)
            except VoiceFailed as error:
                # R2 comes before quality: a greeting from the next source is better than none.
                log.warning("voice_failed", prompt=prompt.name, language=prompt.language, error=error.detail)
                continue
            self.fresh[key(prompt)] = digest
            return Built(prompt, origin.source, fresh=True)
        return Built(prompt, Source.NONE, fresh=False)

    def pause(self, folder: str) -> None:
        """The silence between groups of digits."""
        for rate in self.shop.rates:
            path = self._file(folder, f"say/{PAUSE}", rate)
            if not path.is_file():
                write_whole(path, silence(PAUSE_SECONDS, rate))

    def offer(self, folder: str) -> None:
        """What a waiting caller hears without an announcement of their own (asterisk/render/waiting.py)."""
        for rate in self.shop.rates:
            wish = self._file(folder, "wish", rate)
            link = self.shop.target / WAITING / folder / f"{ANNOUNCE}{SUFFIXES[rate]}"
            if wish.is_file() and not link.is_symlink():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(Path("../..") / folder / "cc" / wish.name)

    def _file(self, folder: str, name: str, rate: int) -> Path:
        return self.shop.target / folder / "cc" / f"{name}{SUFFIXES[rate]}"

    def _write(self, prompt: Prompt, samples: Samples, rate: int, *, keep_others: bool) -> None:
        """Write the files of all rates; one of another rate that is not written now would play the old words."""
        for to in SUFFIXES:
            path = self._file(prompt.folder, prompt.name, to)
            if to in self.shop.rates:
                write_whole(path, wav(samples, rate, to))
            elif not keep_others:
                path.unlink(missing_ok=True)

    def _origins(self, prompt: Prompt) -> Iterator[_Origin]:
        """The possible sources of this recording, best first."""
        shop = self.shop
        own = shop.own / prompt.folder / f"{prompt.name}.wav" if shop.own else None
        if own and own.is_file():
            yield _Origin(Source.OWN, _sum(own), lambda: _finished(*_read(own, prompt)))
        entry = self.ready.get(key(prompt))
        if shop.ready and entry and entry.text == prompt.text:
            rate = max(shop.rates)
            ready = path_of(shop.ready, prompt, rate)
            if ready.is_file():
                yield _Origin(Source.READY, json.dumps(entry.sha256, sort_keys=True), lambda: _read(ready, prompt))
        voice = shop.voice
        speaker = SPEAKERS[prompt.language]
        spoken_now = (lambda: _finished(*voice(prompt.text, prompt.language), tail_of(prompt.text))) if voice else None
        yield _Origin(Source.VOICE, speaker, spoken_now)
        if shop.espeak:
            yield _Origin(Source.ESPEAK, str(shop.espeak), lambda: _finished(*read_sound(spoken(prompt, shop.espeak))))
        core = shop.core / f"{CORE_SOUNDS[prompt.name]}.wav" if shop.core and prompt.name in CORE_SOUNDS else None
        if core and core.is_file():
            yield _Origin(Source.CORE, _sum(core), lambda: _finished(*_read(core, prompt)))


def _read(path: Path, prompt: Prompt) -> tuple[Samples, int]:
    return read_sound(path.read_bytes(), prompt=prompt.name, language=prompt.language)


def _finished(samples: Samples, rate: int, tail_seconds: float = MARGIN_SECONDS) -> tuple[Samples, int]:
    return levelled(trimmed(samples, rate, tail_seconds), rate), rate


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _manifest(path: Path) -> dict[str, str]:
    try:
        return {str(key): str(value) for key, value in json.loads(path.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        # A missing or broken list only means that everything is generated again.
        return {}
