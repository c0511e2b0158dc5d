"""`callcenter prompts build` with the real voice: a centre's own name and a flow's own text are understood."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import soundfile

from benchmarks.voice_ear import TELEPHONE, Ear
from benchmarks.voice_errors import rate
from callcenter.cli.ivr import app as flows
from callcenter.cli.prompts import app as prompts
from callcenter.web.roles import Role
from ivr.agi.voice import own_sound
from ivr.prompts.voice import pack
from tests.ivr.tones import file_of, spoken
from tests.recordings.transcripts.sounds import base_model, models_home
from tests.support.flows import sample
from tests.support.shell import folder_with, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NAMED = ("closed", "nobody", "sorry_call")
"""The other prompts with the company's name, which this centre has recorded itself: speech takes seconds of a core."""
GREETING = "您好，这里是老街粮油。"
OWN_TEXT = "今天是市场日，请您稍等。"


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = folder_with(tmp_path, monkeypatch, {"manager": ("经理", Role.MANAGER)})
    (folder / "models").mkdir()
    (folder / "models" / pack.NAME).symlink_to(models_home() / pack.NAME)
    monkeypatch.setenv("CC_COMPANY", '{"zh-CN": "老街粮油", "en": "Xiangwei Home"}')
    own = folder / "prompts"
    (own / "zh").mkdir(parents=True)
    (own / "zh-CN.toml").write_text('greeting = "您好，这里是{company}。"\n', encoding="utf-8")
    for name in NAMED:
        (own / "zh" / f"{name}.wav").write_bytes(file_of(spoken()))
    return folder


def with_a_text_of_its_own() -> str:
    source = sample("after_hours").replace('say = "to_person"', 'say = "market_day"')
    return f'{source}\n[prompts.market_day]\nzh-CN = "{OWN_TEXT}"\n'


def test_R2_a_centres_name_and_a_flows_text_are_recorded_and_understood(centre: Path) -> None:
    flow = centre / "flow.toml"
    flow.write_text(with_a_text_of_its_own(), encoding="utf-8")
    run(flows, "load", str(flow), "--by", "manager")
    output = run(prompts, "build")
    assert re.search(r"^zh/greeting: synthetic voice$", output, re.MULTILINE), output
    assert re.search(rf"^zh/{own_sound(OWN_TEXT).removeprefix('cc/')}: synthetic voice$", output, re.MULTILINE), output
    for name in NAMED:
        assert f"zh/{name}: own recording" in output
    assert "synthetic voice: 2" in output
    assert "callers will not understand" not in output

    sounds, ear = centre / "pbx" / "sounds" / "zh", Ear(base_model())
    for name, text in (("cc/greeting", GREETING), (own_sound(OWN_TEXT), OWN_TEXT)):
        for suffix in (".wav", ".wav16"):
            assert (sounds / f"{name}{suffix}").is_file()
        samples, samplerate = soundfile.read(sounds / f"{name}.wav")
        assert samplerate == TELEPHONE
        heard = ear.hear(samples, samplerate, "zh-CN")
        # What the recogniser makes of a name that it does not know is its own affair: espeak-ng's Mandarin is near 200.
        assert rate([(text, heard)], "zh-CN") <= 50, heard

    again = run(prompts, "build")
    assert re.findall(r"^zh/.*: synthetic voice$", again, re.MULTILINE) == [], "what is recorded is not spoken again"
    assert "synthetic voice: 2" in again
