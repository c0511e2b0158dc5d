"""Who has taken over which lines of a handover log (policy H1, H3). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.roster.handover.model import relief_of
from callcenter.roster.model import Shift

Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Signature:
    """The relief `agent` has read the log and takes over these lines."""

    agent: str
    name: str
    at: datetime
    lines: Sequence[str]
    remark: str

    def plain(self) -> dict[str, Any]:
        """As it is stored."""
        at = self.at.isoformat()
        return {"agent": self.agent, "name": self.name, "at": at, "lines": list(self.lines), "remark": self.remark}


def signed_lines(signatures: Iterable[Stored]) -> set[str]:
    """The lines whose relief has signed."""
    return {line for signature in signatures for line in signature["lines"]}


def lines_due(post: Iterable[Shift], shifts: Sequence[Shift]) -> set[str]:
    """The lines of a post that a relief comes for."""
    return {str(shift.line) for shift in post if relief_of(shift, shifts)}


def remarks(signatures: Iterable[Stored]) -> str:
    """The remarks of all reliefs, in their order."""
    return "\n".join(signature["remark"] for signature in signatures if signature["remark"])
