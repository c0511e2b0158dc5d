"""Maps engine names to engines. Each imports its packages only on demand, so any may be absent."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from recordings.transcripts.engine import Engine, EngineChoice, UnknownEngine
from recordings.transcripts.engines.off import Off
from recordings.transcripts.engines.server import ServerEngine
from recordings.transcripts.engines.stock import StockEngine
from recordings.transcripts.engines.whisper import WhisperEngine

STOCK = "sr:"


def engine_of(choice: EngineChoice) -> Engine:
    """The chosen engine, not loaded yet. Raises UnknownEngine."""
    if choice.engine.startswith(STOCK):
        return StockEngine(choice.engine.removeprefix(STOCK), choice.model, choice.options)
    if choice.engine not in MAKERS:
        names = ", ".join([*MAKERS, f"{STOCK}NAME"])
        engine = choice.engine[:40]
        raise UnknownEngine(f"there is no engine {engine!r}; there are {names}", engine=engine, known=names)
    return MAKERS[choice.engine](choice)


MAKERS: Mapping[str, Callable[[EngineChoice], Engine]] = {
    "off": lambda choice: Off(),
    "faster_whisper": lambda choice: WhisperEngine(choice.model, choice.threads, prompts=choice.prompts),
    "openai": lambda choice: ServerEngine(
        choice.base_url, choice.key, choice.model, choice.timeout_seconds, prompts=choice.prompts
    ),
}
