"""The live feed: numbered deltas to many clients, each with its own bounded queue.

`publish` never waits: it numbers the delta, keeps it for clients that reconnect, and puts it into every client's
queue. A client that does not keep up loses its queue and gets a fresh snapshot; no other client is affected.
Numbers increase but may skip: a delta that a client may not see is not sent to it.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from secrets import token_hex
from typing import Any

from callcenter.clock import Clock
from callcenter.errors import TooMany, Unavailable
from callcenter.web.masking import without_agent, without_caller, without_conduct
from callcenter.web.picture import LISTS, WHOLE, Picture, Thing
from callcenter.web.ports import Audience, DeltaKind, Shape
from callcenter.web.roles import LEADERS, Person, Role

MAX_CLIENTS = 2000
RESUMES = timedelta(seconds=60)
"""How long the feed counts as watched after its last client left: a page whose connection broke comes back."""
RING_CLAUSE = "R1"
TODO_KIND = "todo"
"""The kind that is for one person alone, whatever their role: the `person` of its data."""
FLOOR = frozenset(LISTS) | frozenset(WHOLE) | {"figures", "failure"}
"""The kinds that make up the floor, the day's figures and failures; a wallboard sees nothing else."""


class TooManySockets(TooMany):
    """One person has the maximum number of live feeds open."""

    code = "too_many_live_sockets"


class TooManyClients(Unavailable):
    code = "too_many_live_clients"


def encode(message: Mapping[str, Any]) -> bytes:
    """UTF-8, as it goes to every client that sees the same."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


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
