"""The live notice of a handover, and the stored form of what the centre knew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from typing_extensions import TypedDict

from callcenter.roster.handover.model import LiveFact
from callcenter.roster.rows import HandoverRow
from callcenter.web.ports import DeltaKind


class HandoverDelta(TypedDict):
    """A handover has moved on."""

    id: str
    agent: str
    lines: list[str]
    state: str
    relief: str | None


HANDOVER: Final = DeltaKind("handover", HandoverDelta, "people, not screens")


def delta_of(row: HandoverRow) -> HandoverDelta:
    return {"id": row.id, "agent": row.agent, "lines": row.lines, "state": row.state, "relief": row.relief}


def plain(fact: LiveFact) -> dict[str, str | None]:
    at = fact.at.isoformat() if fact.at else None
    return {"kind": fact.kind, "ref": fact.ref, "text": fact.text[:500], "at": at}


def fact_of(stored: Mapping[str, str | None]) -> LiveFact:
    at = stored["at"]
    return LiveFact(
        stored["kind"] or "", stored["ref"] or "", stored["text"] or "", datetime.fromisoformat(at) if at else None
    )
