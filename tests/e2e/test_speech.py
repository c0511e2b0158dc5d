"""Tests real Mandarin on both sides of a real call: recorded by Asterisk, kept, transcribed, found by its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.demo.api_client import Json, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers
from callcenter.demo.seed import secret
from callcenter.demo.sipp import a_law_of
from recordings.transcripts.speech import samples_of
from tests.e2e.centre import AGENTS, SALES, RunningCentre, running_centre
from tests.recordings.floor import voiced_phones
from tests.recordings.transcripts.sounds import TEXTS, base_model, channel

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(150)]
LEAST_HEARD = 0.6
"""Of the characters spoken; the base model gets about a quarter of them wrong at telephone quality."""
ROUND = 9.0
"""Seconds after which both parties repeat their sentence, never both at once."""


def spoken(at: float, clip: str) -> bytes:
    """A period of silence with one sentence in it, as A-law."""
    return bytes(a_law_of(int(entry)) for entry in samples_of(channel(ROUND, (at, clip))))


def heard(text: str, conditions: str) -> float:
    """The share of the wanted characters that the text contains, in order."""
    place = result = 0
    for char in conditions:
        at = text.find(char, place)
        if at >= 0:
            result, place = result + 1, at + 1
    return result / len(conditions)


async def test_both_sides_of_a_real_call_are_transcribed_and_searchable(tmp_path: Path) -> None:
    voice = tmp_path / "caller.al"
    voice.write_bytes(spoken(0.5, "song"))
    more = {"CC_TRANSCRIPTS__MODEL_DIR": str(base_model()), "CC_TRANSCRIPTS__ENGINE": "faster_whisper"}
    async with running_centre(tmp_path / "house", more) as centre:
        secrets = {agent: await secret(centre.api, agent) for agent in AGENTS}
        speech = spoken(4.5, "press")
        async with voiced_phones(centre.centre.network, secrets, tmp_path / "voices", speech) as floor:
            speaking = RunningCentre(centre.centre, centre.api, floor)
            await speaking.staff("sales", {"1001": answers(after=0.5)})
            caller = Caller("13900000091", SALES, talks=2 * ROUND + 1)
            async with calls(centre.centre.network, [caller], voice=voice) as ringing:
                assert await ringing.over()
            record = await speaking.call("13900000091")
        parts: list[Json] = []

        async def written() -> bool:
            parts[:] = (await centre.api.get(f"/calls/{record['id']}/transcript"))["parts"]
            return bool(parts) and parts[0]["transcript"]["state"] == "done"

        await until(written, 90.0, "the transcript is done", every=0.5)
        utterances = parts[0]["version"]["utterances"]
        for speaker, agent, conditions in (("caller", None, TEXTS["song"]), ("agent", "1001", TEXTS["press"])):
            own = [utterance for utterance in utterances if utterance["speaker"] == speaker]
            best = max(own, key=lambda entry: heard(entry["text"], conditions))
            assert heard(best["text"], conditions) >= LEAST_HEARD, own
            assert best["agent"] == agent
            assert 0 <= best["start"] < best["end"] <= record["talk_seconds"] + 1
            # Nothing of the other side: each has its own channel.
            other = TEXTS["press"] if speaker == "caller" else TEXTS["song"]
            assert all(heard(entry["text"], other) < LEAST_HEARD for entry in own)
        word = next(
            utterance["text"][:4]
            for utterance in utterances
            if utterance["speaker"] == "agent" and len(utterance["text"]) >= 4
        )
        result = await centre.api.get(f"/search?q={word}")
        assert (result["items"][0]["kind"], result["items"][0]["call"]) == ("transcript", record["id"])
        talk = (await centre.api.get(f"/calls/{record['id']}/talk"))["parts"][0]["figures"]
        assert 0.2 < talk["agent_share"] < 0.8
        assert talk["talk_over"] == []
