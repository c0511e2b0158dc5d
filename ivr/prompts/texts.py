"""Defines the prompts: one text per prompt and language, with the company's name inserted (R2)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Final

FOLDERS: Final[Mapping[str, str]] = MappingProxyType({"zh-CN": "zh", "en": "en"})
"""Our languages -> Asterisk's sound folders."""

VOICES: Final[Mapping[str, tuple[str, int]]] = MappingProxyType({"zh-CN": ("cmn", 225), "en": ("en-gb", 155)})
"""Our languages -> espeak-ng's voice and speed, chosen so that Mandarin runs at about four syllables a second."""

CORE_SOUNDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "greeting": "pls-wait-connect-call",
        "hold": "pls-wait-connect-call",
        "closed": "vm-nobodyavail",
        "nobody": "vm-nobodyavail",
        "sorry": "an-error-has-occurred",
        "goodbye": "vm-goodbye",
        "message": "vm-intro",
        "recorded": "conf-now-recording",
        "wish": "queue-periodic-announce",
        "wished": "queue-thankyou",
    }
)
"""The nearest English recording of Asterisk's, for a machine with neither recordings nor a voice."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One sentence in one language; Asterisk plays it as `cc/<name>` while the channel's language is `folder`."""

    name: str
    language: str
    text: str

    @property
    def folder(self) -> str:
        return FOLDERS[self.language]


def prompts(company: Mapping[str, str]) -> list[Prompt]:
    """Every prompt in every language; `company` gives the name by language."""
    return [
        Prompt(name, language, text.replace("{company}", company.get(language, "")))
        for language in FOLDERS
        for name, text in _texts(language).items()
    ]


def _texts(language: str) -> dict[str, str]:
    return {
        name: str(text)
        for name, text in tomllib.loads(
            (files("ivr.prompts") / "texts" / f"{language}.toml").read_text(encoding="utf-8")
        ).items()
    }
