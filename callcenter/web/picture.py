"""Keeps the floor as of the latest deltas: the snapshot for a new client. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from callcenter.web.ports import Audience

Thing = Mapping[str, Any]
See = Callable[[str, Thing, Audience], Thing | None]
"""How a client sees a thing of a kind; None if it may not see it."""

# kind of delta -> (its list in the snapshot, the key that identifies a thing)
LISTS = {"call": ("calls", "id"), "agent": ("agents", "number"), "queue": ("queues", "code"), "flag": ("flags", "id")}
WHOLE = ("duty", "link")
FLAGS_KEPT = 200


class Picture:
    """Things by kind and name; a call with `ended_at` is removed, of flags the newest are kept."""

    def __init__(self) -> None:
        self._lists: dict[str, dict[str, tuple[Thing, Audience]]] = {kind: {} for kind in LISTS}
        self._whole: dict[str, tuple[Thing, Audience]] = {kind: ({}, None) for kind in WHOLE}

    def apply(self, kind: str, data: Thing, agents: Audience = None) -> None:
        if kind in WHOLE:
            self._whole[kind] = (data, agents)
        if kind not in LISTS:
            # Other packages' data is read from their own lists; the snapshot holds only the floor.
            return
        things = self._lists[kind]
        name = str(data[LISTS[kind][1]])
        if kind == "call" and data.get("ended_at"):
            things.pop(name, None)
            return
        things[name] = (data, agents)
        if kind == "flag":
            while len(things) > FLAGS_KEPT:
                del things[next(iter(things))]

    def replace(self, snapshot: Mapping[str, Any]) -> None:
        """Load a whole snapshot; parts that it does not name stay."""
        for kind, (plural, key) in LISTS.items():
            if plural in snapshot:
                things: Iterable[Thing] = snapshot[plural]
                self._lists[kind] = {str(thing[key]): (thing, None) for thing in things}
        for kind in WHOLE:
            if kind in snapshot:
                self._whole[kind] = (snapshot[kind], None)

    def shown(self, see: See) -> dict[str, Any]:
        """The snapshot as one client sees it."""
        snapshot: dict[str, Any] = {}
        for kind, (plural, _key) in LISTS.items():
            seen = (see(kind, thing, agents) for thing, agents in self._lists[kind].values())
            snapshot[plural] = [thing for thing in seen if thing is not None]
        for kind, (thing, agents) in self._whole.items():
            snapshot[kind] = see(kind, thing, agents) or {}
        return snapshot
