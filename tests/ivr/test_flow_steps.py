"""Real calls at every step of the sample flows, across versions, and from the first key on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from callcenter import clock
from ivr.snapshot import Period
from tests.ivr.flow_calls import (
    AWAY,
    AWAY_IN_TWO,
    CLOSED,
    FULL,
    HOTLINE,
    LANGUAGES,
    SHORT,
    SHORT_FLOW,
    SNAPSHOT,
    asked,
    carrier,
    events,
    pbx,
    seen,
)
from tests.support.flows import front
from tests.support.pbx import PrivatePbx
from tests.support.sip import Call, Station, until

__all__ = ["carrier", "pbx"]
pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]


@dataclass(frozen=True)
class Asked:
    """A step that asks: how it is reached, the prompt that is heard there, and what is heard after a wrong key."""

    number: str
    presses: tuple[tuple[str, str], ...]
    prompt: str
    entry: bool = False


STEPS = {
    "hotline main": Asked(HOTLINE, (), "greeting"),
    "hotline dialect": Asked(HOTLINE, (("greeting", "1"),), "dialect_intro"),
    "hotline progress": Asked(HOTLINE, (("greeting", "2"),), "enter_case", entry=True),
    "hotline check": Asked(HOTLINE, (("greeting", "2"), ("enter_case", "202611230001#")), "identity_check", entry=True),
    "hotline more": Asked(
        HOTLINE,
        (("greeting", "2"), ("enter_case", "202611230001#"), ("identity_check", "1234")),
        "case_person",
    ),
    "hotline away": Asked(AWAY, (), "closed"),
    "two languages language": Asked(LANGUAGES, (), "greeting"),
    "two languages main": Asked(LANGUAGES, (("greeting", "1"),), "menu_intro"),
    "two languages language away": Asked(AWAY_IN_TWO, (), "closed"),
    "two languages away": Asked(AWAY_IN_TWO, (("closed", "1"),), "offer_message-1"),
    "after hours away": Asked(CLOSED, (), "closed"),
}


async def reach(carrier: Station, step: Asked, caller: str) -> tuple[Call, float]:
    call = await carrier.call(step.number, caller)
    answered = await call.status(200, within=30)
    for prompt, keys in step.presses:
        await asked(call, answered, prompt, within=40)
        call.media.press(keys)
    await asked(call, answered, step.prompt, within=40)
    return call, answered


async def hang_up_at(pbx: PrivatePbx, carrier: Station, step: Asked, caller: str) -> None:
    call, _ = await reach(carrier, step, caller)
    call.hang_up()
    await seen(pbx, caller, "LINKEDID_END", within=40)
    assert not any("cc_outcome" in event or "fallback" in event for event in events(pbx, caller)), caller


async def wrong_key_at(pbx: PrivatePbx, carrier: Station, step: Asked, caller: str) -> None:
    call, answered = await reach(carrier, step, caller)
    # Where digits are entered a star alone is no entry; elsewhere 8 is no key of any sample.
    call.media.press("*#" if step.entry else "8")
    await asked(call, answered, "wrong_key", within=40)
    call.hang_up()
    await seen(pbx, caller, "LINKEDID_END", within=40)


async def silence_at(pbx: PrivatePbx, carrier: Station, step: Asked, caller: str) -> None:
    call, answered = await reach(carrier, step, caller)
    await asked(call, answered, "no_key", within=60)
    call.hang_up()
    await seen(pbx, caller, "LINKEDID_END", within=40)


@pytest.mark.parametrize("does", [hang_up_at, wrong_key_at, silence_at], ids=lambda does: str(does.__name__))
async def test_at_every_step_of_the_samples_a_caller_may_hang_up_press_a_wrong_key_or_nothing(
    pbx: PrivatePbx, carrier: Station, does: Callable[[PrivatePbx, Station, Asked, str], Awaitable[None]]
) -> None:
    kind = (hang_up_at, wrong_key_at, silence_at).index(does)
    async with front(pbx.site.agi_port, SNAPSHOT, case="TS20261123-0001") as reception:
        await asyncio.gather(
            *(does(pbx, carrier, step, f"13922007{kind}{place:02}") for place, step in enumerate(STEPS.values()))
        )
        await until(lambda: reception.server.busy == 0, 20, "every session has ended")


async def test_a_call_finishes_on_the_version_that_it_began_with(pbx: PrivatePbx, carrier: Station) -> None:
    newer = SHORT_FLOW.replace('1 = "callback"', '1 = "goodbye"')
    async with front(pbx.site.agi_port, SNAPSHOT) as reception:
        before = await carrier.call(SHORT, "13922000801")
        await asked(before, await before.status(200), "menu_intro")
        changed = tuple(
            replace(flow, number=2, source=newer) if 'name = "short"' in flow.source else flow
            for flow in SNAPSHOT.flows
        )
        reception.directory.show(replace(SNAPSHOT, flows=changed))
        after = await carrier.call(SHORT, "13922000802")
        await asked(after, await after.status(200), "menu_intro")
        for call in (before, after):
            call.media.press("1")
        await seen(pbx, "13922000801", "callback_requested:key")
        await seen(pbx, "13922000802", "closed:self_service")


async def test_a_caller_whom_the_queue_did_not_serve_comes_back_to_the_version_of_their_flow(
    pbx: PrivatePbx, carrier: Station
) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT) as reception:
        call = await carrier.call(FULL, "13922000811")
        answered = await call.status(200)
        await asked(call, answered, "greeting")
        call.media.press("0")
        await seen(pbx, "13922000811", '"Queue"')
        # Another version is published while the caller waits; it leads elsewhere.
        changed = tuple(
            replace(
                flow, number=2, source=flow.source.replace('[overflow]\nthen = "away"', '[overflow]\nthen = "goodbye"')
            )
            for flow in SNAPSHOT.flows
        )
        reception.directory.show(replace(SNAPSHOT, flows=changed))
        await asked(call, answered, "offer_message-1", within=40)
        call.media.press("1")
        await seen(pbx, "13922000811", "callback_requested:key")


async def test_keys_pressed_from_the_answer_on_count_before_the_first_word(pbx: PrivatePbx, carrier: Station) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT):
        for place in range(5):
            caller = f"139220008{20 + place}"
            call = await carrier.call(SHORT, caller)
            # The key is under way as soon as there is someone to hear it.
            await call.status(200)
            call.media.press("1")
            await seen(pbx, caller, "callback_requested:key")
            await seen(pbx, caller, "main=1>")


async def test_keys_pressed_in_quick_succession_answer_one_question_after_another(
    pbx: PrivatePbx, carrier: Station
) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT):
        call = await carrier.call(HOTLINE, "13922000831")
        await asked(call, await call.status(200), "greeting")
        call.media.press("12")
        await seen(pbx, "13922000831", "dialect=2>xiang-hengyang")


async def test_a_key_pressed_while_a_case_is_looked_up_answers_the_next_menu(pbx: PrivatePbx, carrier: Station) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT) as reception:
        call = await carrier.call(HOTLINE, "13922000835")
        answered = await call.status(200)
        for prompt, keys in (("greeting", "2"), ("enter_case", "202611230001#")):
            await asked(call, answered, prompt)
            call.media.press(keys)
        await asked(call, answered, "identity_check")
        # The hash key belongs to the digits before it, although there were enough of them.
        call.media.press("1234#0")
        await until(lambda: bool(reception.asked()), 20, "the case is looked up")
        await until(lambda: not call.media.pressing, 20, "the keys have been pressed")
        reception.answer(reception.asked()[0], "TS20261123-0001")
        await seen(pbx, "13922000835", "more=0>|person=>")
        await seen(pbx, "13922000835", '"Queue"')
        call.hang_up()


async def test_R2_a_closed_line_says_in_words_when_it_opens(pbx: PrivatePbx, carrier: Station) -> None:
    opens = clock.now() + timedelta(hours=30)
    periods = {"away": (Period(opens, opens + timedelta(hours=8)),)}
    async with front(pbx.site.agi_port, replace(SNAPSHOT, open_times=periods)):
        call = await carrier.call(AWAY, "13922000841")
        answered = await call.status(200)
        await asked(call, answered, "greeting")
        await asked(call, answered, "closed_until-1")
        await asked(call, answered, "closed_until-2", within=40)
        call.media.press("1")
        await seen(pbx, "13922000841", "callback_requested:key")


async def test_R3_a_question_whose_recordings_are_missing_leads_to_a_person_and_is_on_record(
    pbx: PrivatePbx, carrier: Station
) -> None:
    """Read() ends as after a hang-up when its last sound is missing, but the caller is still there."""
    unrecorded = SHORT_FLOW.replace('say = "menu_intro"', 'say = "never_recorded"')
    unrecorded += '[prompts.never_recorded]\n"zh-CN" = "这句话没有录音。"\n'
    flows = tuple(
        replace(flow, number=2, source=unrecorded) if 'name = "short"' in flow.source else flow
        for flow in SNAPSHOT.flows
    )
    async with front(pbx.site.agi_port, replace(SNAPSHOT, flows=flows)) as reception:
        call = await carrier.call(SHORT, "13922000851")
        await call.status(200)
        await seen(pbx, "13922000851", '"Queue"')
        assert any("cc_path" in event and "main=>not_played" in event for event in events(pbx, "13922000851"))
        assert not any("hung_up" in event for event in events(pbx, "13922000851"))
        call.hang_up()
        await seen(pbx, "13922000851", "LINKEDID_END")
        await until(lambda: reception.server.busy == 0, 20, "every session has ended")


@pytest.mark.parametrize(
    ("step", "ends"),
    [('kind = "close"', "closed:self_service"), ('kind = "callback"', "callback_requested:key")],
    ids=["close", "callback"],
)
async def test_R3_closing_words_without_a_recording_are_on_record_and_the_call_ends_as_asked(
    pbx: PrivatePbx, carrier: Station, step: str, ends: str
) -> None:
    caller = f"1392200086{len(ends) % 10}"
    unrecorded = SHORT_FLOW.replace('"#" = "goodbye"', '"#" = "last"')
    unrecorded += f'[steps.last]\n{step}\nsay = "never_recorded"\n'
    unrecorded += '[prompts.never_recorded]\n"zh-CN" = "这句话没有录音。"\n'
    flows = tuple(
        replace(flow, number=2, source=unrecorded) if 'name = "short"' in flow.source else flow
        for flow in SNAPSHOT.flows
    )
    async with front(pbx.site.agi_port, replace(SNAPSHOT, flows=flows)) as reception:
        call = await carrier.call(SHORT, caller)
        await asked(call, await call.status(200), "menu_intro")
        call.media.press("#")
        await call.gone(within=30)
        await seen(pbx, caller, "end=>not_played")
        await seen(pbx, caller, ends)
        assert not any("fallback" in event for event in events(pbx, caller))
        await until(lambda: reception.server.busy == 0, 20, "every session has ended")
