"""Composes a prompt with its values: the sounds to play, one after another. Pure.

sounds("place", {"ahead": 3}, "zh-CN")  ->  ("zh/cc/place-1", "zh/cc/say/n3")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from ivr.prompts.errors import BadPromptValue, UnknownPrompt
from ivr.prompts.pieces import PAUSE, PIECES
from ivr.prompts.template import Part, Pause, Slot, Words, parse
from ivr.prompts.texts import DEFAULT_COMPANY, FOLDERS, Prompt, texts
from ivr.prompts.values import read_aloud


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The prompts of a centre: language -> name -> parts."""

    parts: Mapping[str, Mapping[str, tuple[Part, ...]]]

    def names(self, language: str) -> frozenset[str]:
        return frozenset(self.parts.get(language, {}))

    def slots(self, name: str, language: str) -> Mapping[str, str]:
        """The values that a prompt takes: name -> kind. Raises UnknownPrompt."""
        return {part.name: part.kind for part in self._parts(name, language) if isinstance(part, Slot)}

    def recordings(self) -> tuple[Prompt, ...]:
        """Everything that is to be recorded: the words of each prompt, then the pieces of values."""
        words = [
            Prompt(part.sound, language, part.text)
            for language, prompts in self.parts.items()
            for parts in prompts.values()
            for part in parts
            if isinstance(part, Words)
        ]
        pieces = [
            Prompt(f"say/{name}", language, text) for language in self.parts for name, text in PIECES[language].items()
        ]
        return (*words, *pieces)

    def sounds(self, name: str, values: Mapping[str, object], language: str) -> tuple[str, ...]:
        """The sounds of a prompt, as paths below the folder of sounds. Raises UnknownPrompt, BadPromptValue."""
        folder = f"{FOLDERS.get(language, language)}/cc"
        result: list[str] = []
        for part in self._parts(name, language):
            if isinstance(part, Words):
                result.append(f"{folder}/{part.sound}")
            else:
                result += [f"{folder}/say/{piece}" for piece in _pieces(name, part, values, language)]
        return tuple(result)

    def spoken(self, name: str, values: Mapping[str, object], language: str) -> str:
        """The words that a caller hears, for transcripts, tests and people who try a flow without a phone."""
        parts_of_text: list[str] = []
        for part in self._parts(name, language):
            if isinstance(part, Words):
                parts_of_text.append(part.text)
            else:
                words = PIECES[language]
                parts_of_text += [words.get(piece, ",") for piece in _pieces(name, part, values, language)]
        return _joined(parts_of_text, language)

    def _parts(self, name: str, language: str) -> tuple[Part, ...]:
        try:
            return self.parts[language][name]
        except KeyError:
            raise UnknownPrompt("there is no such prompt", prompt=name[:40], language=language[:20]) from None


def _pieces(prompt: str, slot: Slot | Pause, values: Mapping[str, object], language: str) -> tuple[str, ...]:
    if isinstance(slot, Pause):
        return (PAUSE,)
    if slot.name not in values:
        raise BadPromptValue("this prompt needs a value", prompt=prompt, value=slot.name, kind=slot.kind)
    return read_aloud(slot.kind, values[slot.name], language)


def _joined(parts_of_text: list[str], language: str) -> str:
    if language == "en":
        return " ".join(parts_of_text).replace(" ,", ",").replace(" .", ".")
    return "".join(parts_of_text).replace(",", "，")


def catalogue_of(texts_by_language: Mapping[str, Mapping[str, str]]) -> Catalogue:
    """Parse the texts of each language. Raises BadPromptText."""
    return Catalogue(
        {
            language: {name: parse(name, text) for name, text in prompts.items()}
            for language, prompts in texts_by_language.items()
        }
    )


@cache
def default_catalogue() -> Catalogue:
    """The prompts shipped with the software. The company's name is a part of the recordings and no slot."""
    return catalogue_of({language: texts(language, DEFAULT_COMPANY) for language in FOLDERS})


def sounds(name: str, values: Mapping[str, object], language: str) -> tuple[str, ...]:
    """The sounds of a prompt of `default_catalogue`. Raises UnknownPrompt, BadPromptValue."""
    return default_catalogue().sounds(name, values, language)


def prompt_names(language: str = "zh-CN") -> frozenset[str]:
    return default_catalogue().names(language)
