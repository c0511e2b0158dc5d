"""Tests endings by several witnesses (R5, R7), on histories that a real Asterisk 22 wrote for broken calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.calls.model import CallRecord, HungUpBy, Outcome
from callcenter.calls.record import Live, Sources, Witness, build
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from callcenter.facts import Uniqueid
from tests.calls.histories import CALL, CALLER, History, Phone, at, cel

RULES = RingRules(3, cadence_of("cn"))
LEG = f"{CALL[:-1]}2"
AGENT = "PJSIP/1001-2"


def talk(by: str) -> History:
    """Answered after a second, ended after 20 more."""
    story = History()
    story.arrive()
    story.call_phone(Uniqueid(LEG), "1001", Phone("answers", 1), 2)
    story.answer(Uniqueid(LEG), "1001", 3)
    story.talk_ends(Uniqueid(LEG), "1001", 23, by)
    return story


def waited(by: str) -> History:
    """A phone rang in vain until the caller was gone."""
    story = History()
    story.arrive()
    story.call_phone(Uniqueid(LEG), "1001", Phone("silent", 5), 2)
    story.close_phone(Uniqueid(LEG), "1001", 7, 26, "CANCEL", "RINGCANCELED", 5)
    if by == "caller":
        story.caller_asks(7)
    story.caller_leaves(7, by)
    return story


def files(story: History) -> Sources:
    """The record from the PBX's files alone."""
    return Sources("pbx1", CALL, story.cel, story.queue)


def record(sources: Sources) -> CallRecord:
    result = build(sources, RULES)
    assert result is not None
    assert result.final
    return result.record


def ending(record: CallRecord) -> tuple[Outcome | None, str | None, HungUpBy | None]:
    return record.outcome, record.reason, record.hung_up_by


@pytest.mark.parametrize(
    ("by", "party", "reason"),
    [
        ("caller", HungUpBy.CALLER, None),
        ("agent", HungUpBy.AGENT, None),
        ("nobody", HungUpBy.UNDETERMINED, "cut_off"),
        ("pbx", HungUpBy.UNDETERMINED, "cut_off"),
    ],
)
def test_R5_the_queue_log_alone_leaves_the_party_undetermined(by: str, party: HungUpBy, reason: str | None) -> None:
    assert ending(record(files(talk(by)))) == (Outcome.ANSWERED, reason, party)


@pytest.mark.parametrize("cause", [18, 27, 38, 41, 44, 102, 111])
@pytest.mark.parametrize("by", ["agent", "caller"])
def test_R5_a_channel_lost_by_the_network_was_hung_up_by_no_party(by: str, cause: int) -> None:
    sources = files(talk(by))
    rows = [
        replace(row, extra={**row.extra, "hangupcause": str(cause)}) if row.event == "HANGUP" else row
        for row in sources.cel
    ]
    broken = record(replace(sources, cel=rows))
    assert ending(broken) == (Outcome.ANSWERED, "cut_off", HungUpBy.UNDETERMINED)


def test_R7_a_waiting_caller_abandons_only_by_hanging_up() -> None:
    assert ending(record(files(waited("caller")))) == (Outcome.ABANDONED, "in_queue", HungUpBy.CALLER)
    assert ending(record(files(waited("console")))) == (Outcome.FAILED, "cut_off", HungUpBy.UNDETERMINED)


@pytest.mark.parametrize(("story", "outcome"), [(talk("pbx"), Outcome.ANSWERED), (waited("pbx"), Outcome.UNKNOWN)])
def test_R7_calls_ended_by_a_stopping_pbx_are_ended_by_the_system(story: History, outcome: Outcome) -> None:
    """Known by AMI's Shutdown, or by the next start with nothing seen in between."""
    lost = (outcome, "pbx_lost", HungUpBy.SYSTEM)
    sources = files(story)
    ended = max(row.at for row in sources.cel)
    assert ending(record(replace(sources, stops=[ended + timedelta(seconds=1)]))) == lost
    assert ending(record(replace(sources, starts=[at(90)]))) == lost
    alive = replace(sources, starts=[at(90)], last_seen=[at(80)])
    assert ending(record(alive))[1] == "cut_off"


def test_R5_a_hang_up_just_before_a_stop_is_still_the_partys() -> None:
    assert record(replace(files(talk("agent")), stops=[at(24)])).hung_up_by is HungUpBy.AGENT


def cut(sources: Sources, when: float) -> Sources:
    """The files as a PBX leaves them that is killed at this instant."""
    return replace(
        sources,
        cel=[row for row in sources.cel if row.at <= at(when)],
        queue=[row for row in sources.queue if row.at <= at(when)],
    )


def test_a_talk_cut_by_a_pbx_crash_lasts_until_its_last_event() -> None:
    sources = cut(files(talk("caller")), 10)
    died = record(replace(sources, starts=[at(60)], last_seen=[at(15)]))
    assert ending(died) == (Outcome.ANSWERED, "pbx_lost", HungUpBy.UNDETERMINED)
    assert (died.ended_at, died.end_known) == (at(15), False)
    assert died.talk_seconds == pytest.approx(12, abs=0.1)


def test_a_talk_without_events_after_the_answer_has_an_unknown_length() -> None:
    sources = cut(files(talk("caller")), 10)
    died = record(replace(sources, starts=[at(60)]))
    assert died.answered_at is not None
    assert (died.talk_seconds, died.end_known) == (None, False)


def whole(by: str, story: History | None = None) -> tuple[Sources, CallRecord]:
    _, sources = (story or talk(by)).played()
    return sources, record(sources)


GONE = Witness(CALL, "gone", at(120))


@given(st.data(), st.sampled_from(["caller", "agent", "nobody"]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_whatever_cel_lost_the_record_takes_from_the_other_witnesses(
    data: st.DataObject, by: str, answered: bool
) -> None:
    """No call stays open forever, and none without a beginning counts as abandoned."""
    sources, full = whole(by, None if answered else waited(by))
    chosen = data.draw(st.lists(st.booleans(), min_size=len(sources.cel), max_size=len(sources.cel)))
    rows = [row for row, keep in zip(sources.cel, chosen, strict=True) if keep]
    half = record(replace(sources, cel=rows, witnesses=[*sources.witnesses, GONE]))
    assert (half.outcome, half.agent, half.caller_number) == (full.outcome, full.agent, full.caller_number)
    assert half.hung_up_by in (full.hung_up_by, HungUpBy.UNDETERMINED)
    assert (half.answered_at is None) is (full.answered_at is None)
    if half.answered_at is not None:
        assert half.talk_seconds is not None
        assert half.talk_seconds > 18


@given(st.data(), st.sampled_from(["caller", "agent", "nobody"]))
@settings(max_examples=200, deadline=None)
def test_without_ami_half_of_cel_never_makes_an_answered_call_abandoned(data: st.DataObject, by: str) -> None:
    sources = files(talk(by))
    chosen = data.draw(st.lists(st.booleans(), min_size=len(sources.cel), max_size=len(sources.cel)))
    rows = [row for row, keep in zip(sources.cel, chosen, strict=True) if keep]
    logged = sources.queue if data.draw(st.booleans()) else ()
    result = build(replace(sources, cel=rows, queue=logged, witnesses=[GONE]), RULES)
    if result is None:
        assert not rows
        return
    assert result.final
    assert result.record.outcome in (
        {Outcome.ANSWERED} if logged else {Outcome.ANSWERED, Outcome.UNKNOWN, Outcome.FAILED, Outcome.ABANDONED}
    )
    if not any(row.event == "CHAN_START" and row.uniqueid == CALL for row in rows) and not logged:
        assert result.record.outcome is not Outcome.ABANDONED or result.record.reason == "in_queue"


def test_a_call_whose_beginning_is_lost_is_dated_by_its_id_and_blames_no_one() -> None:
    rows = [cel("HANGUP", 30, CALL, CALLER, cause="16", source=CALLER), cel("LINKEDID_END", 30, CALL, CALLER)]
    result = record(Sources("pbx1", CALL, rows))
    assert ending(result) == (Outcome.UNKNOWN, "not_seen_whole", HungUpBy.CALLER)
    assert result.arrived_at == datetime.fromtimestamp(1795492800, at(0).tzinfo)


def test_a_call_missing_from_cel_is_stored_as_the_floor_saw_it() -> None:
    live, sources = talk("caller").played()
    open_yet = build(replace(sources, cel=()), RULES)
    assert open_yet is not None
    assert not open_yet.final
    over = build(replace(sources, cel=(), witnesses=[GONE]), RULES)
    assert over is not None
    assert over.final
    assert over.record == live.record


def test_after_a_gap_the_live_view_claims_nothing_about_unwatched_phones() -> None:
    live, sources = waited("caller").played()
    gapped = replace(sources, live=Live(live.record, False), witnesses=())
    silent = replace(live.record, offers=tuple(replace(offer, ringing_at=None) for offer in live.record.offers))
    assert record(replace(gapped, live=Live(silent, False))).offers[0].rings is None


def test_W1_a_call_is_not_longer_than_its_witnesses_saw() -> None:
    sources, full = whole("agent")
    assert full.ended_at is not None
    without_end = replace(sources, cel=[row for row in sources.cel if row.event != "LINKEDID_END"])
    open_yet = build(without_end, RULES)
    assert open_yet is not None
    assert not open_yet.final
    closed = record(replace(without_end, witnesses=[*sources.witnesses, GONE]))
    assert closed.ended_at is not None
    assert abs(closed.ended_at - full.ended_at) < timedelta(seconds=0.1)
    assert ending(closed) == ending(full)
