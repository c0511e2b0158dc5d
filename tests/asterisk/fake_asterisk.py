"""A fake Asterisk: a real TCP server that speaks AMI and has faults on demand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from callcenter.asterisk.ami_login import AmiLogin

Headers = dict[str, str]
SECRET = "open-sesame"


def frame(*lines: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def event(name: str, *lines: str) -> bytes:
    """An event in the form that Asterisk gives it."""
    return frame(f"Event: {name}", "Privilege: call,all", "Timestamp: 1795448171.500000", "SystemName: pbx1", *lines)


@dataclass
class Faults:
    """What goes wrong; a test sets these and the server obeys."""

    packet: int = 0
    """Bytes in a packet; 0 sends frames whole."""
    silent: set[str] = field(default_factory=set)
    """Actions that are taken and never answered."""
    late: set[str] = field(default_factory=set)
    """Actions whose answers wait until `release`."""
    cut_at: set[str] = field(default_factory=set)
    """Actions at which the connection ends in the middle of the answer's frame."""
    short_list: bool = False
    no_boot: bool = False
    double_answers: bool = False


class FakeAsterisk:
    """Counts logins, keeps every action that it was given, and sends whatever a test wants sent."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.actions: list[Headers] = []
        self.logins = 0
        self.started = "10:00:00"
        self.members: list[tuple[str, str, str]] = []
        self.devices: dict[str, str] = {}
        """The states of phones that are not free."""
        self.between: Callable[[str], Sequence[bytes]] = lambda _: ()
        """Events to be sent right after the answer to an action."""
        self.release = asyncio.Event()
        self.port = 0
        self.deaf_until = 0
        """Connections up to this login get no answers: half-open, they look alive and send nothing."""
        self._writers: set[asyncio.StreamWriter] = set()

    def login(self, **more: float) -> AmiLogin:
        conditions: dict[str, float] = {"answer_seconds": 1.0, "ping_seconds": 30.0, **more}
        return AmiLogin("127.0.0.1", self.port, "cc", SECRET, **conditions)  # type: ignore[arg-type] # Numbers only.

    def asked(self, action: str) -> list[Headers]:
        return [headers for headers in self.actions if headers["Action"] == action]

    async def send(self, data: bytes) -> None:
        """Send to every connection, in packets as configured by the faults."""
        for writer in tuple(self._writers):
            await self._write(writer, data)

    def cut(self) -> None:
        """Pull the plug on every connection."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        size = self.faults.packet or len(data)
        for start in range(0, len(data), size):
            writer.write(data[start : start + size])
            await writer.drain()
            if self.faults.packet:
                await asyncio.sleep(0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        number = self.logins + 1
        try:
            writer.write(b"Asterisk Call Manager/11.0.0\r\n")
            while True:
                raw = (await reader.readuntil(b"\r\n\r\n")).decode()
                headers = dict(line.split(": ", 1) for line in raw.strip("\r\n").split("\r\n"))
                self.actions.append(headers)
                if number <= self.deaf_until:
                    continue
                await self._take(writer, headers)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _take(self, writer: asyncio.StreamWriter, headers: Headers) -> None:
        action = headers["Action"]
        if action in self.faults.silent:
            return
        if action in self.faults.late:
            await self.release.wait()
        answer = b"".join(self._answers(action, headers))
        if action in self.faults.cut_at:
            writer.write(answer[: len(answer) // 2])
            await writer.drain()
            writer.close()
            return
        await self._write(writer, answer * (2 if self.faults.double_answers else 1))
        for event in self.between(action):
            await self._write(writer, event)

    def _answers(self, action: str, headers: Headers) -> Iterator[bytes]:
        name = f"ActionID: {headers['ActionID']}"
        lists = {"QueueStatus": "QueueStatusComplete", "CoreShowChannels": "CoreShowChannelsComplete"}
        lists["DeviceStateList"] = "DeviceStateListComplete"
        if action == "Login":
            yield from self._log_in(headers, name)
        elif action == "CoreStatus":
            yield frame("Response: Success", name, "CoreStartupDate: 2026-11-23", f"CoreStartupTime: {self.started}")
        elif action in lists:
            yield frame("Response: Success", name, "EventList: start", "Message: will follow")
            items = [frame(*lines, name) for lines in self._items(action)]
            yield from items[:-1] if self.faults.short_list else items
            yield frame(f"Event: {lists[action]}", name, "EventList: Complete", f"ListItems: {len(items)}")
        elif action == "Getvar":
            device = headers["Variable"].removeprefix("DEVICE_STATE(").removesuffix(")")
            variable = f"Variable: {headers['Variable']}"
            yield frame("Response: Success", name, variable, f"Value: {self.devices.get(device, 'NOT_INUSE')}")
        elif action == "QueueRemove":
            yield frame("Response: Error", name, "Message: Unable to remove interface: Not there")
        elif action == "Redirect":
            yield frame("Response: Error", name, "Message: Channel does not exist")
        else:
            yield frame("Response: Success", name, f"Message: {action} done")

    def _log_in(self, headers: Headers, name: str) -> Iterator[bytes]:
        self.logins += 1
        if headers["Secret"] != SECRET:
            yield frame("Response: Error", name, "Message: Authentication failed")
            return
        yield frame("Response: Success", name, "Message: Authentication accepted")
        if not self.faults.no_boot and headers["Events"] == "on":
            yield frame("Event: FullyBooted", "Privilege: system,all", "Status: Fully Booted")

    def _items(self, action: str) -> Iterator[tuple[str, ...]]:
        if action != "QueueStatus":
            return
        for queue in sorted({queue for queue, _, _ in self.members}):
            yield ("Event: QueueParams", f"Queue: {queue}")
        for queue, agent, interface in self.members:
            yield (
                "Event: QueueMember",
                f"Queue: {queue}",
                f"Name: {agent}",
                f"Location: {interface}",
                "Penalty: 2",
                "Status: 1",
                "Paused: 1",
                "PausedReason: acw",
                "InCall: 0",
            )


@contextlib.asynccontextmanager
async def fake_asterisk() -> AsyncIterator[FakeAsterisk]:
    fake = FakeAsterisk()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        fake.release.set()
        fake.cut()
        await server.wait_closed()
        await asyncio.sleep(0)
