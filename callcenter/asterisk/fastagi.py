"""A FastAGI server: Asterisk asks over TCP, a script answers; whatever fails here, the dialplan continues.

Asterisk itself waits forever on a FastAGI server that accepts and sends nothing, and reports SUCCESS for one that dies
midway. So each connection has a time limit here, and scripts set CC_DONE=1 as their last action.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import structlog

from callcenter.asterisk.agi_protocol import AgiReader, Answered, BrokenAgi, CallerGone, Ended, Event, Opened, encode
from callcenter.errors import CallCentreError, Unavailable

log = structlog.get_logger(__name__)

_CHUNK = 16384
CLOSING_SECONDS = 1.0


class AgiEnded(Unavailable):
    """Asterisk closed the connection while an answer was awaited."""

    code = "agi_ended"


class AgiChannel:
    """One caller's channel as a script sees it: the opening block, and commands with answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = AgiReader()
        self._events: deque[Event] = deque()
        self.request: Mapping[str, str] = {}
        self.caller_gone = False

    @property
    def script(self) -> str:
        """The name in `agi://host:port/NAME?query`."""
        return self.request.get("network_script", "").lstrip("/").partition("?")[0]

    def argument(self, number: int) -> str:
        """The dialplan's argument, counted from 1; empty when not given."""
        return self.request.get(f"arg_{number}", "")

    async def open(self) -> bool:
        """Read the opening block; False when the peer closed first, as a port check does."""
        match await self._next():
            case Opened(request):
                self.request = request
                return True
            case _:
                return False

    async def command(self, verb: str, *arguments: str) -> Answered:
        """Run one AGI command. Raises AgiEnded when the connection closes before the answer, Invalid on bad text."""
        self._writer.write(encode(verb, *arguments))
        await self._writer.drain()
        return await self._answer(verb)

    async def last_command(self, verb: str, *arguments: str) -> Answered:
        """Run the script's last command.

        Asterisk continues the dialplan when it is done, not when we receive the answer.
        """
        self._writer.write(encode(verb, *arguments))
        self._writer.write_eof()
        return await self._answer(verb)

    async def _answer(self, verb: str) -> Answered:
        match await self._next():
            case Answered() as answer:
                return answer
            case _:
                raise AgiEnded("Asterisk closed the connection before it answered", verb=verb)

    async def _next(self) -> Event:
        """The next event that is not a hang-up; hang-ups are noted and never taken for an answer."""
        while True:
            while self._events:
                event = self._events.popleft()
                if not isinstance(event, CallerGone):
                    return event
                self.caller_gone = True
            data = await self._reader.read(_CHUNK)
            self._events.extend(self._protocol.feed(data) if data else self._protocol.end() or [Ended(midway=False)])


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close the connection and wait for its end; one whose peer takes no data any more is aborted."""
    writer.close()
    try:
        async with asyncio.timeout(CLOSING_SECONDS):
            await writer.wait_closed()
    except (TimeoutError, OSError):
        writer.transport.abort()


Script = Callable[[AgiChannel], Awaitable[None]]


class FastAgiServer:
    """Accepts Asterisk's connections and owns a named task for each.

    `seconds` limits one connection, `longer` that of single scripts; more than `most` at a time are rejected at once,
    so that the dialplan's fallback takes the caller without delay.
    """

    def __init__(
        self,
        host: str,
        port: int,
        scripts: Mapping[str, Script],
        *,
        seconds: float = 5.0,
        longer: Mapping[str, float] = MappingProxyType({}),
        most: int = 200,
    ) -> None:
        self._address = (host, port)
        self._scripts = dict(scripts)
        self._seconds = seconds
        self._longer = longer
        self._most = most
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._served = 0

    @property
    def port(self) -> int:
        """The listening port, known after `start()` even when 0 was requested."""
        if self._server is None:
            raise Unavailable("the FastAGI server has not been started")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def busy(self) -> int:
        """Connections being served now."""
        return len(self._tasks)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, *self._address, limit=_CHUNK)

    async def close(self, drain_seconds: float = 2.0) -> None:
        """Accept no new callers, let the present ones finish for `drain_seconds`, then end the rest."""
        if self._server is not None:
            self._server.close()
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=drain_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= self._most:
            log.warning("fastagi_full", most=self._most)
            writer.close()
            return
        self._served += 1
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer), name=f"fastagi-{self._served}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = AgiChannel(reader, writer)
        try:
            async with asyncio.timeout(self._seconds) as limit:
                await self._converse(channel, limit)
        except TimeoutError:
            seconds = self._longer.get(channel.script, self._seconds)
            log.warning("fastagi_too_slow", script=channel.script, seconds=seconds)
        except (BrokenAgi, AgiEnded, OSError) as error:
            log.info("fastagi_broken_off", script=channel.script, error=str(error))
        except CallCentreError as error:
            log.warning("fastagi_refused", script=channel.script, code=error.code, error=error.detail)
        except Exception:
            # One caller's script may fail in any way; the others are still served, and the dialplan has its fallback.
            log.exception("fastagi_script_failed", script=channel.script)
        finally:
            await _closed(writer)

    async def _converse(self, channel: AgiChannel, limit: asyncio.Timeout) -> None:
        if not await channel.open():
            return
        script = self._scripts.get(channel.script)
        if script is None:
            log.warning("fastagi_unknown_script", script=channel.script)
            return
        if channel.script in self._longer:
            limit.reschedule(asyncio.get_running_loop().time() + self._longer[channel.script])
        await script(channel)
