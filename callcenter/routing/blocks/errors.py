"""Errors of the block list."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid, NotFound


class UnknownBlock(NotFound):
    code = "unknown_block"


class BadBlock(Invalid):
    """A block without a reason, or one that neither ends nor states why it does not."""

    code = "bad_block"


class NotBlockable(Invalid):
    """A number that must always get through: emergency and service numbers, extensions, the centre's own numbers."""

    code = "not_blockable"


class BlockExists(Conflict):
    code = "block_exists"


class BlockLifted(Conflict):
    code = "block_lifted"
