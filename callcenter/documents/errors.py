"""Errors of document versions. Each kind of document gives these classes its own stable codes."""

from __future__ import annotations

from callcenter.errors import Conflict, NotFound


class UnknownVersion(NotFound):
    def __init__(self, detail: str, name: str, number: int | None = None) -> None:
        super().__init__(detail, name=name[:40], number=number)


class _VersionConflict(Conflict):
    def __init__(self, detail: str, name: str, number: int | None = None) -> None:
        super().__init__(detail, name=name[:40], number=number)


class VersionPublished(_VersionConflict):
    """A published version never changes: create a new draft."""


class VersionChanged(_VersionConflict):
    """The draft no longer has the revision that was read."""


class VersionDamaged(_VersionConflict):
    """A published source no longer matches its checksum."""
