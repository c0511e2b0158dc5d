"""Which engine, model, language and hot words a call gets: settings and what is installed, put together. Pure but
for a look whether a model's folder is there.
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
    """Whether transcripts can be made in a language now; `reason` is None when they can."""

    engine: str
    model: str
    language: str
    reason: str | None


def choice_of(settings: Settings, language: str) -> EngineChoice:
    """The engine for a language. `auto` is faster_whisper where a model is found, and off where none is."""
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
    """What `callcenter transcripts status`, the API and the line at start tell."""
    choice = choice_of(settings, language)
    reason = engine_of(choice).available()
    if choice.engine == "off" and settings.transcripts.engine == "auto":
        reason = "no model is installed; run: callcenter transcripts install"
    return Standing(choice.engine, _plain_name(choice), language, reason)


def hot_words_of(settings: Settings, names: Callable[[], tuple[str, ...]] = tuple) -> tuple[str, ...]:
    """Hot words of the settings and then names, each once, not more than an engine takes."""
    fromkeys = dict.fromkeys(word.strip() for word in (*settings.transcripts.hot_words, *names()) if word.strip())
    return tuple(fromkeys)[:MOST_HOT_WORDS]


def language_of(settings: Settings, line: str | None, queue: str | None, lines_own: str | None) -> str:
    """zh or en: by the settings for the line, then for the queue, then the line's own, then the house's."""
    chosen = settings.transcripts
    for code in (line, queue):
        if code is not None and (named := chosen.languages.get(code)):
            return _short(named, chosen.language)
    return _short(lines_own or "", chosen.language)


def _short(name: str, otherwise: str) -> str:
    short = name.replace("_", "-").partition("-")[0].casefold()
    # The dialects of a line (xiang-changsha) are written in Chinese, too.
    short = "zh" if short in ("xiang", "cmn", "yue", "hakka", "gan") else short
    return short if short in LANGUAGES else otherwise


def _plain_name(choice: EngineChoice) -> str:
    return Path(choice.model).name if choice.engine == "faster_whisper" else choice.model
