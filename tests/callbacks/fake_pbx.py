"""A PBX that only remembers: which channel ids it was asked to dial, how each call came out; it may die on us.

tests/callbacks/test_real_calls.py shows on a real Asterisk that what it does, Asterisk does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from callcenter.asterisk.ami_errors import AmiClosed, AmiTimeout
from callcenter.calls.model import CallRecord, Direction, Leg, Outcome
from callcenter.calls.service import UnknownCall
from callcenter.clock import Clock
from callcenter.facts import ChannelSeen, Uniqueid, linkedid_of


class Died(BaseException):
    """The service was killed at this point."""


class Fate(StrEnum):
    """What becomes of an Originate as the service sees it."""

    TAKEN = "taken"
    TAKEN_ANSWER_LOST = "taken_answer_lost"
    NEVER_CAME = "never_came"
    KILLED_BEFORE = "killed_before"
    KILLED_AFTER = "killed_after"


@dataclass
class Dial:
    intent: str
    number: str
    at: datetime
    agent_answered: bool = False
    customer_answered: bool = False
    over: bool = False


@dataclass
class FakePbx:
    clock: Clock
    fate: Fate = Fate.TAKEN
    connected: bool = True
    dials: dict[str, Dial] = field(default_factory=dict)
    records: dict[str, CallRecord] = field(default_factory=dict)

    async def originate(
        self, intent: str, channel: str, context: str, exten: str, caller_id: str, variables: Mapping[str, str]
    ) -> None:
        if self.fate is Fate.KILLED_BEFORE:
            raise Died
        if self.fate is Fate.NEVER_CAME or not self.connected:
            raise AmiClosed("there is no connection to Asterisk", action="Originate")
        assert intent not in self.dials, "Asterisk refuses a Uniqueid twice, and nobody may ask"
        self.dials[intent] = Dial(intent, exten, self.clock())
        if self.fate is Fate.KILLED_AFTER:
            raise Died
        if self.fate is Fate.TAKEN_ANSWER_LOST:
            raise AmiTimeout("Asterisk did not answer in time", action="Originate")

    async def channels(self) -> Sequence[ChannelSeen]:
        if not self.connected:
            raise AmiClosed("there is no connection to Asterisk", action="CoreShowChannels")
        return [channel for dial in self.dials.values() if not dial.over for channel in _channels(dial)]

    async def get(self, call: str) -> CallRecord:
        if call not in self.records:
            raise UnknownCall("there is no such call", call=call)
        return self.records[call]

    def living(self) -> list[Dial]:
        return [dial for dial in self.dials.values() if not dial.over]

    def end(self, dial: Dial, outcome: Outcome, reason: str | None = None) -> CallRecord:
        """The call is over and its record is in the files."""
        dial.over = True
        now = self.clock()
        own = Leg(
            Uniqueid(dial.intent), "PJSIP/1001-0", "caller", dial.at, dial.at if dial.agent_answered else None, now, 16
        )
        record = CallRecord(
            "pbx1",
            linkedid_of(dial.intent),
            Direction.OUTBOUND,
            "orders",
            None,
            "1001",
            "",
            dial.number,
            dial.at,
            ended_at=now,
            answered_at=now if outcome is Outcome.ANSWERED else None,
            outcome=outcome,
            reason=reason,
            legs=(own,),
        )
        self.records[f"pbx1-{dial.intent}"] = record
        return record


def _channels(dial: Dial) -> list[ChannelSeen]:
    bridge = "b1" if dial.customer_answered else ""
    state = 6 if dial.agent_answered else 5
    own = ChannelSeen(
        linkedid_of(dial.intent),
        Uniqueid(dial.intent),
        "PJSIP/1001-0",
        "cc-callback",
        dial.number,
        state,
        "",
        "",
        "Dial",
        "orders",
        bridge,
        1,
    )
    if not dial.agent_answered:
        return [own]
    other = 6 if dial.customer_answered else 4
    return [own, replace(own, uniqueid=Uniqueid(f"{dial.intent}.1"), channel="PJSIP/trunk-1", state=other)]


@dataclass
class FakeAgentPhones:
    """Agents' desks: whose phone may ring, and who is paused for a return call."""

    paused: frozenset[str] = frozenset()

    async def interface(self, agent: str) -> str:
        return f"PJSIP/{agent}"

    async def settle(self, in_hand: frozenset[str]) -> None:
        self.paused = in_hand
