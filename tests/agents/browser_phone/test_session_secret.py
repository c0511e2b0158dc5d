"""Tests the short-lived secret of a phone in a page, the TURN credentials, and the proof that the proxy replaces."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.agents.browser_phone.credentials import (
    BadCredentials,
    Credentials,
    credentials_of,
    refusal,
    with_secret,
)
from callcenter.agents.browser_phone.session_secret import accepted, secret_at, turn_credentials
from tests.support.sip_message import digest, encoded

NOON = datetime(2026, 11, 27, 12, 3, tzinfo=UTC)
KEY = b"key"
CHALLENGE = 'Digest realm="asterisk",nonce="17/ab",opaque="0c",algorithm=MD5,qop="auth"'


def accepts(text: str, at: datetime, *, in_dialog: bool = False, session: str = "s1", phone: str = "1001w") -> bool:
    return text in accepted(KEY, session, phone, at, in_dialog=in_dialog)


def test_a_secret_is_accepted_until_its_end_and_not_after() -> None:
    secret = secret_at(KEY, "s1", "1001w", NOON)
    assert secret.expires_at == datetime(2026, 11, 27, 12, 20, tzinfo=UTC)
    assert accepts(secret.text, secret.expires_at - timedelta(seconds=1))
    assert not accepts(secret.text, secret.expires_at)
    assert secret_at(KEY, "s1", "1001w", secret.expires_at).text != secret.text


def test_a_secret_is_of_one_session_and_one_phone() -> None:
    secret = secret_at(KEY, "s1", "1001w", NOON).text
    assert not accepts(secret, NOON, session="s2")
    assert not accepts(secret, NOON, phone="1002w")
    assert secret not in accepted(b"other key", "s1", "1001w", NOON, in_dialog=True)


def test_a_call_outlives_the_secret_by_a_day_at_most() -> None:
    secret = secret_at(KEY, "s1", "1001w", NOON).text
    assert accepts(secret, NOON + timedelta(hours=23), in_dialog=True)
    assert not accepts(secret, NOON + timedelta(hours=25), in_dialog=True)


def test_turn_credentials_are_those_that_the_server_computes() -> None:
    until = NOON + timedelta(hours=12)
    turn = turn_credentials("shared", ("turns:turn.example.cn",), "1001w", until)
    assert turn.username == f"{int(until.timestamp())}:1001w"
    mac = hmac.new(b"shared", turn.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(turn.credential) == mac


def request(method: str, proof: str, to: str = "<sip:1001w@pbx>", body: str = "") -> str:
    headers = [
        ("Via", "SIP/2.0/WS p.invalid;branch=z9hG4bK1"),
        ("From", "<sip:1001w@pbx>;tag=p"),
        ("To", to),
        ("Call-ID", "c"),
        ("CSeq", f"2 {method}"),
    ]
    if proof:
        headers.append(("Authorization", proof))
    return encoded(f"{method} sip:pbx SIP/2.0", headers, body).decode()


def read(frame: str) -> Credentials:
    credentials = credentials_of(frame)
    assert credentials is not None
    return credentials


@pytest.mark.parametrize("challenge", [CHALLENGE, 'Digest realm="asterisk",nonce="n"'])
def test_the_proof_of_the_short_lived_secret_becomes_that_of_the_account(challenge: str) -> None:
    frame = request("REGISTER", digest("1001w", "short", "REGISTER", "sip:pbx", challenge), body='v=0 response="x"')
    credentials = read(frame)
    assert credentials.prove(["other", "short"])
    assert not credentials.prove(["other"])
    passed = with_secret(frame, credentials, "account")
    assert passed == frame.replace(credentials.response, credentials.proof("account"))
    assert read(passed).prove(["account"])
    assert not read(passed).prove(["short"])


def test_the_proof_of_the_account_is_written_into_the_credentials_only() -> None:
    proof = digest("1001w", "short", "REGISTER", "sip:pbx", CHALLENGE)
    frame = request("REGISTER", proof, '<sip:1001w@pbx>;response="00"')
    assert with_secret(frame, read(frame), "account").count(read(frame).proof("account")) == 1


def test_sha_256_is_understood() -> None:
    plain = Credentials("REGISTER", "1001w", "r", "n", "sip:pbx", "", "", "", "sha-256", "", False)

    def sha(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    assert plain.proof("short") == sha(f"{sha('1001w:r:short')}:n:{sha('REGISTER:sip:pbx')}")


def test_only_a_request_within_a_dialog_is_in_a_dialog() -> None:
    proof = digest("1001w", "short", "BYE", "sip:pbx", CHALLENGE)
    assert read(request("BYE", proof, "<sip:pbx>;tag=a")).in_dialog
    assert not read(request("INVITE", proof, '"a;tag" <sip:pbx>')).in_dialog
    assert not read(request("REGISTER", proof, "<sip:pbx>;tag=a")).in_dialog


def test_a_request_without_credentials_an_acknowledgement_and_a_response_pass() -> None:
    assert credentials_of(request("REGISTER", "")) is None
    assert credentials_of(request("ACK", digest("1001w", "x", "ACK", "sip:pbx", CHALLENGE))) is None
    assert credentials_of("SIP/2.0 200 OK\r\nAuthorization: Digest a=b\r\n\r\n") is None


@pytest.mark.parametrize(
    "proof",
    [
        "Basic MTAwMTp4",
        "Digest",
        'Digest username="1001w", algorithm=MD5-sess, response="0"',
        'Digest username="1001w", qop=auth-int, response="0"',
        'Digest username="1001w", response="0", response="1"',
        'Digest username="1001w", realm="a"\r\nProxy-Authorization: Digest response="0"',
        'Digest username="1001w", response="' + "0" * 5000 + '"',
    ],
)
def test_credentials_that_are_not_understood_are_refused(proof: str) -> None:
    with pytest.raises(BadCredentials):
        credentials_of(request("REGISTER", proof))


def test_the_refusal_is_a_response_to_the_request() -> None:
    lines = refusal(request("REGISTER", 'Digest response="0"')).split("\r\n")
    assert lines[0] == "SIP/2.0 403 Secret Expired"
    assert "To: <sip:1001w@pbx>;tag=expired" in lines
    assert "CSeq: 2 REGISTER" in lines
    assert not any(line.startswith("Authorization") for line in lines)
