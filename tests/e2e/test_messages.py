"""R4, R9: a message that a caller leaves by keys, from the key press until the agent hears and reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.demo.api_client import ApiClient, Json
from callcenter.demo.api_client import until as until_state
from callcenter.demo.phones import answers
from callcenter.demo.sipp import a_law_of
from recordings.transcripts.speech import samples_of
from tests.e2e.centre import ORDERS, SALES, running_centre
from tests.e2e.test_waiting import hears, returned
from tests.recordings.transcripts.sounds import TEXTS, base_model, channel
from tests.support.flows import sample
from tests.support.heard import ALIKE, likeness, recording
from tests.support.media import TABLE
from tests.support.sip import station

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(240)]
SECONDS = 5.0


async def test_R4_a_message_left_by_key_is_a_return_call_that_the_agent_hears_and_reads(tmp_path: Path) -> None:
    more = {
        "CC_TRANSCRIPTS__MODEL_DIR": str(base_model()),
        "CC_TRANSCRIPTS__ENGINE": "faster_whisper",
        # The test runs at any time of day.
        "CC_CALLBACKS__OPENS": "00:00:01",
        "CC_CALLBACKS__CLOSES": "23:59:59",
    }
    async with running_centre(tmp_path / "c", more) as centre:
        await centre.load_flow(sample("after_hours", "sales"), "sales")
        line = await centre.api.get("/lines/orders")
        line.pop("code")
        await centre.api.put("/lines/orders", {**line, "take_message": True})

        async def takes() -> bool:
            return "CC_MESSAGE=1" in await centre.console("dialplan show orders@cc-line")

        await until_state(takes, 40, "the line takes messages", every=0.3)
        settings = centre.centre.settings
        voice = bytes(a_law_of(int(entry)) for entry in samples_of(channel(SECONDS, (0.5, "press"))))
        async with station((settings.pbx.sip_host, settings.pbx.sip_port)) as carrier:
            # With a hidden number: the number to be called at is entered by keys too.
            call = await carrier.call(SALES, "anonymous")
            await call.status(200)
            await hears(centre, call, "nobody")
            call.media.press("2")
            await hears(centre, call, "enter_number")
            call.media.press("13974812366#")
            await hears(centre, call, "number_is", {"number": "13974812366"})
            call.media.press("1")
            await hears(centre, call, "message")
            call.media.speak(voice)
            await call.gone(within=40)

            # A line without a flow takes messages by the dialplan alone.
            plain = await carrier.call(ORDERS, "anonymous")
            await plain.status(200)
            await hears(centre, plain, "enter_number", within=60)
            plain.media.press("13974812388#")
            await hears(centre, plain, "message")
            await hears(centre, plain, "message_empty")
            await plain.gone(within=30)

        async def asked() -> bool:
            numbers = [entry["number"] for entry in await centre.api.items("/callbacks", limit="200")]
            return any(number.endswith("13974812388") for number in numbers)

        await until_state(asked, 30, "the caller who left no words is called back all the same", every=0.3)

        async def left() -> list[Json]:
            return [
                entry for entry in await centre.api.items("/calls", limit="200") if entry["outcome"] == "message_left"
            ]

        async def recorded() -> bool:
            return bool(await left())

        await until_state(recorded, 30, "the record of the message", every=0.3)
        item = await returned(centre, (await left())[0])
        assert item["number"].endswith("13974812366")
        messages: list[Json] = []

        async def written() -> bool:
            messages[:] = (await centre.api.get(f"/callbacks/{item['id']}"))["messages"]
            return bool(messages) and messages[0]["text"] is not None

        await until_state(written, 60, "the text of the message", every=0.5)
        spoken = TEXTS["press"]
        assert sum(char in messages[0]["text"] for char in spoken) / len(spoken) > 0.6, messages
        await centre.staff("orders", {"1001": answers(0.3)})
        password = await centre.centre.account("lina", "李娜", "agent", "1001")
        async with ApiClient(centre.centre.origin) as agent:
            await agent.sign_in("lina", password)
            await agent.post(f"/callbacks/{item['id']}/claim")
            message = (await agent.get(f"/callbacks/{item['id']}"))["messages"][0]
            assert message["text"] == messages[0]["text"]
            audio = tmp_path / "message.wav"
            audio.write_bytes(await agent.data(f"/recordings/{message['recording']}/audio"))
        # A second and a half of the sentence itself.
        sent = TABLE[list(voice)][8000:20000]
        assert likeness(sent, recording(audio)) > ALIKE
