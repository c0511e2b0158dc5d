"""Defines a board and which of the live things it shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

KINDS_OF: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "figures": frozenset({"figures", "queue", "call", "flag"}),
        "queues": frozenset({"queue", "call"}),
        "calls": frozenset({"call"}),
        "agents": frozenset({"agent", "duty"}),
    }
)
"""The parts of a board, and the live kinds that each is made of."""
PARTS: Final = tuple(KINDS_OF)
LONGEST_CODE: Final = 31
ALWAYS: Final = frozenset({"link", "failure"})
"""What keeps a screen honest: whether its data is true."""


@dataclass(frozen=True, slots=True)
class Board:
    """Without `lines` it is the board of the whole centre; with several its figures turn from line to line."""

    code: str
    name: str
    lines: tuple[str, ...] = ()
    parts: tuple[str, ...] = PARTS
    turn_seconds: int = 12


@dataclass(frozen=True, slots=True)
class BoardSight:
    """What the screen of a board may see; `queues` are those of its lines."""

    board: str
    kinds: frozenset[str]
    lines: frozenset[str]
    queues: frozenset[str]

    def shows(self, kind: str, data: Mapping[str, Any]) -> bool:
        if kind not in self.kinds:
            return False
        match kind:
            case "figures":
                return data.get("line") in self.lines if self.lines else data.get("line") is None
            case "call":
                return not self.lines or data.get("line") in self.lines
            case "queue":
                # A queue's parts for dialects are named after it.
                return not self.lines or str(data.get("code")).partition(".")[0] in self.queues
            case "flag":
                # A flag names its call and no line.
                return not self.lines
            case _:
                return True


def sight_of(board: Board, queues: Mapping[str, str]) -> BoardSight:
    """`queues` are the queues of all lines, by line."""
    kinds = ALWAYS.union(*(KINDS_OF[part] for part in board.parts if part in KINDS_OF))
    own = frozenset(queues[line] for line in board.lines if line in queues)
    return BoardSight(board.code, kinds, frozenset(board.lines), own)


@dataclass(frozen=True, slots=True)
class ScreenToken:
    """A token of one board, without its value; `name` says which screen has it."""

    id: str
    board: str
    name: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
