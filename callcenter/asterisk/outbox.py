"""What was asked of Asterisk, written down before it is sent: an unknown outcome is looked at, never repeated."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

SENT: Final = "sent"
ANSWERED: Final = "answered"
REFUSED: Final = "refused"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Intent:
    """One action on its way; `answer` is Asterisk's own words."""

    intent_id: str
    action: str
    headers: Mapping[str, str]
    state: str = SENT
    answer: str = ""


class Outbox(Protocol):
    """Keeps intents; `open` is durable when it returns, because the action is sent right after it."""

    async def open(self, intent_id: str, action: str, headers: Mapping[str, str]) -> None: ...

    async def close(self, intent_id: str, state: str, answer: str) -> None: ...


class MemoryOutbox:
    """The latest intents, for a service that needs no memory over a restart: the queues are converged by snapshot."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._intents: OrderedDict[str, Intent] = OrderedDict()

    async def open(self, intent_id: str, action: str, headers: Mapping[str, str]) -> None:
        self._intents[intent_id] = Intent(intent_id, action, dict(headers))
        while len(self._intents) > self._limit:
            self._intents.popitem(last=False)

    async def close(self, intent_id: str, state: str, answer: str) -> None:
        intent = self._intents.get(intent_id)
        if intent is not None:
            self._intents[intent_id] = replace(intent, state=state, answer=answer)

    def intents(self, state: str) -> list[Intent]:
        """Those in this state, oldest first."""
        return [intent for intent in self._intents.values() if intent.state == state]
