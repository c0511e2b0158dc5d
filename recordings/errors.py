"""The errors of recordings."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid, NotFound, Unavailable


class UnknownRecording(NotFound):
    code = "recording_not_found"


class RecordingErased(NotFound):
    """There was a recording; it has been erased, and nothing of its audio remains."""

    code = "recording_erased"


class RecordingHeld(Conflict):
    """A case holds this recording; it is not erased before the case releases it."""

    code = "recording_held"


class NotBeingRecorded(Conflict):
    """Nothing of this call is being recorded now, so there is nothing to stop, pause or resume."""

    code = "not_being_recorded"


class VaultDamaged(Unavailable):
    """The vault returned something other than what was stored: truncated, changed, or under another key."""

    code = "vault_damaged"


class VaultAway(Unavailable):
    code = "vault_away"


class UnknownKey(Unavailable):
    """The master key that wraps this recording's key is not configured here."""

    code = "unknown_master_key"


class BadRange(Invalid):
    code = "bad_range"


class UnknownChannel(Invalid):
    code = "no_such_channel"
