"""Refuses that the last agents of a line leave unnoticed: by a pause, or signed out by a leader (D5, H4)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.model import AT_DESK, PresenceEvent
from callcenter.agents.ports import Departure
from callcenter.roster.breaks.service import Breaks
from callcenter.roster.breaks.turn import facts_of
from callcenter.roster.errors import CoverageWouldFall, LastAgent
from callcenter.web.audit import Fact


class Departures:
    """Counts as breaks in turn do; `pauses` and `sign_outs` state which of the two are checked."""

    def __init__(self, breaks: Breaks, *, pauses: bool = True, sign_outs: bool = True) -> None:
        self._breaks = breaks
        self._checked = {PresenceEvent.PAUSE: pauses, PresenceEvent.SIGN_OUT: sign_outs}

    async def check(self, session: AsyncSession, departure: Departure) -> dict[str, Fact]:
        """What the audit states of a line that is left short despite the rule, beside the leader's reason.

        Raises CoverageWouldFall without a reason, and LastAgent where the last agents would be sent on a break with a
        limit: no reason allows that, as in the turn. Agents who pause themselves otherwise than for a break in turn,
        and do not work at the desk meanwhile, are refused as the last ones; the handover judges their sign-out.
        """
        free = departure.own and (departure.event is PresenceEvent.SIGN_OUT or departure.reason in AT_DESK)
        if free or not self._checked[departure.event]:
            return {}
        await self._breaks.one_at_a_time(session)
        now = await self._breaks.now_in(session)
        missing = self._breaks.lack_of(now, departure.agent) if departure.agent in now.serving else None
        if missing is None:
            return {}
        facts, rules = facts_of(missing), self._breaks.rules
        is_break = departure.event is PresenceEvent.PAUSE and departure.reason in rules.limits
        if (is_break or departure.own) and missing.is_last(rules.least):
            raise LastAgent("the line would have nobody left", least=rules.least, **facts)
        if departure.own:
            return {}
        if not departure.despite.strip():
            raise CoverageWouldFall(
                "the line would have fewer agents than it needs",
                presence=departure.event.value,
                on_duty=missing.left,
                **facts,
            )
        return dict(facts)
