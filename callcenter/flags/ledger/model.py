"""Entries of the ledger (policy D7): kinds, states, amounts. Nothing is deducted by the machine alone. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any, Final

from callcenter.errors import IllegalTransition
from callcenter.flags.ledger.errors import BadEntry

TEXT_LIMIT: Final = 2000
MONTH: Final = r"^[0-9]{4}-(0[1-9]|1[0-2])$"


class LedgerState(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    SETTLED = "settled"
    ANNULLED = "annulled"


class LedgerEvent(StrEnum):
    CONFIRM = "confirm"
    """With the proposed amount or a lower one."""
    ANNUL = "annul"
    DISPUTE = "dispute"
    SETTLE = "settle"
    """Upheld or reduced, by another person than who confirmed it."""


TRANSITIONS: Final[dict[LedgerState, dict[LedgerEvent, LedgerState]]] = {
    LedgerState.PROPOSED: {LedgerEvent.CONFIRM: LedgerState.CONFIRMED, LedgerEvent.ANNUL: LedgerState.ANNULLED},
    LedgerState.CONFIRMED: {LedgerEvent.DISPUTE: LedgerState.DISPUTED, LedgerEvent.ANNUL: LedgerState.ANNULLED},
    LedgerState.DISPUTED: {LedgerEvent.SETTLE: LedgerState.SETTLED, LedgerEvent.ANNUL: LedgerState.ANNULLED},
    LedgerState.SETTLED: {},
    LedgerState.ANNULLED: {},
}
UNDECIDED: Final = frozenset({LedgerState.PROPOSED, LedgerState.DISPUTED})
"""A month with such an entry is not closed."""
COUNTED: Final = frozenset({LedgerState.CONFIRMED, LedgerState.SETTLED})
"""What the payroll deducts."""


def after(state: LedgerState, event: LedgerEvent) -> LedgerState:
    """The state that follows. Raises IllegalTransition."""
    if event not in TRANSITIONS[state]:
        raise IllegalTransition("ledger entry", state.value, event.value, TRANSITIONS[state])
    return TRANSITIONS[state][event]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an entry is proposed; `id` names the evidence, so that the same one is proposed once.

    `facts` name the call, the flag, the shift or the case; they hold no caller's data.
    """

    id: str
    kind: str
    clause: str
    policy_version: str
    agent: str
    at: datetime
    facts: Mapping[str, Any]


def check_month(month: str) -> str:
    """Return the month, or raise BadEntry for what is not one such as 2026-11."""
    if not re.fullmatch(MONTH, month):
        raise BadEntry("a month looks like 2026-11", fault="month")
    return month


def month_of(at: datetime, zone: tzinfo) -> str:
    """The month of an instant in the centre's time, such as 2026-11."""
    return f"{at.astimezone(zone):%Y-%m}"


def decided_amount(proposed: int, amount: int | None) -> int:
    """The amount of a decision in fen: the proposed one or a lower one; raises BadEntry for a higher one."""
    if amount is None:
        return proposed
    if not 0 <= amount <= proposed:
        raise BadEntry("a decision keeps the amount or lowers it", fault="amount", most=proposed)
    return amount


def totals(entries: Iterable[tuple[str, LedgerState, int]]) -> dict[str, int]:
    """What the payroll deducts from each agent, in fen; agents without a deduction are left out."""
    sums: dict[str, int] = defaultdict(int)
    for agent, state, amount in entries:
        if state in COUNTED and amount:
            sums[agent] += amount
    return dict(sorted(sums.items()))


def checksum(content: object) -> str:
    """SHA-256 over the content of a closed month, in one spelling."""
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(plain.encode()).hexdigest()
