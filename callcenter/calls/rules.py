"""Holds R1 and S1 as in force: the ring limit, the cadence, and the consequence of unanswered phones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from callcenter.calls.ring import CADENCES, Cadence, cadence_of
from callcenter.facts import LineCode, QueueCode
from callcenter.settings import PolicySettings


@dataclass(frozen=True, slots=True)
class RingRules:
    """R1 for one call: its line's ring limit and cadence."""

    limit: int = 3
    cadence: Cadence = CADENCES["cn"]
    hears_ring: bool = True
    """Whether a waiting caller hears ringing; otherwise music, of which R1 counts nothing."""


class RuleBook:
    """The rules of every line; the floor, the file reader, the records and the flags share the same book.

    Lines and queues change while the centre runs: `replace` takes them over as a whole, so a removed line gets the
    centre's own rules again. A stored call stays with the rules that were in force when its line became known.
    """

    def __init__(
        self,
        ring: RingRules | None = None,
        policy_version: str = "2026-11",
        *,
        misses_before_pause: int = 2,
        wrap_up_seconds: int = 15,
    ) -> None:
        self.ring = ring or RingRules()
        """The centre's own, for calls whose line is unknown or has none of its own."""
        self.policy_version = policy_version
        self.misses_before_pause = misses_before_pause
        self.wrap_up_seconds = wrap_up_seconds
        self._lines: Mapping[LineCode, RingRules] = {}
        self._queues: Mapping[QueueCode, int] = {}

    @classmethod
    def of(cls, policy: PolicySettings) -> RuleBook:
        """Return the centre's rules as configured, before its lines are known."""
        return cls(
            RingRules(policy.ring_limit, cadence_of(policy.cadence_country)),
            policy.version,
            misses_before_pause=policy.misses_before_pause,
            wrap_up_seconds=policy.wrap_up_seconds,
        )

    def replace(self, lines: Mapping[LineCode, RingRules], queues: Mapping[QueueCode, int] | None = None) -> None:
        """Replace the rules by line code, and the ring limits of queues that have their own."""
        self._lines, self._queues = dict(lines), dict(queues or {})

    def for_line(self, line: str | None) -> RingRules:
        return self._lines.get(LineCode(line or ""), self.ring)

    def limit_of_queue(self, queue: str) -> int:
        # The queues beside a queue continue its name after a dot (routing/ladder.py).
        return self._queues.get(QueueCode(queue.partition(".")[0]), self.ring.limit)
