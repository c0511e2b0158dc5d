"""Decides what is announced to a waiting caller. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callcenter.asterisk.render.waiting import MESSAGE_KEY
from callcenter.calls.expected_wait.model import MINUTE, Estimate, spoken
from ivr.session.model import Value

LONG_MINUTES: Final = 15
"""From this wait on the caller hears that many people are calling."""
WIDEST_ABOUT: Final = 2 * MINUTE
"""Up to this width of the interval that holds four waits in five, "about 3 minutes" is right within a minute."""
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
    """About so many minutes, or from so many to so many; "a few minutes" where any number would be a guess."""
    span = None if wait is None else spoken(wait)
    if wait is None or span is None or span.most > LONGEST_MINUTES:
        return (("wait_few_minutes", {}),)
    minutes = max(1, round(wait.expected / MINUTE))
    words: Sentence = ("wait_minutes", {"wait": minutes})
    if wait.high - wait.low > WIDEST_ABOUT and span.least < span.most:
        words = ("wait_between", {"least": span.least, "most": span.most})
    return (("wait_long", {}), words) if minutes >= LONG_MINUTES else (words,)
