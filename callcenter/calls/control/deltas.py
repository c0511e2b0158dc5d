"""Defines the delta by which the service asks the phone in a page to act."""

from __future__ import annotations

from typing import Final

from typing_extensions import TypedDict

from callcenter.facts import CallId
from callcenter.web.ports import DeltaKind


class PhoneDelta(TypedDict):
    """`command` is `answer`: the page whose phone this is answers the ringing call."""

    agent: str
    phone: str
    call: CallId
    command: str


PHONE: Final = DeltaKind("phone", PhoneDelta, "the agent whose phone it is, and leaders")
