"""English text as the phonemes that Kokoro was trained with, by the word list of misaki (Apache-2.0). Pure.

A word that is not in the list is read as pinyin, as names of Chinese companies and places are, and otherwise spelled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ivr.prompts.voice.mandarin import syllable

Lexicon = Mapping[str, str | Mapping[str, str | None]]

_TOKEN: Final = re.compile(r"[A-Za-z]+(?:'[a-z]+)?|[0-9]|[,.;:!?]")
_VOWELS: Final = "AIOQWYaiuæɑɔəɛɜɪʊʌᵻ"
_LETTERS: Final = MappingProxyType({"a": "ˈA", "z": "zˈi"})
_FIXED: Final = MappingProxyType(
    {"a.m": "ˌAˈɛm", "p.m": "pˌiˈɛm", "to": "tə", "fen": "fˈɛn", "yuan": "jˌuˈɑn", "hakka": "hˈækə", "gan": "ɡˈɑn"}
)
"""Readings that the list lacks, or has for another use of the word."""
_DIGITS: Final = dict(zip("0123456789", "zero one two three four five six seven eight nine".split(), strict=True))
_PINYIN: Final = re.compile(
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|van|ai|an|ao|ei|en|er|ia|ie"
    r"|in|iu|ou|ua|ue|ui|un|uo|a|e|i|o|u)"
)


def phonemes(text: str, lexicon: Lexicon) -> str:
    """English text as phonemes, a space between words."""
    text = text.replace("a.m.", "a m").replace("p.m.", "p m")
    said = ""
    tokens = _TOKEN.findall(text)
    for place, token in enumerate(tokens):
        if token in ",.;:!?":
            said += token
            continue
        following = next((word for word in tokens[place + 1 :] if word[0].isalpha()), "")
        said += (" " if said else "") + _word(token, following, lexicon)
    return said


def _word(token: str, following: str, lexicon: Lexicon) -> str:
    word = _DIGITS.get(token, token).lower()
    if len(token) == 1 and token.isupper() and token != "I":
        return _letter(word, lexicon)
    sound = _FIXED.get(word) or _listed(word, lexicon)
    if word == "the":
        return "ði" if _vowel_follows(following, lexicon) else "ðə"
    if word == "a":
        return "ɐ"
    return sound or _pinyin(word) or " ".join(_letter(letter, lexicon) for letter in word)


def _listed(word: str, lexicon: Lexicon) -> str:
    """The word's reading, that of its stem with an ending, or nothing."""
    for form in (word, word.capitalize()):
        entry = lexicon.get(form)
        if entry is not None:
            return entry if isinstance(entry, str) else entry.get("DEFAULT") or ""
    if word.endswith("s") and (stem := lexicon.get(word[:-1])):
        sound = stem if isinstance(stem, str) else stem.get("DEFAULT") or ""
        return sound + ("s" if sound[-1:] in "ptkfθ" else "z") if sound else ""
    return ""


def _vowel_follows(word: str, lexicon: Lexicon) -> bool:
    return _listed(word.lower(), lexicon).lstrip("ˈˌ")[:1] in tuple(_VOWELS)


def _letter(letter: str, lexicon: Lexicon) -> str:
    if letter in _LETTERS:
        return _LETTERS[letter]
    return _listed(letter.upper(), lexicon) or letter


def _pinyin(word: str) -> str:
    """The word as Mandarin syllables without tones; empty when it is not made of them."""
    sounds, place = [], 0
    while place < len(word):
        match = _PINYIN.match(word, place)
        sound = syllable(match.group() + "5") if match else ""
        if match is None or not sound:
            return ""
        sounds.append(sound)
        place = match.end()
    return "ˈ" + "".join(sounds)
