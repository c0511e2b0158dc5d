"""Configures structured logs: one line per event, a request's id on all of its lines, telephone numbers masked."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from callcenter.web.masking import mask_text

SECRET_WORDS = ("password", "secret", "token", "authorization", "cookie")


def configure_logging(*, json: bool, quiet: bool = False) -> None:
    """Set structlog up for the process, the standard library's loggers included; `quiet` records warnings and worse."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        discreet,
    ]
    render: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, render]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING if quiet else logging.INFO)


def discreet(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Remove secrets, mask numbers, and keep everything on one line; input from callers cannot forge a line."""
    return {name: _shown(name, value) for name, value in event.items()}


def _shown(name: str, value: Any) -> Any:
    if any(word in name.casefold() for word in SECRET_WORDS):
        return "***"
    # A stack trace keeps its lines: it is ours, and only its texts may come from outside.
    if name in ("exception", "stack") and isinstance(value, str):
        return "\n".join(mask_text(line) for line in value.split("\n"))
    if name in ("timestamp", "level", "logger"):
        return value
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        return {key: _shown(str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (int, float, bool)):
        return value
    return mask_text(str(value))
