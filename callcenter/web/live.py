"""The live feed: numbered deltas to many clients, each behind a bounded queue of its own.

`publish` never waits: it numbers the delta, keeps it for those who come back, and puts it into every client's
queue. A client that does not keep up loses its queue and is given a fresh snapshot; nobody else notices.
Numbers rise but may skip: a delta that a client may not see is not sent to it.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from secrets import token_hex
from typing import Any

from callcenter.clock import Clock
from callcenter.errors import Unavailable
from callcenter.web.masking import without_caller
from callcenter.web.picture import Picture, Thing
from callcenter.web.roles import LEADERS, Person

MAX_CLIENTS = 2000


class TooManyClients(Unavailable):
    code = "too_many_live_clients"


def encode(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    """Instants as RFC 3339, sets as lists; anything else is a mistake of the publisher."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")


@dataclass(slots=True)
class Delta:
    """One published change; its two texts are made once, whatever the number of clients."""

    seq: int
    kind: str
    data: Thing
    agents: frozenset[str] | None
    _full: str | None = None
    _masked: str | None = None

    def text(self, *, masked: bool) -> str:
        if masked:
            self._masked = self._masked or self._encode(without_caller(self.data))
            return self._masked
        self._full = self._full or self._encode(self.data)
        return self._full

    def _encode(self, data: Thing) -> str:
        return encode({"type": "delta", "seq": self.seq, "kind": self.kind, "data": data})


def sees(person: Person, agents: frozenset[str] | None) -> bool:
    """Leaders see everything; a delta for certain agents only reaches them."""
    return agents is None or bool(person.roles & LEADERS) or person.agent in agents


def masked_for(person: Person, kind: str, data: Thing) -> bool:
    """Whether the caller stays hidden: from everyone but leaders and the agents who are, or were offered, the call."""
    if kind not in ("call", "flag") or person.roles & LEADERS:
        return False
    if person.agent is None:
        return True
    on_call = {data.get("agent"), *(offer.get("agent") for offer in data.get("offers") or ())}
    return person.agent not in on_call


def view(person: Person, kind: str, data: Thing, agents: frozenset[str] | None) -> Thing | None:
    if not sees(person, agents):
        return None
    return without_caller(data) if masked_for(person, kind, data) else data


@dataclass(eq=False)
class Subscription:
    """One client's place in the feed: what waits to be sent to it, never more than `limit`."""

    person: Person
    limit: int
    waiting: deque[str] = field(default_factory=deque)
    lagged: bool = False
    fresh: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, delta: Delta) -> None:
        if self.lagged or self.fresh or not sees(self.person, delta.agents):
            return
        if len(self.waiting) >= self.limit:
            self.waiting.clear()
            self.lagged = True
        else:
            self.waiting.append(delta.text(masked=masked_for(self.person, delta.kind, delta.data)))
        self.wake.set()


class Feed:
    """All deltas of this process; `epoch` changes with each start, so numbers of another life are not resumed."""

    def __init__(self, clock: Clock, *, queue: int = 500, history: int = 5000) -> None:
        self.epoch = token_hex(8)
        self.seq = 0
        self._clock = clock
        self._queue = queue
        self._history: deque[Delta] = deque(maxlen=history)
        self._picture = Picture()
        self._clients: set[Subscription] = set()

    @property
    def clients(self) -> int:
        return len(self._clients)

    def publish(self, kind: str, data: Mapping[str, Any], agents: frozenset[str] | None = None) -> int:
        """Tell every client (or only `agents` and leaders) that a thing is now `data`; returns its number."""
        self.seq += 1
        delta = Delta(self.seq, kind, data, agents)
        self._history.append(delta)
        self._picture.apply(kind, data, agents)
        for client in self._clients:
            client.offer(delta)
        return self.seq

    def replace(self, snapshot: Mapping[str, Any]) -> int:
        """Begin anew from a whole snapshot (after a gap): every client gets it, nobody resumes across it."""
        self.seq += 1
        self._picture.replace(snapshot)
        self._history.clear()
        for client in self._clients:
            client.waiting.clear()
            client.fresh = True
            client.wake.set()
        return self.seq

    def join(self, person: Person, resume: int | None = None, epoch: str | None = None) -> Subscription:
        """A new client: first hello, then what it has missed, or a snapshot where that is not known any more."""
        if len(self._clients) >= MAX_CLIENTS:
            raise TooManyClients("too many live clients", limit=MAX_CLIENTS)
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
        return client

    def leave(self, client: Subscription) -> None:
        self._clients.discard(client)

    async def following(self, client: Subscription) -> list[str]:
        """Wait for, and take, everything that is to be sent to the client now."""
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

    def snapshot(self, person: Person, reason: str | None = None) -> str:
        """The whole floor as this person sees it, as a message."""
        message: dict[str, Any] = {"type": "snapshot", "seq": self.seq}
        if reason is not None:
            message["reason"] = reason
        message["data"] = self._picture.shown(partial(view, person))
        return encode(message)

    def heartbeat(self) -> str:
        return encode({"type": "heartbeat", "seq": self.seq, "time": self._clock()})

    def _hello(self, *, resumed: bool) -> str:
        hello = {"type": "hello", "seq": self.seq, "epoch": self.epoch, "time": self._clock(), "resumed": resumed}
        return encode(hello)

    def _missed(self, resume: int | None) -> list[Delta] | None:
        """What came after `resume`, or None when some of it is no longer kept."""
        if resume is None or not 0 <= resume <= self.seq:
            return None
        missed = [delta for delta in self._history if delta.seq > resume]
        return missed if len(missed) == self.seq - resume else None
