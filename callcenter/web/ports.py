"""The ports of the rooms: how a service reaches the live feed, the webhooks and its listeners without knowing them.

A service takes a port as an argument and the centre connects it. Each port has a default that does nothing, for
commands and for services without listeners.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

Shape = TypeVar("Shape", bound=Mapping[str, object])

Audience: TypeAlias = frozenset[str] | None
"""The agents who receive a delta beside the leaders; None for everyone."""


class DeltaKind(str, Generic[Shape]):
    """A kind of delta of the live feed together with the shape of its data.

    `publish(KIND, data)` passes the type checker only with data of the kind's shape. `readers` states for clients who
    receives it; the API's description and docs/live.md are made from, or compared with, the kinds.
    """

    shape: type[Shape]
    readers: str

    def __new__(cls, name: str, shape: type[Shape], readers: str) -> DeltaKind[Shape]:
        kind = super().__new__(cls, name)
        kind.shape, kind.readers = shape, readers
        return kind


class Publish(Protocol):
    """Sends a delta to the clients of the live feed; must never block."""

    def __call__(self, kind: DeltaKind[Shape], data: Shape, agents: Audience = None) -> object: ...


class Emit(Protocol):
    """Queues a webhook message in the caller's transaction."""

    async def __call__(self, session: AsyncSession, kind: str, data: Mapping[str, Any], /) -> None: ...


Notify: TypeAlias = Callable[[], object]
"""Notifies a listener that something has changed; the listener reads what it needs."""
NumbersOf: TypeAlias = Callable[[str], Collection[str]]
"""Returns the numbers on an agent's live calls."""


def publish_to_nobody(kind: DeltaKind[Shape], data: Shape, agents: Audience = None) -> None:
    """There is no live feed."""


async def emit_to_nobody(session: AsyncSession, kind: str, data: Mapping[str, Any], /) -> None:
    """There are no webhooks."""


def notify_nobody() -> None:
    """There are no listeners."""


def no_numbers(agent: str) -> Collection[str]:
    """There is no live floor, so no agent is on a call."""
    return frozenset()
