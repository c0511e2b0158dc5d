"""Speech by espeak-ng: the fallback where neither a recording nor the synthetic voice is there. Hard to understand."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from callcenter.errors import Unavailable
from ivr.prompts.texts import Prompt

_SPEAK_SECONDS: Final = 30.0
VOICES: Final[Mapping[str, tuple[str, int]]] = MappingProxyType({"zh-CN": ("cmn", 225), "en": ("en-gb", 155)})
"""Our languages -> espeak-ng's voice and speed, chosen so that Mandarin runs at about four syllables a second."""


class VoiceFailed(Unavailable):
    """The speech program failed or took too long."""

    code = "voice_failed"


def spoken(prompt: Prompt, speak: Sequence[str]) -> bytes:
    """The prompt as a WAV file; `speak` is the command line of espeak-ng. Raises VoiceFailed."""
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
