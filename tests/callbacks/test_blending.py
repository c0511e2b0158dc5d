"""Return calls between incoming ones: neither starves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.callbacks.blending import Blending, QueueNow, room_for, urgent
from callcenter.callbacks.choosing import Candidate, Choosing, Why, why_not
from callcenter.callbacks.model import Item, Source, State
from callcenter.callbacks.rulebook import rulebook_of
from callcenter.settings import CallbackSettings, Settings
from tests.callbacks.desk import TEN, candidate

RULES = rulebook_of(Settings(callbacks=CallbackSettings()))
ITEM = Item(
    "1", State.QUEUED, 1, Source.ABANDONED, "+8613974800001", "orders", None, "ordinary", None, False, TEN, TEN,
    TEN + timedelta(hours=10), TEN, None, None, None, 0, ("Asia/Shanghai",),
)  # fmt: skip


@given(waiting=st.integers(0, 30), free=st.integers(0, 30), late=st.integers(0, 3000), promised=st.booleans())
def test_whatever_the_queue_a_late_or_promised_one_has_room_in_the_end(
    waiting: int, free: int, late: int, promised: bool
) -> None:
    rules, item = Blending(), replace(ITEM, promised=promised)
    now = TEN + timedelta(minutes=late)
    if room_for(item, QueueNow(waiting, free), now, rules):
        assert waiting == 0 or urgent(item, now, rules)
    else:
        assert waiting > 0
        assert not promised
        assert late < 240


def test_the_house_may_ask_for_more_free_agents_and_bound_even_urgent_ones() -> None:
    rules = Blending(least_free=3, urgent_most_waiting=5)
    assert not room_for(ITEM, QueueNow(0, 2), TEN, rules)
    assert room_for(ITEM, QueueNow(0, 3), TEN, rules)
    promised = replace(ITEM, promised=True)
    assert room_for(promised, QueueNow(5, 0), TEN, rules)
    assert not room_for(promised, QueueNow(6, 0), TEN, rules)


@pytest.mark.parametrize(
    ("item", "agent", "why"),
    [
        (replace(ITEM, preferred="1009"), candidate("1001"), Why.KEPT_FOR_OWNER),
        (replace(ITEM, preferred="1009"), candidate("1009"), None),
        (replace(ITEM, preferred="1009"), candidate("1001", leads=True), None),
        (replace(ITEM, standing="vip"), candidate("1001"), Why.KEPT_FOR_TEAM),
        (replace(ITEM, standing="key_account"), candidate("1007"), None),
        (replace(ITEM, state=State.DONE), candidate("1001"), Why.NOT_WAITING),
        (replace(ITEM, may_from=TEN + timedelta(minutes=1)), candidate("1001"), Why.NOT_YET),
        (replace(ITEM, zones=("America/New_York",)), candidate("1001"), Why.QUIET_HOURS),
        (replace(ITEM, language="en"), candidate("1001", zh_cn=5), Why.LANGUAGE),
    ],
)
def test_why_an_agent_may_not_take_it_is_said(item: Item, agent: Candidate, why: Why | None) -> None:
    rules = Choosing(team=frozenset({"1007"}))
    assert why_not(item, agent, TEN, RULES.hours, "CN", QueueNow(), rules) is why


def test_what_is_kept_for_somebody_is_everybodys_after_a_while() -> None:
    item = replace(ITEM, preferred="1009")
    later = TEN + timedelta(minutes=31)
    assert why_not(item, candidate("1001"), later, RULES.hours, "CN", QueueNow(), Choosing()) is None
