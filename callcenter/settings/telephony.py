"""Settings of telephony: carriers, phones, their encryption, and what waiting callers hear."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints, model_validator

from callcenter.settings.section import Section

_PLACE = r"^[A-Za-z0-9.:_-]{1,120}(/[0-9]{1,3})?$"
Place = Annotated[str, StringConstraints(pattern=_PLACE)]
"""A host, an address, or a range such as 192.0.2.0/24."""
SipUser = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,40}$")]
SipHost = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]{0,120}$")]


class TrunkOptions(Section):
    """Further settings of a carrier."""

    match: tuple[Place, ...] = ()
    """Further hosts, addresses and ranges from which it calls."""
    contact_user: SipUser = ""
    """The user part of the address that is registered; when empty, `user`."""
    from_user: SipUser = ""
    from_domain: SipHost = ""
    proxy: SipHost = ""
    """An outbound proxy for all requests to the carrier: a host, with or without a port."""
    codecs: tuple[Literal["alaw", "ulaw", "g722", "opus", "gsm"], ...] = Field(("alaw", "ulaw"), min_length=1)
    trusts_identity: bool = False
    """Take the caller's number from P-Asserted-Identity rather than from From."""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    encryption: Literal["no", "sdes"] = "no"
    """Media encryption; sdes is SRTP, for trunks over TLS."""
    qualify_seconds: int = Field(5, ge=0, le=3600)
    """How often the carrier is asked whether it answers (OPTIONS), so that a dead trunk is an alarm; 0: never."""
    register_seconds: int = Field(120, ge=30, le=86_400)
    """How long a registration lasts: one that the carrier has lost is noticed when it is renewed."""


class TrunkSettings(TrunkOptions):
    """A further carrier, for calls that the first one does not accept."""

    host: str = Field(pattern=r"^[A-Za-z0-9.:_-]{1,120}$")
    port: int = Field(5060, ge=1, le=65535)
    user: SipUser = ""
    secret: SecretStr = SecretStr("")


class DeskPhoneSettings(Section):
    """How desk phones connect to the PBX; a phone in the browser always uses a WebSocket and DTLS."""

    transport: Literal["udp", "tcp", "tls"] = "udp"
    encryption: Literal["no", "sdes"] = "no"
    networks: tuple[Place, ...] = ()
    """Addresses and ranges from which phones may register; when empty, any."""


DialClass = Literal["inside", "local", "national", "mobile", "international", "premium", "satellite"]
RoleName = Literal["agent", "supervisor", "manager", "leader", "administrator"]


class DayMinutes(Section):
    """Minutes of outbound calls per day: `alarm` raises an alarm, `stop` blocks further calls; 0: no limit."""

    alarm: int = Field(0, ge=0, le=100_000)
    stop: int = Field(0, ge=0, le=100_000)


class DialSettings(Section):
    """Which outside numbers may be dialled; the dialplan enforces it, even while the service is down."""

    guarded: bool = True
    classes: tuple[DialClass, ...] = ("inside", "local", "national", "mobile")
    """The classes that every phone may dial unless another setting applies."""
    roles: dict[RoleName, tuple[DialClass, ...]] = {}
    """The classes that phones of people in a role may dial; several roles add up."""
    phones: dict[str, tuple[DialClass, ...]] = {}
    """The classes that single phones may dial, by phone name; they override the roles."""
    emergency: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9]{2,6}$")], ...] = ("110", "119", "120", "122")
    """Emergency numbers: any phone may dial them at any time, and no return call ever does."""
    signed_in_only: bool = True
    """Outbound calls are possible only from phones of people who are signed in."""
    at_once: int = Field(2, ge=0, le=20)
    """Simultaneous outbound calls of one phone and of one person; 0: no limit."""
    phone_minutes: DayMinutes = DayMinutes(alarm=240, stop=480)
    person_minutes: DayMinutes = DayMinutes(alarm=240, stop=480)
    house_minutes: DayMinutes = DayMinutes(alarm=3000, stop=6000)


class BarSettings(Section):
    """The embedded PBX blocks addresses whose SIP requests are refused repeatedly.

    Carriers and `phones.networks` never are: a sender's address may be invented.
    """

    attempts: int = Field(10, ge=0, le=1000)
    """This many refusals within `seconds` block an address; 0: none is blocked, refusals are only counted."""
    seconds: float = Field(60.0, gt=0, le=86_400)
    minutes: float = Field(60.0, gt=0, le=43_200)
    never: tuple[Place, ...] = ("127.0.0.1", "::1")


StunServer = Annotated[str, StringConstraints(pattern=r"^stuns?:[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?$")]
TurnServer = Annotated[
    str, StringConstraints(pattern=r"^turns?:[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?(\?transport=(udp|tcp))?$")
]


class WaysIn(Section):
    """The settings of the PBX that concern carriers and phones."""

    trunk: TrunkOptions = TrunkOptions()
    """Further settings of the carrier at `trunk_host`."""
    fallback_trunks: tuple[TrunkSettings, ...] = Field((), max_length=4)
    """Fallback carriers for calls that the first one does not accept, in order."""
    phones: DeskPhoneSettings = DeskPhoneSettings()
    tls_port: int = Field(0, ge=0, le=65535)
    """The port of SIP over TLS; 0: disabled."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    bar: BarSettings = BarSettings()
    dial: DialSettings = DialSettings()
    waiting_sound: Literal["ring", "music"] = "ring"
    """What waiting callers hear: R1 counts the rings that a caller hears; with music there are none to count."""
    waiting_sounds: dict[str, Literal["ring", "music"]] = {}
    """The same for single lines, by line code."""

    ice_servers: tuple[StunServer, ...] = ()
    """STUN servers of the phones in pages, such as stun:stun.example.cn:3478; none on a local network."""
    turn_servers: tuple[TurnServer, ...] = ()
    """TURN servers of the phones in pages, such as turns:turn.example.cn:5349?transport=tcp; each page gets its own
    credentials for `turn_seconds`."""
    turn_secret: SecretStr = SecretStr("")
    """The secret that the TURN servers share with the centre (`static-auth-secret` of coturn)."""
    turn_seconds: int = Field(43_200, ge=600, le=172_800)
    """Longer than the longest call: a TURN server checks the credentials again while a call lasts."""
    survey: bool = False
    """Whether a caller is asked to rate the call from 1 to 5 when the agent hangs up; on such a line the agent may."""
    surveys: dict[str, bool] = {}
    """The same for single lines, by their code."""

    @model_validator(mode="after")
    def _turn(self) -> WaysIn:
        if bool(self.turn_servers) is not bool(self.turn_secret.get_secret_value()):
            raise ValueError("turn_servers and turn_secret go together")
        return self

    @model_validator(mode="after")
    def _tls(self) -> WaysIn:
        """TLS needs a port and a certificate, and media keys in SDP are secret only within TLS."""
        ways: tuple[TrunkOptions | DeskPhoneSettings, ...] = (self.phones, self.trunk, *self.fallback_trunks)
        if self.tls_port and not (self.tls_certificate and self.tls_key):
            raise ValueError("tls_port needs tls_certificate and tls_key")
        if any(way.transport == "tls" for way in ways) and not self.tls_port:
            raise ValueError("a transport of tls needs tls_port")
        if any(way.encryption == "sdes" and way.transport != "tls" for way in ways):
            raise ValueError("an encryption of sdes needs a transport of tls, or its keys are sent in clear")
        return self

    def hears(self, line: str) -> Literal["ring", "music"]:
        """What a waiting caller of this line hears."""
        return self.waiting_sounds.get(line, self.waiting_sound)

    def rates(self, line: str) -> bool:
        """Whether callers of this line are asked to rate the call."""
        return self.surveys.get(line, self.survey)
