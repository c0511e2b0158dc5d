"""The row of a presence as a value and back."""

from __future__ import annotations

from callcenter.agents.model import Presence, PresenceState
from callcenter.agents.rows import PresenceRow


def presence_of(row: PresenceRow) -> Presence:
    return Presence(row.agent, PresenceState(row.state), row.reason, row.phone, row.since, row.by, row.note)


def write_presence(row: PresenceRow, presence: Presence) -> None:
    row.state, row.reason, row.phone, row.since = presence.state, presence.reason, presence.phone, presence.since
    row.by, row.note = presence.by, presence.note
