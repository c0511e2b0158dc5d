"""Keeps a recording for each waiting caller, where app_queue finds it (asterisk/render/waiting.py); blocking.

A recording is composed once of the recorded pieces and shared: a caller's own file is a link to it, replaced in one
step, so that Asterisk opens the old one or the new one whole.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from callcenter.asterisk.render.waiting import FOLDER, NAME
from ivr.prompts.files import NARROW, SUFFIXES, write_whole
from ivr.prompts.texts import FOLDERS

COMPOSED: Final = "composed"
MOST_COMPOSED: Final = 500
"""Recordings kept, about 100 kB each; the oldest that nobody hears are removed."""
FILE: Final = f"{NAME}{SUFFIXES[NARROW]}"


@dataclass
class WaitingSounds:
    """`sounds` is the PBX's folder of sounds, which holds the pieces too."""

    sounds: Path
    _links: dict[str, str] = field(default_factory=dict)
    """Folder of a caller and language -> the composed recording that it links to."""

    @property
    def folder(self) -> Path:
        return self.sounds / FOLDER

    def play(self, caller: str, language: str, pieces: Sequence[str]) -> None:
        """From now on the caller hears these pieces in this language; none: silence. Raises OSError, EOFError."""
        place = f"{FOLDERS[language]}_{caller}"
        composed = self._composed(pieces)
        if self._links.get(place) == composed:
            return
        link = self.folder / place / FILE
        link.parent.mkdir(parents=True, exist_ok=True)
        part = link.with_suffix(".part")
        part.unlink(missing_ok=True)
        part.symlink_to(Path("..") / COMPOSED / composed)
        os.replace(part, link)
        self._links[place] = composed

    def gone(self, caller: str) -> None:
        """The caller waits no more."""
        for language in FOLDERS.values():
            place = f"{language}_{caller}"
            if self._links.pop(place, None) is not None:
                shutil.rmtree(self.folder / place, ignore_errors=True)

    def _composed(self, pieces: Sequence[str]) -> str:
        paths = [self.sounds / f"{piece}{SUFFIXES[NARROW]}" for piece in pieces]
        words = "\n".join(f"{path.name} {path.stat().st_mtime_ns}" for path in paths)
        name = f"{hashlib.sha256(words.encode()).hexdigest()[:24]}{SUFFIXES[NARROW]}"
        path = self.folder / COMPOSED / name
        if not path.is_file():
            write_whole(path, joined(paths))
            self._tidy()
        return name

    def _tidy(self) -> None:
        by_age = sorted((self.folder / COMPOSED).iterdir(), key=lambda path: path.stat().st_mtime)
        heard = set(self._links.values())
        for path in by_age[: max(0, len(by_age) - MOST_COMPOSED)]:
            if path.name not in heard:
                path.unlink(missing_ok=True)


def erase_callers(sounds: Path) -> None:
    """Remove every caller's own recording: they are out of date as soon as no one replaces them."""
    for language in FOLDERS.values():
        for place in (sounds / FOLDER).glob(f"{language}_*"):
            shutil.rmtree(place, ignore_errors=True)


def joined(paths: Iterable[Path]) -> bytes:
    """The recordings one after another as one WAV file of 16 bits at 8 kHz."""
    out = io.BytesIO()
    with wave.open(out, "wb") as whole:
        whole.setnchannels(1)
        whole.setsampwidth(2)
        whole.setframerate(NARROW)
        for path in paths:
            with wave.open(str(path), "rb") as piece:
                whole.writeframes(piece.readframes(piece.getnframes()))
    return out.getvalue()
