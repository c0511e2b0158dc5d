"""Defines the kinds of forms and the header that all of them have. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Final

LANGUAGES: Final = ("zh-CN", "en")


class FormKind(StrEnum):
    TRACKING = "tracking"
    HANDLING = "handling"
    CALL = "call"
    EVALUATION = "evaluation"
    SCORECARD = "scorecard"
    ANALYSIS = "analysis"
    LEAVE = "leave"
    HANDOVER = "handover"
    ROSTER = "roster"
    FIGURES = "figures"
    MEETING = "meeting"
    TRAINING = "training"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Head:
    """The header of every form: its number, the centre, when it was printed and by whom.

    `link` is the target of the QR code, or the number itself when it is empty. `zone` is the centre's time zone.
    """

    number: str
    company: str
    centre: str = ""
    language: str = "zh-CN"
    zone: tzinfo = UTC
    printed_at: datetime | None = None
    printed_by: str = ""
    link: str = ""
    status: str = ""
    """The status of the case, in readable words."""
