"""Settings of recordings, transcripts, the courtesy check and talk figures."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from callcenter.settings.section import Section


class TranscriptSettings(Section):
    """Speech to text; without an engine and a model the feature is off and everything else works."""

    engine: str = Field("auto", pattern=r"^(auto|off|faster_whisper|openai|sr:[a-z_]{1,40})$")
    """auto: faster_whisper once a model is installed, otherwise off. sr:NAME is any engine of SpeechRecognition."""
    model_dir: Path | None = None
    """The folder of a CTranslate2 Whisper model; when empty, the one that `transcripts install` installed."""
    models: dict[str, Path] = {}
    """Folders of other models by language, such as {"en": "/srv/models/tiny.en"}."""
    language: str = Field("zh", pattern=r"^(zh|en)$")
    """The language of calls whose line and queue name none; it is never guessed from the audio."""
    languages: dict[str, str] = {}
    """The language by the code of a line or a queue; otherwise the line's own."""
    hot_words: list[str] = Field(default=[], max_length=100)
    """Company, product and other names: words of at least four characters that almost match are corrected to these."""
    prompt_hot_words: bool = False
    """Also prompt the model with them; larger models improve, the base model becomes much worse."""
    threads: int = Field(1, ge=1)
    niceness: int = Field(10, ge=0, le=19)
    at_once: int = Field(1, ge=1, le=16)
    """Worker processes; one transcribes about ten hours of two-channel calls per hour and core."""
    tries: int = Field(3, ge=1)
    lease_minutes: int = Field(30, ge=1)
    """Time limit of one channel; a worker that died is replaced after this time."""
    idle_seconds: float = Field(60.0, ge=0)
    """How long an idle worker keeps its model in memory."""
    server_url: str = ""
    """An OpenAI-compatible server's base, such as http://asr.lan:8000/v1"""
    server_model: str = "whisper-1"
    server_key: SecretStr = SecretStr("")
    sr_options: dict[str, str] = {}


class CourtesySettings(Section):
    """C1-C3 and R2: the check raises flags, which a person decides."""

    list: str = "zh-CN-hunan"
    """The word list for Mandarin; calls in English use `en`."""
    opening_seconds: float = Field(12.0, gt=0)
    """R2: the agent gives company and name within this many seconds of their first word."""
    closing_seconds: float = Field(20.0, gt=0)
    apology_seconds: float = Field(20.0, gt=0)
    """C3: how long after the complaint the agent's words are checked for an apology."""
    least_confidence: float = Field(0.5, ge=0, le=1)
    least_speech_seconds: float = Field(8.0, ge=0)


class TalkSettings(Section):
    """Figures from the two channels of a recording, shown with their seconds; they never raise a flag."""

    dead_air_seconds: float = Field(10.0, gt=0)
    """Silence on both sides for this long is dead air."""
    talk_over_seconds: float = Field(0.5, gt=0)
    """Both sides speaking for this long count as talking over each other; less is a word of assent."""


class RecordingSettings(Section):
    """What is recorded of a call, where it is stored, and for how long; a line may override it."""

    rule: Literal["always", "never", "consent"] = "always"
    """The rule for callers of a line that names none; `consent`: an agent starts the recording with *91."""
    outbound: Literal["always", "never", "consent"] = "always"
    """The rule for outbound calls of agents; calls between colleagues are never recorded."""
    format: Literal["flac", "opus", "wav"] = "flac"
    days: int = Field(365, ge=1, le=36_500)
    pause_seconds: int = Field(60, ge=5, le=900)
    """A pause (for card numbers) ends by itself after this time."""
    spool: Path | None = None
    """The folder in which Asterisk writes recordings; when empty, the embedded PBX's `spool/monitor`."""
    vault: Path | None = None
    """When empty, data_dir/recordings."""
    store_url: str = ""
    """An object store such as s3://bucket/prefix (needs the `s3` extra); when empty, the folder `vault`."""
    store_options: dict[str, SecretStr] = {}
    """The object store's own options: aws_access_key_id, aws_secret_access_key, aws_endpoint, aws_region ..."""
    master_keys: dict[str, SecretStr] = {}
    """Master keys by id, 32 bytes in base64; the last id in order is in use. When empty, files in data_dir/keys."""
    scan_seconds: float = Field(2.0, gt=0)
    quiet_seconds: float = Field(2.0, ge=0)
    """A file is complete when its call has ended and nothing was written for this time."""
    orphan_hours: float = Field(12.0, gt=0)
    """A file of an unknown call is kept as well after this time without a write."""
    least_free_bytes: int = Field(500_000_000, ge=0)
    """Below this much free space an alarm is raised; calls continue."""
    may_play: list[Literal["agent", "supervisor", "manager", "administrator"]] = [
        "supervisor",
        "manager",
        "administrator",
    ]
    may_export: list[Literal["supervisor", "manager", "administrator"]] = ["manager", "administrator"]
