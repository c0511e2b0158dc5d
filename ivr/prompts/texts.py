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


DEFAULT_COMPANY: Final[Mapping[str, str]] = MappingProxyType({"zh-CN": "湘味到家", "en": "Xiangwei Home"})
"""The name in the recordings that come with the software; the default of the settings."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One recording in one language; Asterisk plays it as `cc/<name>` while the channel's language is `folder`."""

    name: str
    language: str
    text: str

    @property
    def folder(self) -> str:
        return FOLDERS[self.language]


def texts(language: str, company: Mapping[str, str]) -> dict[str, str]:
    """The texts of the prompts that come with the software; `company` gives the name by language."""
    source = (files("ivr.prompts") / "texts" / f"{language}.toml").read_text(encoding="utf-8")
    name = company.get(language, "")
    return {prompt: str(text).replace("{company}", name) for prompt, text in tomllib.loads(source).items()}
