"""The errors of raised hands."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, NotFound


class NoHand(Forbidden):
    """Only a person with an agent number raises a hand."""

    code = "no_hand"


class UnknownHand(NotFound):
    code = "unknown_hand"


class HandDown(Conflict):
    """It was answered or taken down already."""

    code = "hand_down"
