"""Tests that the live floor and the final record agree on every offer and ending: one history goes through both."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.calls.model import CallRecord, OfferOutcome
from callcenter.calls.record import Sources, build
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from callcenter.facts import Uniqueid
from tests.calls.histories import CALL, CAUSES, RANG_AFTER, RINGS, STATUS, History, Phone, outcomes

RULES = RingRules(3, cadence_of("cn"))
TIMEOUT = 12.0
FATES = {
    "answers": OfferOutcome.ANSWERED,
    "declines": OfferOutcome.DECLINED,
    "busy": OfferOutcome.BUSY,
    "absent": OfferOutcome.UNREACHABLE,
    "fails": OfferOutcome.UNREACHABLE,
    "silent": OfferOutcome.NO_ANSWER,
    "dead": OfferOutcome.UNREACHABLE,
}
seconds = st.floats(0.2, 11.0).map(lambda value: round(value, 3))
phones = st.builds(Phone, st.sampled_from(sorted(FATES)), seconds)
failing = st.builds(Phone, st.sampled_from(sorted(set(FATES) - {"answers"})), seconds)
endings = st.sampled_from(["caller", "agent", "nobody", "pbx"])


def leg(place: int) -> str:
    return f"{CALL[:-1]}{place + 2}"


def agent(place: int) -> str:
    return f"100{place + 1}"


def refused(story: History, place: int, phone: Phone, start: float, end: float) -> None:
    """A phone that ended the attempt itself, or rang out."""
    own = phone.fate in CAUSES
    cause, status = CAUSES.get(phone.fate, 26), STATUS.get(phone.fate, "NOANSWER")
    row = "" if phone.fate == "declines" else "RINGNOANSWER"
    story.close_phone(Uniqueid(leg(place)), agent(place), end, cause, status, row, end - start if own else TIMEOUT)
    story.truth[leg(place)] = FATES[phone.fate]


def one_after_another(tries: list[Phone], by: str) -> History:
    """Each phone has its turn; the first that answers talks, and if none does the caller leaves."""
    story, clock = History(), 2.0
    story.arrive()
    for place, phone in enumerate(tries):
        story.call_phone(Uniqueid(leg(place)), agent(place), phone, clock)
        if phone.fate == "answers":
            story.answer(Uniqueid(leg(place)), agent(place), clock + phone.after)
            story.truth[leg(place)] = OfferOutcome.ANSWERED
            story.talk_ends(Uniqueid(leg(place)), agent(place), clock + phone.after + 20, by)
            return story
        clock += phone.after if phone.fate in CAUSES else TIMEOUT
        refused(story, place, phone, clock - TIMEOUT, clock)
        clock += 2.0
    by = "caller" if by == "agent" else by
    if by == "caller":
        story.caller_asks(clock)
    story.caller_leaves(clock, by)
    return story


def all_at_once(tries: list[Phone], leaves: float, by: str) -> History:
    """All ring together until one answers, or the caller leaves."""
    story, start = History(), 2.0
    story.arrive()
    first = min((p.after for p in tries if p.fate == "answers"), default=leaves)
    answered = next((place for place, p in enumerate(tries) if p.fate == "answers" and p.after == first), None)
    for place, phone in enumerate(tries):
        story.call_phone(Uniqueid(leg(place)), agent(place), replace(phone, after=min(phone.after, first)), start)
        if phone.fate in CAUSES and phone.after < first:
            refused(story, place, phone, start, start + phone.after)
        elif place != answered:
            gone = "CANCEL", "" if answered is not None else "RINGCANCELED"
            story.close_phone(Uniqueid(leg(place)), agent(place), start + first + 0.001, 26, *gone, first)
            story.truth[leg(place)] = withdrawn(phone, first, answered is not None, by)
    if answered is None:
        if by == "caller":
            story.caller_asks(start + first)
        story.caller_leaves(start + first, by)
    else:
        story.answer(Uniqueid(leg(answered)), agent(answered), start + first)
        story.truth[leg(answered)] = OfferOutcome.ANSWERED
        story.talk_ends(Uniqueid(leg(answered)), agent(answered), start + first + 20, by)
    return story


def withdrawn(phone: Phone, first: float, answered: bool, by: str) -> OfferOutcome:
    """What to make of a phone that was called until another answered, the caller left, or Asterisk ended."""
    rang = phone.fate in RINGS and min(phone.after, first) > RANG_AFTER
    if not rang and first >= 2.0:
        return OfferOutcome.UNREACHABLE
    if by == "pbx" and not answered:
        return OfferOutcome.UNKNOWN
    return OfferOutcome.ANSWERED_ELSEWHERE if answered else OfferOutcome.CALLER_LEFT


def agree(story: History) -> None:
    live, sources = story.played()
    final = record_of(sources)
    assert outcomes(live.record) == story.truth
    assert outcomes(final) == story.truth
    assert {offer.leg: (offer.agent, offer.phone) for offer in live.record.offers} == {
        offer.leg: (offer.agent, offer.phone) for offer in final.offers
    }
    assert {offer.leg: offer.late for offer in final.offers if offer.ringing_at} == {
        offer.leg: offer.late for offer in live.record.offers if offer.ringing_at
    }
    assert live.record.outcome == final.outcome
    assert live.record.reason == (final.reason if final.reason != "in_queue" else None)
    assert live.record.hung_up_by == final.hung_up_by
    assert live.record.agent == final.agent


def record_of(sources: Sources) -> CallRecord:
    result = build(sources, RULES)
    assert result is not None
    assert result.final
    return result.record


@given(st.lists(failing, max_size=3), st.none() | phones, endings)
@settings(max_examples=300, deadline=None)
def test_floor_and_record_agree_when_phones_are_tried_one_after_another(
    tries: list[Phone], last: Phone | None, by: str
) -> None:
    agree(one_after_another([*tries, *([last] if last else [])], by))


@given(st.lists(phones, min_size=1, max_size=4), seconds, st.sampled_from(["caller", "nobody", "pbx"]))
@settings(max_examples=300, deadline=None)
def test_floor_and_record_agree_when_phones_ring_together(tries: list[Phone], leaves: float, by: str) -> None:
    agree(all_at_once(tries, leaves, by))


def test_a_phone_that_failed_before_a_colleague_answered_is_not_answered_elsewhere() -> None:
    story = all_at_once([Phone("absent", 0.5), Phone("answers", 1.0), Phone("fails", 0.7)], 9, "caller")
    agree(story)
    assert story.truth[leg(0)] is OfferOutcome.UNREACHABLE
    assert story.truth[leg(2)] is OfferOutcome.UNREACHABLE


def test_a_phone_that_never_rang_is_unreachable_although_app_queue_logs_no_answer() -> None:
    story = one_after_another([Phone("dead", 1), Phone("answers", 1)], "caller")
    agree(story)
    assert story.truth[leg(0)] is OfferOutcome.UNREACHABLE
