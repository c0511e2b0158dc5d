"""The shipped recordings: their list, and recording them again after a text has changed.

Each is in the repository at 8 and 16 kHz as Opus, 800 seconds of speech in under 5.5 MB; `prompts build` turns them
into the files that Asterisk plays. The list names text, speaker, length and SHA-256 of each, and the licence.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ivr.prompts.files import NARROW, WIDE, write_whole
from ivr.prompts.sound import levelled, resampled, tail_of, trimmed
from ivr.prompts.texts import Prompt

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

LIST: Final = "recordings.json"
FOLDERS: Final = {NARROW: "8k", WIDE: "16k"}
_COMPRESSION: Final = {NARROW: 0.955, WIDE: 0.945}
"""Of libsndfile's Opus: about 17 and 20 kbit/s for speech."""
LICENCE: Final = {
    "licence": "Apache-2.0",
    "notice": "Speech made with Kokoro-82M v1.0 by hexgrad and its voices zf_xiaobei and af_heart (Apache-2.0).",
}


@dataclass(frozen=True, slots=True)
class Recording:
    """One entry of the list; `take` is the way it was spoken (voice/kokoro.py), `sha256` is by sample rate."""

    text: str
    voice: str
    take: int
    seconds: float
    sha256: Mapping[str, str]


def ready_folder() -> Path:
    return Path(str(files("ivr.prompts") / "audio"))


def key(prompt: Prompt) -> str:
    return f"{prompt.folder}/{prompt.name}"


def path_of(folder: Path, prompt: Prompt, rate: int) -> Path:
    return folder / prompt.folder / FOLDERS[rate] / f"{prompt.name}.opus"


def ready_list(folder: Path) -> dict[str, Recording]:
    """The list of a folder; empty when it is missing or broken, which only means that everything is made elsewhere."""
    try:
        whole: Any = json.loads((folder / LIST).read_text(encoding="utf-8"))
        return {str(name): Recording(**entry) for name, entry in whole["recordings"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def missing(folder: Path, prompts: Iterable[Prompt]) -> list[Prompt]:
    """What has no recording of its text yet."""
    known = ready_list(folder)
    return [prompt for prompt in prompts if not _current(folder, prompt, known.get(key(prompt)))]


def _current(folder: Path, prompt: Prompt, entry: Recording | None) -> bool:
    complete = all(path_of(folder, prompt, rate).is_file() for rate in FOLDERS)
    return entry is not None and entry.text == prompt.text and complete


def record(folder: Path, prompt: Prompt, samples: Samples, rate: int, *, voice: str, take: int) -> Recording:
    """Trim, level and write one recording, and enter it into the list."""
    sound = levelled(trimmed(samples, rate, tail_of(prompt.text)), rate)
    sums = {}
    for to in FOLDERS:
        data = opus(resampled(sound, rate, to), to)
        write_whole(path_of(folder, prompt, to), data)
        sums[str(to)] = hashlib.sha256(data).hexdigest()
    entry = Recording(prompt.text, voice, take, round(len(sound) / rate, 2), sums)
    write_list(folder, {**ready_list(folder), key(prompt): entry})
    return entry


def drop_strangers(folder: Path, prompts: Iterable[Prompt]) -> list[str]:
    """Remove the recordings that no prompt needs any more."""
    needed, known = {key(prompt) for prompt in prompts}, ready_list(folder)
    strangers = sorted(set(known) - needed)
    for name in strangers:
        language, _, sound = name.partition("/")
        for rate_folder in FOLDERS.values():
            (folder / language / rate_folder / f"{sound}.opus").unlink(missing_ok=True)
    write_list(folder, {name: entry for name, entry in known.items() if name in needed})
    return strangers


def opus(samples: Samples, rate: int) -> bytes:
    import soundfile

    out = io.BytesIO()
    soundfile.write(out, samples, rate, format="OGG", subtype="OPUS", compression_level=_COMPRESSION[rate])
    return out.getvalue()


def write_list(folder: Path, recordings: Mapping[str, Recording]) -> None:
    whole = {**LICENCE, "recordings": {name: asdict(recordings[name]) for name in sorted(recordings)}}
    write_whole(folder / LIST, (json.dumps(whole, ensure_ascii=False, indent=0) + "\n").encode())
