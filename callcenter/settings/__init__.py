"""All settings and their defaults on one screen: TOML file, then environment (`CC_PBX__AMI_PORT=5039`), then these.

Secrets are `SecretStr`, so they never show in a log or a repr. Rule numbers refer to policy.md.
"""

from __future__ import annotations

import os
import tomllib
from datetime import date, time
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    Field,
    IPvAnyNetwork,
    PositiveFloat,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from callcenter.errors import CallCentreError
from callcenter.kit.work_calendar import WorkTime, worktime_of
from callcenter.settings.database_address import read_address
from callcenter.settings.errors import BadSettings, Problem, misspelt, problems_of, unreadable
from callcenter.settings.oidc import OidcSettings
from callcenter.settings.paper import FormSettings as FormSettings
from callcenter.settings.recordings import CourtesySettings, RecordingSettings, TalkSettings, TranscriptSettings
from callcenter.settings.section import ClosingTime, RosterSettings, Section
from callcenter.settings.section import RetentionSettings as RetentionSettings
from callcenter.settings.telephony import WaysIn

FILE = Path("callcenter.toml")
DATABASES = ("sqlite+aiosqlite:///", "postgresql+asyncpg://")


class PbxSettings(WaysIn):
    """The PBX: an embedded one under `data_dir` by default, a site's own with `embedded = false`."""

    name: str = Field("pbx1", pattern=r"^[a-z0-9-]{1,20}$")
    embedded: bool = True
    root: Path | None = None
    """Where `callcenter pbx install` unpacks Asterisk; data_dir/pbx/root when empty."""
    mirror: str = Field("", pattern=r"^(https?://[^\s\[\]]+)?$")
    """Where the install fetches Debian's packages; the mirror of the machine's own apt when empty."""
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
    """After so long without any sound from a phone or the carrier, Asterisk ends the call."""
    agi_host: str = "127.0.0.1"
    agi_port: int = 4573
    log_dir: Path | None = None
    """Where Asterisk writes `cel-custom/cel.jsonl` and `queue_log`; the embedded PBX's own when empty."""
    trunk_host: str = ""
    """The carrier's SIP host; empty leaves the trunk to the simulated carrier on `trunk_port`."""
    trunk_port: int = 5070
    outbound_number: str = Field("", pattern=r"^\+?[0-9]{0,20}$")
    """The number that the carrier is shown for calls that agents dial; empty: the line's, or the first line's."""
    trunk_user: str = ""
    trunk_secret: SecretStr = SecretStr("")
    ping_seconds: float = Field(2.0, gt=0)
    stale_seconds: float = Field(4.0, gt=0)
    """Without a word from Asterisk for so long, the live picture is shown as stale and ring flags as not watched."""
    action_timeout_seconds: float = 5.0
    snapshot_seconds: float = 300.0


class WebSettings(Section):
    host: str = "127.0.0.1"
    port: int = 8080
    public_origin: str = ""
    """Origin that browsers show, such as https://desk.example.cn; empty accepts the request's own host."""
    secure_cookie: bool | None = None
    """Whether browsers come over TLS, so that cookies are `Secure` and `__Host-`; by `public_origin` when not set."""
    session_hours: float = 12.0
    token_days: float = Field(365.0, gt=0, le=3650)
    """How long a program's token is good for that names no end."""
    session_idle_minutes: float = Field(120.0, gt=0)
    """A session ends when it was not used for so long; an open page with its live feed counts as use."""
    metrics_token: SecretStr = SecretStr("")
    """What a scraper of /metrics sends as bearer token; without one only this machine itself may read them."""
    live_sockets: int = Field(10, ge=1)
    """Live feeds that one person may have open at a time."""
    login_tries_per_minute: int = Field(10, ge=1)
    """Wrong passwords of one login from one address that are not slowed down; the next ones wait, up to 4 s."""
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Addresses or networks of the proxies before this service; X-Forwarded-For counts from them alone."""
    customer_files_an_hour: int = Field(200, ge=1)
    """So many customers' whole files an agent reads in an hour; more looks like copying the book."""
    feed_queue: int = 500
    """Deltas a slow client may lag behind before it is told to take a new snapshot."""
    feed_history: int = 5000
    webhooks_inside: bool = False
    """Whether webhooks may go to private and loopback addresses: a subscription could then reach into the house."""
    oidc: OidcSettings = OidcSettings()

    @model_validator(mode="after")
    def _public_for_oidc(self) -> WebSettings:
        if self.oidc.enabled and not self.public_origin:
            raise PydanticCustomError("oidc_public_origin", "the provider leads browsers back to public_origin")
        return self

    @property
    def over_tls(self) -> bool:
        return self.public_origin.startswith("https://") if self.secure_cookie is None else self.secure_cookie


class PolicySettings(Section):
    """The numbers of the house rules; each is a default and never a constant in the code."""

    version: str = "2026-11"
    ring_limit: int = Field(3, ge=1, le=20)
    """R1: the phone is answered by this ring."""
    cadence_country: str = "cn"
    """R1: whose ring; a line may name another country (calls/ring.py has the table)."""
    move_on_at_ring: int = Field(4, ge=1, le=60)
    """R1: at the start of this ring the call goes to the next agent."""
    misses_before_pause: int = Field(2, ge=0)
    """R1: a phone silent this many times in a row is paused; 0 never pauses."""
    wrap_up_seconds: int = Field(15, ge=0)
    long_call_seconds: int = Field(600, ge=0)
    """R6: a soft limit that is shown, not enforced; where a line has calls enough, nine tenths of them say it."""
    usual_days: int = Field(30, ge=1, le=366)
    """R6: the line's usual length is that of calls of the last so many days ..."""
    usual_calls: int = Field(500, ge=1, le=10_000)
    """... the newest so many of them at most ..."""
    usual_least: int = Field(30, ge=1)
    """... and unknown with fewer than these."""
    script_grace_seconds: float = Field(30.0, ge=0)
    """R5: an agent may hang up first once the follow-up script is ended; it may be ended so long after the call."""
    word_hours: float = Field(72.0, ge=0)
    """R5: so long after a call a supervisor may still say that the agent was right to end it."""
    answer_within_seconds: int = Field(15, ge=1)
    """S1: the service level's threshold (GB/T 33358: 15 s)."""
    announcements_first: bool = False
    """Refuse to sign agents in while an announcement that must be read is unread (H2); else they are only shown."""


class CallbackSettings(Section):
    """Return calls (policy F1-F4, R4, R8, R9). Times of day are the customer's own."""

    opens: time = time(9, 0)
    closes: ClosingTime = time(20, 0)
    """Later than `opens`, on the same day; 24:00 for the end of the day. 00:00 to 24:00 never closes."""
    regions: dict[str, tuple[time, ClosingTime]] = {}
    """Other hours by the ISO region of the number, such as HK = ["10:00", "21:00"]."""
    outcomes: tuple[str, ...] = ("abandoned", "closed", "message_left", "callback_requested", "overflowed")
    """Which outcomes of incoming calls make a return call."""
    lines: dict[str, tuple[str, ...]] = {}
    """The same for single lines, by their code; an empty list makes none."""
    short_abandon_seconds: float = Field(5.0, ge=0)
    """Whoever hung up this soon dialled by mistake."""
    max_attempts: int = Field(3, ge=1, le=20)
    backoff_minutes: dict[str, tuple[int, ...]] = {
        "busy": (10, 30, 60),
        "no_answer": (60, 180, 1440),
        "voicemail": (180, 1440),
        "wrong_number": (1440,),
        "failed": (15, 60),
        "unsaid": (60,),
    }
    due_minutes: dict[str, int] = {"abandoned": 60, "requested": 0, "closed_hours": 120, "survey": 2880}
    """How soon, by source, somebody should call who was promised no time; 240 where nothing is said."""
    usual_due_minutes: int = Field(240, ge=0)
    lease_minutes: float = Field(10.0, gt=0)
    """How long an agent may read and think before the claim goes back."""
    result_minutes: float = Field(30.0, gt=0)
    """How long after the call the result may be written before the item goes back as `unsaid`."""
    ring_seconds: int = Field(45, ge=5, le=300)
    """How long the customer's phone rings."""
    lost_seconds: float = Field(90.0, ge=1)
    """After this long without a trace of a dialled call on the PBX it counts as never sent."""
    most_waiting: int = Field(0, ge=0)
    least_free: int = Field(1, ge=0)
    urgent_before_minutes: int = Field(5, ge=0)
    urgent_after_minutes: int = Field(240, ge=0)
    urgent_most_waiting: int | None = None
    aged_after_minutes: int = Field(30, ge=0)
    """So long past due, a return call gets its turn although callers wait ..."""
    aged_share: float = Field(0.2, ge=0, le=1)
    """... by this share of the agents signed in, at least one of them; 0 keeps it waiting until it is urgent."""
    owner_first_minutes: int = Field(30, ge=0)
    vip_team: tuple[str, ...] = ()
    least_dialect_level: int = Field(2, ge=1, le=5)
    dial_as: str = Field("national", pattern="^(national|e164)$")
    """How the carrier wants the customer's number."""
    tick_seconds: float = Field(5.0, gt=0)

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> CallbackSettings:
        for opens, closes in ((self.opens, self.closes), *self.regions.values()):
            if closes != time.min and not opens < closes:
                raise PydanticCustomError("bad_calling_hours", "the hours of calling open before they close")
        return self


class WorkTimeSettings(Section):
    """The house's working calendar: when return calls are made. Times are the house's own (`timezone`)."""

    week: tuple[str, ...] = ()
    """Such as "mon-sun 08:00-21:00"; nothing: the house never closes."""
    holidays: str = ""
    """A country such as CN whose public holidays the house keeps and whose make-up days it works; empty: none."""
    days: dict[date, tuple[str, ...]] = {}
    """Single days that are different, such as 2027-02-06 = ["09:00-12:00"]; an empty list is a closed day."""

    @model_validator(mode="after")
    def _readable(self) -> WorkTimeSettings:
        try:
            worktime_of(self.week, self.holidays, self.days, "UTC")
        except CallCentreError as error:
            raise PydanticCustomError("bad_work_time", "{text}", {"text": error.detail}) from None
        return self


class ComplaintSettings(Section):
    two_places: bool = False
    """Whether one person may hold two places of a case's signatures (K1); the paper then shows it."""
    largest_file: int = Field(10_000_000, ge=1)
    """Bytes of a photo or scanned paper on a case."""
    deadline_hours: dict[str, dict[str, PositiveFloat]] = {
        "minor": {"acknowledge": 8, "investigate": 40, "answer": 40, "close": 24},
        "normal": {"acknowledge": 4, "investigate": 24, "answer": 24, "close": 16},
        "serious": {"acknowledge": 2, "investigate": 12, "answer": 12, "close": 8},
        "critical": {"acknowledge": 0.5, "investigate": 4, "answer": 4, "close": 4},
    }
    """Working hours (`worktime`) for each step by severity, from when the case came to the step (K4)."""
    warn_after: float = Field(0.75, gt=0, lt=1)
    """The share of a step's time after which its owner is warned."""
    escalate_again_hours: PositiveFloat = 8
    """Working hours after which an overdue step goes one level higher still."""
    reassign: bool = True
    """Give the case of an owner who is not here when a warning is due to somebody who is."""
    digest_at: time = time(8, 30)
    """When the day's digest of what is due is made, on working days (K5)."""
    look_seconds: float = Field(15.0, gt=0)
    evidence_days: int = Field(1095, ge=0)
    """Recordings on a case are kept so long after it is over; as long as a claim may be brought."""


class ScoreSettings(Section):
    """Scorecards (policy S2)."""

    dispute_days: int = Field(7, ge=0, le=366)
    """For this many days after it was submitted, an agent may dispute a score."""
    grace_hours: float = Field(6.0, ge=0)
    """A portion of a sample is drawn this long after its last day, when its calls have become final."""
    look_seconds: float = Field(300.0, gt=0)
    """How often it is looked whether a portion is to be drawn, or a drawn call has lost its recording."""


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
    """Empty: SQLite in data_dir. PostgreSQL: postgresql+asyncpg://user:secret@host/name"""
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
        """The house's working calendar. Raises BadHours, UnknownCountry."""
        kept = self.worktime
        return worktime_of(kept.week, kept.holidays, kept.days, self.timezone)

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
    def model_home(self) -> Path:
        """Where speech models are installed, a folder each."""
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
    """`callcenter.toml`, also with the mark that Windows editors put before UTF-8. Raises BadSettings."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        data = file_path.read_bytes()
        try:
            return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSettings([unreadable(file_path.name, data, error)]) from None


def _text() -> str:
    """The settings file as text, for the line of a fault."""
    return FILE.read_text("utf-8-sig") if FILE.is_file() else ""
