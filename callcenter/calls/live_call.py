"""Derives the state of one live call from the set of facts seen, in whatever order they came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from callcenter.calls import ring
from callcenter.calls.endings import CANCELLED, CUT_OFF, PBX_LOST, PUT_DOWN
from callcenter.calls.late_rings import Heard, PhoneRing
from callcenter.calls.model import CallRecord, Direction, HungUpBy, Offer, Outcome, PathStep, Transfer
from callcenter.calls.offers import Witnesses, follows, is_mute, outcome
from callcenter.calls.outgoing import turned
from callcenter.facts import CustomerId, Linkedid, Uniqueid


@dataclass(slots=True)
class LiveOffer:
    """What was seen of one ring of one phone."""

    leg: Uniqueid
    agent: str
    phone: str
    queue: str
    offered_at: datetime
    rang_at: datetime | None = None
    up_at: datetime | None = None
    """When the phone was answered, by the first witness; the queue's own event comes a little later."""
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    status: str = ""
    cause: int | None = None
    gave_up: bool = False
    from_queue: bool = False
    """A queue called the phone; a colleague who passes a caller on does so as well, and that is no missed duty."""
    unseen: bool = False
    """Its ringing ended unobserved; only the PBX's files record when."""

    def taken_up(self, at: datetime) -> None:
        self.up_at = at if self.up_at is None else min(at, self.up_at)


@dataclass(slots=True)
class LiveCall:
    """What was seen of one call; `open` holds its live channels."""

    pbx: str
    linkedid: Linkedid
    direction: Direction
    caller: Uniqueid
    caller_number: str
    caller_name: str
    called_number: str
    arrived_at: datetime
    limit: int
    cadence: ring.Cadence
    line: str | None = None
    queue: str | None = None
    hears_ring: bool = True
    """Whether a waiting caller hears ringing; otherwise music."""
    queued_at: datetime | None = None
    heard_since: datetime | None = None
    left_queue_at: datetime | None = None
    abandoned_at: datetime | None = None
    answered_at: datetime | None = None
    agent: str | None = None
    agent_leg: Uniqueid | None = None
    ended_at: datetime | None = None
    last_closed_at: datetime | None = None
    lost: bool = False
    stopped: bool = False
    """Asterisk's own shutdown ended it."""
    whole: bool = False
    """Whether the link was up since its first event."""
    causes: dict[Uniqueid, int] = field(default_factory=dict)
    open: set[Uniqueid] = field(default_factory=set)
    closed: set[Uniqueid] = field(default_factory=set)
    hangups: dict[Uniqueid, datetime] = field(default_factory=dict)
    finished: str = ""
    offers: dict[Uniqueid, LiveOffer] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    path: list[PathStep] = field(default_factory=list)
    held: dict[Uniqueid, datetime] = field(default_factory=dict)
    """The channels on hold, or that hold, and since when."""
    muted: frozenset[Uniqueid] = frozenset()
    kept_since: datetime | None = None
    """Since when the caller hears music because the agent's page has vanished."""
    kept_by: str = ""
    """The phone that is called again."""
    customer_id: CustomerId | None = None
    number_seen: str = ""
    """The number whose customer has been looked up."""
    flagged: set[str] = field(default_factory=set)
    over: bool = False

    @property
    def gone_at(self) -> datetime:
        """When it ended; never, while it lives."""
        return self.ended_at or datetime.max.replace(tzinfo=UTC)

    def heard(self) -> Heard | None:
        """The ringing that the caller hears (R1): from the queue's start, whether a phone rings or all are busy.

        Only a caller hears it; on a return call it is the agent's own phone. Where music is played, there is none.
        """
        if self.direction is not Direction.INBOUND or not self.hears_ring or self.heard_since is None:
            return None
        ends = (
            self.answered_at,
            self.abandoned_at,
            self.left_queue_at,
            *(offer.up_at for offer in self.offers.values()),
        )
        return Heard(self.heard_since, min((at for at in ends if at is not None), default=None))

    def phone_rings(self) -> list[PhoneRing]:
        """Return the phone rings observed from their start; those whose end was not observed are left to the files."""
        return [
            PhoneRing(
                offer.leg, offer.agent, offer.phone, offer.rang_at, offer.up_at or offer.connected_at or offer.ended_at
            )
            for offer in self.offers.values()
            if offer.rang_at is not None and not offer.unseen
        ]

    @property
    def other_number(self) -> str:
        """The number of the external party."""
        outbound = self.direction is Direction.OUTBOUND
        return "" if self.direction is Direction.INTERNAL else self.called_number if outbound else self.caller_number

    def hung_up_by(self) -> HungUpBy | None:
        """R5: who hung up first, by the first request; the same rules as for the record (endings.py)."""
        if self.ended_at is None:
            return None
        if self.stopped or self.lost:
            return HungUpBy.SYSTEM if self.stopped else HungUpBy.UNDETERMINED
        if self.answered_at is None:
            if self._caller_left():
                return self._of(HungUpBy.CALLER)
            return HungUpBy.UNDETERMINED if self.outcome() is Outcome.FAILED else None
        if not self._put_down():
            return HungUpBy.UNDETERMINED
        first = min(self.hangups, key=lambda uniqueid: self.hangups[uniqueid])
        by = HungUpBy.CALLER if first == self.caller else HungUpBy.AGENT
        if self.finished in ("caller", "agent") and self.finished != by:
            return HungUpBy.UNDETERMINED
        return self._of(by)

    def _of(self, by: HungUpBy) -> HungUpBy | None:
        """Seen from the customer's side: where our own phone began the call, the first channel is the agent's."""
        ours = self.caller in self.offers or self.direction is not Direction.INBOUND
        return turned(by) if ours else by

    def _put_down(self) -> bool:
        """Whether a party hung up, and no network failure caused it."""
        first = min(self.hangups, key=lambda uniqueid: self.hangups[uniqueid], default=None)
        return first is not None and all(self.causes.get(leg) in PUT_DOWN for leg in (first, self.caller))

    def _caller_left(self) -> bool:
        cause = self.causes.get(self.caller)
        return self.caller in self.hangups and (cause in PUT_DOWN or cause == CANCELLED)

    def outcome(self) -> Outcome | None:
        """The outcome as far as AMI shows it.

        None where only the files show it (a caller who heard that the line is closed).
        """
        if self.ended_at is None or self.lost:
            return None
        if self.answered_at is not None:
            return Outcome.ANSWERED
        if self.stopped:
            return Outcome.UNKNOWN
        if self.abandoned_at is not None and self._caller_left():
            return Outcome.ABANDONED
        return Outcome.FAILED if self.abandoned_at is not None and self.whole else None

    def reason(self) -> str | None:
        """Why it ended, where neither party ended it."""
        if self.ended_at is None or self.lost:
            return None
        if self.stopped:
            return PBX_LOST
        failed = self.outcome() is Outcome.FAILED or (self.answered_at is not None and not self._put_down())
        return CUT_OFF if failed else None

    def _others_answered(self, leg: Uniqueid) -> list[datetime | None]:
        return [other.up_at or other.connected_at for other in self.offers.values() if other.leg != leg]

    def offer(self, seen: LiveOffer) -> Offer:
        """Return the offer in the form of the record."""
        ended = (seen.up_at or seen.connected_at) if seen.connected_at else seen.ended_at
        witnesses = Witnesses(
            connected=seen.connected_at is not None,
            ended=seen.ended_at is not None,
            rang=True if seen.rang_at is not None else False if self.whole else None,
            gave_up=seen.gave_up,
            status=seen.status,
            cause=seen.cause,
            other_answered=follows(seen.ended_at, self._others_answered(seen.leg)),
            caller_gone=not seen.gave_up and follows(seen.ended_at, [self.hangups.get(self.caller), self.abandoned_at]),
            mute=is_mute(seen.offered_at, seen.ended_at),
            cut=self.stopped and self.ended_at is not None and follows(self.ended_at, [seen.ended_at]),
        )
        rings = ring.tones_begun(seen.rang_at, ended, self.cadence) if seen.rang_at and ended else None
        late = None if rings is None else ring.is_late(rings, self.limit)
        return Offer(
            leg=seen.leg,
            agent=seen.agent,
            phone=seen.phone,
            queue=seen.queue,
            offered_at=seen.offered_at,
            ringing_at=seen.rang_at,
            ended_at=ended,
            rings=rings,
            late=late,
            outcome=outcome(witnesses),
        )

    def record(self) -> CallRecord:
        offers = tuple(self.offer(seen) for seen in sorted(self.offers.values(), key=lambda o: (o.offered_at, o.leg)))
        answered = [offer for offer in offers if offer.leg == self.agent_leg]
        waited = self.answered_at or self.abandoned_at or self.left_queue_at
        talked = self.answered_at and self.ended_at
        return CallRecord(
            pbx=self.pbx,
            linkedid=self.linkedid,
            direction=self.direction,
            line=self.line,
            queue=self.queue,
            caller_number=self.caller_number,
            caller_name=self.caller_name,
            called_number=self.called_number,
            arrived_at=self.arrived_at,
            queued_at=self.queued_at,
            answered_at=self.answered_at,
            ended_at=self.ended_at,
            outcome=self.outcome(),
            reason=self.reason(),
            agent=self.agent,
            hung_up_by=self.hung_up_by(),
            late=answered[0].late if answered else None,
            wait_seconds=(waited - self.queued_at).total_seconds() if waited and self.queued_at else None,
            talk_seconds=(self.ended_at - self.answered_at).total_seconds()
            if talked and self.answered_at and self.ended_at
            else None,
            end_known=not self.lost,
            offers=offers,
            transfers=tuple(self.transfers),
            path=tuple(self.path),
        )


def leg_of(calls: Iterable[LiveCall], agent: str) -> Uniqueid:
    """Return the leg of a talk that Asterisk left unnamed: the agent's only one."""
    legs = [call.agent_leg for call in calls if call.agent == agent and call.agent_leg and call.ended_at is None]
    return legs[0] if legs else Uniqueid("")
