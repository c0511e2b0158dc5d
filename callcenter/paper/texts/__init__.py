"""The texts of the forms, in Chinese and English; both languages have the same keys (tested)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from callcenter.paper.texts.chinese import CHINESE
from callcenter.paper.texts.english import ENGLISH

TEXTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({"zh-CN": CHINESE, "en": ENGLISH})


def texts_of(language: str) -> Mapping[str, str]:
    """Returns the texts of a language; Chinese for a language without texts."""
    return TEXTS.get(language, CHINESE)
