"""Decides what is announced to a waiting caller. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callcenter.asterisk.render.waiting import MESSAGE_KEY
from callcenter.calls.expected_wait.model import MINUTE, Estimate, spoken
from ivr.session.model import Value

LONG_MINUTES: Final = 15
"""From this wait on the caller hears that many people are calling."""
LONGEST_MINUTES: Final = 120
"""A longer wait is not announced in minutes."""
Sentence = tuple[str, Mapping[str, Value]]
"""A prompt and its values."""


def announcement(place: int, wait: Estimate | None, free: int) -> tuple[Sentence, ...]:
    """What the caller in this place hears, 1 being the next, while so many agents are free.

    Nothing while an agent is free for them: their phone is about to ring, and app_queue rings nobody during an
    announcement. The next caller hears less than the others for the same reason.
    """
    if place <= free:
        return ()
    if place == 1:
        return (("place_next", {}), *_wait(wait), ("wish", {}))
    ahead: Sentence = ("place", {"ahead": place - 1})
    return (ahead, *_wait(wait), ("wish", {}), ("offer_message", {"key": MESSAGE_KEY}))


def _wait(wait: Estimate | None) -> tuple[Sentence, ...]:
    """Whole minutes, or "a few minutes" where the wait is unknown or too unsure for a number."""
    minutes = minutes_of(wait)
    if minutes is None:
        return (("wait_few_minutes", {}),)
    about: Sentence = ("wait_minutes", {"wait": minutes})
    return (("wait_long", {}), about) if minutes >= LONG_MINUTES else (about,)


def minutes_of(wait: Estimate | None) -> int | None:
    """The expected wait in whole minutes, at least one; None where a number would be a guess."""
    if wait is None or spoken(wait) is None:
        return None
    minutes = max(1, round(wait.expected / MINUTE))
    return minutes if minutes <= LONGEST_MINUTES else None
