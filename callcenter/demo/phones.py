"""Simulates agents' phones: they register like real ones and take calls by their temper.

All phones share one SIPp process on one port. A phone's temper is encoded in the contact that it registers, so a
new temper is a new registration: nothing restarts and calls in progress keep theirs. Two hundred phones cost one
process.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from callcenter.demo.ports import free_port, media_ports
from callcenter.demo.sipp import Network, Run, Seen, SippFailed, sipp

FOREVER_MS = 3_600_000
REGISTER_SECONDS = 6.0
REGISTER_TRIES = 4
_requests = itertools.count(1)


class Response(IntEnum):
    """What a phone does with a call; the numbers are those of scenarios/phones.xml."""

    ANSWERS = 0
    DECLINES = 1
    SILENT = 2
    BUSY = 3


class Then(IntEnum):
    """What ends the talk on this side."""

    HANGS_UP = 0
    TRANSFERS_BLIND = 1
    TRANSFERS_ATTENDED = 2


@dataclass(frozen=True, slots=True)
class Temper:
    """Times in seconds; `talks` None waits for the other side to hang up."""

    response: Response = Response.ANSWERS
    rings: float = 1.0
    talks: float | None = None
    then: Then = Then.HANGS_UP
    target: str = ""

    def code(self, phone: str, row: int) -> str:
        """The contact's user part that selects the behaviour in scenarios/phones.xml."""
        talks = FOREVER_MS if self.talks is None else round(self.talks * 1000)
        target = self.target or "0"
        return f"{phone}.{self.response:d}.{round(self.rings * 1000)}.{talks}.{self.then:d}.{target}.{row}"


def answers(after: float = 1.0, talks: float | None = None) -> Temper:
    """Rings `after` seconds, answers, talks, then hangs up first (None: waits for the caller to)."""
    return Temper(Response.ANSWERS, after, talks)


def declines() -> Temper:
    return Temper(Response.DECLINES)


def busy() -> Temper:
    return Temper(Response.BUSY)


def silent() -> Temper:
    """Rings and is never answered."""
    return Temper(Response.SILENT)


def transfers(target: str, after: float = 1.0, talks: float = 1.0, attended: bool = False) -> Temper:
    """Answers, talks, then transfers the caller to `target`: blind, or attended after talking to the colleague."""
    return Temper(Response.ANSWERS, after, talks, Then.TRANSFERS_ATTENDED if attended else Then.TRANSFERS_BLIND, target)


class Phones:
    """The phones of one simulated floor; created by `phones()`."""

    def __init__(self, network: Network, secrets: Mapping[str, str], run: Run, port: int) -> None:
        self._network = network
        self._secrets = dict(secrets)
        self._rows = {phone: row for row, phone in enumerate(self._secrets)}
        self._run = run
        self._port = port
        self.registered: set[str] = set()

    def events(self) -> list[Seen]:
        return self._run.events()

    async def see(
        self, what: str, phone: str | None = None, within: float = 15.0, times: int = 1, caller: str | None = None
    ) -> Seen:
        """Wait for an event that scenarios/phones.xml logs, such as `ringing`, `answered` or `cancelled`."""
        return await self._run.see(what, phone, within, times, caller)

    def rang(self, phone: str, caller: str | None = None) -> int:
        """How many times this phone has rung, for this caller if one is given."""
        return sum(
            seen.what == "ringing" and seen.party == phone and caller in (None, seen.other) for seen in self.events()
        )

    async def register(self, tempers: Mapping[str, Temper]) -> None:
        """Register these phones, each with its temper; register again to change a temper."""
        contacts = {phone: self._contact(phone, temper) for phone, temper in tempers.items()}
        self.registered |= contacts.keys()
        await self._send(contacts, expires=3600)

    async def unregister(self, phones: Iterable[str]) -> None:
        """Unregister these phones: the PBX no longer has a contact for them."""
        contacts = dict.fromkeys(phones, "*")
        await self._send(contacts, expires=0)
        self.registered -= contacts.keys()

    def _contact(self, phone: str, temper: Temper) -> str:
        return f"<sip:{temper.code(phone, self._rows[phone])}@{self._network.local}:{self._port}>"

    async def _send(self, contacts: Mapping[str, str], expires: int) -> None:
        """Make the phones' own SIPp register, so that the request comes from the port that takes the calls."""
        before = {phone: self._registrations(phone) for phone in contacts}
        waiting = list(contacts)
        for last in (*[False] * (REGISTER_TRIES - 1), True):
            await self._ask({phone: contacts[phone] for phone in waiting}, expires)
            try:
                for phone in waiting:
                    await self.see("registered", phone, within=REGISTER_SECONDS, times=before[phone] + 1)
                return
            except SippFailed:
                # The request is one datagram, which a busy machine may drop: phones that missed it are asked again.
                if last or not self._run.running:
                    raise
            waiting = [phone for phone in waiting if self._registrations(phone) == before[phone]]

    async def _ask(self, contacts: Mapping[str, str], expires: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            for phone, contact in contacts.items():
                request = _request(next(_requests), phone, self._rows[phone], contact, expires, self._network.local)
                sock.sendto(request, (self._network.local, self._port))
                # SIPp reads one datagram at a time; if hundreds were sent at once, some would be lost.
                await asyncio.sleep(0.002)

    def _registrations(self, phone: str) -> int:
        return sum(seen.what == "registered" and seen.party == phone for seen in self.events())


@contextlib.asynccontextmanager
async def phones(network: Network, secrets: Mapping[str, str]) -> AsyncIterator[Phones]:
    """Phones by name with their secrets; they exist but are not registered yet."""
    port, rows = free_port(), [_credentials(phone, secret) for phone, secret in secrets.items()]
    options = ["-p", str(port), "-mp", str(media_ports(4)), "-rtp_echo", "-aa", "-inf", "phones.csv"]
    async with sipp(network, "phones.xml", options, {"phones.csv": _csv(rows)}) as run:
        await run.listening(port, network.local)
        floor = Phones(network, secrets, run, port)
        try:
            yield floor
        finally:
            # A PBX that is already gone has lost its registrations.
            with contextlib.suppress(SippFailed, TimeoutError):
                async with asyncio.timeout(2.0):
                    await floor.unregister(list(floor.registered))


def _request(number: int, phone: str, row: int, contact: str, expires: int, local: str) -> bytes:
    lines = [
        f"MESSAGE sip:register@{local} SIP/2.0",
        f"Via: SIP/2.0/UDP {local}:9;branch=z9hG4bK-request-{number}",
        f"From: <sip:demo@{local}>;tag={number}",
        f"To: <sip:register@{local}>",
        f"Call-ID: request-{number}@{local}",
        f"CSeq: {number} MESSAGE",
        f"X-Phone: {phone}",
        f"X-Row: {row}",
        f"X-Contact: {contact}",
        f"X-Expires: {expires}",
        "Max-Forwards: 70",
        "Content-Length: 0",
        "",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")


def _credentials(phone: str, secret: str) -> str:
    if set(phone + secret) & set(";[] \r\n"):
        raise SippFailed("a phone's name or secret holds a sign that SIPp's files cannot carry")
    return f"[authentication username={phone} password={secret}]"


def _csv(rows: list[str]) -> str:
    return "SEQUENTIAL\n" + "\n".join(rows) + "\n"
