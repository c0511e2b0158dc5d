"""The commands to Asterisk about one live call: hang up, hold, mute, press keys.

Each is sent once on the control login. AMI has no action that puts a party on hold, and its MuteAudio needs the class
`system`, so hold is a dynamic feature of the dialplan (render/call_control.py) and mute a dialplan function.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Protocol

from callcenter.asterisk.ami_protocol import BadAction, Message
from callcenter.asterisk.render.call_control import COMPLETE_KEYS, CONFERENCE_KEYS, HOLD_KEYS, TRANSFERS
from callcenter.asterisk.render.phone_codes import SPOKEN
from callcenter.facts import ChannelSeen

COMMAND: Final = "command/"
"""Stands before the channel in CEL's hangupsource when the service ended it on behalf of its agent."""
NORMAL: Final = 16
REJECTED: Final = 21
"""Hang-up causes (ITU-T Q.850): normal clearing, and a call that its receiver refuses."""
_CHANNEL: Final = re.compile(r"[A-Za-z0-9_./@:;+-]{1,120}")
_TONES: Final = re.compile(r"[0-9*#A-D]{1,32}")


class Actions(Protocol):
    """The control login (asterisk/control.py)."""

    async def act(self, action: str, headers: Mapping[str, str], intent: str = "") -> Message: ...


class CallCommands:
    """Raises AmiClosed, AmiTimeout (outcome unknown), AmiRefused (such a channel no longer exists), BadAction."""

    def __init__(self, control: Actions) -> None:
        self._control = control

    async def hang_up(self, intent: str, seen: ChannelSeen, cause: int = NORMAL) -> None:
        """End a channel on behalf of its agent: without the source CEL would name nobody (R5)."""
        await self._set(seen.uniqueid, "CHANNEL(hangupsource)", COMMAND + _checked(seen.channel))
        await self._control.act("Hangup", {"Channel": _checked(seen.uniqueid), "Cause": str(cause)}, intent)

    async def release(self, channel: str) -> None:
        """End the channel of an agent whose call is taken over: they did not hang up (R5)."""
        await self._control.act("Hangup", {"Channel": _checked(channel), "Cause": str(NORMAL)})

    async def move(self, intent: str, channel: str, context: str, exten: str) -> None:
        """Let a channel go on elsewhere in the dialplan."""
        place = {"Context": _checked(context), "Exten": _checked(exten), "Priority": "1"}
        await self._control.act("Redirect", {"Channel": _checked(channel), **place}, intent)

    async def variable(self, channel: str, name: str) -> str:
        answer = await self._control.act("Getvar", {"Channel": _checked(channel), "Variable": _checked(name)})
        return answer.get("Value")

    async def received(self, channel: str) -> int | None:
        """How many packets of audio Asterisk has received from a phone; None where it cannot say."""
        headers = {"Channel": _checked(channel), "Variable": "CHANNEL(rtcp,rxcount,audio)"}
        count = (await self._control.act("Getvar", headers)).get("Value")
        return int(count) if count.isdigit() else None

    async def assign(self, channel: str, name: str, value: str) -> None:
        """Set a variable of the dialplan on a channel; empty clears it."""
        await self._set(channel, _checked(name), _checked(value) if value else "")

    async def mute(self, channel: str, muted: bool) -> None:
        """Drop the audio that comes from this channel's phone, or let it pass again (func MUTEAUDIO)."""
        await self._set(channel, "MUTEAUDIO(in)", "on" if muted else "off")

    async def begin_hold(self, intent: str, agent: str) -> None:
        """Let the party who is bridged with this agent's channel hear music."""
        await self._press(intent, agent, HOLD_KEYS)

    async def transfer(self, intent: str, agent: str, context: str, target: str) -> None:
        """Send the party who talks with this channel to a target, and leave."""
        headers = {"Channel": _checked(agent), "Context": _checked(context), "Exten": _checked(target)}
        await self._control.act("BlindTransfer", headers, intent)

    async def consult(self, intent: str, agent: str, target: str) -> None:
        """Call a target while the other party hears music."""
        headers = {"Channel": _checked(agent), "Context": TRANSFERS, "Exten": _checked(target)}
        await self._control.act("Atxfer", headers, intent)

    async def cancel_consult(self, intent: str, agent: str) -> None:
        """End the consultation and return to the other party."""
        await self._control.act("CancelAtxfer", {"Channel": _checked(agent)}, intent)

    async def complete(self, intent: str, agent: str) -> None:
        """Join the two others and leave."""
        await self._press(intent, agent, COMPLETE_KEYS)

    async def confer(self, intent: str, agent: str) -> None:
        """Join all three."""
        await self._press(intent, agent, CONFERENCE_KEYS)

    async def _press(self, intent: str, agent: str, keys: str) -> None:
        """Send keys as if the phone had pressed them: the feature codes of the dialplan."""
        for place, key in enumerate(keys):
            headers = {"Channel": _checked(agent), "Digit": key, "Receive": "true"}
            await self._control.act("PlayDTMF", headers, intent if place == 0 else "")

    async def end_hold(self, party: str) -> None:
        """Return a party who hears music to the conversation."""
        await self._set(party, "CC_HOLD", "0")

    async def speak(self, channel: str, sounds: str) -> None:
        """What a phone that has dialled a code hears (render/phone_codes.py)."""
        await self._set(channel, SPOKEN, sounds)

    async def is_held(self, party: str) -> bool:
        answer = await self._control.act("Getvar", {"Channel": _checked(party), "Variable": "CC_HELD"})
        return answer.get("Value") == "1"

    async def send_keys(self, intent: str, party: str, keys: str) -> None:
        """Send keys to a party, for the menus of others."""
        if not _TONES.fullmatch(keys):
            raise BadAction("keys are digits, *, # and A to D")
        for place, key in enumerate(keys):
            headers = {"Channel": _checked(party), "Digit": key}
            await self._control.act("PlayDTMF", headers, intent if place == 0 else "")

    async def _set(self, channel: str, variable: str, value: str) -> None:
        await self._control.act("Setvar", {"Channel": _checked(channel), "Variable": variable, "Value": value})


def _checked(value: str) -> str:
    """Return the name or id of a channel. Raises BadAction."""
    if not _CHANNEL.fullmatch(value):
        raise BadAction("this is no channel of Asterisk")
    return value
