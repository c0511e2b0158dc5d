"""Finds the messages that a return call is about (R4): who may hear them, and their transcripts where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import or_, select

from callcenter.callbacks.model import BUSY
from callcenter.callbacks.rows import ReturnCallCauseRow, ReturnCallRow
from callcenter.facts import CallId, RecordingId
from callcenter.storage.database import Database
from callcenter.web.roles import Person


@dataclass(frozen=True, slots=True)
class Message:
    """One message left by a caller. `text` is null when there is no transcript, or not yet (`transcript`)."""

    call: CallId
    recording: RecordingId
    began_at: datetime
    seconds: float
    transcript: str
    """The transcript's state, or `none`."""
    text: str | None


class Messages(Protocol):
    """The messages kept for calls; implemented by the package that keeps recordings and transcripts."""

    async def left_in(self, calls: Sequence[CallId]) -> Sequence[Message]:
        """The messages left in these calls that can still be played, oldest first."""
        ...


class NoMessages:
    """Used when no recordings are kept."""

    async def left_in(self, calls: Sequence[CallId]) -> Sequence[Message]:
        return ()


async def hears(database: Database, person: Person, call: CallId) -> bool:
    """Whether this user holds a return call that this call caused: its message is for them (R4)."""
    if person.agent is None:
        return False
    caused = select(ReturnCallCauseRow.item).where(ReturnCallCauseRow.call == call)
    query = select(ReturnCallRow.id).where(
        ReturnCallRow.agent == person.agent,
        ReturnCallRow.state.in_([state.value for state in BUSY]),
        or_(ReturnCallRow.call == call, ReturnCallRow.id.in_(caused)),
    )
    async with database.read() as session:
        return await session.scalar(query.limit(1)) is not None
