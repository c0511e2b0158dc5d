"""The live feed: numbered deltas to many clients, each with its own bounded queue.

`publish` never waits: it numbers the delta, keeps it for clients that reconnect, and puts it into every client's
queue. A client that does not keep up loses its queue and gets a fresh snapshot; no other client is affected.
Numbers increase but may skip: a delta that a client may not see is not sent to it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from secrets import token_hex
from typing import Any

from callcenter.clock import Clock
from callcenter.errors import TooMany, Unavailable
from callcenter.web.live_delta import Delta, encode, sight, view
from callcenter.web.picture import Picture
from callcenter.web.ports import Audience, DeltaKind, Shape
from callcenter.web.roles import LEADERS, Person

MAX_CLIENTS = 2000
RESUMES = timedelta(seconds=60)
"""How long the feed counts as watched after its last client left: a page whose connection broke comes back."""


class TooManySockets(TooMany):
    """One person has the maximum number of live feeds open."""

    code = "too_many_live_sockets"


class TooManyClients(Unavailable):
    code = "too_many_live_clients"


@dataclass(eq=False)
class Subscription:
    """One client's place in the feed: what is waiting to be sent to it, never more than `limit`.

    `write` sends what is waiting if the client's connection takes it at once; where it returns False, the client's own
    task sends it, as fast as the connection allows.
    """

    person: Person
    limit: int
    waiting: deque[bytes] = field(default_factory=deque)
    lagged: bool = False
    fresh: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    write: Callable[[Sequence[bytes]], bool] | None = None

    def offer(self, delta: Delta) -> bool:
        """Whether something more is waiting now."""
        seen = sight(self.person, delta.kind, delta.data, delta.agents)
        if self.lagged or self.fresh or seen is None:
            return False
        if len(self.waiting) >= self.limit:
            self.waiting.clear()
            self.lagged = True
        else:
            self.waiting.append(delta.text(seen, self.person.agent))
        return True

    def flush(self) -> None:
        current = not self.lagged and not self.fresh
        if current and self.write is not None and self.waiting and self.write(self.waiting):
            self.waiting.clear()
        else:
            self.wake.set()


class Feed:
    """All deltas of this process; `epoch` changes with each start, so numbers of an earlier run cannot be resumed."""

    def __init__(
        self,
        clock: Clock,
        *,
        queue: int = 500,
        history: int = 5000,
        each: int = MAX_CLIENTS,
        build: str | None = None,
    ) -> None:
        """`each` is how many live clients one person may have at a time; `build` identifies the served pages."""
        self.epoch = token_hex(8)
        self.seq = 0
        self._clock = clock
        self._queue = queue
        self._each = each
        self._build = build
        self._history: deque[Delta] = deque(maxlen=history)
        self._picture = Picture()
        self._clients: set[Subscription] = set()
        self._due: set[Subscription] = set()
        """Clients for whom something waits that was published in this turn of the loop."""
        self.listeners: list[Callable[[Delta], None]] = []
        """Called with each delta; they must not block or publish at once."""
        self.followed = asyncio.Event()
        """Set once the first person's page has opened."""
        self._left_at: datetime | None = None
        """When the last person's page left; a screen on the wall is no person's."""

    def people(self) -> dict[str, Person]:
        """The people who have a client open, by id."""
        return {client.person.id: client.person for client in self._clients}

    @property
    def clients(self) -> int:
        return len(self._clients)

    @property
    def watched(self) -> bool:
        """Whether the page of an agent or a leader follows the feed, or did a moment ago."""
        if any(_of_a_person(client) for client in self._clients):
            return True
        return self._left_at is not None and self._clock() - self._left_at <= RESUMES

    def publish(self, kind: DeltaKind[Shape], data: Shape, agents: Audience = None) -> int:
        """Publish the new `data` of a thing to every client (or only `agents` and leaders); returns its number."""
        self.seq += 1
        delta = Delta(self.seq, kind, data, agents)
        self._history.append(delta)
        self._picture.apply(kind, data, agents)
        for client in self._clients:
            if client.offer(delta):
                self._flush_soon(client)
        for listener in self.listeners:
            listener(delta)
        return self.seq

    def _flush_soon(self, client: Subscription) -> None:
        """Send what is published in one turn of the loop together: a write costs more than what it writes."""
        if client.write is None:
            client.wake.set()
            return
        if not self._due:
            asyncio.get_running_loop().call_soon(self._flush)
        self._due.add(client)

    def _flush(self) -> None:
        due, self._due = self._due, set()
        for client in due:
            client.flush()

    def begin_with(self, kind: DeltaKind[Shape], things: Sequence[tuple[Shape, Audience]]) -> None:
        """Seed the snapshot with what was true before this process started: shown to clients that join, no deltas."""
        for data, agents in things:
            self._picture.apply(kind, data, agents)

    def replace(self, snapshot: Mapping[str, Any]) -> int:
        """Restart from a whole snapshot (after a gap): every client gets it, and no client resumes across it."""
        self.seq += 1
        self._picture.replace(snapshot)
        self._history.clear()
        for client in self._clients:
            client.waiting.clear()
            client.fresh = True
            client.wake.set()
        return self.seq

    def join(self, person: Person, resume: int | None = None, epoch: str | None = None) -> Subscription:
        """A new client: first hello, then what it has missed, or a snapshot if that is no longer kept."""
        if len(self._clients) >= MAX_CLIENTS:
            raise TooManyClients("too many live clients", limit=MAX_CLIENTS)
        if sum(other.person.id == person.id for other in self._clients) >= self._each:
            raise TooManySockets("this person has too many live clients", limit=self._each)
        client = Subscription(person, self._queue)
        missed = self._missed(resume) if epoch == self.epoch else None
        if missed is not None and len(missed) > self._queue:
            missed = None
        client.waiting.append(self._hello(resumed=missed is not None))
        if missed is None:
            client.waiting.append(self.snapshot(person))
        else:
            for delta in missed:
                client.offer(delta)
        client.wake.set()
        self._clients.add(client)
        if _of_a_person(client):
            self.followed.set()
        return client

    def leave(self, client: Subscription) -> None:
        self._clients.discard(client)
        if _of_a_person(client):
            self._left_at = self._clock()

    async def following(self, client: Subscription) -> list[bytes]:
        """Wait for, and take, everything to be sent to the client now."""
        await client.wake.wait()
        client.wake.clear()
        if client.lagged or client.fresh:
            reason = "lagged" if client.lagged else "replaced"
            client.lagged = client.fresh = False
            client.waiting.clear()
            return [self.snapshot(client.person, reason)]
        texts = list(client.waiting)
        client.waiting.clear()
        return texts

    def snapshot(self, person: Person, reason: str | None = None) -> bytes:
        """The whole floor as this person sees it, as a message."""
        message: dict[str, Any] = {"type": "snapshot", "seq": self.seq}
        if reason is not None:
            message["reason"] = reason
        message["data"] = self._picture.shown(partial(view, person))
        return encode(message)

    def heartbeat(self) -> bytes:
        return encode({"type": "heartbeat", "seq": self.seq, "time": self._clock()})

    def _hello(self, *, resumed: bool) -> bytes:
        hello = {"type": "hello", "seq": self.seq, "epoch": self.epoch, "time": self._clock(), "resumed": resumed}
        return encode({**hello, "build": self._build})

    def _missed(self, resume: int | None) -> list[Delta] | None:
        """The deltas after `resume`, or None when some of them are no longer kept."""
        if resume is None or not 0 <= resume <= self.seq:
            return None
        missed = [delta for delta in self._history if delta.seq > resume]
        return missed if len(missed) == self.seq - resume else None


def _of_a_person(client: Subscription) -> bool:
    return client.person.agent is not None or bool(client.person.roles & LEADERS)
