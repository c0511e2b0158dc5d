"""Tests which tokens of a provider are accepted: by their claims, their signature and the provider's keys."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.support.oidc_provider import CLIENT, SECRET, OidcProvider, new_key
from tests.support.oidc_room import Sign


@pytest.mark.parametrize(
    ("claims", "check"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "https://other.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": [CLIENT, "another"]}, "party"),
        ({"azp": "another"}, "party"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "expired"),
        ({"exp": "soon"}, "expired"),
        ({"exp": 1e300}, "expired"),
        ({"iat": 1}, "issued"),
        ({"iat": 4_000_000_000}, "issued"),
        ({"nbf": 4_000_000_000}, "not_before"),
        ({"sub": None}, "subject"),
        ({"sub": ""}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"sub": ["u-1"]}, "subject"),
        ({"at_hash": "wrong"}, "at_hash"),
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(allowed: Sign, claims: dict[str, Any], check: str) -> None:
    allowed.provider.claims = claims
    answer = await allowed.web.client.get(await allowed.start(), allow_redirects=False)
    problem = await answer.json()
    assert (answer.status, problem["code"], problem["facts"]["check"]) == (401, "oidc_bad_token", check)
    assert "Set-Cookie" not in answer.headers
    (entry,) = await allowed.web.web_services.audit.page(10, action="session.refused")
    assert json.loads(entry.facts) == {"way": "oidc", "code": "oidc_bad_token", "check": check}
    allowed.provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert await allowed.through() == "in"


def _unsigned(claims: dict[str, Any], alg: str = "none") -> str:
    parts = [json.dumps({"alg": alg}).encode(), json.dumps(claims).encode()]
    return ".".join(map(_base64url, parts)) + "."


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _by_public_key(provider: OidcProvider) -> Callable[[dict[str, Any]], str]:
    """HS256 with the text of the public key as the shared secret: every client knows it."""
    # By hand: the library refuses to sign with such a secret.
    secret = provider.key.as_pem(private=False)

    def sign(claims: dict[str, Any]) -> str:
        signed = _unsigned(claims, "HS256").removesuffix(".")
        digest = hmac.digest(secret, signed.encode(), "sha256")
        return f"{signed}.{_base64url(digest)}"

    return sign


def _by_client_secret(provider: OidcProvider) -> Callable[[dict[str, Any]], str]:
    secret = OctKey.import_key(SECRET.ljust(32))
    return lambda claims: jwt.encode({"alg": "HS256"}, claims, secret, ["HS256"])


def _by_stranger(provider: OidcProvider) -> Callable[[dict[str, Any]], str]:
    stranger = new_key()
    return lambda claims: jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, stranger, ["RS256"])


def _with_own_key(provider: OidcProvider) -> Callable[[dict[str, Any]], str]:
    """The key in the token's own header (RFC 7515, 4.1.3) is no key of the provider."""
    stranger = new_key()
    header = {"alg": "RS256", "kid": provider.key.kid, "jwk": stranger.as_dict(private=False)}
    return lambda claims: jwt.encode(header, claims, stranger, ["RS256"])


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (lambda _: _unsigned, "oidc_bad_token"),
        (lambda _: lambda claims: _unsigned(claims, "None"), "oidc_bad_token"),
        (lambda _: lambda claims: _unsigned(claims, "RS256"), "oidc_bad_token"),
        (_by_public_key, "oidc_bad_token"),
        (_by_client_secret, "oidc_bad_token"),
        (_by_stranger, "oidc_bad_token"),
        (_with_own_key, "oidc_bad_token"),
        (lambda _: lambda _: "no token", "oidc_bad_token"),
        (lambda _: lambda _: "é.ü.ö", "oidc_bad_token"),
        (lambda _: lambda _: "a" * 40_000, "oidc_bad_token"),
        (lambda _: lambda _: "", "oidc_bad_token"),
    ],
)
async def test_a_token_that_the_provider_has_not_signed_is_refused(
    allowed: Sign, forge: Callable[[OidcProvider], Callable[[dict[str, Any]], str]], code: str
) -> None:
    allowed.provider.sign = forge(allowed.provider)
    assert await allowed.through() == code
    assert (await allowed.web.client.get("/api/v1/session")).status == 401


async def test_a_token_signed_with_an_elliptic_curve_lets_in(allowed: Sign) -> None:
    allowed.provider.key = new_key("EC")
    assert await allowed.through() == "in"


async def test_rotated_keys_are_read_again_and_not_for_every_token(allowed: Sign) -> None:
    provider, time = allowed.provider, allowed.web.time
    assert await allowed.through() == "in"
    provider.key = new_key()
    assert await allowed.through() == "oidc_bad_answer"
    assert provider.asked.count("keys") == 1
    time.pass_by(seconds=61)
    assert await allowed.through() == "in"
    assert provider.asked.count("keys") == 2
    provider.key, provider.published = new_key(), [provider.key]
    time.pass_by(seconds=61)
    for _ in range(5):
        assert await allowed.through() == "oidc_bad_answer"
    assert provider.asked.count("keys") == 3
