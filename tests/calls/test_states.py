"""Every step that the live floor's picture of a call takes is a step of the tables."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from callcenter import facts
from callcenter.calls.states import CALL, OFFER, CallState, OfferState
from tests.calls.test_floor import CALL as ID
from tests.calls.test_floor import LEG, answers, arrives, at, ends, floor, rings

STORIES: dict[str, list[list[facts.Fact]]] = {
    "answered": [arrives(), rings(), answers(5), ends(ID, "caller")],
    "answered at last": [
        arrives(),
        rings(),
        [facts.DialEnded(at(17), ID, LEG, "NOANSWER"), facts.ChannelClosed(at(17), ID, LEG, 19)],
        rings(20, leg="pbx1-1.3"),
        [facts.AgentConnected(at(22), ID, ID, "pbx1-1.3", "food", "1001")],
        ends("pbx1-1.3", "agent"),
        [facts.ChannelClosed(at(41), ID, "pbx1-1.3", 16)],
    ],
    "gave up": [
        arrives(),
        rings(),
        [facts.CallerAbandoned(at(9), ID, ID, "food"), facts.DialEnded(at(9), ID, LEG, "CANCEL")],
        [facts.ChannelClosed(at(9), ID, LEG, 0), facts.ChannelClosed(at(9), ID, ID, 16)],
    ],
    "closed": [arrives()[:2], [facts.ChannelClosed(at(3), ID, ID, 16)]],
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_call_and_its_offers_only_take_steps_of_the_tables(story: Sequence[Sequence[facts.Fact]]) -> None:
    made = floor()
    call_path: list[CallState] = []
    offer_paths: dict[str, list[OfferState]] = {}
    for fact in (fact for part in story for fact in part):
        made.apply(fact)
        call = made.calls[ID]
        if call_path[-1:] != [call.state]:
            call_path.append(call.state)
        for leg, offer in call.offers.items():
            path = offer_paths.setdefault(leg, [])
            if path[-1:] != [offer.state]:
                path.append(offer.state)
    assert call_path[0] is CallState.ARRIVED
    assert call_path[-1] is CallState.ENDED
    assert all(after in CALL[before].values() for before, after in itertools.pairwise(call_path))
    for path in offer_paths.values():
        assert all(after in OFFER[before].values() for before, after in itertools.pairwise(path))
