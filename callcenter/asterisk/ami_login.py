"""Where Asterisk's AMI is and who logs in there, and the TCP or TLS connection to it."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from dataclasses import dataclass, field

from callcenter.asterisk.ami_errors import AmiClosed, AmiTimeout


@dataclass(frozen=True, slots=True)
class AmiLogin:
    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    events: bool = True
    connect_seconds: float = 5.0
    answer_seconds: float = 5.0
    ping_seconds: float = 2.0
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    stale_seconds: float = 4.0
    """After this time without a byte, including ping answers, the state from this connection is no longer trusted."""

    @property
    def is_loopback(self) -> bool:
        """Whether Asterisk runs on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


async def open_stream(login: AmiLogin, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect. Raises AmiTimeout, AmiClosed."""
    try:
        async with asyncio.timeout(login.connect_seconds):
            return await asyncio.open_connection(login.host, login.port, ssl=login.tls, limit=limit)
    except TimeoutError:
        raise AmiTimeout("Asterisk's AMI port does not answer", host=login.host, port=login.port) from None
    except OSError as error:
        raise AmiClosed(f"Asterisk's AMI port is not open: {error.strerror or error}", port=login.port) from None


async def open_ami(login: AmiLogin, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to what greets as Asterisk does. Raises AmiTimeout, AmiClosed."""
    reader, writer = await open_stream(login, limit)
    try:
        watch_peer(writer)
        async with asyncio.timeout(login.answer_seconds):
            banner = await reader.readline()
        if not banner.startswith(b"Asterisk Call Manager"):
            raise AmiClosed("what answers on the AMI port is not Asterisk", port=login.port)
    except BaseException as error:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        if isinstance(error, TimeoutError):
            raise AmiTimeout("Asterisk accepted the connection but sends nothing", port=login.port) from None
        raise
    return reader, writer


def watch_peer(writer: asyncio.StreamWriter) -> None:
    """Set TCP keep-alive and a limit for unacknowledged data, so that a pulled cable ends the connection (tcp(7))."""
    sock = writer.get_extra_info("socket")
    if isinstance(sock, socket.socket) or hasattr(sock, "setsockopt"):
        options: tuple[tuple[int, int, int], ...] = (
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 20_000),
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        )
        for level, option, value in options:
            sock.setsockopt(level, option, value)
