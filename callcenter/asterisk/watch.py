"""The operator's live tail of the PBX, on panoramisk with our whole-frame reader in its protocol's place.

panoramisk decodes each packet by itself and so damages a Chinese name that two packets share; it keeps the connection
and the login here, and the reading is ours.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message as Answer

from callcenter.asterisk.ami_protocol import FrameReader, Message

Show = Callable[[str], None]
_NUMBER = re.compile(r"\d{7,}")
SHOWN = (
    "Channel",
    "Queue",
    "MemberName",
    "Interface",
    "Device",
    "State",
    "DialStatus",
    "Cause",
    "Reason",
    "CallerIDNum",
)


def line_of(message: Message) -> str:
    """One event as one line: control characters escaped, the middle of numbers hidden."""
    parts = [f"{key}={message.get(key)}" for key in SHOWN if message.get(key)]
    text = f"{message.name}  {'  '.join(parts)}"
    masked = _NUMBER.sub(lambda result: result[0][:3] + "****" + result[0][-4:], text)
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in masked)


class WholeFrames(AMIProtocol):  # type: ignore[misc] # panoramisk has no types.
    """panoramisk's protocol with our reader in place of its own, which decodes each packet by itself."""

    show: Show

    def __init__(self) -> None:
        super().__init__()
        self._frames = FrameReader()

    def data_received(self, data: bytes) -> None:
        for message in self._frames.feed(data):
            if message.name:
                self.show(line_of(message))
            else:
                self.handle_message(Answer(message.headers))


async def watch(host: str, port: int, user: str, secret: str, show: Show) -> None:
    """Print every event until cancelled; panoramisk connects anew by itself."""

    def protocol() -> Any:
        made = WholeFrames()
        made.show = show
        return made

    manager = Manager(
        host=host,
        port=port,
        username=user,
        secret=secret,
        ping_delay=10,
        ping_tries=3,
        protocol_factory=protocol,
        loop=asyncio.get_running_loop(),
    )
    await manager.connect()
    try:
        await asyncio.Event().wait()
    finally:
        manager.close()
