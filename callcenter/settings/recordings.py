"""Settings of what is kept of a call: recordings, transcripts, courtesy and talk."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from callcenter.settings.section import Section


class TranscriptSettings(Section):
    """Speech to text; without an engine and a model the feature is off and everything else goes on."""

    engine: str = Field("auto", pattern=r"^(auto|off|faster_whisper|openai|sr:[a-z_]{1,40})$")
    """auto: faster_whisper once a model is installed, else off. sr:NAME is any engine of SpeechRecognition."""
    model_dir: Path | None = None
    """A folder of a CTranslate2 Whisper model; what `callcenter transcripts install` brought when empty."""
    models: dict[str, Path] = {}
    """Another model's folder for one language, such as {"en": "/srv/models/tiny.en"}."""
    language: str = Field("zh", pattern=r"^(zh|en)$")
    """For calls whose line and queue name none; a language is never guessed from the sound."""
    languages: dict[str, str] = {}
    """By the code of a line or a queue; else the line's own language."""
    hot_words: list[str] = Field(default=[], max_length=100)
    """Company, products, names: words of four characters or more that are nearly heard are spelled like this."""
    prompt_hot_words: bool = False
    """Also prompt the model with them; larger models gain by it, the base model gets much worse."""
    threads: int = Field(1, ge=1)
    niceness: int = Field(10, ge=0, le=19)
    at_once: int = Field(1, ge=1, le=16)
    """Worker processes; one does about ten hours of two-sided calls in an hour of one core."""
    tries: int = Field(3, ge=1)
    lease_minutes: int = Field(30, ge=1)
    """The longest that one channel may take; a worker that died is replaced after this long."""
    idle_seconds: float = Field(60.0, ge=0)
    """How long a worker keeps its model in memory when there is nothing to do."""
    server_url: str = ""
    """An OpenAI-compatible server's base, such as http://asr.lan:8000/v1"""
    server_model: str = "whisper-1"
    server_key: SecretStr = SecretStr("")
    sr_options: dict[str, str] = {}


class CourtesySettings(Section):
    """C1-C3 and R2: what is heard is raised for a person to judge."""

    list: str = "zh-CN-hunan"
    """The word list for Mandarin; calls in English use `en`."""
    opening_seconds: float = Field(12.0, gt=0)
    """R2: company and name are said within so many seconds of the agent's first word."""
    closing_seconds: float = Field(20.0, gt=0)
    apology_seconds: float = Field(20.0, gt=0)
    """C3: how long after the complaint the agent's first words are looked at."""
    least_confidence: float = Field(0.5, ge=0, le=1)
    least_speech_seconds: float = Field(8.0, ge=0)


class TalkSettings(Section):
    """What the two channels of a recording tell: shown with its seconds, never a flag."""

    dead_air_seconds: float = Field(10.0, gt=0)
    """Silence on both sides from which it is dead air."""
    talk_over_seconds: float = Field(0.5, gt=0)
    """Both speaking at once from which they talk over each other; less is a word of assent."""


class RecordingSettings(Section):
    """What is kept of a call, where, and for how long; a line may say otherwise."""

    rule: Literal["always", "never", "consent"] = "always"
    """What holds for callers of a line that names no rule of its own; `consent`: an agent starts it by *91."""
    outbound: Literal["always", "never", "consent"] = "always"
    """What holds for calls that agents make to the outside; calls between colleagues are never recorded."""
    format: Literal["flac", "opus", "wav"] = "flac"
    days: int = Field(365, ge=1, le=36_500)
    pause_seconds: int = Field(60, ge=5, le=900)
    """A pause (card numbers) ends by itself after this long."""
    spool: Path | None = None
    """Where Asterisk writes; the embedded PBX's own `spool/monitor` when empty."""
    vault: Path | None = None
    """data_dir/recordings when empty."""
    store_url: str = ""
    """An object store such as s3://bucket/prefix (the `s3` extra); empty: the folder `vault`."""
    store_options: dict[str, SecretStr] = {}
    """The object store's own options: aws_access_key_id, aws_secret_access_key, aws_endpoint, aws_region ..."""
    master_keys: dict[str, SecretStr] = {}
    """Master keys by id, 32 bytes in base64, the last by name in use; empty: files in data_dir/keys."""
    scan_seconds: float = Field(2.0, gt=0)
    quiet_seconds: float = Field(2.0, ge=0)
    """A file is finished when its call has ended and nothing was written for this long."""
    orphan_hours: float = Field(12.0, gt=0)
    """A file of a call that nobody knows is kept all the same after this long without a write."""
    least_free_bytes: int = Field(500_000_000, ge=0)
    """Below this much free space there is an alarm; calls go on."""
    may_play: list[Literal["agent", "supervisor", "manager", "administrator"]] = [
        "supervisor",
        "manager",
        "administrator",
    ]
    may_export: list[Literal["supervisor", "manager", "administrator"]] = ["manager", "administrator"]
