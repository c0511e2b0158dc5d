"""The operator's live tail of the PBX, on panoramisk with our complete-frame reader in its protocol.

panoramisk decodes each packet separately and so damages a Chinese name split across two packets; it keeps the
connection and the login here, and the parsing is ours.
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
    """Format one event as one line: control characters escaped, the middle of numbers masked."""
    parts = [f"{key}={message.get(key)}" for key in SHOWN if message.get(key)]
    text = f"{message.name}  {'  '.join(parts)}"
    masked = _NUMBER.sub(lambda result: result[0][:3] + "****" + result[0][-4:], text)
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in masked)


class WholeFrames(AMIProtocol):  # type: ignore[misc] # panoramisk has no types.
    """panoramisk's protocol with our reader instead of its own, which decodes each packet separately."""

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
    """Print every event until cancelled; panoramisk reconnects by itself."""

    def protocol() -> Any:
        frames = WholeFrames()
        frames.show = show
        return frames

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
