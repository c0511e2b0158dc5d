"""The control login: our commands to Asterisk. Each intent is sent once; an unknown outcome is looked up."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from callcenter.asterisk import translate
from callcenter.asterisk.ami_errors import AmiClosed, AmiLoginRefused, AmiRefused, AmiTimeout
from callcenter.asterisk.ami_link import AmiLink
from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.ami_protocol import BadAction, Message
from callcenter.asterisk.reconnecting import FIRST_WAIT, rest_seconds, waits
from callcenter.clock import Clock
from callcenter.facts import ChannelSeen, MemberSeen, QueueEntry

log = structlog.get_logger(__name__)

# Asterisk refuses when the member is already in the requested state (apps/app_queue.c): the intent is fulfilled.
_FULFILLED: Final = re.compile(r"already there|not there|not in queue", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Za-z0-9_./@:+-]{1,120}")
_KEYS: Final = re.compile(r"[0-9*#]{1,8}")
_DECISIONS: Final = re.compile(r"(?:[a-z][0-9]{10}){1,90}")
_VARIABLE: Final = re.compile(r"_{0,2}CC_[A-Z0-9_]{1,40}")


_STAMP: Final = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class CoreStatus:
    """`started` by the PBX's own clock and time zone; `calls` None where Asterisk does not count them."""

    started: str
    calls: int | None


class Control:
    """Keeps the control login alive (`run`) and sends intents; without a connection they raise AmiClosed at once."""

    def __init__(self, login: AmiLogin, clock: Clock) -> None:
        self._login = login
        self._clock = clock
        self._link: AmiLink | None = None
        self.ready = asyncio.Event()
        self.connections = 0
        """How many logins succeeded: after each, Asterisk may have lost what it keeps in memory only."""

    async def run(self) -> None:
        """Connect forever; ends only when cancelled."""
        wait, near = FIRST_WAIT, self._login.is_loopback
        while True:
            try:
                link = await AmiLink.connect(self._login)
            except (AmiClosed, AmiTimeout, AmiLoginRefused) as error:
                await asyncio.sleep(rest_seconds(wait, refused=isinstance(error, AmiLoginRefused), near=near))
                wait = waits(wait, near=near)
                continue
            self._link, wait = link, FIRST_WAIT
            self.connections += 1
            self.ready.set()
            try:
                await link.closed.wait()
            finally:
                self.ready.clear()
                self._link = None
                await link.close()

    async def act(self, action: str, headers: Mapping[str, str], intent: str = "") -> Message:
        """Send one action on the control login, once. `intent` is the caller's own ID for it (an ActionID).

        Raises AmiClosed, AmiTimeout (outcome unknown: check before asking again), AmiRefused, BadAction.
        """
        if self._link is None:
            raise AmiClosed("there is no connection to Asterisk", action=action)
        return await self._link.act(action, *headers.items(), action_id=intent or f"cc-{uuid.uuid4().hex}")

    async def _queue(self, action: str, headers: Mapping[str, str]) -> None:
        try:
            await self.act(action, {key: _word(value) if value else "" for key, value in headers.items()})
        except AmiRefused as error:
            if not _FULFILLED.search(error.detail):
                raise

    async def queue_add(self, queue: str, interface: str, agent: str, penalty: int, paused: bool, reason: str) -> None:
        """Make an agent's phone a member. QueueAdd has no header for the pause reason, so QueuePause follows."""
        words = {"Queue": queue, "Interface": interface, "MemberName": agent, "Penalty": str(penalty)}
        await self._queue("QueueAdd", words | {"Paused": "true" if paused else "false", "StateInterface": interface})
        if paused:
            await self.queue_pause(queue, interface, True, reason)

    async def queue_remove(self, queue: str, interface: str) -> None:
        await self._queue("QueueRemove", {"Queue": queue, "Interface": interface})

    async def queue_pause(self, queue: str, interface: str, paused: bool, reason: str) -> None:
        words = {"Queue": queue, "Interface": interface, "Paused": "true" if paused else "false"}
        await self._queue("QueuePause", words | ({"Reason": reason} if reason else {}))

    async def queue_penalty(self, queue: str, interface: str, penalty: int) -> None:
        await self._queue("QueuePenalty", {"Queue": queue, "Interface": interface, "Penalty": str(penalty)})

    async def queue_status(self) -> list[MemberSeen]:
        """Return all members of all queues as Asterisk has them now."""
        if self._link is None:
            raise AmiClosed("there is no connection to Asterisk", action="QueueStatus")
        items = await self._link.ask_list("QueueStatus")
        return [translate.member(item, self._clock()) for item in items if item.name == "QueueMember"]

    async def waiting(self) -> list[QueueEntry]:
        """Return every caller who waits in a queue."""
        if self._link is None:
            raise AmiClosed("there is no connection to Asterisk", action="QueueStatus")
        items = await self._link.ask_list("QueueStatus")
        return [translate.entry(item) for item in items if item.name == "QueueEntry"]

    async def withdraw(self, intent: str, queue: str, channel: str, info: str) -> None:
        """Let a caller leave the queue for the dialplan, once a phone that rings for them has stopped."""
        caller = {"Queue": _word(queue), "Caller": _word(channel)}
        await self.act("QueueWithdrawCaller", {**caller, "WithdrawInfo": _word(info)}, intent)

    async def rank(self, intent: str, queue: str, channel: str, priority: int) -> None:
        """Change the priority of a waiting caller, and their place at once."""
        caller = {"Queue": _word(queue), "Caller": _word(channel)}
        await self.act("QueueChangePriorityCaller", {**caller, "Priority": str(priority), "Immediate": "yes"}, intent)

    async def channels(self) -> list[ChannelSeen]:
        """Return every live channel: where a dial with unknown outcome is looked up. Raises AmiClosed, AmiTimeout."""
        if self._link is None:
            raise AmiClosed("there is no connection to Asterisk", action="CoreShowChannels")
        items = await self._link.ask_list("CoreShowChannels")
        return [translate.channel(item) for item in items if item.name == "CoreShowChannel"]

    async def version(self) -> str:
        """Return Asterisk's version; "" where it does not state one."""
        return (await self.act("CoreSettings", {})).get("AsteriskVersion")

    async def core_status(self) -> CoreStatus:
        """Return when Asterisk started and how many calls it has now."""
        status = await self.act("CoreStatus", {})
        started = f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}".strip()
        calls = status.get("CoreCurrentCalls")
        return CoreStatus(started, int(calls) if calls.isascii() and calls.isdigit() else None)

    async def clock_ahead(self) -> float | None:
        """Return by how many seconds the PBX's clock is ahead of ours; None without timestamps in its answers."""
        before = self._clock()
        stamp = (await self.act("Ping", {})).get("Timestamp")
        if not _STAMP.fullmatch(stamp):
            return None
        # The answer was written somewhere between the question and its arrival: the middle is off by half of that.
        return float(stamp) - (before.timestamp() + self._clock().timestamp()) / 2

    async def endpoint_state(self, endpoint: str) -> str:
        """Return the device state of an endpoint, such as NOT_INUSE or UNAVAILABLE; "" where there is none."""
        return (await self.act("Getvar", {"Variable": f"DEVICE_STATE(PJSIP/{_word(endpoint)})"})).get("Value")

    async def registrations(self) -> dict[str, str]:
        """Return the state of each registration at a carrier, such as Registered, Unregistered or Rejected."""
        if self._link is None:
            raise AmiClosed("there is no connection to Asterisk", action="PJSIPShowRegistrationsOutbound")
        # Each registration is followed by its login (res_pjsip_outbound_registration.c), which the list does not count.
        items = await self._link.ask_list("PJSIPShowRegistrationsOutbound", counted=False)
        return {
            item.get("ObjectName"): item.get("Status") for item in items if item.get("ObjectType") == "registration"
        }

    async def register(self, trunk: str) -> None:
        """Register at a carrier now rather than when the registration would be renewed."""
        await self.act("PJSIPRegister", {"Registration": _word(trunk)})

    async def recording_mute(self, channel: str, muted: bool) -> None:
        """Write silence instead of both parties' audio to this channel's recorders, or resume the audio."""
        state = {"Channel": _word(channel), "Direction": "both", "State": "1" if muted else "0"}
        await self.act("MixMonitorMute", state)

    async def recording_stop(self, channel: str) -> None:
        """End every recording of this channel; recorded audio stays."""
        await self.act("StopMixMonitor", {"Channel": _word(channel)})

    async def recording_start(self, channel: str, keys: str) -> None:
        """Start a recording by the keys that the dialplan listens for; it decides whether the line allows it."""
        await self.press(channel, keys)

    async def recording_late(self, channel: str) -> str:
        """Return the rule of a recorder that a pause delayed on this channel (render/recording.py), "" for none."""
        delayed = await self._variable(channel, "CC_LATER")
        return await self._variable(channel, "CC_RECORD") if delayed else ""

    async def _variable(self, channel: str, name: str) -> str:
        return (await self.act("Getvar", {"Channel": _word(channel), "Variable": name})).get("Value")

    async def phone_signed_in(self, phone: str, there: bool) -> None:
        """Publish whether an agent is signed in at this phone: a device state that survives restarts of Asterisk."""
        state = "NOT_INUSE" if there else "UNAVAILABLE"
        await self.act("Setvar", {"Variable": f"DEVICE_STATE(Custom:cc-in-{_word(phone)})", "Value": state})

    async def push(self, line: str, decisions: str) -> None:
        """Publish the decisions about a line's next callers, a global variable that the dialplan reads."""
        await self.act("Setvar", {"Variable": f"CC_AHEAD_{_word(line)}", "Value": _decisions(decisions)})

    async def press(self, channel: str, keys: str) -> None:
        """Send keys as if this channel's phone had pressed them: the dialplan's feature codes."""
        if not _KEYS.fullmatch(keys):
            raise BadAction("keys are digits, * and #")
        for key in keys:
            await self.act("PlayDTMF", {"Channel": _word(channel), "Digit": key, "Receive": "true"})

    async def originate(
        self, intent: str, channel: str, context: str, exten: str, caller_id: str, variables: Mapping[str, str]
    ) -> None:
        """Start a call whose Uniqueid is `intent`, so that it can be looked up before a second attempt.

        Only our own variables (CC_...) may be set: FILE() and similar functions would make this command execution.
        """
        for name, value in variables.items():
            if not _VARIABLE.fullmatch(name) or not _WORD.fullmatch(value):
                raise BadAction("this variable may not be set by an originate", variable=name)
        headers = {
            "Channel": _word(channel),
            "Context": _word(context),
            "Exten": _word(exten),
            "Priority": "1",
            "CallerID": _word(caller_id),
            "Async": "true",
            "ChannelId": _word(intent),
        }
        if variables:
            headers["Variable"] = ",".join(f"{name}={value}" for name, value in variables.items())
        await self.act("Originate", headers, intent)


def _decisions(value: str) -> str:
    """Return decisions in the form that the dialplan reads. Raises BadAction."""
    if not _DECISIONS.fullmatch(value):
        raise BadAction("decisions are letters, each with ten digits")
    return value


def _word(value: str) -> str:
    """Return a value that Asterisk takes as one word. Raises BadAction."""
    if not _WORD.fullmatch(value):
        raise BadAction("a value for Asterisk holds a character that it may not")
    return value
