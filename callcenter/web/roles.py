"""Defines who may make a request: roles, the person behind a request, and the two open access levels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from callcenter.catalogue import Language
from callcenter.errors import Forbidden
from callcenter.facts import AgentNumber
from callcenter.web.boards.model import BoardSight


class Role(StrEnum):
    AGENT = "agent"
    ASSISTANT = "assistant"
    """The team assistant: drafts rosters; a leader publishes them (D1)."""
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    LEADER = "leader"
    """The head of the department: decides and signs the most severe cases (K4)."""
    ADMINISTRATOR = "administrator"
    WALLBOARD = "wallboard"
    """A wallboard: a read-only token that sees the live floor and nothing else."""


class Access(Enum):
    """Access levels, not roles. PUBLIC needs no sign-in; ANYONE is every signed-in person, but not a wallboard."""

    PUBLIC = "public"
    ANYONE = "anyone"


PERSON_ID = "a person id, the `id` of GET /people"
PERSON_LOGIN = "a login, the `login` of GET /people"
AGENT_NUMBER = "an agent number, the `number` of GET /agents"
"""What a field that names a person takes, for the API's description."""

PUBLIC = Access.PUBLIC
ANYONE = Access.ANYONE
LEADERS = frozenset({Role.SUPERVISOR, Role.MANAGER, Role.LEADER, Role.ADMINISTRATOR})
PLANNERS = LEADERS | {Role.ASSISTANT}
MANAGERS = frozenset({Role.MANAGER, Role.LEADER, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
Allowed = frozenset[Role] | Access


ALL: Final = frozenset({"*"})
PROGRAM: Final = "token:"
"""The prefix of the id of a program, which acts by a token."""


def in_scope(scopes: frozenset[str], tag: str, *, reads: bool) -> bool:
    """Whether a token with these scopes is valid for a request to this part of the API.

    `*` is everything, `read` all reading, `calls` a part of the API by its tag, `calls:read` reading there.
    """
    return bool(scopes & {"*", tag}) or (reads and bool(scopes & {"read", f"{tag}:read"}))


@dataclass(frozen=True, slots=True)
class Person:
    """The requester: a person with a session or a program with a token; `agent` is their agent number, if any."""

    id: str
    login: str
    name: str
    roles: frozenset[Role]
    agent: AgentNumber | None = None
    must_change: bool = False
    """Whether someone else set their password, and they must change it before anything else."""
    must_enrol: bool = False
    """Whether one of their roles demands a second factor that they do not have yet."""
    language: Language | None = None
    """The language of the session; a language named by the request takes precedence."""
    scopes: frozenset[str] = ALL
    """The scopes of a program's token, within its roles; a person's session has all scopes."""
    board: BoardSight | None = None
    """What the screen of a board may see of the floor; None for everyone else."""

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
    """Raises Forbidden for a person who has none of these roles."""
    if not person.may(allowed):
        roles = ", ".join(sorted(allowed)) if isinstance(allowed, frozenset) else None
        raise Forbidden("your role does not allow this", roles=roles)
