"""Builds the offers of a call: each ring of each phone, from CEL, queue_log and what AMI saw. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls import ring
from callcenter.calls.model import Leg, Offer, OfferOutcome
from callcenter.calls.offers import FOLLOWS, Witnesses, follows, is_mute, outcome
from callcenter.calls.rules import RingRules
from callcenter.calls.sources import Live, Witness
from callcenter.calls.transfers import phone_of
from callcenter.calls.waiting import base_of
from callcenter.facts import GIVEN, Uniqueid

_LOG_SECOND: Final = timedelta(seconds=2)
_CUT: Final = timedelta(seconds=1)
_NOT_ANSWERED: Final = frozenset({0, 16, 19})
"""Causes of a phone whose ring ended: unset, normal clearing, no answer from user (ITU-T Q.850)."""


class Seen:
    """What AMI saw of the phones of one call."""

    def __init__(self, witnesses: Sequence[Witness], live: Live | None) -> None:
        self.rang_at = {witness.leg: witness.at for witness in reversed(witnesses) if witness.kind == "ringing"}
        self.offers = {offer.leg: offer for offer in live.record.offers} if live else {}
        self.whole = live is not None and live.whole
        for leg, offer in self.offers.items():
            if offer.ringing_at is not None:
                self.rang_at.setdefault(leg, offer.ringing_at)

    def rang(self, leg: Uniqueid) -> bool | None:
        """None where this phone was not watched from first to last."""
        if leg in self.rang_at:
            return True
        return False if self.whole and leg in self.offers else None

    def answered_at(self, leg: Uniqueid, connects: Mapping[Uniqueid, QueueRow]) -> datetime | None:
        """When a phone was answered whose ANSWER CEL lacks: by AMI, else by the whole second of queue_log."""
        live = self.offers.get(leg)
        if live is not None and live.outcome is OfferOutcome.ANSWERED:
            return live.ended_at
        return connects[leg].at if leg in connects else None

    def settle(self, offer: Offer) -> Offer:
        """Complete the offer with what only AMI saw: how the dialling ended, and whose phone it is."""
        live = self.offers.get(offer.leg)
        if live is None or not self.whole:
            return offer
        sure = offer.outcome is OfferOutcome.ANSWERED or live.outcome in (None, OfferOutcome.UNKNOWN)
        named = offer if offer.agent != offer.phone else replace(offer, agent=live.agent or offer.agent)
        return named if sure else replace(named, outcome=live.outcome)


def offers_of(
    cel: Sequence[CelRow],
    queue: Sequence[QueueRow],
    seen: Seen,
    legs: Sequence[Leg],
    caller: Uniqueid,
    rules: RingRules,
    cut: datetime | None = None,
) -> tuple[Offer, ...]:
    """Return the rings of agents' phones for a caller, in the order in which they began.

    `cut` is when Asterisk's shutdown ended the call.
    """
    connects = {Uniqueid(row.datum(1)): row for row in queue if row.event == "CONNECT"}
    offered = [
        replace(leg, answered_at=leg.answered_at or seen.answered_at(leg.uniqueid, connects))
        for leg in legs
        if leg.uniqueid != caller and (leg.party == "agent" or leg.uniqueid in connects or _in_queue(leg, cel, caller))
    ]
    answers = {leg: row.at for leg, row in connects.items()} | {
        leg.uniqueid: leg.answered_at for leg in offered if leg.answered_at is not None
    }
    phones = {phone_of(leg.channel) for leg in offered}
    unused = [row for row in queue if row.event in ("RINGNOANSWER", "RINGCANCELED")]
    first_queue = next((row.queue for row in queue if row.queue != "NONE"), "")
    left = _caller_left_at(cel, queue, caller)
    offers: list[Offer] = []
    for leg in offered:
        connect = connects.get(leg.uniqueid)
        missed = None if connect else _take_missed(unused, leg, phones)
        others = (at for other, at in answers.items() if other != leg.uniqueid)
        result = outcome(_witnesses(leg, connect, missed, seen, others, left, cut))
        offers.append(seen.settle(_queue_ring(leg, connect or missed, first_queue, seen, result, rules)))
    known = {leg.uniqueid for leg in legs}
    offers += [_connected(leg, row, rules) for leg, row in connects.items() if leg and leg not in known]
    known |= set(connects)
    offers += [offer for leg, offer in seen.offers.items() if leg not in known and leg != caller]
    return tuple(sorted(offers, key=lambda offer: offer.offered_at))


def _witnesses(
    leg: Leg,
    connect: QueueRow | None,
    missed: QueueRow | None,
    seen: Seen,
    others: Iterable[datetime],
    left: datetime | None,
    cut: datetime | None,
) -> Witnesses:
    """What is known of a phone that rang for a caller; `others` are the answers of the other phones."""
    return Witnesses(
        connected=connect is not None or leg.answered_at is not None,
        ended=leg.ended_at is not None,
        rang=seen.rang(leg.uniqueid),
        gave_up=(missed is not None and missed.event == "RINGNOANSWER") or leg.cause in _NOT_ANSWERED,
        status="",
        cause=leg.cause,
        other_answered=follows(leg.ended_at, others),
        caller_gone=_caller_went(leg, missed, left),
        mute=is_mute(leg.started_at, leg.ended_at),
        cut=cut is not None and leg.ended_at is not None and abs(cut - leg.ended_at) < _CUT,
    )


def _queue_ring(
    leg: Leg, logged: QueueRow | None, first_queue: str, seen: Seen, result: OfferOutcome | None, rules: RingRules
) -> Offer:
    """The ring of a phone by a queue; without a row of queue_log for it, by the queue that the caller entered first."""
    phone = phone_of(leg.channel)
    own = logged.queue if logged and base_of(logged.queue) != GIVEN else None
    agent = logged.agent if logged else phone
    return _ring(leg, agent, phone, own or first_queue, seen.rang_at, result, rules)


def _connected(leg: Uniqueid, row: QueueRow, rules: RingRules) -> Offer:
    """A phone whose channel CEL lacks: queue_log has who answered, and after how many whole seconds."""
    rang = int(row.datum(2)) if row.datum(2).isdigit() else 0
    short = ring.certainly_in_time(rang + 1.0, rules.limit, rules.cadence)
    return Offer(
        leg=leg,
        agent=row.agent,
        phone=row.agent,
        queue=row.queue,
        offered_at=row.at - timedelta(seconds=rang),
        ringing_at=None,
        ended_at=row.at,
        rings=None,
        late=False if short else None,
        outcome=OfferOutcome.ANSWERED,
    )


def agents_own(legs: Sequence[Leg], caller: Uniqueid, seen: Seen, rules: RingRules) -> Offer:
    """Return the ring of the agent's own phone that begins a return call."""
    leg = next(candidate for candidate in legs if candidate.uniqueid == caller)
    witnesses = Witnesses(
        connected=leg.answered_at is not None,
        ended=leg.ended_at is not None,
        rang=seen.rang(leg.uniqueid),
        gave_up=leg.cause in _NOT_ANSWERED,
        status="",
        cause=leg.cause,
        other_answered=False,
        caller_gone=False,
        mute=is_mute(leg.started_at, leg.ended_at),
    )
    phone = phone_of(leg.channel)
    return seen.settle(_ring(leg, phone, phone, "", seen.rang_at, outcome(witnesses), rules))


def _ring(
    leg: Leg,
    agent: str,
    phone: str,
    queue: str,
    rang: Mapping[Uniqueid, datetime],
    result: OfferOutcome | None,
    rules: RingRules,
) -> Offer:
    end = leg.answered_at or leg.ended_at
    ringing = rang.get(leg.uniqueid)
    rings: int | None = None
    late: bool | None = None
    if end is not None and ringing is not None:
        rings = ring.tones_begun(ringing, end, rules.cadence)
        late = ring.is_late(rings, rules.limit)
    elif end is not None:
        short = ring.certainly_in_time((end - leg.started_at).total_seconds(), rules.limit, rules.cadence)
        late = False if short else None
    return Offer(
        leg=leg.uniqueid,
        agent=agent,
        phone=phone,
        queue=queue,
        offered_at=leg.started_at,
        ringing_at=ringing,
        ended_at=end,
        rings=rings,
        late=late,
        outcome=result,
    )


def _in_queue(leg: Leg, cel: Sequence[CelRow], caller: Uniqueid) -> bool:
    """A leg without an application of its own yet, begun while the caller waits in Queue()."""
    if any(row.uniqueid == leg.uniqueid and row.event != "CHAN_START" for row in cel):
        return False
    application = ""
    for row in cel:
        if row.at > leg.started_at:
            break
        if row.uniqueid == caller:
            application = {"APP_START": row.app, "APP_END": ""}.get(row.event, application)
    return application == "Queue"


def _take_missed(unused: list[QueueRow], leg: Leg, phones: Collection[str]) -> QueueRow | None:
    """Take the queue_log row of this leg's end; the log has whole seconds and no leg, so each row serves one leg.

    A row that names an agent whose phone has another name may be this one's; one that names another phone is not.
    """
    if leg.ended_at is None or leg.answered_at is not None:
        return None
    near = [row for row in unused if abs(row.at - leg.ended_at) < _LOG_SECOND]
    phone = phone_of(leg.channel)
    named = next((row for row in near if row.agent == phone), None)
    row = named or next((row for row in near if row.agent not in phones), None)
    if row is not None:
        unused.remove(row)
    return row


def _caller_went(leg: Leg, missed: QueueRow | None, left: datetime | None) -> bool:
    """app_queue writes RINGCANCELED for a phone still ringing when the caller left, RINGNOANSWER for one given up."""
    if missed is not None:
        return missed.event == "RINGCANCELED"
    return left is not None and leg.ended_at is not None and abs(leg.ended_at - left) < FOLLOWS


def _caller_left_at(cel: Sequence[CelRow], queue: Sequence[QueueRow], caller: Uniqueid) -> datetime | None:
    for row in cel:
        if row.uniqueid == caller and row.event == "HANGUP":
            by_caller = row.extra.get("hangupsource") == row.channel
            return row.at if by_caller or any(event.event == "ABANDON" for event in queue) else None
    return None
