"""Defines the thresholds of the figures and checks them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callcenter.errors import Invalid


class BadThresholds(Invalid):
    """`field` names the threshold that is out of order; a line has one row."""

    code = "bad_thresholds"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From `warn` on a figure is yellow, from `bad` on red; None shows no colour. `line` is empty for the centre.

    A service level is the better the higher it is, so its `bad` lies below its `warn`; the others the other way.
    `answer_within_seconds` replaces the centre's own (S1) for this line.
    """

    line: str = ""
    answer_within_seconds: int | None = None
    level_warn: float | None = None
    level_bad: float | None = None
    waiting_warn: int | None = None
    waiting_bad: int | None = None
    wait_warn_seconds: int | None = None
    wait_bad_seconds: int | None = None
    abandoned_warn: float | None = None
    abandoned_bad: float | None = None


def check(thresholds: Iterable[Thresholds]) -> Sequence[Thresholds]:
    """Return them by line. Raises BadThresholds."""
    rows = sorted(thresholds, key=lambda each: each.line)
    if len({each.line for each in rows}) < len(rows):
        raise BadThresholds("a line has one row", field="line")
    for each in rows:
        ordered = (
            ("level", each.level_bad, each.level_warn),
            ("waiting", each.waiting_warn, each.waiting_bad),
            ("wait", each.wait_warn_seconds, each.wait_bad_seconds),
            ("abandoned", each.abandoned_warn, each.abandoned_bad),
        )
        for name, lower, higher in ordered:
            if lower is not None and higher is not None and lower > higher:
                raise BadThresholds("warn comes before bad", field=name, line=each.line)
    return rows
