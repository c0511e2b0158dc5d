"""The errors of call notes and of the tree of reasons."""

from __future__ import annotations

from callcenter.errors import Invalid


class NoteIncomplete(Invalid):
    """A record is finished only with everything that W1 and W2 require; `missing` lists the fields."""

    code = "record_incomplete"


class UnknownReason(Invalid):
    code = "unknown_call_reason"


class BadReasonTree(Invalid):
    code = "bad_reason_tree"
