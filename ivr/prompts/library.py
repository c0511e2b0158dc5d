"""The centre's own recordings as files: every version, and the one that callers hear; blocking.

The build uses `data_dir/prompts/zh/greeting.wav`; `data_dir/prompts/versions` holds all uploads.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ivr.prompts.files import write_whole
from ivr.prompts.texts import Prompt

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

VERSIONS: Final = "versions"


@dataclass(frozen=True, slots=True)
class Library:
    own: Path

    def current(self, prompt: Prompt) -> Path:
        return self.own / prompt.folder / f"{prompt.name}.wav"

    def version(self, prompt: Prompt, number: int) -> Path:
        return self.own / VERSIONS / prompt.folder / f"{prompt.name}.{number}.wav"

    def keep(self, prompt: Prompt, number: int, samples: Samples, rate: int) -> str:
        """Write a version; return its SHA-256."""
        import soundfile

        out = io.BytesIO()
        soundfile.write(out, samples.clip(-1, 1), rate, format="WAV", subtype="PCM_16")
        write_whole(self.version(prompt, number), out.getvalue())
        return hashlib.sha256(out.getvalue()).hexdigest()

    def use(self, prompt: Prompt, number: int | None) -> None:
        """Put a version in place; None: no recording of the centre's own."""
        if number is None:
            self.current(prompt).unlink(missing_ok=True)
        else:
            write_whole(self.current(prompt), self.version(prompt, number).read_bytes())
