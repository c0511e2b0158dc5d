"""Defines the actions on a live call, what each needs of the agent's phone, and who takes part in the call. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callcenter.calls.control.errors import NotConsulting, NotRinging, NotTalking
from callcenter.calls.model import call_id
from callcenter.facts import CallId, ChannelSeen

UP: Final = 6
RINGING: Final = 5
"""Channel states of Asterisk (include/asterisk/channelstate.h): answered, and a phone that rings."""
TRUNK: Final = "PJSIP/trunk"


class Act(StrEnum):
    ORIGINATE = "originate"
    ANSWER = "answer"
    DECLINE = "decline"
    HANG_UP = "hangup"
    HOLD = "hold"
    UNHOLD = "unhold"
    MUTE = "mute"
    UNMUTE = "unmute"
    DTMF = "dtmf"
    TRANSFER = "transfer"
    CONSULT = "consult"
    COMPLETE = "complete"
    CANCEL = "cancel"
    CONFERENCE = "conference"
    REMOVE = "remove"
    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"
    TAKE = "take"
    END_SUPERVISION = "end_supervision"
    MOVE = "move"
    GIVE = "give"
    PRIORITY = "priority"
    KEEP = "keep"


class Outcome(StrEnum):
    """`asked`: the phone in the page was asked and acts itself; `unknown`: the PBX did not answer."""

    NOTED = "noted"
    DONE = "done"
    ASKED = "asked"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class DeclineReason(StrEnum):
    """Why a ringing call is not taken (R3): it goes on to a colleague."""

    FINISHING_A_RECORD = "finishing_a_record"
    OTHER_LANGUAGE = "other_language"
    PERSONALLY_INVOLVED = "personally_involved"
    EQUIPMENT = "equipment"
    EMERGENCY = "emergency"
    OTHER = "other"


class HangupReason(StrEnum):
    """Why the agent ends a conversation before the customer does (R5)."""

    CALLER_SILENT = "caller_silent"
    CALLER_ASKED = "caller_asked"
    SCRIPT_ENDED = "script_ended"
    WRONG_NUMBER = "wrong_number"
    ABUSIVE = "abusive"
    EMERGENCY = "emergency"
    OTHER = "other"


class Needs(StrEnum):
    """What an action needs of the agent's own channel."""

    ANYTHING = "anything"
    RINGS = "rings"
    TALKS = "talks"
    CONSULTS = "consults"


NEEDS: Final[Mapping[Act, Needs]] = MappingProxyType(
    {
        Act.ANSWER: Needs.RINGS,
        Act.DECLINE: Needs.RINGS,
        Act.HANG_UP: Needs.ANYTHING,
        Act.HOLD: Needs.TALKS,
        Act.UNHOLD: Needs.TALKS,
        Act.MUTE: Needs.TALKS,
        Act.UNMUTE: Needs.TALKS,
        Act.DTMF: Needs.TALKS,
        Act.TRANSFER: Needs.TALKS,
        Act.CONSULT: Needs.TALKS,
        Act.COMPLETE: Needs.CONSULTS,
        Act.CANCEL: Needs.CONSULTS,
        Act.CONFERENCE: Needs.CONSULTS,
        Act.REMOVE: Needs.TALKS,
    }
)


@dataclass(frozen=True, slots=True)
class Parties:
    """The channels of a call, seen from one agent: their own, and those in the same conversation."""

    own: ChannelSeen
    others: tuple[ChannelSeen, ...]
    waiting: tuple[ChannelSeen, ...] = ()
    """Answered parties of the call in another bridge: the customer while the agent consults a colleague."""

    @property
    def talks(self) -> bool:
        return self.own.state == UP and bool(self.others)

    @property
    def outside(self) -> bool:
        """Whether a customer is in the conversation."""
        return any(other.channel.startswith(TRUNK) for other in self.others)


def phone_of(channel: str) -> str:
    """The phone of a channel such as `PJSIP/1001-0000002a`; empty for any other kind of channel."""
    kind, _, name = channel.partition("/")
    return name.rpartition("-")[0] if kind == "PJSIP" else ""


def of_call(channels: Iterable[ChannelSeen], pbx: str, call: CallId) -> list[ChannelSeen]:
    """The live channels of a call."""
    return [seen for seen in channels if call_id(pbx, seen.linkedid) == call]


def parties(channels: Collection[ChannelSeen], phones: Collection[str]) -> Parties | None:
    """The call as the owner of these phones sees it; None when none of them takes part.

    Of several own channels the one in a conversation counts, then one that is answered: the others only ring.
    """
    own = [seen for seen in channels if phone_of(seen.channel) in phones]
    if not own:
        return None
    best = max(own, key=lambda seen: (seen.state == UP and bool(seen.bridge), seen.state == UP, seen.uniqueid))
    others = (seen for seen in channels if best.bridge and seen.bridge == best.bridge and seen is not best)
    waiting = (
        seen
        for seen in channels
        if seen not in own and seen.state == UP and seen.bridge not in ("", best.bridge) and phone_of(seen.channel)
    )
    return Parties(best, tuple(others), tuple(waiting))


def check_state(act: Act, seen: Parties) -> None:
    """Raises NotRinging, NotTalking when the agent's phone is not in the state that this action needs."""
    needs = NEEDS[act]
    if needs is Needs.RINGS and seen.own.state != RINGING:
        raise NotRinging("your phone does not ring for this call")
    if needs is Needs.TALKS and not seen.talks:
        raise NotTalking("you are not in a conversation on this call")
    if needs is Needs.CONSULTS and not (seen.own.state == UP and seen.waiting):
        raise NotConsulting("you are not consulting a colleague on this call")
