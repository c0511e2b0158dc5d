"""Simulates a small SIP telephone and carrier (RFC 3261 over UDP) for what SIPp's scenarios cannot express.

It sends an INVITE as given in a file, presses keys while it listens, answers and hangs up when the test asks, and keeps
all that it receives and hears. One `Station` is one address; its calls are `Call`s.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from tests.support.media import Media
from tests.support.sip_message import Address, Message, digest, encoded, sdp, uri_in, uri_of

_serial = itertools.count(1)


@dataclass
class Call:
    """One dialog. `came` holds when and what the other side sent in it."""

    station: Station
    id: str
    media: Media
    media_port: int
    invite: Message | None = None
    incoming: bool = False
    came: list[tuple[float, Message]] = field(default_factory=list)
    local: str = ""
    remote: str = ""
    target: str = ""
    sequence: int = 10
    codecs: str = "8 101"
    hung_up: bool = False

    @property
    def statuses(self) -> list[int]:
        """The responses to our own INVITE, in order."""
        return [m.status for _, m in self.came if m.status and m.method == "INVITE"]

    @property
    def ended(self) -> bool:
        return any(m.method in ("BYE", "CANCEL") and not m.status for _, m in self.came)

    def at(self, condition: Callable[[Message], bool]) -> float | None:
        """When the first such message arrived."""
        return next((at for at, message in self.came if condition(message)), None)

    async def status(self, number: int, within: float = 10.0) -> float:
        """Wait for this response to our INVITE and return when it arrived."""
        await until(lambda: number in self.statuses, within, f"{number}; came {self.statuses}")
        at = self.at(lambda m: m.status == number and m.method == "INVITE")
        assert at is not None
        return at

    async def gone(self, within: float = 15.0) -> None:
        """Wait until the other side has hung up or cancelled."""
        await until(lambda: self.ended, within, "the other side hangs up")

    def answer(self, status: int = 200, reason: str = "OK", sound: bool | None = None) -> None:
        """Answer their INVITE."""
        assert self.invite is not None
        with_body = sound if sound is not None else status == 200
        contact = [("Contact", f"<sip:station@{self.station.local}:{self.station.port}>")]
        body = sdp(self.station.local, self.media_port, self.codecs) if with_body else ""
        kind = [("Content-Type", "application/sdp")] if body else []
        self.station.respond(self.invite, status, reason, contact + kind, body, self.local)

    def request(self, method: str, extra: list[tuple[str, str]] | None = None, body: str = "") -> None:
        self.sequence += 1
        headers = [
            ("Via", self.station.via()),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.id),
            ("CSeq", f"{self.sequence} {method}"),
            ("Max-Forwards", "70"),
            ("Contact", f"<sip:station@{self.station.local}:{self.station.port}>"),
        ]
        self.station.send(encoded(f"{method} {self.target} SIP/2.0", headers + (extra or []), body))

    async def acknowledged(self, within: float = 5.0) -> None:
        """Wait for the ACK of our answer to their INVITE: the conversation has begun."""
        await until(lambda: any(m.method == "ACK" for _, m in self.came), within, "an ACK")

    def refer(self, number: str) -> None:
        """Transfer the other side to a number, blind (RFC 3515)."""
        here = f"{self.station.pbx[0]}:{self.station.pbx[1]}"
        self.request("REFER", [("Refer-To", f"<sip:{number}@{here}>"), ("Referred-By", uri_in(self.local))])

    def refer_to(self, other: Call) -> None:
        """Join the other side of this call with that of another call of ours (RFC 3891), answered or still ringing."""
        there, here = (re.search(r"tag=([^;]+)", text) for text in (other.remote, other.local))
        assert here is not None
        far = there[1] if there else ""
        replaces = f"{other.id}%3Bto-tag%3D{far}%3Bfrom-tag%3D{here[1]}".replace("@", "%40")
        self.request("REFER", [("Refer-To", f"<{uri_in(other.remote)}?Replaces={replaces}>")])

    def hang_up(self) -> None:
        if not self.hung_up and not self.ended:
            self.hung_up = True
            self.request("BYE")
            self.media.quiet = True

    def cancel(self) -> None:
        assert self.invite is not None
        headers = [(k, self.invite.get(k)) for k in ("Via", "From", "To", "Call-ID")]
        number = self.invite.get("CSeq").split(" ")[0]
        self.station.send(encoded(f"CANCEL {uri_of(self.invite)} SIP/2.0", [*headers, ("CSeq", f"{number} CANCEL")]))


@dataclass
class Station(asyncio.DatagramProtocol):
    """One SIP address of ours; incoming calls get 180 and stay in `incoming` until the test takes them."""

    pbx: Address
    user: str = ""
    secret: str = ""
    local: str = "127.0.0.1"
    port: int = 0
    refuses: tuple[int, str] | None = None
    """How every call is refused, such as (486, "Busy Here")."""
    refused: list[Message] = field(default_factory=list)
    rings: bool = True
    lost: bool = False
    """Cut from the network: nothing is sent and nothing arrives any more, media included."""
    hum: tuple[int, ...] = ()
    codecs: str = "8 101"
    calls: dict[str, Call] = field(default_factory=dict)
    incoming: list[Call] = field(default_factory=list)
    registers: list[Message] = field(default_factory=list)
    """REGISTER requests that the PBX sent to us as its carrier."""
    registration: int = 200
    """How each of them is answered."""
    _answers: dict[str, list[Message]] = field(default_factory=dict)
    _transport: asyncio.DatagramTransport | None = None

    def via(self) -> str:
        return f"SIP/2.0/UDP {self.local}:{self.port};branch=z9hG4bK-st-{next(_serial)};rport"

    def send(self, data: bytes) -> None:
        assert self._transport is not None
        if not self.lost:
            self._transport.sendto(data, self.pbx)

    def lose_network(self) -> None:
        self.lost = True
        for call in self.calls.values():
            call.media.quiet = True

    def respond(
        self,
        to: Message,
        status: int,
        reason: str,
        extra: list[tuple[str, str]] | None = None,
        body: str = "",
        local: str = "",
    ) -> None:
        headers = [("Via", via) for via in to.all("Via")] + [("Record-Route", r) for r in to.all("Record-Route")]
        headers += [("From", to.get("From")), ("To", local or to.get("To"))]
        headers += [("Call-ID", to.get("Call-ID")), ("CSeq", to.get("CSeq")), *(extra or [])]
        self.send(encoded(f"SIP/2.0 {status} {reason}", headers, body))

    def datagram_received(self, data: bytes, addr: Address) -> None:
        message = Message.parse(data)
        if self.lost or not message.first:
            return
        call = self.calls.get(message.get("Call-ID"))
        if message.status:
            self._answers.setdefault(message.get("Call-ID"), []).append(message)
            if call is not None:
                self._answered(call, message)
            return
        self._asked(call, message)

    def _answered(self, call: Call, message: Message) -> None:
        call.came.append((time.time(), message))
        if message.method != "INVITE":
            return
        if message.status > 100 and "tag=" in message.get("To"):
            call.remote = message.get("To")
            call.target = uri_in(message.get("Contact")) or call.target
        if message.media_address():
            call.media.peer = message.media_address()
        if message.status == 487:
            call.media.quiet = True
        if message.status >= 200:
            number = message.get("CSeq").split(" ")[0]
            headers = [
                ("Via", self.via() if message.status < 300 else message.get("Via")),
                ("From", call.local),
                ("To", message.get("To")),
                ("Call-ID", call.id),
                ("CSeq", f"{number} ACK"),
                ("Max-Forwards", "70"),
            ]
            self.send(encoded(f"ACK {call.target} SIP/2.0", headers))

    def _asked(self, call: Call | None, message: Message) -> None:
        method = message.method
        if method == "INVITE" and call is None:
            self._called(message)
        elif method == "INVITE" and call is not None:
            call.came.append((time.time(), message))
            if "tag=" in message.get("To"):
                call.media.peer = message.media_address() or call.media.peer
                call.invite = message
                call.answer()
        elif method == "REGISTER":
            self.registers.append(message)
            contact = [("Contact", message.get("Contact") + ";expires=300")] if self.registration == 200 else []
            self.respond(message, self.registration, "OK" if contact else "Forbidden", contact)
        elif method != "ACK":
            self.respond(message, 200, "OK")
            if call is not None:
                call.came.append((time.time(), message))
                # The port that the PBX had for this call may be the next one's: sound of an old call would disturb it.
                call.media.quiet = call.media.quiet or method in ("BYE", "CANCEL")
                if method == "CANCEL" and call.invite is not None:
                    self.respond(call.invite, 487, "Request Terminated", local=call.local)
        elif call is not None:
            call.came.append((time.time(), message))

    def _called(self, message: Message) -> None:
        if self.refuses is not None:
            self.refused.append(message)
            self.respond(message, *self.refuses, local=message.get("To") + f";tag=r{next(_serial)}")
            return
        self.respond(message, 100, "Trying")
        task = asyncio.create_task(self._take(message))
        task.add_done_callback(lambda done: done.result())

    async def _take(self, message: Message) -> None:
        if message.get("Call-ID") in self.calls:
            return
        media = Media(self.local, self.hum, peer=message.media_address())
        call = Call(self, message.get("Call-ID"), media, 0, message, incoming=True, codecs=self.codecs)
        self.calls[call.id] = call
        call.media_port = await media.open()
        call.local = message.get("To") + f";tag=t{next(_serial)}"
        call.remote, call.target = message.get("From"), uri_in(message.get("Contact"))
        self.incoming.append(call)
        if self.rings:
            call.answer(180, "Ringing")

    async def called(self, number: int = 1, within: float = 15.0) -> Call:
        """Wait for the nth incoming call, counted from 1."""
        await until(lambda: len(self.incoming) >= number, within, f"call {number} at {self.user}")
        return self.incoming[number - 1]

    async def call(self, number: str, caller: str = "13900000001", name: str = "", codecs: str = "8 101") -> Call:
        """Send an INVITE to a number."""
        here = f"{self.local}:{self.port}"
        lines = [
            ("From", f'"{name}" <sip:{caller}@{here}>;tag=f{next(_serial)}'),
            ("To", f"<sip:{number}@{self.pbx[0]}>"),
            ("Call-ID", f"c{next(_serial)}-{time.time_ns()}@{self.local}"),
            ("CSeq", "1 INVITE"),
            ("Contact", f"<sip:{caller}@{here}>"),
            ("Max-Forwards", "70"),
        ]
        return await self._invite(f"INVITE sip:{number}@{self.pbx[0]}:{self.pbx[1]} SIP/2.0", lines, codecs)

    async def call_as_in(self, text: str, extra: list[tuple[str, str]] | None = None) -> Call:
        """Send an INVITE as a carrier wrote it; only addresses and the media port are ours."""
        read = Message.parse(text.replace("\r\n", "\n").replace("\n", "\r\n").encode())
        first = read.first.replace("PBX:5060", f"{self.pbx[0]}:{self.pbx[1]}")
        headers = [
            (k, v.replace("PBX", self.pbx[0])) for k, v in read.headers if k not in ("Via", "Contact", "Call-ID")
        ]
        headers = [(k, v) for k, v in headers if not k.startswith("Content-")] + (extra or [])
        headers += [("Contact", f"<sip:caller@{self.local}:{self.port}>")]
        headers += [("Call-ID", f"case-{next(_serial)}-{time.time_ns()}@{self.local}")]
        offered = re.search(r"RTP/AVP ([0-9 ]+)", read.body)
        assert offered is not None
        return await self._invite(first, headers, offered[1].strip())

    async def _invite(self, first: str, headers: list[tuple[str, str]], codecs: str) -> Call:
        media = Media(self.local, self.hum)
        port = await media.open()
        headers = [("Via", self.via()), *headers, ("Content-Type", "application/sdp")]
        message = Message(first, tuple(headers))
        call = Call(self, message.get("Call-ID"), media, port, message, codecs=codecs)
        call.local, call.remote, call.target = message.get("From"), message.get("To"), uri_of(message)
        self.calls[call.id] = call
        self.send(encoded(first, headers, sdp(self.local, port, codecs)))
        return call

    async def signed_call(self, number: str, codecs: str = "8 101") -> Call:
        """Call from one of the centre's phones, answering the PBX's challenge."""
        call = await self.call(number, self.user, codecs=codecs)
        await until(lambda: 401 in call.statuses, 5.0, "the challenge")
        assert call.invite is not None
        challenge = next(m for _, m in call.came if m.status == 401)
        uri = uri_of(call.invite)
        proof = ("Authorization", digest(self.user, self.secret, "INVITE", uri, challenge.get("WWW-Authenticate")))
        headers = [(k, v) for k, v in call.invite.headers if k not in ("Via", "CSeq")]
        headers = [("Via", self.via()), ("CSeq", "2 INVITE"), *headers, proof]
        call.invite = Message(call.invite.first, tuple(headers))
        call.remote, call.target = call.invite.get("To"), uri
        call.came.clear()
        self.send(encoded(call.invite.first, headers, sdp(self.local, call.media_port, codecs)))
        return call

    async def register(self, expires: int = 300, secret: str | None = None) -> int:
        """Register as one of the centre's phones and return the last status."""
        id_, uri = f"reg-{next(_serial)}-{time.time_ns()}@{self.local}", f"sip:{self.pbx[0]}"
        headers = [
            ("From", f"<sip:{self.user}@{self.pbx[0]}>;tag=g{next(_serial)}"),
            ("To", f"<sip:{self.user}@{self.pbx[0]}>"),
            ("Call-ID", id_),
            ("Max-Forwards", "70"),
            ("Contact", f"<sip:{self.user}@{self.local}:{self.port}>"),
            ("Expires", str(expires)),
        ]
        self.send(encoded(f"REGISTER {uri} SIP/2.0", [("Via", self.via()), ("CSeq", "1 REGISTER"), *headers]))
        answers = self._answers.setdefault(id_, [])
        await until(lambda: len(answers) >= 1, 5.0, "an answer to REGISTER")
        if answers[0].status != 401:
            return answers[0].status
        given = digest(self.user, secret or self.secret, "REGISTER", uri, answers[0].get("WWW-Authenticate"))
        headers.append(("Authorization", given))
        self.send(encoded(f"REGISTER {uri} SIP/2.0", [("Via", self.via()), ("CSeq", "2 REGISTER"), *headers]))
        await until(lambda: len(answers) >= 2, 5.0, "the second answer to REGISTER")
        return answers[1].status


async def until(condition: Callable[[], bool], within: float, what: str) -> None:
    """Wait for a state of a station; the error names the awaited state when it does not come."""
    try:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - a state, which has no event of its own.
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise TimeoutError(f"not seen within {within} s: {what}") from None


@contextlib.asynccontextmanager
async def station(
    pbx: Address, user: str = "", secret: str = "", *, local: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Station]:
    """A station while the block runs; its calls are hung up and its ports closed after it."""
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind((local, port))
    opened = Station(pbx, user, secret, local, door.getsockname()[1])
    loop = asyncio.get_running_loop()
    opened._transport, _ = await loop.create_datagram_endpoint(lambda: opened, sock=door)
    try:
        yield opened
    finally:
        for call in list(opened.calls.values()):
            if call.remote and not call.ended:
                call.hang_up()
            await call.media.close()
        if user and secret:
            with contextlib.suppress(TimeoutError):
                await opened.register(expires=0)
        opened._transport.close()
