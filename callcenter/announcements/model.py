"""Defines announcements to agents (news, changes, promotions), to be read before a shift begins (policy H2). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from callcenter.errors import Conflict, Invalid, NotFound

TITLE_LENGTH: Final = 200
BODY_LENGTH: Final = 20_000


class UnknownAnnouncement(NotFound):
    code = "announcement_not_found"


class BadAnnouncement(Invalid):
    code = "bad_announcement"


class AnnouncementOver(Conflict):
    """It was withdrawn or replaced by a newer version."""

    code = "announcement_over"


class UnreadAnnouncements(Conflict):
    """These must be read before a shift begins (H2); `titles` names them."""

    code = "unread_announcements"


class News(StrEnum):
    NEWS = "news"
    CHANGE = "change"
    PROMOTION = "promotion"


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is announced, from when until when, to whom; empty `roles` and `agents` mean everyone.

    A published announcement never changes: a new version is a new announcement that `replaces` the previous one and
    must be read again.
    """

    title: str
    body: str
    kind: News = News.NEWS
    must_read: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    roles: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    replaces: str | None = None


def check_announcement(given: Announcement) -> Announcement:
    """Return the announcement or raise BadAnnouncement with `field`."""
    if not given.title.strip() or len(given.title) > TITLE_LENGTH or not given.title.isprintable():
        raise BadAnnouncement(
            f"a title has 1 to {TITLE_LENGTH} printable characters", field="title", longest=TITLE_LENGTH
        )
    if not given.body.strip() or len(given.body) > BODY_LENGTH or "\0" in given.body:
        raise BadAnnouncement(f"a text has 1 to {BODY_LENGTH} characters", field="body", longest=BODY_LENGTH)
    if given.valid_from and given.valid_until and given.valid_until <= given.valid_from:
        raise BadAnnouncement("it ends after it begins", field="valid_until")
    return given


def is_for(roles: frozenset[str], agent: str | None, to_roles: frozenset[str], to_agents: frozenset[str]) -> bool:
    """Whether an announcement to these roles and agents is for this user."""
    if not to_roles and not to_agents:
        return True
    return bool(roles & to_roles) or (agent is not None and agent in to_agents)
