"""Plays prompts and reads keys with AGI commands: one round trip for a prompt with its answer.

GET DATA (res_agi, handle_getdata) plays `a&b&c` and reads keys in one command, so that no key is lost between two
commands: res_agi discards what is pressed while it waits for one. Whatever way the key took (RFC 4733, SIP INFO, or
tones found in the audio) it arrives as the same frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from callcenter.asterisk.agi_protocol import COMMAND_LIMIT
from callcenter.asterisk.fastagi import AgiChannel, AgiEnded
from ivr.session.model import HungUp, Keys, Silence

ROOM: Final = COMMAND_LIMIT - 100
"""Bytes for sound names in one command."""
BRIEF: Final = 1
"""Milliseconds of silence after a part that another part follows."""
KEYS: Final = frozenset("0123456789*#ABCD")


async def ask(channel: AgiChannel, sounds: Sequence[str], most: int, seconds: int) -> Keys | Silence | HungUp:
    """Play the sounds and read up to `most` keys; the first key stops the playing."""
    parts = list(_parts(sounds)) or [""]
    for part in parts[:-1]:
        event = await _data(channel, part, most, BRIEF)
        if not isinstance(event, Silence):
            # A key within an early part: the rest of an entry is read in silence.
            return await _rest(channel, event, most, seconds)
    return await _data(channel, parts[-1], most, seconds * 1000)


async def play(channel: AgiChannel, sounds: Sequence[str]) -> HungUp | None:
    """Play the sounds to the end; keys do not stop them."""
    for part in _parts(sounds):
        answer = await channel.command("EXEC", "Playback", part)
        if channel.caller_gone or not answer.ok:
            return HungUp()
    return None


async def _rest(channel: AgiChannel, event: Keys | HungUp, most: int, seconds: int) -> Keys | Silence | HungUp:
    if isinstance(event, HungUp) or len(event.keys) >= most:
        return event
    more = await _data(channel, "", most - len(event.keys), seconds * 1000)
    if isinstance(more, HungUp):
        return more
    return Keys(event.keys + more.keys) if isinstance(more, Keys) else event


async def _data(channel: AgiChannel, sounds: str, most: int, milliseconds: int) -> Keys | Silence | HungUp:
    try:
        answer = await channel.command("GET DATA", sounds, str(milliseconds), str(most))
    except AgiEnded:
        return HungUp()
    if channel.caller_gone or not answer.ok:
        return HungUp()
    keys = "".join(key for key in answer.result if key in KEYS)
    if keys:
        return Keys(keys)
    # Without "(timeout)" the caller ended an empty entry: the hash key alone.
    return Silence() if answer.data == "timeout" else Keys("")


def _parts(sounds: Sequence[str]) -> Iterator[str]:
    """The sounds as `a&b`, each part short enough for one command."""
    part = ""
    for sound in sounds:
        if part and len(part.encode()) + len(sound.encode()) + 1 > ROOM:
            yield part
            part = ""
        part = f"{part}&{sound}" if part else sound
    if part:
        yield part
