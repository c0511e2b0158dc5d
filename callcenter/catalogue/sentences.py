"""From a code and its facts to the sentence that a person reads. Pure; the texts are read once, at first use."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from callcenter.catalogue.languages import LANGUAGES, Language, reader
from callcenter.errors import CallCentreError

HERE: Final = Path(__file__).parent
UNKNOWN: Final = "…"
"""The placeholder where a sentence uses a fact that the error does not have."""
LONGEST_VALUE: Final = 300
ANY: Final = "any"
VALIDATION: Final = "validation"
SETTINGS: Final = "settings"
SOURCES: Final = "sources"
_COLUMN: Final[Mapping[Language, int]] = {"zh-CN": 0, "en": 1}
_BETWEEN: Final[Mapping[Language, str]] = {"zh-CN": "、", "en": ", "}
_UNITS: Final = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))

Entry = Mapping[str, Any]


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every code's entry, from all files but those of validation and settings; a code in two files is a fault."""
    entries: dict[str, Entry] = {}
    for path in sorted((HERE / "texts").glob("*.toml")):
        if path.stem in (VALIDATION, SETTINGS, SOURCES):
            continue
        for code, entry in _toml(path).items():
            if code in entries:
                raise ValueError(f"the code {code} is in two files of the catalogue; one is {path.name}")
            entries[code] = entry
    return entries


@cache
def validation() -> Mapping[str, Entry]:
    """The sentences of request validation, by pydantic's type of error."""
    return _toml(HERE / "texts" / f"{VALIDATION}.toml")


@cache
def settings_faults() -> Mapping[str, Entry]:
    """The sentences of wrong settings, by the kind of fault that is ours and not pydantic's."""
    return _toml(HERE / "texts" / f"{SETTINGS}.toml")


@cache
def source_faults() -> Mapping[str, Entry]:
    """The sentences of wrong scripts and grading forms, by the kind of fault that is ours and not pydantic's."""
    return _toml(HERE / "texts" / f"{SOURCES}.toml")


@cache
def words() -> Mapping[str, Mapping[str, list[str]]]:
    return _toml(HERE / "words.toml")


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def sentence_of(error: CallCentreError, language: Language | None = None) -> str:
    """The sentence of a refusal; without a language, in that of the current request or command."""
    return sentence(error.code, error.facts, error.detail, language or reader.get())


def sentence(code: str, facts: Mapping[str, object], detail: str, language: Language) -> str:
    """The sentence of a code; `detail` itself where the catalogue does not know the code."""
    entry = catalogue().get(code)
    return detail if entry is None else _filled(_chosen(entry, facts)[language], facts, detail, language)


def validation_sentence(kind: str, context: Mapping[str, object], message: str, language: Language) -> str:
    """Why one part of a request breaks its schema; `kind` is pydantic's type of error."""
    ours = source_faults().get(kind) or settings_faults().get(kind)
    entry = validation().get(kind) or ours or validation()["other"]
    return _filled(entry[language], context, message.removeprefix("Value error, "), language)


def _chosen(entry: Entry, facts: Mapping[str, object]) -> Entry:
    """The variant whose fact has its value, or any value; else the entry itself."""
    for fact, variants in entry.items():
        if fact in LANGUAGES or fact not in facts:
            continue
        variant: Entry | None = variants.get(str(facts[fact]))
        if variant is None and facts[fact] not in (None, ""):
            variant = variants.get(ANY)
        if variant is not None:
            return variant
    return entry


def _filled(text: str, facts: Mapping[str, object], detail: str, language: Language) -> str:
    """A text with its places filled in. Facts are values from outside, so they are never read as a format."""
    parts: list[str] = []
    for literal, name, kind, _ in string.Formatter().parse(text):
        parts.append(literal)
        if name is not None:
            value = detail.rstrip(".。") if name == "detail" else facts.get(name)
            parts.append(_written(value, kind or "", language))
    return "".join(parts)


def _written(value: object, kind: str, language: Language) -> str:
    if value is None or value == "":
        return UNKNOWN
    match kind:
        case "bytes" if isinstance(value, int):
            return _size(value)
        case "time":
            return _time(str(value))
        case "" | "bytes":
            return _plain(str(value))
        case _:
            return _BETWEEN[language].join(_word(kind, name.strip(), language) for name in str(value).split(","))


def word(kind: str, name: str, language: Language) -> str:
    """A code in the words of a language, such as `serious` of the kind `severity`; itself where it has none."""
    return _word(kind, name, language)


def _word(kind: str, name: str, language: Language) -> str:
    word = words().get(kind, {}).get(name)
    return word[_COLUMN[language]] if word else _plain(name)


def _size(count: int) -> str:
    for least, unit in _UNITS:
        if count >= least:
            return f"{count / least:.3g} {unit}"
    return f"{count} B"


def _time(text: str) -> str:
    """An instant without its seconds; its offset stays, because the reader may be elsewhere."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return _plain(text)
    offset = at.strftime("%z")
    zone = f" (UTC{offset[:3]}:{offset[3:5]})" if offset else ""
    return f"{at:%Y-%m-%d %H:%M}{zone}"


def _plain(text: str) -> str:
    cut = text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + UNKNOWN
    return "".join(char if char.isprintable() else " " for char in cut)
