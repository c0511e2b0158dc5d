"""Tests what a caller hears from the first second, at a line without a greeting; no service runs beside the PBX."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy
import pytest
import pytest_asyncio

from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Line, Queue
from callcenter.asterisk.render.waiting import MUSIC_FILE, MUSIC_FOLDER
from callcenter.settings import Settings
from ivr.prompts.build import Workshop
from ivr.prompts.ready import ready_folder
from ivr.prompts.sentences import default_catalogue
from tests.recordings.sounds import share_of, tone, write_wav
from tests.support.pbx import ORDERS, SALES, SECRETS, PrivatePbx, private_pbx, site_of
from tests.support.sip import Station, station, until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]
RING_HERTZ = 450.0
OWN, OWN_HERTZ = "073188880003", 523.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    home = tmp_path_factory.mktemp("heard") / "p"
    site = site_of(home, Tree(Settings().pbx_root))
    site = replace(
        site,
        lines=(
            Line("after_sales", (SALES,), "after_sales"),
            Line("orders", (ORDERS,), "orders", hears="music"),
            Line("own", (OWN,), "orders", hears="music"),
        ),
        queues=(Queue("after_sales", "linear", 2, wish_seconds=7), Queue("orders", "linear", 2)),
    )
    workshop = Workshop(home / "sounds", ready=ready_folder(), rates=(8000,))
    await asyncio.to_thread(lambda: list(workshop.build(default_catalogue().recordings())))
    own = home / MUSIC_FOLDER / "own" / MUSIC_FILE
    own.parent.mkdir(parents=True)
    write_wav(own, tone(OWN_HERTZ, 4.0))
    async with private_pbx(home, site) as pbx:
        yield pbx


@pytest_asyncio.fixture(loop_scope="module")
async def carrier(pbx: PrivatePbx) -> AsyncIterator[Station]:
    async with station(("127.0.0.1", pbx.site.sip_port)) as caller:
        yield caller


async def test_the_offer_of_a_return_call_is_heard_and_its_key_works_on_a_line_without_a_greeting(
    pbx: PrivatePbx, carrier: Station
) -> None:
    await pbx.staff("after_sales", "1003")
    call = await carrier.call(SALES, "13922000001")
    answered = await call.status(200)
    await until(lambda: call.media.loud_seconds(answered + 7, answered + 12) > 2.0, 15, "the offer")
    call.media.press("1")
    await call.gone(within=20)
    cel = (pbx.pbx.home / "log/cel-custom/cel.jsonl").read_text()
    assert '"cc_outcome,callback_requested:key"' in cel


async def test_R1_a_waiting_caller_hears_the_ring_of_the_country(pbx: PrivatePbx, carrier: Station) -> None:
    await pbx.staff("after_sales", "1003")
    call = await carrier.call(SALES, "13922000002")
    answered = await call.status(200)
    await until(lambda: time.time() > answered + 6.2, 10, "more than one cadence")
    sound = call.media.sound(answered, answered + 6)
    assert share_of(RING_HERTZ, sound) > 0.8
    # One second of tone and four of silence, starting anywhere in the cycle.
    frames = sound[: len(sound) // 160 * 160].reshape(-1, 160).astype(float)
    loud = (numpy.sqrt((frames**2).mean(axis=1)) > 200).sum() * 0.02
    assert 0.9 < loud < 2.2


async def test_a_line_that_plays_music_has_no_ring(pbx: PrivatePbx, carrier: Station) -> None:
    await pbx.staff("orders", "1003")
    call = await carrier.call(ORDERS, "13922000003")
    answered = await call.status(200)
    await until(lambda: call.media.loud_seconds(answered) > 2.0, 8, "music")
    assert share_of(RING_HERTZ, call.media.sound(answered)) < 0.3


async def test_a_line_plays_its_own_music_and_the_others_the_centres(pbx: PrivatePbx, carrier: Station) -> None:
    await pbx.staff("orders", "1003")
    own = await carrier.call(OWN, "13922000031")
    other = await carrier.call(ORDERS, "13922000032")
    answered = [await call.status(200) for call in (own, other)]
    await until(lambda: own.media.loud_seconds(answered[0]) > 2.0, 8, "its own music")
    await until(lambda: other.media.loud_seconds(answered[1]) > 2.0, 8, "the centre's music")
    assert share_of(OWN_HERTZ, own.media.sound(answered[0])) > 0.6
    assert share_of(OWN_HERTZ, other.media.sound(answered[1])) < 0.3


async def test_R3_a_caller_before_the_members_are_known_waits_for_them(pbx: PrivatePbx, carrier: Station) -> None:
    """The service, which knows the duty, has pushed that callers are queued; the queue stays empty for some seconds."""
    await pbx.staff("orders")
    await pbx.console("dialplan set global CC_AHEAD_orders q9999999999")
    async with station(("127.0.0.1", pbx.site.sip_port), "1001", SECRETS["1001"]) as phone:
        await phone.register()
        call = await carrier.call(ORDERS, "13922000004")
        answered = await call.status(200)
        await until(lambda: time.time() > answered + 7, 10, "a while of an empty queue")
        assert not call.ended
        await pbx.staff("orders", "1001")
        agent = await phone.called(within=5)
        agent.answer()
        await agent.acknowledged()
    await pbx.console("dialplan set global CC_AHEAD_orders ''")
    assert "closed:nobody_on_duty" not in (pbx.pbx.home / "log/cel-custom/cel.jsonl").read_text()


async def test_without_a_reception_an_empty_queue_is_believed_after_a_few_seconds(
    pbx: PrivatePbx, carrier: Station
) -> None:
    await pbx.staff("orders")
    call = await carrier.call(ORDERS, "13922000005")
    answered = await call.status(200)
    await call.gone(within=30)
    assert call.media.loud_seconds(answered) > 3.0
    assert "closed:nobody_on_duty" in (pbx.pbx.home / "log/cel-custom/cel.jsonl").read_text()
