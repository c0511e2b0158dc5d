"""One published change, and how much of it each person sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from callcenter.web.masking import without_agent, without_caller, without_conduct
from callcenter.web.picture import LISTS, WHOLE, Thing
from callcenter.web.ports import Audience
from callcenter.web.roles import LEADERS, Person, Role

RING_CLAUSE = "R1"
TODO_KIND = "todo"
"""The kind that is for one person alone, whatever their role: the `person` of its data."""
FLOOR = frozenset(LISTS) | frozenset(WHOLE) | {"figures", "failure"}
"""The kinds that make up the floor, the day's figures and failures; a wallboard sees nothing else."""


def encode(message: Mapping[str, Any]) -> bytes:
    """UTF-8, as it goes to every client that sees the same."""
    return _ENCODER.encode(message).encode()


def _plain(value: Any) -> Any:
    """Instants as RFC 3339, sets as lists; any other type is an error of the publisher."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")


class Sight(StrEnum):
    """How much of a thing a person sees. (Strings: hashing them is not a call into Python.)"""

    FULL = "full"
    OWN = "own"
    """A call that the person is on, without how colleagues handled it."""
    MASKED = "masked"
    """Without the customer: number masked, name and file omitted."""
    NAMELESS = "nameless"
    """Without the agent: for a screen that everyone reads."""


SHOWN: Mapping[Sight, Callable[[Thing, str | None], Thing]] = {
    Sight.FULL: lambda thing, _: thing,
    Sight.OWN: without_conduct,
    Sight.MASKED: lambda call, _: without_conduct(without_caller(call)),
    Sight.NAMELESS: lambda flag, _: without_agent(without_caller(flag)),
}


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


@dataclass(slots=True)
class Delta:
    """One published change; its texts are built once, whatever the number of clients."""

    seq: int
    kind: str
    data: Thing
    agents: Audience
    _texts: dict[Sight, bytes] = field(default_factory=dict)

    def text(self, sight: Sight, agent: str | None) -> bytes:
        if sight is Sight.OWN:
            # Few are on a call; all others share one text.
            return self._encode(SHOWN[sight](self.data, agent))
        if sight not in self._texts:
            self._texts[sight] = self._encode(SHOWN[sight](self.data, None))
        return self._texts[sight]

    def _encode(self, data: Thing) -> bytes:
        return encode({"type": "delta", "seq": self.seq, "kind": self.kind, "data": data})


def sight(person: Person, kind: str, data: Thing, agents: Audience) -> Sight | None:
    """What a person sees of a thing; None where they may not see it (docs/security.md, "What people may see").

    Leaders see everything but what is for one other person alone. What is for certain agents reaches only them. The
    caller is hidden from everyone but the agents who are on, or were offered, the call. A wallboard counts late rings
    (S1) and names no one; the screen of a board sees what its board shows.
    """
    if kind == TODO_KIND:
        return Sight.FULL if data.get("person") == person.id else None
    if person.roles & LEADERS:
        return Sight.FULL
    if Role.WALLBOARD in person.roles and kind not in FLOOR:
        return None
    if person.board is not None and not person.board.shows(kind, data):
        return None
    if kind == "flag" and Role.WALLBOARD in person.roles:
        return Sight.NAMELESS if data.get("clause") == RING_CLAUSE else None
    if agents is not None and person.agent not in agents:
        return None
    if kind == "flag" and (person.agent is None or data.get("agent") != person.agent):
        return None
    if kind != "call":
        return Sight.FULL
    on_call = {data.get("agent"), *(offer.get("agent") for offer in data.get("offers") or ())}
    return Sight.OWN if person.agent is not None and person.agent in on_call else Sight.MASKED


def view(person: Person, kind: str, data: Thing, agents: Audience) -> Thing | None:
    seen = sight(person, kind, data, agents)
    return None if seen is None else SHOWN[seen](data, person.agent)
