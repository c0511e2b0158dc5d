"""Defines the delta of a message."""

from __future__ import annotations

from typing import Final

from typing_extensions import TypedDict

from callcenter.web.ports import DeltaKind


class MessageDelta(TypedDict):
    """`recipients` are agents, empty for a message to the leaders; `read_by` grows with each receipt."""

    id: str
    at: str | None
    by: str
    by_name: str
    by_agent: str | None
    text: str
    to: str
    target: str
    recipients: list[str]
    read_by: list[str]


MESSAGE: Final = DeltaKind("message", MessageDelta, "its sender and recipients, and leaders")
