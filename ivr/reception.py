"""Decides how an incoming call is handled: one pure decision in its first second. Asterisk does the rest.

Policy: R3 (every call is answered, refused with a reason, or handed on), R4 (no agent on duty: the caller hears so),
R11 (all callers get the same service; only the lines for key accounts and VIP members differ).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callcenter.kit.hours import ALWAYS_OPEN, OpeningHours


class Action(StrEnum):
    """The action for the dialplan; the values are those of CC_ACTION."""

    QUEUE = "queue"
    CLOSED = "closed"
    NO_AGENT = "nobody"
    REJECT = "reject"
    BLOCKED = "blocked"


class Reason(StrEnum):
    """The reason, which becomes the missed call's reason. Empty for a caller who is queued."""

    NONE = ""
    OUTSIDE_HOURS = "outside_hours"
    NOBODY_ON_DUTY = "nobody_on_duty"
    UNKNOWN_LINE = "unknown_line"
    BLOCKED = "blocked"


class Standing(StrEnum):
    """The customer's standing: the only thing that may change their place in the queue (R11, W5)."""

    ORDINARY = "ordinary"
    VIP = "vip"
    KEY_ACCOUNT = "key_account"


PRIORITY: Final[Mapping[Standing, int]] = MappingProxyType(
    {Standing.ORDINARY: 0, Standing.VIP: 10, Standing.KEY_ACCOUNT: 20}
)
"""Queue priority (Asterisk's QUEUE_PRIO, higher goes first) by standing."""

ASTERISK_LANGUAGE: Final[Mapping[str, str]] = MappingProxyType({"zh-CN": "zh", "en": "en"})
"""Our languages -> the names of Asterisk's sound folders."""

GREETING: Final = "cc/greeting"

_HIDDEN: Final = frozenset({"anonymous", "unknown", "restricted", "private", "unavailable", "<unknown>", "asserted"})
_DIGITS: Final = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Line:
    """A hotline as the reception sees it; `queue` is where its callers wait.

    `priority` is the line's own: a line for key accounts or VIP members may rank higher as a whole (R11).
    """

    code: str
    queue: str
    language: str = "zh-CN"
    hours: OpeningHours = ALWAYS_OPEN
    greeting: str = GREETING
    priority: int = 0
    own_agent: bool = False
    """Whether the agent who holds the caller's open case, or who spoke with them last, is rung first."""


@dataclass(frozen=True, slots=True)
class Customer:
    """The part of a customer's file that the reception may read."""

    standing: Standing = Standing.ORDINARY
    dialect: str = ""
    """The language or dialect on file."""
    blocked: tuple[tuple[str, int], ...] = ()
    """The lines that do not take them, each until an epoch second; an empty code is every line."""

    def blocked_on(self, line: str, at: datetime) -> bool:
        return any(name in ("", line) and at.timestamp() < until for name, until in self.blocked)


@dataclass(frozen=True, slots=True)
class Decision:
    """`greeting` names the prompt to play first, `language` is Asterisk's name of the sound folder.

    `dialect` and `team` choose a ladder where the queue has it: a speaker first (R8), or the team of one's standing.
    """

    action: Action
    queue: str
    priority: int
    greeting: str
    language: str
    reason: Reason = Reason.NONE
    dialect: str = ""
    team: bool = False
    own_agent: str = ""


def known_number(text: str) -> str | None:
    """The caller's number as digits, with a leading plus if it had one; None when it is withheld or not a number."""
    bare = text.strip()
    if bare.lower() in _HIDDEN:
        return None
    digits = "".join(sign for sign in bare if sign in _DIGITS)
    if not 2 <= len(digits) <= 20:
        return None
    return f"+{digits}" if bare.startswith("+") else digits


def decide(
    caller_number: str | None,
    line: Line | None,
    at: datetime,
    open: bool,
    duty: Collection[str],
    customer: Customer | None,
) -> Decision:
    """Decide how to handle a caller.

    `open` is whether the line is open at `at`, `duty` lists who is on duty for it. `caller_number` (None when withheld)
    and `at` are evidence for readers of the record: by R11 they decide nothing but whether the number is blocked.
    """
    if line is None:
        return Decision(Action.REJECT, "", 0, "cc/sorry", ASTERISK_LANGUAGE["zh-CN"], Reason.UNKNOWN_LINE)
    language = ASTERISK_LANGUAGE.get(line.language, "en")
    if customer is not None and customer.blocked_on(line.code, at):
        return Decision(Action.BLOCKED, line.queue, 0, "cc/blocked", language, Reason.BLOCKED)
    if not open:
        return Decision(Action.CLOSED, line.queue, 0, "cc/closed", language, Reason.OUTSIDE_HOURS)
    if not duty:
        return Decision(Action.NO_AGENT, line.queue, 0, "cc/nobody", language, Reason.NOBODY_ON_DUTY)
    customer = customer or Customer()
    priority = max(line.priority, PRIORITY[customer.standing])
    team = customer.standing is not Standing.ORDINARY
    return Decision(Action.QUEUE, line.queue, priority, line.greeting, language, dialect=customer.dialect, team=team)
