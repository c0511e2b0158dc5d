"""Which flags of R1 a live call may still raise, and at which instants. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from callcenter.calls import ring
from callcenter.calls.effects import Flag
from callcenter.calls.live_call import LiveCall, LiveOffer


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
    first = call.first_ring
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
