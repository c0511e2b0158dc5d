"""Determines how a call ended and who hung up first, from the PBX's files. Pure tables over rows.

A party is named only by the channel that requested the end (CEL `hangupsource`, set when the phone sends BYE or
CANCEL). app_queue's COMPLETEAGENT, COMPLETECALLER and ABANDON record which channel Asterisk saw gone first, whatever
removed it: a phone without audio (`rtp_timeout`), an operator's `channel request hangup`, Asterisk's own shutdown. So
they may contradict but never accuse. For a hang-up by command of an agent's channel app_queue sees no request from that
channel and writes COMPLETECALLER: the source `command/<channel>` (asterisk/call_commands.py) is not contradicted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.asterisk.call_commands import COMMAND
from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls.model import HungUpBy, Outcome
from callcenter.calls.transfers import failed_causes
from callcenter.facts import Uniqueid, supervises

# What app_queue writes when a caller leaves without an agent; a cc_outcome of the dialplan is more precise.
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
"""Hang-up causes (Q.850) of a phone hung up by its user; 26 is on a leg of app_queue before any cause is known.

All others come from a network or a machine: 44 is Asterisk's own when audio stops, 18 an unanswered session request,
27, 38, 41, 42 and 102 come from a carrier (RFC 3326 `Reason`).
"""
CANCELLED: Final = 127
"""How Asterisk maps the 487 by which a CANCEL ends an unanswered call."""
OUTCOMES = frozenset(outcome.value for outcome in Outcome)
PBX_LOST: Final = "pbx_lost"
CUT_OFF: Final = "cut_off"
"""The reason of a call that ended although neither side hung up."""
NOT_SERVED: Final = frozenset({Outcome.ABANDONED, Outcome.FAILED, Outcome.OVERFLOWED, Outcome.UNKNOWN, Outcome.CLOSED})
BROKEN: Final = frozenset({PBX_LOST, CUT_OFF})
"""Why a conversation ended that neither party ended."""
KEPT: Final = "cc_kept"
"""The dialplan's event for a caller whose agent's page has vanished (render/kept.py)."""
END_NOT_SEEN: Final = "end_not_seen"
NEARLY: Final = timedelta(seconds=1)
"""The agent's HANGUP and the survey's first step are written by two threads."""
STOPPING: Final = timedelta(seconds=5)
"""How long before it was last seen alive a stopping Asterisk may have ended a call."""
Ending = tuple[Outcome, str | None]


class Pbx(StrEnum):
    """The state of Asterisk when the call ended."""

    ALIVE = "alive"
    STOPPED = "stopped"
    """It was shut down and ended the call itself."""
    DIED = "died"
    """It was gone before it could write the call's end."""
    UNSEEN = "unseen"
    """It runs, and its files have lost the call's end."""


def stopping(ended: datetime, starts: Sequence[datetime], stops: Sequence[datetime], seen: Sequence[datetime]) -> bool:
    """Whether Asterisk was shutting down at this instant: it announced so, or nothing was seen after it.

    Starts are recorded to the whole second (queue_log), so one in the same second is later.
    """
    if any(timedelta(0) <= stop - ended <= STOPPING for stop in stops):
        return True
    start = min((at for at in starts if at + timedelta(seconds=1) > ended), default=None)
    if start is None:
        return False
    last = max((at for at in seen if at <= start), default=ended)
    return last - ended <= STOPPING


def requested(cel: Sequence[CelRow], caller: Uniqueid) -> str | None:
    """Return the channel that requested the call's end; empty when none did, None when CEL lacks the caller's end."""
    source = _source(cel, caller)
    return None if source is None else source.removeprefix(COMMAND)


def outcome_of(cel: Sequence[CelRow], queue: Sequence[QueueRow], caller: Uniqueid, answered: bool, pbx: Pbx) -> Ending:
    """Return the one outcome of an ended call, with its reason; an answer outweighs every other witness."""
    if answered:
        return Outcome.ANSWERED, _broken(cel, caller, pbx)
    by_dialplan = _dialplan_outcome(cel)
    if pbx is Pbx.UNSEEN:
        left = next((LEFT_QUEUE[row.event] for row in reversed(queue) if row.event in LEFT_QUEUE), None)
        return by_dialplan or left or (Outcome.UNKNOWN, END_NOT_SEEN)
    if pbx is not Pbx.ALIVE:
        return by_dialplan or (Outcome.UNKNOWN, PBX_LOST)
    # The caller's own hang-up in the queue is more reliable than what the dialplan records afterwards.
    if any(row.event == "ABANDON" for row in queue):
        return _without_agent(cel, caller, "in_queue")
    if by_dialplan is not None:
        return by_dialplan
    left = next((LEFT_QUEUE[row.event] for row in reversed(queue) if row.event in LEFT_QUEUE), None)
    return left or _without_agent(cel, caller, "in_queue" if _waited(cel, queue, caller) else "before_queue")


def hung_up_by(
    cel: Sequence[CelRow], queue: Sequence[QueueRow], caller: Uniqueid, channels: set[str], pbx: Pbx
) -> HungUpBy:
    """R5: who hung up first, by the channel that requested it; app_queue may only contradict.

    After a transfer, a take-over or a reload of the page app_queue's row is about the agent who left, so then only CEL
    counts.
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
    moved = any(map(_moves, cel))
    commanded = (_source(cel, caller) or "").startswith(COMMAND)
    by_queue = (
        None if moved or commanded else next((COMPLETED[row.event] for row in queue if row.event in COMPLETED), None)
    )
    return by_channel if by_queue in (None, by_channel) else HungUpBy.UNDETERMINED


def _moves(row: CelRow) -> bool:
    """Whether the caller goes on with another channel than the one that the queue connected."""
    return row.event in ("BLINDTRANSFER", "ATTENDEDTRANSFER") or row.user_event == KEPT or supervises(row.uniqueid)


def left_caller(cel: Sequence[CelRow], caller: Uniqueid, asked_at: datetime) -> tuple[Outcome, str | None, HungUpBy]:
    """How a talk ended that led to the survey: the agent's channel ended it, and what came later changes nothing.

    Where that channel shows a network failure, no one hung up (R7).
    """
    ends = [row for row in cel if row.event == "HANGUP" and row.uniqueid != caller and row.at <= asked_at + NEARLY]
    if ends and ends[-1].cause not in PUT_DOWN | failed_causes(cel):
        return Outcome.ANSWERED, CUT_OFF, HungUpBy.UNDETERMINED
    return Outcome.ANSWERED, None, HungUpBy.AGENT if ends else HungUpBy.UNDETERMINED


def _broken(cel: Sequence[CelRow], caller: Uniqueid, pbx: Pbx) -> str | None:
    """Why a conversation ended that no one ended (R7); None when someone did, or when its end was not seen."""
    if pbx is not Pbx.ALIVE:
        return END_NOT_SEEN if pbx is Pbx.UNSEEN else PBX_LOST
    source = requested(cel, caller)
    if source is None or source.startswith("dialplan"):
        return None
    return None if source and _put_down(cel, caller, source) else CUT_OFF


def _dialplan_outcome(cel: Sequence[CelRow]) -> Ending | None:
    for row in reversed(cel):
        if row.user_event == "cc_outcome":
            word, _, reason = row.extra.get("extra", "").partition(":")
            if word in OUTCOMES:
                return Outcome(word), reason or None
    return None


def _without_agent(cel: Sequence[CelRow], caller: Uniqueid, where: str) -> Ending:
    """An unserved caller counts as abandoned only where their own channel requested the end."""
    last = _last_hangup(cel, caller)
    if last is None:
        return Outcome.UNKNOWN, "no_hangup_seen"
    source = requested(cel, caller) or ""
    if source == last.channel and _put_down(cel, caller, source):
        born = any(row.uniqueid == caller and row.event == "CHAN_START" for row in cel)
        # Rows missing before the call's end may have held an answer.
        return (Outcome.ABANDONED, where) if born or where == "in_queue" else (Outcome.UNKNOWN, "not_seen_whole")
    if not source and where == "in_queue":
        return Outcome.FAILED, CUT_OFF
    status = "" if source == last.channel else last.extra.get("dialstatus", "").lower()
    return Outcome.FAILED, status or f"cause_{last.cause}"


def _waited(cel: Sequence[CelRow], queue: Sequence[QueueRow], caller: Uniqueid) -> bool:
    """Whether the caller was in a queue when the call ended, as far as its end is known."""
    if any(row.event == "ENTERQUEUE" for row in queue):
        return True
    return any(row.uniqueid == caller and row.event == "APP_START" and row.app == "Queue" for row in cel)


def _put_down(cel: Sequence[CelRow], caller: Uniqueid, source: str) -> bool:
    """Whether a person hung up on the channel that requested the end, and no leg shows a network failure."""
    ends = [_last_hangup(cel, caller), next((row for row in reversed(cel) if _hung_up(row, source)), None)]
    talked = any(row.event == "BRIDGE_ENTER" and row.uniqueid == caller for row in cel)
    allowed = (PUT_DOWN if talked else PUT_DOWN | {CANCELLED}) | failed_causes(cel)
    return all(row is None or row.cause in allowed for row in ends)


def _hung_up(row: CelRow, channel: str) -> bool:
    return row.channel == channel and row.event == "HANGUP"


def _source(cel: Sequence[CelRow], caller: Uniqueid) -> str | None:
    row = _last_hangup(cel, caller)
    return None if row is None else row.extra.get("hangupsource", "")


def _last_hangup(cel: Sequence[CelRow], caller: Uniqueid) -> CelRow | None:
    return next((row for row in reversed(cel) if row.uniqueid == caller and row.event == "HANGUP"), None)


def _channel(cel: Sequence[CelRow], caller: Uniqueid) -> str:
    row = _last_hangup(cel, caller)
    return "" if row is None else row.channel
