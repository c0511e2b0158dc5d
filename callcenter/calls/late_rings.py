"""Computes R1 from both sides: the phone that rings too long, and the ringing the caller hears too long. Pure.

The live floor and the records call the same functions, so that they agree. A ring that is late on both sides is one
late ring: the phone was already ringing when the caller's last allowed tone ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcenter.calls import ring
from callcenter.calls.effects import Flag, flag_of
from callcenter.facts import CallId, Uniqueid

AGENT_LATE_AT: Final = "agent_late_at"
CALLER_LATE_AT: Final = "caller_late_at"


@dataclass(frozen=True, slots=True)
class Heard:
    """The interval in which the caller hears ringing; `until` is None while it lasts."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class PhoneRing:
    """One phone's ringing; `until` is None while it still rings."""

    leg: Uniqueid
    agent: str
    phone: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class LateRing:
    """One late ring: the instant on the caller's side, or the phone with its own instant, or both."""

    caller_at: datetime | None = None
    phone: PhoneRing | None = None
    phone_at: datetime | None = None


def late_rings(
    heard: Heard | None, phones: Iterable[PhoneRing], limit: int, cadence: ring.Cadence, now: datetime
) -> list[LateRing]:
    """Return the late rings of one call as of `now`, the earliest first."""
    late = sorted(
        ((at, phone) for phone in phones if (at := _late_at(phone, limit, cadence, now)) is not None),
        key=lambda result: (result[0], result[1].leg),
    )
    caller_at = None if heard is None else _late_at(heard, limit, cadence, now)
    if caller_at is None:
        return [LateRing(None, phone, at) for at, phone in late]
    same = next(((at, phone) for at, phone in late if phone.since <= caller_at <= at), (None, None))
    rest = [LateRing(None, phone, at) for at, phone in late if phone is not same[1]]
    return [LateRing(caller_at, same[1], same[0]), *rest]


def next_late(
    heard: Heard | None, phones: Iterable[PhoneRing], limit: int, cadence: ring.Cadence
) -> tuple[datetime | None, list[tuple[str, datetime]]]:
    """Return the future instants: on the caller's side, and of each ringing phone."""
    caller = None if heard is None or heard.until else ring.late_at(heard.since, limit, cadence)
    return caller, [(phone.leg, ring.late_at(phone.since, limit, cadence)) for phone in phones if phone.until is None]


def late_ring_flag(late: LateRing, call: CallId, line: str | None, limit: int, version: str) -> Flag:
    """Return the evidence of a late ring. Its id is unchanged when the phone's side is added to the caller's."""
    phone = late.phone
    raised_at = late.caller_at or late.phone_at
    assert raised_at is not None
    side = "agent" if late.caller_at is None else "caller" if phone is None else "both"
    facts = (
        ("side", side),
        ("line", line),
        ("ring_limit", limit),
        ("phone", phone.phone if phone else None),
        ("leg", phone.leg if phone else None),
        (CALLER_LATE_AT, _text(late.caller_at)),
        (AGENT_LATE_AT, _text(late.phone_at)),
    )
    part = "caller" if late.caller_at else phone.leg if phone else ""
    agent = phone.agent or None if phone else None
    return flag_of("R1", version, raised_at, call, agent, facts, part)


def _late_at(ringing: Heard | PhoneRing, limit: int, cadence: ring.Cadence, now: datetime) -> datetime | None:
    """Return the end of the last allowed tone, if it has passed while the ringing went on."""
    at = ring.late_at(ringing.since, limit, cadence)
    return at if at <= now and (ringing.until is None or ringing.until >= at) else None


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
