"""Tests that refused SIP requests are counted, and that only an address that guesses is barred."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk.sip_guard import MOST_ADDRESSES, Refusal, Tally, refusal

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FILTER = Path(__file__).parents[2] / "deploy/fail2ban/filter.d/callcenter-sip.conf"


def tries(tally: Tally, address: str, number: int, every: float = 1.0) -> list[bool]:
    return [
        tally.take(Refusal(NOW + timedelta(seconds=place * every), "wrong_secret", address)) for place in range(number)
    ]


def test_the_last_of_too_many_refusals_bars_the_address_for_its_time() -> None:
    tally = Tally(3, 60, HOUR)
    assert tries(tally, "192.0.2.7", 5) == [False, False, True, False, False]
    assert list(tally.barred) == ["192.0.2.7"]
    assert tally.counts["wrong_secret"] == 5
    assert not tally.expire(NOW + HOUR)
    assert tally.expire(NOW + HOUR + timedelta(seconds=3))
    assert tally.barred == {}


def test_a_phone_that_is_wrong_now_and_then_is_not_barred() -> None:
    tally = Tally(3, 60, HOUR)
    assert not any(tries(tally, "192.0.2.7", 50, every=31))


def test_carriers_and_phones_networks_are_counted_and_never_barred() -> None:
    tally = Tally(3, 60, HOUR, ("sip.carrier.example", "192.0.2.0/24", "2001:db8::1"))
    assert not any(tries(tally, "192.0.2.7", 9) + tries(tally, "2001:db8::1", 9))
    assert any(tries(tally, "192.0.3.7", 9))


def test_without_a_number_of_attempts_refusals_are_only_counted() -> None:
    tally = Tally(0, 60, HOUR)
    assert not any(tries(tally, "192.0.2.7", 100))
    assert tally.counts["wrong_secret"] == 100


@pytest.mark.lengthy
def test_a_flood_from_invented_addresses_does_not_fill_the_memory() -> None:
    tally = Tally(3, 60, HOUR)
    for number in range(MOST_ADDRESSES + 500):
        tally.take(Refusal(NOW, "unknown_account", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"))
    assert len(tally._seen) == MOST_ADDRESSES


@given(st.text(max_size=60))
def test_an_address_is_one_or_nothing(text: str) -> None:
    result = refusal("InvalidAccountID", text, NOW)
    assert result is None or re.fullmatch(r"[0-9a-f.:]+", result.address)
    assert refusal("SuccessfulAuth", "IPV4/UDP/192.0.2.7/5060", NOW) is None


LINE = (
    '[Nov 27 02:08:03] SECURITY[30027] res_security_log.c: SecurityEvent="{event}",'
    'EventTV="2026-11-27T02:08:03.128+0000",Severity="Error",Service="PJSIP",EventVersion="1",AccountID="{account}",SessionID="a@b",'
    'LocalAddress="IPV4/UDP/127.0.0.1/5060",RemoteAddress="IPV4/UDP/203.0.113.9/58931",Challenge="x"'
)


def banned(line: str) -> str | None:
    text = FILTER.read_text()
    (result,) = re.findall(r"^failregex = (.+)$", text, re.M)
    (inner,) = re.findall(r"^_text = (.+)$", text, re.M)
    pattern = result.replace("%(_text)s", inner).replace("<HOST>", r"(?P<host>[0-9A-Fa-f.:]+)")
    match = re.search(pattern, line)
    return match["host"] if match else None


@pytest.mark.parametrize("event", ["ChallengeResponseFailed", "InvalidPassword", "InvalidAccountID", "FailedACL"])
def test_the_filter_for_fail2ban_reads_asterisks_own_lines(event: str) -> None:
    assert banned(LINE.format(event=event, account="1001")) == "203.0.113.9"


def test_the_filter_bans_only_the_sender_whatever_the_account_name() -> None:
    hostile = '\\",SessionID=\\"a\\",LocalAddress=\\"b\\",RemoteAddress=\\"IPV4/UDP/198.51.100.1/1\\"'
    assert banned(LINE.format(event="InvalidAccountID", account=hostile)) == "203.0.113.9"
    assert banned(LINE.format(event="SuccessfulAuth", account="1001")) is None
    assert banned(LINE.format(event="ChallengeSent", account="1001")) is None
