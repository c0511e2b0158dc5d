"""R1 on the live floor: which flags a call may still raise at which instants, and who has missed how often. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from callcenter.calls import ring
from callcenter.calls.effects import Flag
from callcenter.calls.live_call import LiveCall, LiveOffer
from callcenter.calls.model import Direction, Offer, OfferOutcome

FLAGS_SHOWN = 200


class RingRule:
    """What the floor remembers for R1: the next instant of each call that has one, flags, misses in a row."""

    def __init__(self, policy_version: str, misses_before_pause: int) -> None:
        self.flags: dict[str, Flag] = {}
        self._version = policy_version
        self._most_misses = misses_before_pause
        self._misses: dict[str, int] = {}
        self._due: dict[str, datetime] = {}

    def watch(self, call: LiveCall, name: str) -> None:
        """Keep the next instant of this call; a call without a ringing phone has none."""
        at = next_late(call, name)
        if at is None:
            self._due.pop(call.linkedid, None)
        else:
            self._due[call.linkedid] = at

    def forget(self, linkedid: str) -> None:
        self._due.pop(linkedid, None)

    def is_due(self, linkedid: str, now: datetime) -> bool:
        return linkedid in self._due and self._due[linkedid] <= now

    def due(self, now: datetime) -> list[str]:
        """The calls whose instant has come."""
        return [linkedid for linkedid, at in self._due.items() if at <= now]

    def deadlines(self) -> Collection[datetime]:
        return self._due.values()

    def raised(self, call: LiveCall, name: str, now: datetime) -> list[Flag]:
        """The flags that have fallen due; the newest are kept for those who begin to watch."""
        flags = late_flags(call, name, self._version, now)
        for flag in flags:
            self.flags[flag.id] = flag
            while len(self.flags) > FLAGS_SHOWN:
                self.flags.pop(next(iter(self.flags)))
        return flags

    def is_one_too_many(self, offer: Offer) -> bool:
        """Whether this ended offer is a silent phone, and one too many of that agent's in a row."""
        return offer.outcome is OfferOutcome.NO_ANSWER and bool(offer.agent) and self.missed(offer.agent)

    def missed(self, agent: str) -> bool:
        """Count a silent phone; True when it is one too many in a row, and counting begins anew."""
        self._misses[agent] = self._misses.get(agent, 0) + 1
        if 0 < self._most_misses <= self._misses[agent]:
            self._misses[agent] = 0
            return True
        return False

    def answered(self, agent: str) -> None:
        self._misses[agent] = 0


def next_late(call: LiveCall, name: str) -> datetime | None:
    """The next instant at which a flag of this call falls due; None when no phone rings."""
    return min((at for _, _, at in _pending(call, name)), default=None)


def late_flags(call: LiveCall, name: str, policy_version: str, now: datetime) -> list[Flag]:
    """The flags that have fallen due by `now`; the call remembers them and each is given once."""
    flags = []
    for id_, seen, at in list(_pending(call, name)):
        if at <= now:
            call.flagged.add(id_)
            flags.append(_flag(id_, call, name, policy_version, seen, at))
    return flags


def _pending(call: LiveCall, name: str) -> Iterator[tuple[str, LiveOffer | None, datetime]]:
    """Flags not raised yet: their ids, the phone (None for the caller's side), their instants."""
    if call.ended_at is not None:
        return
    # Only a caller hears the ring; on a return call it is the agent's own phone.
    first = call.first_ring if call.direction is Direction.INBOUND else None
    if first and call.answered_at is None and f"R1:{name}:caller" not in call.flagged and call.abandoned_at is None:
        yield f"R1:{name}:caller", None, ring.late_at(first, call.limit, call.cadence)
    for seen in call.offers.values():
        ringing = seen.rang_at and seen.connected_at is None and seen.ended_at is None
        if ringing and seen.rang_at and f"R1:{name}:{seen.leg}" not in call.flagged:
            yield f"R1:{name}:{seen.leg}", seen, ring.late_at(seen.rang_at, call.limit, call.cadence)


def _flag(id_: str, call: LiveCall, name: str, version: str, seen: LiveOffer | None, at: datetime) -> Flag:
    facts = (
        ("side", "agent" if seen else "caller"),
        ("line", call.line),
        ("ring_limit", call.limit),
        ("phone", seen.phone if seen else None),
        ("leg", seen.leg if seen else None),
    )
    return Flag(id_, "R1", version, at, name, seen.agent if seen else None, facts)
