"""Applies R1 to the live floor: which flags a call may still raise and when, and misses in a row per agent. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from callcenter.calls import late_rings
from callcenter.calls.effects import Flag
from callcenter.calls.live_call import LiveCall
from callcenter.calls.model import Offer, OfferOutcome
from callcenter.facts import CallId, Linkedid

BESIDE_OWN: Final = ".own-"
"""In the name of the queue in which the caller's own agent is rung alone (routing/ladder.py)."""
MISSED_FOR: Final = timedelta(seconds=30)
CALLER: Final = "caller"
"""Marks the caller's side among the flagged sides of a call; the others are legs."""


class RingRule:
    """The floor's R1 state: the next deadline of each call that has one, and misses in a row."""

    def __init__(self, policy_version: str, misses_before_pause: int) -> None:
        self._version = policy_version
        self._most_misses = misses_before_pause
        self._misses: dict[str, int] = {}
        self._missed_at: dict[str, datetime] = {}
        self._due: dict[Linkedid, datetime] = {}

    def watch(self, call: LiveCall) -> None:
        """Store the next deadline of this call; a call where nothing rings has none."""
        at = next_late(call)
        if at is None:
            self._due.pop(call.linkedid, None)
        else:
            self._due[call.linkedid] = at

    def drop(self, linkedid: Linkedid) -> None:
        self._due.pop(linkedid, None)

    def is_due(self, linkedid: Linkedid, now: datetime) -> bool:
        return linkedid in self._due and self._due[linkedid] <= now

    def due(self, now: datetime) -> list[Linkedid]:
        """Return the calls whose deadline has passed."""
        return [linkedid for linkedid, at in self._due.items() if at <= now]

    def deadlines(self) -> Collection[datetime]:
        return self._due.values()

    def raised(self, call: LiveCall, name: CallId, now: datetime) -> list[Flag]:
        """Return the flags that have fallen due."""
        return late_flags(call, name, self._version, now)

    def is_one_too_many(self, offer: Offer) -> bool:
        """Whether this ended offer is an unanswered phone, and one too many of that agent's in a row."""
        if offer.outcome is OfferOutcome.NO_ANSWER and offer.agent and offer.ended_at is not None:
            self._missed_at[offer.agent] = offer.ended_at
        if BESIDE_OWN in offer.queue:
            # The caller's own agent is rung alone for a set time only, shorter than the rule allows.
            return False
        return offer.outcome is OfferOutcome.NO_ANSWER and bool(offer.agent) and self.missed(offer.agent)

    def missed(self, agent: str) -> bool:
        """Count an unanswered phone; True when it is one too many in a row, and counting restarts."""
        self._misses[agent] = self._misses.get(agent, 0) + 1
        if 0 < self._most_misses <= self._misses[agent]:
            self._misses[agent] = 0
            return True
        return False

    def answered(self, agent: str) -> None:
        self._misses[agent] = 0
        self._missed_at.pop(agent, None)

    def back(self, agent: str) -> None:
        """The agent has signed in, paused or resumed: they are at the phone."""
        self._missed_at.pop(agent, None)

    def just_missed(self, now: datetime) -> set[str]:
        """The agents whose phones have just rung in vain: others are rung first for a while."""
        self._missed_at = {agent: at for agent, at in self._missed_at.items() if now - at < MISSED_FOR}
        return set(self._missed_at)


def next_late(call: LiveCall) -> datetime | None:
    """The next instant at which a flag of this call falls due; None when nothing rings."""
    if call.ended_at is not None:
        return None
    caller, phones = late_rings.next_late(call.heard(), call.phone_rings(), call.limit, call.cadence)
    waiting = [at for leg, at in phones if leg not in call.flagged]
    if caller is not None and CALLER not in call.flagged:
        waiting.append(caller)
    return min(waiting, default=None)


def late_flags(call: LiveCall, name: CallId, policy_version: str, now: datetime) -> list[Flag]:
    """Return the flags due by `now`, each once; again when the phone's side joins the caller's."""
    if call.ended_at is not None:
        return []
    flags = []
    for late in late_rings.late_rings(call.heard(), call.phone_rings(), call.limit, call.cadence, now):
        sides = {CALLER} if late.caller_at else set()
        sides |= {late.phone.leg} if late.phone else set()
        if not sides <= call.flagged:
            call.flagged |= sides
            flags.append(late_rings.late_ring_flag(late, name, call.line, call.limit, policy_version))
    return flags
