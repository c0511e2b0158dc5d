"""All settings and their defaults. The TOML file overrides them, the environment (`CC_PBX__AMI_PORT=5039`) both.

Secrets are `SecretStr`, so they never show in a log or a repr. Rule numbers refer to policy.md.
"""

from __future__ import annotations

import os
import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from callcenter.kit.work_calendar import WorkTime, worktime_of
from callcenter.settings.alarms import AlarmSettings as AlarmSettings
from callcenter.settings.callbacks import CallbackSettings as CallbackSettings
from callcenter.settings.complaints import ComplaintSettings as ComplaintSettings
from callcenter.settings.database_address import read_address
from callcenter.settings.errors import BadSettings, Problem, misspelt, problems_of, unreadable
from callcenter.settings.paper import FormSettings as FormSettings
from callcenter.settings.policy import PolicySettings as PolicySettings
from callcenter.settings.recordings import CourtesySettings, RecordingSettings, TalkSettings, TranscriptSettings
from callcenter.settings.section import RetentionSettings as RetentionSettings
from callcenter.settings.section import RosterSettings, Section
from callcenter.settings.telephony import WaysIn
from callcenter.settings.web import WebSettings as WebSettings
from callcenter.settings.worktime import WorkTimeSettings as WorkTimeSettings

FILE = Path("callcenter.toml")
DATABASES = ("sqlite+aiosqlite:///", "postgresql+asyncpg://")


class PbxSettings(WaysIn):
    """The PBX: by default an embedded one under `data_dir`; with `embedded = false` the centre's own Asterisk."""

    name: str = Field("pbx1", pattern=r"^[a-z0-9-]{1,20}$")
    embedded: bool = True
    root: Path | None = None
    """Where `callcenter pbx install` unpacks Asterisk; data_dir/pbx/root when empty."""
    mirror: str = Field("", pattern=r"^(https?://[^\s\[\]]+)?$")
    """The mirror from which Debian packages are downloaded; when empty, the mirror of this machine's apt."""
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    ami_tls: bool = False
    ami_tls_ca: Path | None = None
    events_user: str = "cc-events"
    events_secret: SecretStr = SecretStr("")
    control_user: str = "cc-control"
    control_secret: SecretStr = SecretStr("")
    sip_host: str = "127.0.0.1"
    sip_port: int = 5060
    http_port: int = 8088
    rtp_start: int = 10000
    rtp_end: int = 19999
    silence_seconds: int = Field(60, ge=3, le=3600)
    """Asterisk ends a call after this time without audio from a phone or the carrier."""
    agi_host: str = "127.0.0.1"
    agi_port: int = 4573
    log_dir: Path | None = None
    """The folder of `cel-custom/cel.jsonl` and `queue_log`; when empty, that of the embedded PBX."""
    log_fifo: Path | None = None
    """Where an external Asterisk logs instead of `messages.log`: the FIFO of deploy/external-pbx."""
    trunk_host: str = ""
    """The carrier's SIP host; when empty, the trunk leads to the simulated carrier on `trunk_port`."""
    trunk_port: int = 5070
    outbound_number: str = Field("", pattern=r"^\+?[0-9]{0,20}$")
    """The caller number sent to the carrier for calls that agents dial; when empty, the line's or the first line's."""
    trunk_user: str = ""
    trunk_secret: SecretStr = SecretStr("")
    ping_seconds: float = Field(2.0, gt=0)
    stale_seconds: float = Field(4.0, gt=0)
    """After this time without a message from Asterisk, the live view is marked stale and ring flags as not watched."""
    action_timeout_seconds: float = 5.0
    snapshot_seconds: float = 300.0


class ScoreSettings(Section):
    """Scorecards (policy S2)."""

    dispute_days: int = Field(7, ge=0, le=366)
    """How many days after its submission an agent may dispute a score."""
    grace_hours: float = Field(6.0, ge=0)
    """How long after its last day a portion of a sample is drawn, so that its calls are final."""
    look_seconds: float = Field(300.0, gt=0)
    """How often the service checks whether a portion is due or a drawn call has lost its recording."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="CC_",
        env_nested_delimiter="__",
        toml_file=FILE,
        extra="forbid",
        validate_default=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Path("var")
    database_url: SecretStr = SecretStr("")
    """When empty, SQLite in data_dir. PostgreSQL: postgresql+asyncpg://user:secret@host/name"""
    timezone: str = "Asia/Shanghai"
    company: dict[str, str] = {"zh-CN": "湘味到家", "en": "Xiangwei Home"}
    region: str = "CN"
    outside_prefix: str = ""
    log_json: bool = False
    pbx: PbxSettings = PbxSettings()
    web: WebSettings = WebSettings()
    policy: PolicySettings = PolicySettings()
    retention: RetentionSettings = RetentionSettings()
    transcripts: TranscriptSettings = TranscriptSettings()
    courtesy: CourtesySettings = CourtesySettings()
    recordings: RecordingSettings = RecordingSettings()
    talk: TalkSettings = TalkSettings()
    complaints: ComplaintSettings = ComplaintSettings()
    scorecards: ScoreSettings = ScoreSettings()
    forms: FormSettings = FormSettings()
    callbacks: CallbackSettings = CallbackSettings()
    alarms: AlarmSettings = AlarmSettings()
    roster: RosterSettings = RosterSettings()
    worktime: WorkTimeSettings = WorkTimeSettings()

    def __init__(self, **values: Any) -> None:
        """Raises BadSettings with every fault, its file and line."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)
            raise BadSettings(problems_of(faults, type(self), FILE.name, _text(), os.environ)) from None
        except SettingsError as error:
            raise BadSettings([Problem("", None, "", "unreadable_variable", str(error))]) from None
        if slips := misspelt(os.environ, type(self)):
            raise BadSettings(slips)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            return ZoneInfo(zone).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise PydanticCustomError("unknown_time_zone", "there is no such time zone") from None

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not url.get_secret_value().startswith(DATABASES):
            raise PydanticCustomError("unknown_database", "the address of a database begins otherwise")
        if url.get_secret_value() and read_address(url.get_secret_value()) is None:
            raise PydanticCustomError("unreadable_database", "the address of the database cannot be read")
        return url

    @property
    def database(self) -> str:
        return self.database_url.get_secret_value() or f"sqlite+aiosqlite:///{self.data_dir.resolve()}/callcenter.db"

    @property
    def calendar(self) -> WorkTime:
        """The centre's working calendar. Raises BadHours, UnknownCountry."""
        worktime = self.worktime
        return worktime_of(worktime.week, worktime.holidays, worktime.days, self.timezone)

    @property
    def pbx_home(self) -> Path:
        """Everything that the embedded PBX writes: etc, run, log, spool, db."""
        return self.data_dir.resolve() / "pbx"

    @property
    def pbx_root(self) -> Path:
        return (self.pbx.root or self.pbx_home / "root").resolve()

    @property
    def recording_spool(self) -> Path:
        return (self.recordings.spool or self.pbx_home / "spool" / "monitor").resolve()

    @property
    def recording_vault(self) -> Path:
        return (self.recordings.vault or self.data_dir / "recordings").resolve()

    @property
    def key_folder(self) -> Path:
        return self.data_dir.resolve() / "keys"

    @property
    def pbx_log_dir(self) -> Path:
        return (self.pbx.log_dir or self.pbx_home / "log").resolve()

    @property
    def pbx_log_fifo(self) -> Path | None:
        """Where Asterisk logs: the embedded one always into the FIFO of its filter, another one if a FIFO is named."""
        return self.pbx_home / "run" / "messages.fifo" if self.pbx.embedded else self.pbx.log_fifo

    @property
    def model_home(self) -> Path:
        """The folder of the installed speech models, each in a folder of its own."""
        return self.data_dir.resolve() / "models"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SettingsFile(settings_cls), file_secret_settings


class SettingsFile(TomlConfigSettingsSource):
    """`callcenter.toml`, with or without a UTF-8 byte order mark. Raises BadSettings."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        data = file_path.read_bytes()
        try:
            return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSettings([unreadable(file_path.name, data, error)]) from None


def _text() -> str:
    """The text of the settings file, in which a fault's line is looked up."""
    return FILE.read_text("utf-8-sig") if FILE.is_file() else ""
