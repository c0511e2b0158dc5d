"""The codes by which agents sign in and out and pause on their phones; such a call is no call of the centre."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

PHONES: Final = "cc-phones"
"""The dialplan context of agents' phones."""


class PhoneCode(StrEnum):
    """What is dialled."""

    STATE = "*60"
    SIGN_IN = "*61"
    SIGN_OUT = "*62"
    BREAK = "*63"
    MEAL = "*64"
    OTHER = "*65"
    RESUME = "*66"


_CODES: Final = {code.value: code for code in PhoneCode}


def phone_code(dialled: str) -> PhoneCode | None:
    """The code that was dialled, None for anything else."""
    return _CODES.get(dialled)


def is_phone_code(context: str, exten: str) -> bool:
    """Whether a channel that began in this context and extension dialled a code."""
    return context == PHONES and exten in _CODES
