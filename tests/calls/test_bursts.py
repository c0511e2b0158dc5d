"""Tests that facts which arrive together leave the same picture as facts that come one by one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.calls.effects import AutoPause, CallEnded, Effect, FlagRaised, LegWitnessed, NumberSeen
from tests.calls.test_floor import CALL, answers, arrives, ends, new_floor, record, rings
from tests.support.profiles import examples


@settings(max_examples=examples(100), deadline=None)
@given(st.data())
def test_facts_that_come_together_end_in_the_same_picture_as_one_by_one(data: st.DataObject) -> None:
    """What is shown is less often shown; what happens at once, and the end, stay the same."""
    single, together = new_floor(), new_floor()
    story = [*arrives(), *rings(), *answers(data.draw(st.sampled_from([5, 20]))), *ends(CALL, "caller")]
    apart = [effect for fact in story for effect in single.apply(fact)]
    cuts = data.draw(st.sets(st.integers(1, len(story) - 1)))
    bursts: list[Effect] = []
    for place, fact in enumerate(story, start=1):
        bursts += together.take(fact)
        if place in cuts or place == len(story):
            bursts += together.changes(fact.at)
    for kind in (FlagRaised, LegWitnessed, AutoPause, NumberSeen):
        assert [e for e in bursts if isinstance(e, kind)] == [e for e in apart if isinstance(e, kind)]
    ends_apart, ends_together = ([e for e in seen if isinstance(e, CallEnded)] for seen in (apart, bursts))
    assert ends_together[-1] == ends_apart[-1]
    # Also since when an agent is in a state: it may have begun and ended within a burst.
    assert (together.now(), record(together)) == (single.now(), record(single))
