"""The two languages of the catalogue and which of them a reader gets. Pure but for `reader`, the context's language."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final, Literal

Language = Literal["zh-CN", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh-CN", "en")
ENGLISH: Final[Language] = "en"
LONGEST_HEADER: Final = 1000
"""A longer Accept-Language is truncated."""

reader: ContextVar[Language] = ContextVar("reader", default=ENGLISH)
"""The language of the person for whom the present request or command is done."""


def language_of(tag: str) -> Language | None:
    """The language of a tag such as `zh-Hans-CN`, `zh_CN.UTF-8` or `en-GB`; None for any other."""
    primary = tag.strip().replace("_", "-").partition("-")[0].partition(".")[0].casefold()
    match primary:
        case "zh" | "cmn":
            return "zh-CN"
        case "en":
            return "en"
        case _:
            return None


def negotiated(header: str) -> Language | None:
    """The best of our languages in an Accept-Language header (RFC 9110, 12.5.4); None when it names neither.

    Equal weights go by their order in the header; a weight of 0 refuses the language.
    """
    best: tuple[float, Language] | None = None
    for part in header[:LONGEST_HEADER].split(","):
        tag, _, parameters = part.partition(";")
        language = language_of(tag)
        weight = _weight(parameters)
        if language is not None and weight > 0 and (best is None or weight > best[0]):
            best = weight, language
    return best[1] if best else None


def terminal_language(environment: Mapping[str, str]) -> Language:
    """The language of a terminal by its locale (POSIX: LC_ALL before LC_MESSAGES before LANG)."""
    chosen = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return language_of(chosen) or ENGLISH


def _weight(parameters: str) -> float:
    """The `q` of one entry; 1 without it, 0 where it is no weight (RFC 9110, 12.4.2)."""
    name, equals, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    if name.strip().casefold() != "q" or not equals:
        return 1.0
    try:
        weight = float(value.strip())
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
