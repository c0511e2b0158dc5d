"""Maps spoken texts to the names of sound files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ivr.prompts.sentences import sounds
from ivr.prompts.texts import FOLDERS
from ivr.session.model import Say, Value

Compose = Callable[[str, Mapping[str, Value], str], Sequence[str]]
"""The sounds of a prompt with its values in a language, below the folder of sounds."""
OWN: Final = "cc/flow"
"""The folder of the recordings of flows' own texts."""


def own_sound(text: str) -> str:
    """The sound name of a flow's own text: by its content, so that a running call keeps hearing its version."""
    return f"{OWN}/{hashlib.sha256(text.encode()).hexdigest()[:16]}"


class SoundNames:
    """`compose` puts recordings together for a prompt with values."""

    def __init__(self, compose: Compose = sounds) -> None:
        self._compose = compose

    def sounds(self, say: Sequence[Say], folder: str, texts: Mapping[str, Mapping[str, str]]) -> list[str]:
        """The paths of the sounds below Asterisk's `folder` of them; `texts` are the flow's own prompts."""
        return [f"{folder}/{name}" for entry in say for name in self._names(entry, texts)]

    def _names(self, say: Say, texts: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        own = texts.get(say.prompt, {}).get(say.language)
        return (
            (f"{FOLDERS[say.language]}/{own_sound(own)}",)
            if own
            else self._compose(say.prompt, say.values, say.language)
        )
