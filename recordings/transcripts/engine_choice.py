"""Chooses engine, model, language and hot words for a call from the settings and the installed models.

Pure except for checking that a model's folder exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from callcenter.settings import Settings
from recordings.transcripts.engine import EngineChoice
from recordings.transcripts.engines import engine_of
from recordings.transcripts.install import found_model

LANGUAGES = ("zh", "en")
MOST_HOT_WORDS = 60
"""Whisper's prompt holds about a hundred tokens of them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether transcripts are available in a language now; `reason` is None when they are."""

    engine: str
    model: str
    language: str
    reason: str | None


def choice_of(settings: Settings, language: str) -> EngineChoice:
    """The engine for a language. `auto` means faster_whisper when a model is found, otherwise off."""
    chosen = settings.transcripts
    engine = chosen.engine
    if engine in ("auto", "faster_whisper"):
        folder = chosen.models.get(language) or chosen.model_dir or found_model(settings.model_home, language)
        if engine == "auto" and folder is None:
            return EngineChoice("off")
        return EngineChoice("faster_whisper", str(folder or ""), chosen.threads, prompts=chosen.prompt_hot_words)
    if engine == "openai":
        key = chosen.server_key.get_secret_value()
        prompts = chosen.prompt_hot_words
        return EngineChoice(engine, chosen.server_model, chosen.threads, chosen.server_url, key, prompts=prompts)
    return EngineChoice(engine, options=chosen.sr_options)


def standing(settings: Settings, language: str) -> Standing:
    """The status shown by `callcenter transcripts status`, the API and the start-up log line."""
    choice = choice_of(settings, language)
    reason = engine_of(choice).available()
    if choice.engine == "off" and settings.transcripts.engine == "auto":
        reason = "no model is installed; run: callcenter transcripts install"
    return Standing(choice.engine, _plain_name(choice), language, reason)


def hot_words_of(settings: Settings, names: Callable[[], tuple[str, ...]] = tuple) -> tuple[str, ...]:
    """Hot words from the settings, then names, without duplicates, limited to what an engine takes."""
    distinct = dict.fromkeys(word.strip() for word in (*settings.transcripts.hot_words, *names()) if word.strip())
    return tuple(distinct)[:MOST_HOT_WORDS]


def language_of(settings: Settings, line: str | None, queue: str | None, lines_own: str | None) -> str:
    """zh or en: the setting for the line, then for the queue, then the line's own language, then the centre's."""
    chosen = settings.transcripts
    for code in (line, queue):
        if code is not None and (named := chosen.languages.get(code)):
            return _short(named, chosen.language)
    return _short(lines_own or "", chosen.language)


def _short(name: str, otherwise: str) -> str:
    short = name.replace("_", "-").partition("-")[0].casefold()
    # A line's dialects (xiang-changsha) are written in Chinese too.
    short = "zh" if short in ("xiang", "cmn", "yue", "hakka", "gan") else short
    return short if short in LANGUAGES else otherwise


def _plain_name(choice: EngineChoice) -> str:
    return Path(choice.model).name if choice.engine == "faster_whisper" else choice.model
