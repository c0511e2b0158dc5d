"""Decides whom a message is for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from callcenter.supervision.messages.errors import BadMessage

LONGEST: Final = 500


class To(StrEnum):
    """`line`: those who are on duty for it and signed in; `all`: all who are signed in; `leaders`: any leader."""

    AGENT = "agent"
    LINE = "line"
    ALL = "all"
    LEADERS = "leaders"


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as it is written: exactly one of the four names whom it is for."""

    text: str
    agent: str | None = None
    line: str | None = None
    all: bool = False
    leaders: bool = False


def addressed(draft: Draft) -> tuple[To, str]:
    """Whom the message is for: the kind, and the agent or line. Raises BadMessage."""
    named = [
        (To.AGENT, draft.agent),
        (To.LINE, draft.line),
        (To.ALL, "" if draft.all else None),
        (To.LEADERS, "" if draft.leaders else None),
    ]
    chosen = [(to, target) for to, target in named if target is not None]
    if len(chosen) != 1:
        raise BadMessage("name exactly one of agent, line, all and leaders", field="to")
    if not draft.text.strip():
        raise BadMessage("a message has a text", field="text")
    return chosen[0]
