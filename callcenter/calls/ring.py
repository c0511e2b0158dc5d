"""Computes the ring rule (R1): how many tones a phone has rung, and the relevant instants. Pure.

A ring begins with its tone. With China's cadence of 1 s tone and 4 s silence, the third ring's tone ends 11 s after
ringing began, and the fourth ring begins at 15 s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.errors import Invalid


class UnknownCountry(Invalid):
    code = "unknown_cadence_country"


@dataclass(frozen=True, slots=True)
class Cadence:
    """Milliseconds of the tone (all bursts of one ring) and from one ring's start to the next."""

    tone: int
    period: int


# Asterisk's indications.conf.sample, after ITU tones-0203.
CADENCES: Mapping[str, Cadence] = {
    **dict.fromkeys(
        ("cn", "de", "it", "br", "nl", "no", "dk", "fi", "ee", "pl", "ru", "th", "tw", "ch", "cz", "gr", "id"),
        Cadence(1000, 5000),
    ),
    **dict.fromkeys(("us", "ca", "mx", "my"), Cadence(2000, 6000)),
    **dict.fromkeys(("at", "se", "pt"), Cadence(1000, 6000)),
    **dict.fromkeys(("be", "cl", "il"), Cadence(1000, 4000)),
    **dict.fromkeys(("uk", "gb", "au", "in", "nz", "za", "sg"), Cadence(1000, 3000)),
    "fr": Cadence(1500, 5000),
    "es": Cadence(1500, 4500),
    "hu": Cadence(1250, 5000),
    "jp": Cadence(1000, 3000),
}


def cadence_of(country: str) -> Cadence:
    """The cadence of a country by its two-letter code. Raises UnknownCountry."""
    try:
        return CADENCES[country.lower()]
    except KeyError:
        raise UnknownCountry(f"no ringing cadence is known for {country!r}", country=country) from None


def tones_begun(ringing_at: datetime, at: datetime, cadence: Cadence) -> int:
    """How many rings have begun by `at`; the first begins with the ringing itself."""
    if at < ringing_at:
        return 0
    return (at - ringing_at) // timedelta(milliseconds=cadence.period) + 1


def late_at(ringing_at: datetime, limit: int, cadence: Cadence) -> datetime:
    """When the flag is raised: the end of the limit-th tone."""
    return ringing_at + timedelta(milliseconds=(limit - 1) * cadence.period + cadence.tone)


def move_on_seconds(ring: int, cadence: Cadence) -> int:
    """Whole seconds after which an unanswered call leaves a phone: the start of that ring, at least one."""
    return max(1, -(-(ring - 1) * cadence.period // 1000))


def is_late(rings: int, limit: int) -> bool:
    """R1: answered on a ring after the limit."""
    return rings > limit


def certainly_in_time(attempt_seconds: float, limit: int, cadence: Cadence) -> bool:
    """Whether an attempt was too short to exceed the allowed rings, whenever its ringing began."""
    return attempt_seconds * 1000 < limit * cadence.period
