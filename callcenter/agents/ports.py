"""What other rooms check before an agent comes to the desk or leaves it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.model import PresenceEvent
from callcenter.facts import AgentNumber
from callcenter.web.audit import Fact
from callcenter.web.roles import Person

Leaving = Callable[[str, datetime], Awaitable[None]]
"""Called before agents sign themselves out; raises Conflict while their relief has not arrived (policy H1)."""


Pausing = Callable[[str, str], Awaitable[None]]
"""Called with agent and reason before agents pause themselves; raises Conflict while a colleague has to stay (D5)."""


@dataclass(frozen=True, slots=True)
class Departure:
    """An agent is to leave the desk by a person's word: `own` their own, else a leader's, also for themselves.

    `despite` is why a leader does it although a line is left short.
    """

    agent: AgentNumber
    event: PresenceEvent
    reason: str
    despite: str
    own: bool = False


Departing = Callable[[AsyncSession, Departure], Awaitable[dict[str, Fact]]]
"""Called in the transaction of a pause or sign-out that a person asks for.

Raises Conflict where a line would be left short and no leader states a reason for it (D5); what it returns is audited.
"""

Arriving = Callable[[Person], Awaitable[None]]
"""Called before agents sign themselves in; raises Conflict while required reading is open (policy H2)."""
