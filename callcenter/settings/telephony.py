"""Settings of how calls reach the PBX: carriers, phones, their encryption, and what waiting callers hear."""

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
    """What else is known of a carrier."""

    match: tuple[Place, ...] = ()
    """Further hosts, addresses and ranges that it calls from."""
    contact_user: SipUser = ""
    """The user part of the address that we register; `user` when empty."""
    from_user: SipUser = ""
    from_domain: SipHost = ""
    proxy: SipHost = ""
    """A host, with or without a port, that all requests to the carrier go through."""
    codecs: tuple[Literal["alaw", "ulaw", "g722", "opus", "gsm"], ...] = Field(("alaw", "ulaw"), min_length=1)
    trusts_identity: bool = False
    """Believe the caller's number of P-Asserted-Identity rather than that of From."""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    encryption: Literal["no", "sdes"] = "no"
    """Of the sound; sdes is SRTP, for trunks over TLS."""


class TrunkSettings(TrunkOptions):
    """A further carrier, for calls that the first does not take."""

    host: str = Field(pattern=r"^[A-Za-z0-9.:_-]{1,120}$")
    port: int = Field(5060, ge=1, le=65535)
    user: SipUser = ""
    secret: SecretStr = SecretStr("")


class DeskPhoneSettings(Section):
    """How desk phones reach the PBX; a phone in the browser always uses a WebSocket and DTLS."""

    transport: Literal["udp", "tcp", "tls"] = "udp"
    encryption: Literal["no", "sdes"] = "no"
    networks: tuple[Place, ...] = ()
    """Addresses and ranges where phones may be; empty: anywhere."""


DialClass = Literal["inside", "local", "national", "mobile", "international", "premium", "satellite"]
RoleName = Literal["agent", "supervisor", "manager", "leader", "administrator"]


class DayMinutes(Section):
    """Minutes of calls to the outside in a day: an alarm at the first, no more from the second on; 0: none."""

    alarm: int = Field(0, ge=0, le=100_000)
    stop: int = Field(0, ge=0, le=100_000)


class DialSettings(Section):
    """What may be dialled to the outside; the dialplan enforces it, also while the service is down."""

    guarded: bool = True
    classes: tuple[DialClass, ...] = ("inside", "local", "national", "mobile")
    """What every phone may dial that nothing else is said of."""
    roles: dict[RoleName, tuple[DialClass, ...]] = {}
    """What the phones of people in a role may dial; of several roles all classes count."""
    phones: dict[str, tuple[DialClass, ...]] = {}
    """What single phones may dial, by their name; this outweighs the roles."""
    emergency: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9]{2,6}$")], ...] = ("110", "119", "120", "122")
    """Any phone may dial these at any time, and no return call ever does."""
    signed_in_only: bool = True
    """Calls to the outside go only from phones of people who are signed in."""
    at_once: int = Field(2, ge=0, le=20)
    """Calls to the outside of one phone, and of one person, at the same time; 0: any number."""
    phone_minutes: DayMinutes = DayMinutes(alarm=240, stop=480)
    person_minutes: DayMinutes = DayMinutes(alarm=240, stop=480)
    house_minutes: DayMinutes = DayMinutes(alarm=3000, stop=6000)


class BarSettings(Section):
    """Addresses that are refused again and again at SIP are barred by the embedded PBX.

    Carriers and `phones.networks` never are: a sender's address may be invented.
    """

    attempts: int = Field(10, ge=0, le=1000)
    """So many refusals within `seconds` bar an address; 0: none is barred, refusals are only counted."""
    seconds: float = Field(60.0, gt=0, le=86_400)
    minutes: float = Field(60.0, gt=0, le=43_200)
    never: tuple[Place, ...] = ("127.0.0.1", "::1")


class WaysIn(Section):
    """The part of the PBX's settings that is about carriers and phones."""

    trunk: TrunkOptions = TrunkOptions()
    """What else is known of the carrier of `trunk_host`."""
    fallback_trunks: tuple[TrunkSettings, ...] = Field((), max_length=4)
    """Carriers for calls that the first does not take, in their order."""
    phones: DeskPhoneSettings = DeskPhoneSettings()
    tls_port: int = Field(0, ge=0, le=65535)
    """Where SIP over TLS is taken; 0: nowhere."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    bar: BarSettings = BarSettings()
    dial: DialSettings = DialSettings()
    waiting_sound: Literal["ring", "music"] = "ring"
    """What callers hear while they wait: R1 counts the rings that a caller hears, and of music it counts nothing."""
    waiting_sounds: dict[str, Literal["ring", "music"]] = {}
    """The same for single lines, by their code."""

    @model_validator(mode="after")
    def _tls(self) -> WaysIn:
        """TLS needs a port and a certificate, and keys of the sound in SDP are only secret inside of TLS."""
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
