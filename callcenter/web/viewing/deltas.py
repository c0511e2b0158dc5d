"""Defines the delta of who views something."""

from __future__ import annotations

from typing import Final

from typing_extensions import TypedDict

from callcenter.web.ports import DeltaKind


class ViewerDelta(TypedDict):
    login: str
    name: str
    agent: str | None
    since: str
    writing: bool


class ViewingDelta(TypedDict):
    """All who view one subject now; empty when the last one has left."""

    kind: str
    key: str
    people: list[ViewerDelta]


VIEWING: Final = DeltaKind("viewing", ViewingDelta, "agents who view it, and leaders")
