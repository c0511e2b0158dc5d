"""One logged-in AMI connection: every action gets exactly one result, and a silent peer is detected.

This class never sends anything twice. Actions in flight when the connection dies are reported as AmiClosed: the outcome
is unknown, and the caller must check before asking again.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Final, Self

from callcenter.asterisk.ami_errors import AmiClosed, AmiLoginRefused, AmiRefused, AmiTimeout
from callcenter.asterisk.ami_login import AmiLogin, open_ami
from callcenter.asterisk.ami_protocol import BadAction, FrameReader, FrameTooLong, Message, encode
from callcenter.asterisk.ami_reading import CHUNK, source
from callcenter.errors import CallCentreError

Header = tuple[str, str]
OURS: Final = "link-"
BOOT_SECONDS: Final = 60.0
QUEUE: Final = 10_000
"""Events buffered while a snapshot is taken or the floor is behind: about ten seconds of a very busy floor."""


@dataclass(slots=True)
class _Asked:
    """An action without its final answer; a list action collects its events until `EventList: Complete`."""

    done: asyncio.Future[list[Message]]
    is_list: bool
    counted: bool = True
    """Whether the closing event counts every event of the list."""
    items: list[Message] = field(default_factory=list)


class AmiLink:
    """Created by `connect`; ended by `close` or by the peer. `events` ends with None when the connection is gone."""

    def __init__(self, login: AmiLogin, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._login = login
        self._writer = writer
        self._source = source(reader, writer, events=login.events, tls=login.tls is not None)
        self._frames = FrameReader()
        self._asked: dict[str, _Asked] = {}
        self._ids = itertools.count(1)
        self._booted = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._pings: set[str] = set()
        self._heard = False
        self.stale = asyncio.Event()
        """Set while Asterisk sends nothing, not even ping answers; `fresh` is the opposite."""
        self.fresh = asyncio.Event()
        self.fresh.set()
        self.events: asyncio.Queue[Message | None] = asyncio.Queue(QUEUE)
        self.closed = asyncio.Event()
        self.reason = ""
        self.late_answers = 0

    @property
    def replaced(self) -> int:
        """How many frames held bytes that are not UTF-8."""
        return self._frames.replaced

    @property
    def open_actions(self) -> int:
        """Actions without a result; none may stay here forever."""
        return len(self._asked)

    @classmethod
    async def connect(cls, login: AmiLogin) -> Self:
        """Connect, log in and wait until Asterisk is fully booted. Raises AmiClosed, AmiTimeout, AmiLoginRefused."""
        link = cls(login, *await open_ami(login, CHUNK))
        try:
            link._start(link._read(), "ami-read")
            await link._log_in()
            link._start(link._watch(), "ami-watch")
        except TimeoutError:
            await link.close()
            raise AmiTimeout("Asterisk accepted the connection but sends nothing", port=login.port) from None
        except BaseException:
            await link.close()
            raise
        return link

    async def _log_in(self) -> None:
        login = self._login
        words = [("Username", login.user), ("Secret", login.secret), ("Events", "on" if login.events else "off")]
        try:
            await self.act("Login", *words)
        except AmiRefused as error:
            raise AmiLoginRefused(error.detail, user=login.user) from None
        if login.events:
            # Asterisk sends FullyBooted to each login once it has booted (main/manager.c: action_login); before that,
            # its lists lack modules that are still loading. The event needs the read class `system`.
            async with asyncio.timeout(BOOT_SECONDS):
                await self._booted.wait()
            if self.closed.is_set():
                raise AmiClosed("Asterisk closed the connection before it was fully booted", port=login.port)

    async def act(self, action: str, *headers: Header, action_id: str = "") -> Message:
        """Run one action and return its answer. Raises AmiRefused, AmiTimeout, AmiClosed, BadAction.

        `action_id` is the caller's own ID for the action, such as the intent of a return call.
        """
        return (await self._ask(action, headers, action_id, is_list=False))[0]

    async def ask_list(self, action: str, *headers: Header, counted: bool = True) -> list[Message]:
        """Run one action that answers with a list of events, and return those events.

        Some lists count their objects only, each of which has several events: those are not `counted`.
        """
        return await self._ask(action, headers, "", is_list=True, counted=counted)

    async def _ask(
        self, action: str, headers: tuple[Header, ...], name: str, *, is_list: bool, counted: bool = True
    ) -> list[Message]:
        if self.closed.is_set():
            raise AmiClosed("the connection to Asterisk is closed", action=action)
        action_id = name or f"{OURS}{next(self._ids)}"
        if action_id in self._asked:
            raise BadAction("this action is already under way", action=action)
        data = encode(action, headers, action_id)
        asked = _Asked(asyncio.get_running_loop().create_future(), is_list, counted)
        # Registered before it is written: Asterisk may answer while `drain` still waits. The limit covers both, because
        # a peer that no longer reads fills the socket and `drain` then never returns.
        self._asked[action_id] = asked
        try:
            async with asyncio.timeout(self._login.answer_seconds):
                self._writer.write(data)
                await self._writer.drain()
                return await asked.done
        except TimeoutError:
            raise AmiTimeout("Asterisk did not answer in time", action=action) from None
        except OSError as error:
            raise AmiClosed(f"the connection to Asterisk broke: {error.strerror}", action=action) from None
        finally:
            self._asked.pop(action_id, None)
            if asked.done.done() and not asked.done.cancelled():
                # The waiting task may have been cancelled; then nothing else consumes this result.
                asked.done.exception()

    def prove(self) -> None:
        """Request proof that no events are pending: the answer arrives in `events`, after all that preceded it.

        Asterisk writes its pending events before it reads an action, and its answer carries its own time
        (main/manager.c: do_message, action_ping). So everything it did before that time has been read by then.
        """
        if self.closed.is_set():
            return
        action_id = f"{OURS}{next(self._ids)}"
        self._pings.add(action_id)
        # Not drained: the watching task must not wait for a peer that has stopped reading; silence reports that peer.
        self._writer.write(encode("Ping", (), action_id))

    def abandon(self, reason: str) -> None:
        """End the connection without waiting for the peer; what was read from it is still in `events`."""
        self._end(reason)

    async def close(self) -> None:
        """Close and wait for the connection's tasks; every open action gets AmiClosed."""
        self._end("closed by us")
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _start(self, work: Coroutine[None, None, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    async def _read(self) -> None:
        """Parse and dispatch; a full queue stops reading.

        The sockets then buffer what Asterisk sends. When they are full too, Asterisk waits for the `writetimeout` of
        manager.conf (10 s as rendered) and closes the connection (main/manager.c: send_string).
        """
        reason = "Asterisk closed the connection"
        try:
            while data := await self._source.read():
                self._heard = True
                for message in self._frames.feed(data):
                    await self._receive(message)
        except (OSError, FrameTooLong) as error:
            reason = f"{type(error).__name__}: {error}"
        finally:
            self._end(reason)
        await self.events.put(None)

    async def _receive(self, message: Message) -> None:
        """Route answers to their callers and events to the queue.

        An answer has the ActionID of its action and no `Event`; the events of a list repeat that ActionID.
        OriginateResponse has a `Response` and the ActionID of its Originate but is an event (main/manager.c:
        fast_originate), so an answer is recognised by its missing `Event` alone.
        """
        action_id = message.get("ActionID")
        asked = self._asked.get(action_id)
        if action_id in self._pings:
            self._pings.discard(action_id)
            if self._login.events:
                await self.events.put(message)
        elif not message.name:
            self._answer(asked, message)
        elif asked is not None and asked.is_list:
            self._collect(asked, message)
        elif message.name == "FullyBooted":
            self._booted.set()
        elif action_id.startswith(OURS):
            # The rest of a list whose caller has already timed out: stale data is worse than none.
            self.late_answers += 1
        elif self._login.events:
            await self.events.put(message)

    def _collect(self, asked: _Asked, message: Message) -> None:
        if message.get("EventList").lower() != "complete":
            asked.items.append(message)
            return
        # The closing event counts the list's events (main/manager.c: astman_send_list_complete_start_common).
        list_items = message.get("ListItems")
        if asked.counted and list_items.isdigit() and int(list_items) != len(asked.items):
            _fail(asked, AmiClosed("Asterisk's list is not whole", said=int(list_items), came=len(asked.items)))
        else:
            _finish(asked, asked.items)

    def _answer(self, asked: _Asked | None, message: Message) -> None:
        if asked is None:
            # The answer came after its timeout; the caller already knows that the outcome is unknown.
            self.late_answers += 1
        elif message.get("Response") in ("Error", "Fail"):
            _fail(asked, AmiRefused(message.get("Message") or "Asterisk refused the action"))
        elif not asked.is_list:
            _finish(asked, [message])

    async def _watch(self) -> None:
        """Ping, and detect silence. A connection without events ends; one with events becomes stale.

        A stale connection stays open: if only the network or Asterisk stalled, its events still arrive, each with its
        own time, and nothing is lost. A step that took far too long means that we stalled ourselves (a stopped process,
        a blocked loop): received data is still unread, so that step proves nothing about Asterisk. The same holds for a
        full queue of ours, behind which answers wait unread.
        """
        loop, login = asyncio.get_running_loop(), self._login
        # A quiet floor has no events for minutes, so pings must come well within the silence limit.
        every = min(login.ping_seconds, login.stale_seconds / 2)
        step = every / 8
        silence, before = 0.0, loop.time()
        next_ping = before + every
        while True:
            await asyncio.sleep(step)
            now = loop.time()
            silence += step if now - before <= 2 * step else 0.0
            before = now
            if self._heard or self.events.full():
                self._heard, silence = False, 0.0
                self.stale.clear()
                self.fresh.set()
            if now >= next_ping:
                self.prove()
                next_ping = now + every
            if silence >= login.stale_seconds and not self.stale.is_set():
                if not login.events:
                    self._end("Asterisk does not answer pings")
                    return
                self.fresh.clear()
                self.stale.set()

    def _end(self, reason: str) -> None:
        if self.closed.is_set():
            return
        # `closed` comes first: a login that `_booted` wakes must see why it was woken.
        self.reason = reason
        self.closed.set()
        self._booted.set()
        for asked in self._asked.values():
            _fail(asked, AmiClosed("the connection to Asterisk closed before the answer came"))
        self._asked.clear()
        self._pings.clear()
        self._source.close()
        # `close` would wait until unsent data is written, which a dead peer never accepts.
        self._writer.transport.abort() if reason != "closed by us" else self._writer.close()


def _finish(asked: _Asked, answer: list[Message]) -> None:
    if not asked.done.done():
        asked.done.set_result(answer)


def _fail(asked: _Asked, error: CallCentreError) -> None:
    if not asked.done.done():
        asked.done.set_exception(error)
