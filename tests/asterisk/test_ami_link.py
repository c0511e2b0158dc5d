"""One connection: exactly one result for each action, whatever the peer does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from callcenter.asterisk import ami_link
from callcenter.asterisk.ami_errors import AmiClosed, AmiLoginRefused, AmiRefused, AmiTimeout
from callcenter.asterisk.ami_link import AmiLink
from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.ami_protocol import BadAction
from tests.asterisk.fake_asterisk import FakeAsterisk, fake_asterisk, frame
from tests.support.waiting import until


@pytest.fixture
async def pbx() -> AsyncIterator[FakeAsterisk]:
    async with fake_asterisk() as fake:
        yield fake


async def test_an_action_gets_its_answer(pbx: FakeAsterisk) -> None:
    link = await AmiLink.connect(pbx.login())
    assert (await link.act("Ping")).get("Message") == "Ping done"
    await link.close()


async def test_many_actions_at_once_each_get_their_own_answer_in_tiny_packets(pbx: FakeAsterisk) -> None:
    pbx.faults.packet = 7
    link = await AmiLink.connect(pbx.login())
    answers = await asyncio.gather(*(link.act(f"Do{number}") for number in range(30)))
    assert [answer.get("Message") for answer in answers] == [f"Do{number} done" for number in range(30)]
    await link.close()


async def test_a_refusal_includes_asterisks_message(pbx: FakeAsterisk) -> None:
    link = await AmiLink.connect(pbx.login())
    with pytest.raises(AmiRefused, match="Channel does not exist"):
        await link.act("Redirect")
    await link.close()


async def test_an_incomplete_list_is_an_error(pbx: FakeAsterisk) -> None:
    pbx.members = [("north", "1001", "PJSIP/1001"), ("north", "1002", "PJSIP/1002")]
    link = await AmiLink.connect(pbx.login())
    assert [item.name for item in await link.ask_list("QueueStatus")] == ["QueueParams", "QueueMember", "QueueMember"]
    assert await link.ask_list("CoreShowChannels") == []
    pbx.faults.short_list = True
    with pytest.raises(AmiClosed, match="not whole"):
        await link.ask_list("QueueStatus")
    await link.close()


async def test_a_timeout_is_raised_and_leaves_no_state(pbx: FakeAsterisk) -> None:
    pbx.faults.late = {"Hangup"}
    link = await AmiLink.connect(pbx.login(answer_seconds=0.05))
    with pytest.raises(AmiTimeout):
        await link.act("Hangup")
    assert link.open_actions == 0
    pbx.release.set()
    await until(lambda: link.late_answers == 1)
    assert (await link.act("Ping")).get("Message") == "Ping done"
    await link.close()


async def test_the_rest_of_a_late_list_is_not_an_event(pbx: FakeAsterisk) -> None:
    pbx.faults.late = {"QueueStatus"}
    pbx.members = [("north", "1001", "PJSIP/1001")]
    link = await AmiLink.connect(pbx.login(answer_seconds=0.05))
    with pytest.raises(AmiTimeout):
        await link.ask_list("QueueStatus")
    pbx.release.set()
    await until(lambda: link.late_answers == 4)
    assert link.events.empty()
    await link.close()


async def test_a_cancelled_action_leaves_no_state(pbx: FakeAsterisk) -> None:
    pbx.faults.silent = {"Hangup"}
    link = await AmiLink.connect(pbx.login())
    asking = asyncio.create_task(link.act("Hangup"))
    await until(lambda: link.open_actions == 1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert link.open_actions == 0
    await link.close()


async def test_every_open_action_ends_when_the_connection_does_and_is_never_sent_again(pbx: FakeAsterisk) -> None:
    pbx.faults.silent = {"Originate"}
    link = await AmiLink.connect(pbx.login())
    asked = [asyncio.create_task(link.act("Originate")) for _ in range(20)]
    await until(lambda: len(pbx.asked("Originate")) == 20)
    pbx.cut()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(result, AmiClosed) for result in results)
    assert link.open_actions == 0
    with pytest.raises(AmiClosed):
        await link.act("Ping")
    assert len(pbx.asked("Originate")) == 20
    await link.close()


async def test_an_answer_cut_in_the_middle_is_no_answer(pbx: FakeAsterisk) -> None:
    pbx.faults.cut_at = {"Hangup"}
    link = await AmiLink.connect(pbx.login())
    with pytest.raises(AmiClosed):
        await link.act("Hangup")
    await link.close()


async def test_an_answer_that_comes_twice_counts_once(pbx: FakeAsterisk) -> None:
    link = await AmiLink.connect(pbx.login())
    pbx.faults.double_answers = True
    assert (await link.act("One")).get("Message") == "One done"
    assert (await link.act("Two")).get("Message") == "Two done"
    await link.close()


async def test_an_event_with_a_response_header_is_an_event(pbx: FakeAsterisk) -> None:
    link = await AmiLink.connect(pbx.login())
    await pbx.send(frame("Event: OriginateResponse", "ActionID: intent-1", "Response: Failure", "Reason: 0"))
    message = await link.events.get()
    assert message is not None
    assert message.name == "OriginateResponse"
    await link.close()


async def test_wrong_secret_is_refused_once_and_never_shown(pbx: FakeAsterisk) -> None:
    login = AmiLogin("127.0.0.1", pbx.port, "cc", "wrong-secret")
    with pytest.raises(AmiLoginRefused) as refused:
        await AmiLink.connect(login)
    assert pbx.logins == 1
    assert "wrong-secret" not in f"{refused.value!r} {refused.value.facts} {login!r}"


async def test_a_secret_with_a_line_break_is_never_sent(pbx: FakeAsterisk) -> None:
    with pytest.raises(BadAction) as refused:
        await AmiLink.connect(AmiLogin("127.0.0.1", pbx.port, "cc", "x\r\nAction: Originate"))
    assert pbx.actions == []
    assert "Originate" not in str(refused.value)


async def test_a_closed_port_is_reported_at_once() -> None:
    async with fake_asterisk() as fake:
        login = fake.login()
    with pytest.raises(AmiClosed):
        await AmiLink.connect(login)


async def test_a_port_that_accepts_and_stays_silent_times_out() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(AmiTimeout):
        await AmiLink.connect(AmiLogin("127.0.0.1", port, "cc", "x", answer_seconds=0.05))
    server.close()
    await server.wait_closed()


async def test_nothing_is_asked_before_asterisk_is_fully_booted(
    pbx: FakeAsterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pbx.faults.no_boot = True
    monkeypatch.setattr(ami_link, "BOOT_SECONDS", 0.05)
    with pytest.raises(AmiTimeout):
        await AmiLink.connect(pbx.login())


async def test_a_connection_lost_while_booting_is_not_waited_for(pbx: FakeAsterisk) -> None:
    pbx.faults.no_boot = True
    connecting = asyncio.create_task(AmiLink.connect(pbx.login()))
    await until(lambda: pbx.logins == 1)
    pbx.cut()
    with pytest.raises(AmiClosed):
        await asyncio.wait_for(connecting, 5)


async def test_silence_ends_a_connection_without_events(pbx: FakeAsterisk) -> None:
    pbx.faults.silent = {"Ping"}
    login = replace(pbx.login(ping_seconds=0.02, stale_seconds=0.1), events=False)
    link = await AmiLink.connect(login)
    await asyncio.wait_for(link.closed.wait(), 5)
    assert "ping" in link.reason
    assert len(pbx.asked("Ping")) >= 2
    await link.close()


async def test_silence_makes_a_connection_with_events_stale_until_the_next_message(pbx: FakeAsterisk) -> None:
    pbx.faults.silent = {"Ping"}
    link = await AmiLink.connect(pbx.login(ping_seconds=0.02, stale_seconds=0.1))
    assert not link.stale.is_set()
    await asyncio.wait_for(link.stale.wait(), 5)
    assert not link.closed.is_set()
    pbx.faults.silent = set()
    await asyncio.wait_for(link.fresh.wait(), 5)
    assert not link.stale.is_set()
    await link.close()


async def test_a_quiet_peer_that_answers_pings_is_not_silent_though_pings_are_set_to_be_rare(pbx: FakeAsterisk) -> None:
    link = await AmiLink.connect(pbx.login(ping_seconds=60, stale_seconds=0.2))
    await until(lambda: len(pbx.asked("Ping")) >= 5)
    assert not link.stale.is_set()
    await link.close()


async def test_a_stall_of_our_own_does_not_count_as_silence_of_the_peer(pbx: FakeAsterisk) -> None:
    link = await AmiLink.connect(pbx.login(ping_seconds=0.1, stale_seconds=0.3))
    blocked = threading.Event()
    # The whole loop is blocked, as under SIGSTOP: nothing is read and no timer runs.
    blocked.wait(1.0)
    seen = len(pbx.asked("Ping"))
    await until(lambda: len(pbx.asked("Ping")) > seen + 1)
    assert not link.stale.is_set()
    await link.close()


async def test_a_proof_follows_every_event_that_was_sent_before_it(pbx: FakeAsterisk) -> None:
    link = await AmiLink.connect(pbx.login())
    await pbx.send(b"".join(frame("Event: E", f"Number: {n}") for n in range(50)))
    link.prove()
    got = []
    for _ in range(51):
        message = await asyncio.wait_for(link.events.get(), 5)
        assert message is not None
        got.append(message.name)
    assert got == [*["E"] * 50, ""]
    await link.close()


async def test_a_full_queue_stops_the_reading_and_loses_nothing(
    pbx: FakeAsterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_link, "QUEUE", 10)
    link = await AmiLink.connect(pbx.login(ping_seconds=0.02, stale_seconds=0.1))
    # Pings go unanswered while the queue is full; that is our own slowness and must not end the connection.
    sending = asyncio.create_task(pbx.send(b"".join(frame("Event: E", f"Number: {n}") for n in range(200))))
    await until(link.events.full)
    await until(lambda: len(pbx.asked("Ping")) >= 3)
    assert not link.stale.is_set()
    assert not link.closed.is_set()
    assert link.events.qsize() == 10
    got = []
    for _ in range(200):
        message = await asyncio.wait_for(link.events.get(), 5)
        assert message is not None
        got.append(message.get("Number"))
    await sending
    assert got == [str(number) for number in range(200)]
    await link.close()


async def test_the_end_of_the_connection_is_the_end_of_the_events(pbx: FakeAsterisk) -> None:
    link = await AmiLink.connect(pbx.login())
    await pbx.send(frame("Event: Last"))
    last = await link.events.get()
    pbx.cut()
    assert last is not None
    assert await asyncio.wait_for(link.events.get(), 5) is None
    await link.close()


async def test_closing_twice_and_leaving_no_task(pbx: FakeAsterisk) -> None:
    before = asyncio.all_tasks()
    link = await AmiLink.connect(pbx.login())
    await link.close()
    await link.close()
    assert not [task for task in asyncio.all_tasks() - before if task.get_name().startswith("ami-")]
