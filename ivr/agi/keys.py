"""Plays prompts and reads keys: Asterisk's Read() plays `a&b&c` and collects in one application.

It runs in the dialplan's [cc-ask], which also limits the time until the next command (asterisk/render/flow.py).
No key is lost between two sounds then: res_agi discards what is pressed while it waits for a command, and GET DATA
plays one file only. Whatever way a key took (RFC 4733, SIP INFO, or tones found in the audio) it arrives as the same
frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from callcenter.asterisk.agi_protocol import COMMAND_LIMIT
from callcenter.asterisk.fastagi import AgiChannel
from ivr.session.model import HungUp, Keys, Silence, Unheard

ROOM: Final = COMMAND_LIMIT - 100
"""Bytes for sound names in one command."""
BRIEF: Final = "0.1"
"""Seconds of silence after a part that another part follows; 0 would be Read()'s own ten seconds."""
BRIEFLY: Final = "100"
"""Milliseconds of one look at the keys while something else is done."""
KEYS: Final = frozenset("0123456789*#ABCD")
TIMEOUT: Final = "TIMEOUT"
HUNG_UP: Final = frozenset({"INTERRUPTED", ""})
FAILED: Final = frozenset({"HANGUP", "ERROR"})
"""Read() ends so when the caller hangs up, and also when its last sound is missing (main/app.c: ast_app_getdata)."""


Heard: TypeAlias = Keys | Silence | Unheard | HungUp


async def ask(channel: AgiChannel, sounds: Sequence[str], most: int, seconds: int) -> Heard:
    """Play the sounds and read up to `most` keys; the first key stops the playing."""
    parts = list(_parts(sounds)) or [""]
    for part in parts[:-1]:
        event = await _read(channel, part, most, BRIEF)
        if isinstance(event, (Keys, HungUp)):
            # A key within an early part: the rest of an entry is read in silence.
            return await _rest(channel, event, most, seconds)
    return await _read(channel, parts[-1], most, str(seconds))


async def keys_during(channel: AgiChannel, work: asyncio.Task[Any]) -> str:
    """The keys that the caller presses while the work is done: res_agi drops keys while it waits for a command."""
    entered = ""
    while not work.done() and not channel.caller_gone:
        answer = await channel.command("WAIT FOR DIGIT", BRIEFLY)
        if not answer.ok:
            break
        sign = chr(int(answer.result)) if answer.result.isdigit() else ""
        entered += sign if sign in KEYS else ""
    return entered


def answered_early(entered: str, most: int) -> Keys | None:
    """The key that answers a question which the caller has not heard yet; None where there is none.

    The hash key behind an entry of full length ended that entry. An entry of several digits is not begun early: the
    caller does not know yet that one is asked for.
    """
    keys = entered.removeprefix("#")
    return Keys(keys[0].replace("#", "")) if keys and most == 1 else None


async def play(channel: AgiChannel, sounds: Sequence[str]) -> Unheard | HungUp | None:
    """Play the sounds to the end; keys do not stop them. Unheard when one of them is missing."""
    missing = False
    for part in _parts(sounds):
        answer = await channel.command("GOSUB", "cc-ask", "play", "1", part)
        if channel.caller_gone or not answer.ok:
            return HungUp()
        status = await channel.command("GET FULL VARIABLE", "${PLAYBACKSTATUS}")
        missing |= status.data == "FAILED"
    return Unheard() if missing else None


async def _rest(channel: AgiChannel, event: Keys | HungUp, most: int, seconds: int) -> Heard:
    if isinstance(event, HungUp) or len(event.keys) >= most:
        return event
    more = await _read(channel, "", most - len(event.keys), str(seconds))
    if isinstance(more, HungUp):
        return more
    return Keys(event.keys + more.keys) if isinstance(more, Keys) else event


async def _read(channel: AgiChannel, sounds: str, most: int, seconds: str) -> Heard:
    await channel.command("GOSUB", "cc-ask", "s", "1", f"{sounds},{most},{seconds}")
    if channel.caller_gone:
        return HungUp()
    answer = await channel.command("GET FULL VARIABLE", "${READSTATUS}:${CC_KEYS}")
    status, _, entered = answer.data.partition(":")
    if channel.caller_gone or status in HUNG_UP:
        return HungUp()
    if status in FAILED:
        return Unheard()
    keys = "".join(key for key in entered if key in KEYS)
    if keys:
        return Keys(keys)
    # An empty entry that did not time out was ended by the hash key alone.
    return Silence() if status == TIMEOUT else Keys("")


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
