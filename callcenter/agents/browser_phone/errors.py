"""The errors of phones in pages."""

from __future__ import annotations

from callcenter.errors import Conflict, TooMany, Unavailable


class NoBrowserPhone(Conflict):
    """The person has no phone of the kind webrtc."""

    code = "no_browser_phone"


class TooManyPhones(TooMany):
    """The person has the maximum number of phones open in pages."""

    code = "too_many_phone_sockets"


class PhoneServerAway(Unavailable):
    """Asterisk's WebSocket does not answer."""

    code = "phone_server_away"
