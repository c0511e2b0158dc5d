"""Who may ask: roles, the person behind a request, and the two open doors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from callcenter.catalogue import Language
from callcenter.errors import Forbidden


class Role(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    LEADER = "leader"
    """The leader of the department: decides and signs the gravest cases (K4)."""
    ADMINISTRATOR = "administrator"
    WALLBOARD = "wallboard"
    """A screen on the wall: a read-only token that sees the live floor and nothing else."""


class Access(Enum):
    """Not roles: doors. PUBLIC needs no sign-in; ANYONE is every signed-in person, but not a wallboard."""

    PUBLIC = "public"
    ANYONE = "anyone"


PERSON_ID = "a person id, the `id` of GET /people"
PERSON_LOGIN = "a login, the `login` of GET /people"
AGENT_NUMBER = "an agent number, the `number` of GET /agents"
"""What a field that names somebody takes, for the API's description."""

PUBLIC = Access.PUBLIC
ANYONE = Access.ANYONE
LEADERS = frozenset({Role.SUPERVISOR, Role.MANAGER, Role.LEADER, Role.ADMINISTRATOR})
MANAGERS = frozenset({Role.MANAGER, Role.LEADER, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
Allowed = frozenset[Role] | Access


ALL: Final = frozenset({"*"})
PROGRAM: Final = "token:"
"""How the id of a program begins, which acts by a token."""


def in_scope(scopes: frozenset[str], tag: str, *, reads: bool) -> bool:
    """Whether a token with these scopes is good for a request to this part of the API.

    `*` is everything, `read` all reading, `calls` a part of the API by its tag, `calls:read` reading there.
    """
    return bool(scopes & {"*", tag}) or (reads and bool(scopes & {"read", f"{tag}:read"}))


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: a person with a session or a program with a token; `agent` is their agent number, if any."""

    id: str
    login: str
    name: str
    roles: frozenset[Role]
    agent: str | None = None
    must_change: bool = False
    """Whether their password was set by somebody else, and they must change it before anything else."""
    must_enrol: bool = False
    """Whether a role of theirs demands a second factor that they do not have yet."""
    language: Language | None = None
    """Which the session was begun in; a request that names one by itself goes before it."""
    scopes: frozenset[str] = ALL
    """What a program's token is good for, within its roles; a person's session is good for everything."""

    @property
    def program(self) -> bool:
        return self.id.startswith(PROGRAM)

    def may(self, allowed: Allowed) -> bool:
        if allowed is PUBLIC:
            return True
        if allowed is ANYONE:
            return bool(self.roles - {Role.WALLBOARD})
        assert isinstance(allowed, frozenset)
        return bool(self.roles & allowed)


def must_be(person: Person, allowed: Allowed) -> None:
    """Raises Forbidden for a person whose roles are not among these."""
    if not person.may(allowed):
        roles = ", ".join(sorted(allowed)) if isinstance(allowed, frozenset) else None
        raise Forbidden("your role does not allow this", roles=roles)
