"""Decides when an agent may hang up first (R5): the follow-up script had ended, or a supervisor excused it (R10). Pure.

A lost network needs no excuse: the record itself then states that it is undetermined who hung up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.errors import Conflict, Invalid


class ExcuseKind(StrEnum):
    SCRIPT_ENDED = "script_ended"
    ABUSIVE = "abusive"
    EMERGENCY = "emergency"


WORDS: Final = frozenset({ExcuseKind.ABUSIVE, ExcuseKind.EMERGENCY})
"""The excuses that a supervisor may give."""
WHY: Final[Mapping[ExcuseKind, str]] = {
    ExcuseKind.SCRIPT_ENDED: "the follow-up script was ended before the agent hung up (R5)",
    ExcuseKind.ABUSIVE: "a supervisor approved ending an abusive call (R5, R10)",
    ExcuseKind.EMERGENCY: "a supervisor approved ending the call in an emergency (R5)",
}


class BadWord(Invalid):
    code = "bad_conduct_word"


class WordTooLate(Conflict):
    """An excuse given days later is not accepted; annul the flag with a reason instead."""

    code = "conduct_word_too_late"


def ended_in_time(script_ended: datetime, call_ended: datetime | None, grace: timedelta) -> bool:
    """Whether the script was over when the call ended; the last answer may be entered just after the call."""
    return call_ended is None or script_ended <= call_ended + grace


def check_word(kind: ExcuseKind, reason: str, call_ended: datetime | None, now: datetime, limit: timedelta) -> str:
    """Returns the reason, stripped; raises BadWord, WordTooLate."""
    if kind not in WORDS:
        known = ", ".join(sorted(WORDS))
        raise BadWord(f"the reason must be one of {known}", field="word", known=known)
    if not reason.strip() or len(reason) > 2000 or "\0" in reason:
        raise BadWord("a reason is required, of at most 2000 characters", field="reason")
    if call_ended is not None and now > call_ended + limit:
        raise WordTooLate("the call is too long ago; decide on its flag instead", hours=limit.total_seconds() / 3600)
    return reason.strip()
