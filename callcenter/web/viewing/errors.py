"""The errors of viewing."""

from __future__ import annotations

from callcenter.errors import Invalid


class BadViewing(Invalid):
    """The key does not name anything of this kind."""

    code = "bad_viewing"
