"""Tests the survey after the call on a real Asterisk, without the service: a key, silence, wrong keys, a hang-up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Line, Queue
from callcenter.calls.model import CallRecord, HungUpBy, Outcome
from callcenter.calls.rules import RuleBook
from callcenter.demo.ports import free_port
from callcenter.flags.model import flags_of
from callcenter.settings import Settings
from ivr.prompts.build import Workshop
from ivr.prompts.ready import ready_folder
from ivr.prompts.sentences import default_catalogue
from tests.e2e.floor import RULES, Floor
from tests.support.pbx import ORDERS, SALES, SECRETS, private_pbx, site_of
from tests.support.sip import Call, station, until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    home = tmp_path_factory.mktemp("survey") / "p"
    site = replace(
        site_of(home, Tree(Settings().pbx_root)),
        trunk_port=free_port(),
        lines=(Line("after_sales", (SALES,), "after_sales", survey=True), Line("orders", (ORDERS,), "after_sales")),
        queues=(Queue("after_sales", "linear", 5),),
    )
    workshop = Workshop(home / "sounds", ready=ready_folder(), rates=(8000,))
    await asyncio.to_thread(lambda: list(workshop.build(default_catalogue().recordings())))
    async with contextlib.AsyncExitStack() as stack:
        pbx = await stack.enter_async_context(private_pbx(home, site))
        await pbx.staff("after_sales", "1001")
        here = ("127.0.0.1", pbx.site.sip_port)
        carrier = await stack.enter_async_context(station(here, port=pbx.site.trunk_port))
        phone = await stack.enter_async_context(station(here, "1001", SECRETS["1001"]))
        assert await phone.register() == 200
        yield Floor(pbx, carrier, phone, phone)


async def left(floor: Floor, caller: str) -> Call:
    """A talk of two seconds that the agent ended; the caller's side, once the question is heard."""
    call, agent = await floor.talk(caller)
    talked_from = time.time()
    await until(lambda: time.time() > talked_from + 2, 5, "a talk")
    agent.hang_up()
    over = time.time()
    await until(lambda: call.media.loud_seconds(over) > 0.5, 6, "the question")
    return call


def figures(record: CallRecord) -> tuple[object, ...]:
    return record.outcome, record.reason, record.hung_up_by, record.survey_mark


async def test_the_agent_hangs_up_the_caller_stays_and_rates_the_call_by_one_key(floor: Floor) -> None:
    call = await left(floor, "13922100001")
    call.media.press("4")
    await call.gone(within=20)
    record = await floor.record("13922100001")
    assert figures(record) == (Outcome.ANSWERED, None, HungUpBy.AGENT, 4)
    assert record.survey_asked_at is not None
    assert record.ended_at is not None
    assert record.survey_asked_at < record.ended_at
    assert record.answered_at is not None
    assert record.talk_seconds == round((record.survey_asked_at - record.answered_at).total_seconds(), 3)
    assert flags_of(record, RuleBook(RULES)) == [], "R5: here the agent may hang up first"


async def test_a_wrong_key_and_silence_are_asked_again_once_and_are_no_mark(floor: Floor) -> None:
    call = await left(floor, "13922100002")
    call.media.press("9")
    pressed = time.time()
    await until(lambda: call.media.loud_seconds(pressed + 0.5) > 1.0, 8, "the question again")
    await call.gone(within=40)
    record = await floor.record("13922100002")
    assert figures(record) == (Outcome.ANSWERED, None, HungUpBy.AGENT, None)
    assert record.survey_asked_at is not None


@pytest.mark.parametrize("keys", ["*", "#", "A", "0"])
async def test_a_key_that_is_no_mark_is_asked_again_and_the_next_one_counts(floor: Floor, keys: str) -> None:
    caller = f"1392210001{'*#A0'.index(keys)}"
    call = await left(floor, caller)
    call.media.press(keys)
    await until(lambda: not call.media.pressing, 5, "the key is sent")
    pressed = time.time()
    await until(lambda: call.media.loud_seconds(pressed) > 0.5, 8, "the question again")
    call.media.press("2")
    await call.gone(within=20)
    assert figures(await floor.record(caller)) == (Outcome.ANSWERED, None, HungUpBy.AGENT, 2)


async def test_of_sixty_keys_at_once_the_first_is_the_mark(floor: Floor) -> None:
    call = await left(floor, "13922100021")
    call.media.press("3" + "5*#D1" * 12)
    await call.gone(within=30)
    assert figures(await floor.record("13922100021")) == (Outcome.ANSWERED, None, HungUpBy.AGENT, 3)


async def test_keys_that_the_caller_presses_during_the_talk_are_no_mark_and_end_nothing(floor: Floor) -> None:
    call, agent = await floor.talk("13922100022")
    call.media.press("15*#A")
    await until(lambda: not call.media.pressing, 10, "the keys are sent")
    sent = time.time()
    await until(lambda: time.time() > sent + 1, 3, "the talk goes on")
    assert not call.ended
    assert not agent.ended
    agent.hang_up()
    over = time.time()
    await until(lambda: call.media.loud_seconds(over) > 0.5, 6, "the question")
    call.hang_up()
    assert figures(await floor.record("13922100022")) == (Outcome.ANSWERED, None, HungUpBy.AGENT, None)


@pytest.mark.parametrize("after", [0.0, 0.05, 0.3])
async def test_a_caller_who_hangs_up_as_the_agent_does_leaves_one_whole_record(floor: Floor, after: float) -> None:
    caller = f"139221003{round(after * 100):02}"
    call, agent = await floor.talk(caller)
    agent.hang_up()
    began = time.time()
    await until(lambda: time.time() >= began + after, 2, "an instant")
    call.hang_up()
    record = await floor.record(caller)
    assert (record.outcome, record.survey_mark) == (Outcome.ANSWERED, None)
    assert record.hung_up_by in (HungUpBy.AGENT, HungUpBy.CALLER)


async def test_a_caller_who_hangs_up_in_the_survey_gave_no_mark_and_did_not_end_the_talk(floor: Floor) -> None:
    call = await left(floor, "13922100003")
    call.hang_up()
    record = await floor.record("13922100003")
    assert figures(record) == (Outcome.ANSWERED, None, HungUpBy.AGENT, None)


async def test_R5_a_caller_who_hangs_up_first_is_asked_nothing(floor: Floor) -> None:
    call, _ = await floor.talk("13922100004")
    call.hang_up()
    record = await floor.record("13922100004")
    assert figures(record) == (Outcome.ANSWERED, None, HungUpBy.CALLER, None)
    assert record.survey_asked_at is None


async def test_R5_on_a_line_without_a_survey_the_agent_who_hangs_up_first_is_flagged(floor: Floor) -> None:
    before = len(floor.first.incoming)
    call = await floor.carrier.call(ORDERS, "13922100005")
    agent = await floor.first.called(before + 1)
    agent.answer()
    await agent.acknowledged()
    agent.hang_up()
    await call.gone()
    record = await floor.record("13922100005")
    assert (record.hung_up_by, record.survey_asked_at) == (HungUpBy.AGENT, None)
    assert [flag.clause for flag in flags_of(record, RuleBook(RULES))] == ["R5"]
