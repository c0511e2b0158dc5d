"""How a call ended and who hung up first, by the witnesses of the PBX's files. Pure tables over rows.

A person is named only by the channel that asked for the end (CEL `hangupsource`, set when the phone sends BYE or
CANCEL). app_queue's COMPLETEAGENT, COMPLETECALLER and ABANDON say which channel Asterisk saw gone first, whatever took
it away: a phone without sound (`rtp_timeout`), an operator's `channel request hangup`, Asterisk's own shutdown. So they
may contradict and never accuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls.model import HungUpBy, Outcome
from callcenter.calls.transfers import failed_causes

# What app_queue writes when a caller leaves without an agent; a cc_outcome of the dialplan says it better.
LEFT_QUEUE: dict[str, tuple[Outcome, str]] = {
    "EXITEMPTY": (Outcome.CLOSED, "nobody_on_duty"),
    "JOINEMPTY": (Outcome.CLOSED, "nobody_on_duty"),
    "FULL": (Outcome.OVERFLOWED, "queue_full"),
    "EXITWITHTIMEOUT": (Outcome.OVERFLOWED, "waited_too_long"),
    "EXITWITHKEY": (Outcome.OVERFLOWED, "key_pressed"),
    "WITHDRAW": (Outcome.OVERFLOWED, "withdrawn"),
}
COMPLETED = {"COMPLETECALLER": HungUpBy.CALLER, "COMPLETEAGENT": HungUpBy.AGENT}
PUT_DOWN: Final = frozenset({None, 0, 16, 17, 19, 21, 26, 31})
"""Hang-up causes (Q.850) of a phone that a person put down; 26 stands on a leg of app_queue before any cause is known.

All others are a network's or a machine's: 44 is Asterisk's own when no sound comes any more, 18 an unanswered question
of the session, 27, 38, 41, 42 and 102 come from a carrier (RFC 3326 `Reason`)."""
CANCELLED: Final = 127
"""What Asterisk makes of the 487 by which a CANCEL ends an unanswered call."""
OUTCOMES = frozenset(outcome.value for outcome in Outcome)
PBX_LOST: Final = "pbx_lost"
CUT_OFF: Final = "cut_off"
"""The reason of a call that ended although neither side hung up."""
END_NOT_SEEN: Final = "end_not_seen"
STOPPING: Final = timedelta(seconds=5)
"""How long before its own last sign of life a stopping Asterisk may have ended a call."""
Ending = tuple[Outcome, str | None]


class Pbx(StrEnum):
    """What became of Asterisk as the call ended."""

    ALIVE = "alive"
    STOPPED = "stopped"
    """It was shut down and ended the call itself."""
    DIED = "died"
    """It was gone before it could write the call's end."""
    UNSEEN = "unseen"
    """It lives, and its files have lost the call's end."""


def stopping(ended: datetime, starts: Sequence[datetime], stops: Sequence[datetime], seen: Sequence[datetime]) -> bool:
    """Whether Asterisk was on its way out at this instant: by its own word, or because nothing was seen after it.

    Starts are known to the whole second (queue_log), so one in the same second is later.
    """
    if any(timedelta(0) <= stop - ended <= STOPPING for stop in stops):
        return True
    start = min((at for at in starts if at + timedelta(seconds=1) > ended), default=None)
    if start is None:
        return False
    last = max((at for at in seen if at <= start), default=ended)
    return last - ended <= STOPPING


def requested(cel: Sequence[CelRow], caller: str) -> str | None:
    """The channel that asked for the call's end; empty when none did, None when the caller's end is not in CEL."""
    row = _last_hangup(cel, caller)
    return None if row is None else row.extra.get("hangupsource", "")


def outcome_of(cel: Sequence[CelRow], queue: Sequence[QueueRow], caller: str, answered: bool, pbx: Pbx) -> Ending:
    """The one outcome of an ended call, with its reason; an answer outweighs every other witness."""
    if answered:
        return Outcome.ANSWERED, _broken(cel, caller, pbx)
    said = _dialplan_said(cel)
    if pbx is Pbx.UNSEEN:
        left = next((LEFT_QUEUE[row.event] for row in reversed(queue) if row.event in LEFT_QUEUE), None)
        return said or left or (Outcome.UNKNOWN, END_NOT_SEEN)
    if pbx is not Pbx.ALIVE:
        return said or (Outcome.UNKNOWN, PBX_LOST)
    # The caller's own hang-up in the queue is nearer to the truth than what the dialplan says afterwards.
    if any(row.event == "ABANDON" for row in queue):
        return _without_agent(cel, caller, "in_queue")
    if said is not None:
        return said
    left = next((LEFT_QUEUE[row.event] for row in reversed(queue) if row.event in LEFT_QUEUE), None)
    return left or _without_agent(cel, caller, "in_queue" if _waited(cel, queue, caller) else "before_queue")


def hung_up_by(cel: Sequence[CelRow], queue: Sequence[QueueRow], caller: str, channels: set[str], pbx: Pbx) -> HungUpBy:
    """R5: who hung up first, by the channel that asked for it; app_queue's word may only contradict.

    After a transfer app_queue's word is about the agent who left, so then only CEL is heard.
    """
    if pbx is not Pbx.ALIVE:
        return HungUpBy.SYSTEM if pbx is Pbx.STOPPED else HungUpBy.UNDETERMINED
    source = requested(cel, caller)
    if source is not None and source.startswith("dialplan"):
        by_channel = HungUpBy.SYSTEM
    elif not source or not _put_down(cel, caller, source):
        return HungUpBy.UNDETERMINED
    elif source == _channel(cel, caller):
        by_channel = HungUpBy.CALLER
    elif source in channels:
        by_channel = HungUpBy.AGENT
    else:
        return HungUpBy.UNDETERMINED
    moved = any(row.event in ("BLINDTRANSFER", "ATTENDEDTRANSFER") for row in cel)
    by_queue = None if moved else next((COMPLETED[row.event] for row in queue if row.event in COMPLETED), None)
    return by_channel if by_queue in (None, by_channel) else HungUpBy.UNDETERMINED


def _broken(cel: Sequence[CelRow], caller: str, pbx: Pbx) -> str | None:
    """Why a talk ended that nobody ended (R7); None when somebody did, or when its end was not seen."""
    if pbx is not Pbx.ALIVE:
        return END_NOT_SEEN if pbx is Pbx.UNSEEN else PBX_LOST
    source = requested(cel, caller)
    if source is None or source.startswith("dialplan"):
        return None
    return None if source and _put_down(cel, caller, source) else CUT_OFF


def _dialplan_said(cel: Sequence[CelRow]) -> Ending | None:
    for row in reversed(cel):
        if row.user_event == "cc_outcome":
            word, _, reason = row.extra.get("extra", "").partition(":")
            if word in OUTCOMES:
                return Outcome(word), reason or None
    return None


def _without_agent(cel: Sequence[CelRow], caller: str, where: str) -> Ending:
    """A caller whom nobody served is called abandoned only where their own channel asked for the end."""
    last = _last_hangup(cel, caller)
    if last is None:
        return Outcome.UNKNOWN, "no_hangup_seen"
    source = last.extra.get("hangupsource", "")
    if source == last.channel and _put_down(cel, caller, source):
        born = any(row.uniqueid == caller and row.event == "CHAN_START" for row in cel)
        # Rows that are missing before its end may have held an answer.
        return (Outcome.ABANDONED, where) if born or where == "in_queue" else (Outcome.UNKNOWN, "not_seen_whole")
    if not source and where == "in_queue":
        return Outcome.FAILED, CUT_OFF
    status = "" if source == last.channel else last.extra.get("dialstatus", "").lower()
    return Outcome.FAILED, status or f"cause_{last.cause}"


def _waited(cel: Sequence[CelRow], queue: Sequence[QueueRow], caller: str) -> bool:
    """Whether the caller was in a queue when the call ended, as far as its end is known."""
    if any(row.event == "ENTERQUEUE" for row in queue):
        return True
    return any(row.uniqueid == caller and row.event == "APP_START" and row.app == "Queue" for row in cel)


def _put_down(cel: Sequence[CelRow], caller: str, source: str) -> bool:
    """Whether the channel that asked for the end did so by a person's hand, and no leg says that a network failed."""
    ends = [_last_hangup(cel, caller), next((row for row in reversed(cel) if _hung_up(row, source)), None)]
    talked = any(row.event == "BRIDGE_ENTER" and row.uniqueid == caller for row in cel)
    allowed = (PUT_DOWN if talked else PUT_DOWN | {CANCELLED}) | failed_causes(cel)
    return all(row is None or row.cause in allowed for row in ends)


def _hung_up(row: CelRow, channel: str) -> bool:
    return row.channel == channel and row.event == "HANGUP"


def _last_hangup(cel: Sequence[CelRow], caller: str) -> CelRow | None:
    return next((row for row in reversed(cel) if row.uniqueid == caller and row.event == "HANGUP"), None)


def _channel(cel: Sequence[CelRow], caller: str) -> str:
    row = _last_hangup(cel, caller)
    return "" if row is None else row.channel
