"""How a call ended and who hung up first, told from the files' witnesses. Pure tables over rows."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls.model import HungUpBy, Outcome

# What app_queue writes when a caller leaves without an agent; a cc_outcome of the dialplan says it better.
LEFT_QUEUE: dict[str, tuple[Outcome, str]] = {
    "ABANDON": (Outcome.ABANDONED, "in_queue"),
    "EXITEMPTY": (Outcome.CLOSED, "nobody_on_duty"),
    "JOINEMPTY": (Outcome.CLOSED, "nobody_on_duty"),
    "FULL": (Outcome.OVERFLOWED, "queue_full"),
    "EXITWITHTIMEOUT": (Outcome.OVERFLOWED, "waited_too_long"),
    "EXITWITHKEY": (Outcome.OVERFLOWED, "key_pressed"),
    "WITHDRAW": (Outcome.OVERFLOWED, "withdrawn"),
}
COMPLETED = {"COMPLETECALLER": HungUpBy.CALLER, "COMPLETEAGENT": HungUpBy.AGENT}
CUT_OFF = frozenset({"27", "38", "41", "44", "47", "102"})
"""Hang-up causes (Q.850) of a lost network: destination out of order, network out of order, temporary failure,
channel not available (Asterisk's own word when no sound comes any more), no resource, timer expired."""
OUTCOMES = frozenset(one.value for one in Outcome)
Ending = tuple[Outcome, str | None]


def outcome_of(cel: Sequence[CelRow], queue: Sequence[QueueRow], caller: str, answered: bool, orphaned: bool) -> Ending:
    """The one outcome of an ended call, with its reason; an answer outweighs every other witness."""
    if answered:
        return Outcome.ANSWERED, "pbx_lost" if orphaned else None
    if orphaned:
        return Outcome.UNKNOWN, "pbx_lost"
    # The caller's own hang-up in the queue is nearer to the truth than what the dialplan says afterwards.
    if any(row.event == "ABANDON" for row in queue):
        return LEFT_QUEUE["ABANDON"]
    said = _dialplan_said(cel)
    if said is not None:
        return said
    left = next((LEFT_QUEUE[row.event] for row in reversed(queue) if row.event in LEFT_QUEUE), None)
    return left or _without_queue(cel, caller)


def _dialplan_said(cel: Sequence[CelRow]) -> Ending | None:
    for row in reversed(cel):
        if row.user_event == "cc_outcome":
            word, _, reason = row.extra.get("extra", "").partition(":")
            if word in OUTCOMES:
                return Outcome(word), reason or None
    return None


def _without_queue(cel: Sequence[CelRow], caller: str) -> Ending:
    last = next((row for row in cel if row.uniqueid == caller and row.event == "HANGUP"), None)
    if last is None:
        return Outcome.UNKNOWN, "no_hangup_seen"
    if last.extra.get("hangupsource") == last.channel:
        return Outcome.ABANDONED, "before_queue"
    status = last.extra.get("dialstatus", "").lower()
    return Outcome.FAILED, status or f"cause_{last.cause}"


def hung_up_by(
    cel: Sequence[CelRow], queue: Sequence[QueueRow], caller: str, channels: set[str], orphaned: bool
) -> HungUpBy:
    """R5: who hung up first. CEL's hangupsource names a channel; app_queue's word is the second witness.

    Where the two name different parties, or nobody is named, it is undetermined: a flag needs a sure witness.
    After a transfer app_queue's word is about the agent who left, so then only CEL is heard.
    """
    if orphaned:
        return HungUpBy.UNDETERMINED
    by_channel = _by_source(cel, caller, channels)
    moved = any(row.event in ("BLINDTRANSFER", "ATTENDEDTRANSFER") for row in cel)
    by_queue = None if moved else next((COMPLETED[row.event] for row in queue if row.event in COMPLETED), None)
    if by_channel is None:
        return by_queue or HungUpBy.UNDETERMINED
    if by_channel is HungUpBy.SYSTEM:
        return HungUpBy.SYSTEM if by_queue is None else HungUpBy.UNDETERMINED
    return by_channel if by_queue in (None, by_channel) else HungUpBy.UNDETERMINED


def _was_cut_off(cel: Sequence[CelRow], channel: str) -> bool:
    """A phone that lost its network hangs up by Asterisk's hand, not by the agent's (R5)."""
    last = next((row for row in reversed(cel) if row.channel == channel and row.event == "HANGUP"), None)
    return last is not None and str(last.cause) in CUT_OFF


def _by_source(cel: Sequence[CelRow], caller: str, channels: set[str]) -> HungUpBy | None:
    last = next((row for row in reversed(cel) if row.uniqueid == caller and row.event == "HANGUP"), None)
    if last is None:
        return None
    source = last.extra.get("hangupsource", "")
    if source == last.channel:
        return HungUpBy.CALLER
    if source in channels:
        return HungUpBy.UNDETERMINED if _was_cut_off(cel, source) else HungUpBy.AGENT
    return HungUpBy.SYSTEM if source.startswith("dialplan") else None
