"""Converts a return call for the live feed; the delta does not identify the customer. Pure."""

from __future__ import annotations

from typing import Final

from typing_extensions import TypedDict

from callcenter.callbacks.rows import ReturnCallRow
from callcenter.facts import CaseNumber
from callcenter.web.ports import DeltaKind


class CallbackDelta(TypedDict):
    """A return call, without what identifies the customer."""

    id: str
    state: str
    source: str
    line: str | None
    case: CaseNumber | None
    promised: bool
    agent: str | None
    attempts: int
    result: str | None
    language: str | None
    standing: str
    due_at: str
    may_from: str


CALLBACK: Final = DeltaKind("callback", CallbackDelta, "people, not screens")


class CallbackImportDelta(TypedDict):
    """How many rows of the list that is being imported are read, and then stored; `of` is null until it is known."""

    done: int
    of: int | None


CALLBACK_IMPORT: Final = DeltaKind("callback_import", CallbackImportDelta, "leaders")


def delta_of(row: ReturnCallRow) -> CallbackDelta:
    return {
        "id": row.id,
        "state": row.state,
        "source": row.source,
        "line": row.line,
        "case": row.case,
        "promised": row.promised,
        "agent": row.agent,
        "attempts": row.attempts,
        "result": row.result,
        "language": row.language,
        "standing": row.standing,
        "due_at": row.due_at.isoformat(),
        "may_from": row.may_from.isoformat(),
    }
