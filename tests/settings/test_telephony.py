"""Tests that settings of carriers and phones that would be less safe than they look are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from callcenter.settings.telephony import DialSettings, TrunkSettings, WaysIn

TLS = {"tls_port": 5061, "tls_certificate": "/srv/cert.pem", "tls_key": "/srv/key.pem"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"phones": {"encryption": "sdes"}}, "sdes needs a transport of tls"),
        ({"trunk": {"encryption": "sdes", "transport": "tcp"}}, "sdes needs a transport of tls"),
        ({"fallback_trunks": [{"host": "a.example", "encryption": "sdes"}]}, "sdes needs a transport of tls"),
        ({"phones": {"transport": "tls"}}, "needs tls_port"),
        ({"tls_port": 5061}, "needs tls_certificate"),
        ({"trunk": {"match": ["192.0.2.0/24;x"]}}, "match"),
        ({"trunk": {"proxy": "a b"}}, "proxy"),
        ({"trunk": {"codecs": []}}, "codecs"),
        ({"trunk": {"codecs": ["g729"]}}, "codecs"),
        ({"dial": {"emergency": ["1 1 0"]}}, "emergency"),
        ({"dial": {"classes": ["abroad"]}}, "classes"),
    ],
)
def test_what_is_less_safe_than_it_looks_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        WaysIn.model_validate(given)


def test_tls_with_srtp_is_taken() -> None:
    ways = WaysIn.model_validate(TLS | {"phones": {"transport": "tls", "encryption": "sdes"}})
    assert ways.phones.encryption == "sdes"


def test_no_phone_dials_abroad_unless_configured_and_no_secret_shows() -> None:
    assert set(DialSettings().classes) == {"inside", "local", "national", "mobile"}
    assert "hush" not in repr(TrunkSettings.model_validate({"host": "a.example", "secret": "hush"}))


def test_waiting_callers_hear_the_lines_own_sound_or_the_centres() -> None:
    ways = WaysIn.model_validate({"waiting_sounds": {"vip": "music"}})
    assert (ways.hears("vip"), ways.hears("sales")) == ("music", "ring")


@pytest.mark.parametrize("server", ["http://x", "stun:", "stun:a b", "turn:t.example.cn", "stun:x:999999"])
def test_only_a_stun_server_is_one_for_the_phones_in_pages(server: str) -> None:
    assert WaysIn.model_validate({"ice_servers": ["stun:stun.example.cn:3478"]}).ice_servers
    with pytest.raises(ValueError, match="ice_servers"):
        WaysIn.model_validate({"ice_servers": [server]})
