"""Draws the calls to grade at random, yet reproducibly for anyone (policy S2). Pure.

The draw of an agent's month, step by step, so that it can be recomputed with any tool:

1. The key is the UTF-8 text `plan NUL month NUL agent`, such as `quality\\0 2026-11\\0 1001` without the blanks.
2. Each call's rank is HMAC-SHA256(key, call id) as hexadecimal text; the calls are taken from the lowest rank on.
3. The month is drawn in four portions: days 1-7, 8-14, 15-21, and 22 to the end. After portion k, an agent has
   floor(n * k / 4) calls, and n after the last one: the next portion makes up for what one lacks.
4. A portion takes its own days' calls first, by rank; only if they do not suffice, earlier days' undrawn ones.

A drawn portion is never drawn again, so calls that arrive later change nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.errors import Invalid
from callcenter.facts import CallId

PORTIONS: Final = 4
FIRST_DAYS: Final = (1, 8, 15, 22)
_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


class BadMonth(Invalid):
    code = "bad_month"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A call that matches a plan's filter, with the agent who is graded on it."""

    call: CallId
    agent: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranked candidate; `rank` is the HMAC in hexadecimal, `own` whether it is of this portion's days."""

    candidate: Candidate
    rank: str
    own: bool


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of a month; `number` is 1 to 4. `since` is inclusive, `until` exclusive."""

    month: str
    number: int
    month_since: datetime
    since: datetime
    until: datetime


def portions(month: str, zone: ZoneInfo) -> tuple[Portion, ...]:
    """Returns the four parts of a month such as 2026-11, by the centre's local days. Raises BadMonth."""
    match = _MONTH.fullmatch(month)
    if match is None:
        raise BadMonth("a month is written 2026-11", month=month[:20])
    year, number = int(match[1]), int(match[2])
    later = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    starts = [datetime(year, number, day, tzinfo=zone) for day in FIRST_DAYS]
    ends = [*starts[1:], later]
    pairs = enumerate(zip(starts, ends, strict=True), start=1)
    return tuple(Portion(month, place, starts[0], since, until) for place, (since, until) in pairs)


def month_of(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m}"


def due(now: datetime, zone: ZoneInfo, grace: timedelta, since: datetime) -> list[Portion]:
    """Returns the portions due by now, oldest first, of the months from `since` on, including late ones."""
    result: list[Portion] = []
    at = since.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while at <= now:
        result += [
            portion
            for portion in portions(f"{at:%Y-%m}", zone)
            if since < portion.until and portion.until + grace <= now
        ]
        at = (at + timedelta(days=32)).replace(day=1)
    return result


def key_of(plan: str, month: str, agent: str) -> bytes:
    return f"{plan}\0{month}\0{agent}".encode()


def rank_of(key: bytes, name: str) -> str:
    """Returns the HMAC-SHA256 (RFC 2104) of a call's id or a login, in hexadecimal."""
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()


def quota(per_agent: int, portion: int) -> int:
    """Returns how many calls an agent has after this portion of the month."""
    return per_agent if portion >= PORTIONS else per_agent * portion // PORTIONS


def ranking(plan: str, agent: str, portion: Portion, calls: Iterable[Candidate]) -> list[Ranked]:
    """Returns an agent's calls in drawing order; other agents' calls and later ones are omitted."""
    key = key_of(plan, portion.month, agent)
    mine = [call for call in calls if call.agent == agent and portion.month_since <= call.at < portion.until]
    ranked = [Ranked(candidate, rank_of(key, candidate.call), candidate.at >= portion.since) for candidate in set(mine)]
    return sorted(ranked, key=lambda candidate: (not candidate.own, candidate.rank))


def draw(
    plan: str, portion: Portion, per_agent: int, calls: Iterable[Candidate], drawn: Mapping[str, Iterable[str]]
) -> list[Ranked]:
    """Returns the calls that this portion adds. `drawn` are each agent's calls so far, by agent; replaced ones do not
    count but must not be drawn again, so they are left out of `calls`.
    """
    pool = list(calls)
    picked: list[Ranked] = []
    for agent in sorted({candidate.agent for candidate in pool}):
        had = set(drawn.get(agent, ()))
        missing = quota(per_agent, portion.number) - len(had)
        ranked = [candidate for candidate in ranking(plan, agent, portion, pool) if candidate.candidate.call not in had]
        picked += ranked[: max(missing, 0)]
    return picked


def digest_of(calls: Iterable[Candidate]) -> str:
    """Returns a checksum of the population: repeating the draw shows whether the calls are the same."""
    listing = "\n".join(sorted(f"{call.agent}\0{call.call}" for call in set(calls)))
    return hashlib.sha256(listing.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Grader:
    """A grader; `agent` is their own number, if they take calls; `team` are the agents of their own team."""

    login: str
    agent: str | None = None
    team: frozenset[str] = frozenset()


def assign(
    calls: Sequence[Candidate], graders: Sequence[Grader], load: Mapping[str, int], *, not_own_team: bool, seed: str
) -> dict[CallId, str | None]:
    """Assigns graders to calls: always the least loaded one, never their own calls; None where no one may.

    With `not_own_team` no one grades their own team if another grader exists. Ties are broken by HMAC over the seed, so
    that no name is preferred.
    """
    assigned = Counter(load)
    key = seed.encode()
    given: dict[CallId, str | None] = {}
    for call in sorted(calls, key=lambda candidate: rank_of(key, candidate.call)):
        others = [grader for grader in graders if grader.agent != call.agent]
        outside = [candidate for candidate in others if call.agent not in candidate.team] if not_own_team else others
        able = outside or others
        if not able:
            given[call.call] = None
            continue
        tie = key + call.call.encode()
        chosen = min(able, key=lambda candidate: (assigned[candidate.login], rank_of(tie, candidate.login)))
        assigned[chosen.login] += 1
        given[call.call] = chosen.login
    return given
