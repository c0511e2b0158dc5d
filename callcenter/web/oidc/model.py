"""Validates ID tokens and the redirect back to the browser. Pure: values in, values or a refusal out."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from callcenter.settings.oidc import OidcSettings
from callcenter.web.oidc.errors import OidcBadToken

if TYPE_CHECKING:
    # Imported where it is used: few centres sign in with a provider, and no command does.
    from joserfc.jwk import ECKey, RSAKey

KEY_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
}
"""The accepted signatures by kind of key: never `none`, never a shared secret (RFC 8725, 3.1)."""
ALGORITHMS: Final = frozenset(name for names in KEY_KINDS.values() for name in names)
_HASHES: Final = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}
LEAST_RSA_BITS: Final = 2048
LEEWAY: Final = 60
"""Tolerated clock skew of the provider, in seconds."""
OLDEST: Final = 600
"""A token is issued in answer to this sign-in, so its `iat` is at most this many seconds ago."""
LONGEST_TOKEN: Final = 32 * 1024
MOST_KEYS: Final = 100
ERRORS: Final = frozenset(
    {
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    }
)
"""RFC 6749, 4.1.2.1 and 5.2, OpenID Connect Core, 3.1.2.6; other texts from a provider or a link are not repeated."""
PAGES: Final = ("/desk", "/floor", "/day", "/me", "/agent", "/wallboard")

PublicKey: TypeAlias = "RSAKey | ECKey"


class UnknownKey(Exception):
    """No key of the set can have signed this token; the set may be outdated."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A public key with its parameters from the JWK Set."""

    key: PublicKey
    kind: str
    kid: object
    algorithm: object

    def fits(self, algorithm: str, kid: object) -> bool:
        same = kid is None or self.kid == kid
        return same and algorithm in KEY_KINDS[self.kind] and self.algorithm in (None, algorithm)


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity that the provider asserts."""

    subject: str = field(repr=False)
    login: str | None = field(repr=False)
    second_factor: bool


def next_page(path: str) -> str:
    """A page of ours to go to after sign-in; empty for anything else, which prevents open redirects."""
    return path if path in PAGES else ""


def known_error(error: object) -> str:
    return error if isinstance(error, str) and error in ERRORS else "other"


def challenge(verifier: str) -> str:
    """PKCE's S256 (RFC 7636, 4.2)."""
    return _base64url(hashlib.sha256(verifier.encode()).digest())


def keys_of(document: Mapping[str, Any]) -> list[KeyEntry]:
    """The signing keys of a JWK Set; keys that this service cannot use are skipped (RFC 7517, 5).

    Raises ValueError for anything that is not a JWK Set.
    """
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise ValueError("no JWK Set")
    entries = (_key_of(entry) for entry in listed[:MOST_KEYS])
    return [entry for entry in entries if entry is not None]


def _key_of(entry: object) -> KeyEntry | None:
    if not isinstance(entry, dict) or entry.get("kty") not in KEY_KINDS or entry.get("use", "sig") != "sig":
        return None
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, JWKRegistry, RSAKey

    try:
        key = JWKRegistry.import_key(entry)
        if isinstance(key, RSAKey) and key.public_key.key_size < LEAST_RSA_BITS:
            return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if not isinstance(key, RSAKey | ECKey):
        return None
    return KeyEntry(key, str(entry["kty"]), entry.get("kid"), entry.get("alg"))


def claims_of(text: str, keys: Sequence[KeyEntry]) -> tuple[str, dict[str, Any]]:
    """The signature's algorithm and the claims of a verified token. Raises OidcBadToken, UnknownKey."""
    from joserfc import jws, jwt
    from joserfc.errors import JoseError

    if len(text) > LONGEST_TOKEN:
        raise OidcBadToken("the ID token is too long", check="form")
    try:
        header = jws.extract_compact(text.encode()).headers()
    except (JoseError, ValueError, TypeError):
        raise OidcBadToken("the ID token is not a signed JWT", check="form") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise OidcBadToken("the ID token is not signed with a key of the provider", check="algorithm")
    fitting = [entry.key for entry in keys if entry.fits(algorithm, kid)]
    if not fitting or (kid is None and len(fitting) > 1):
        raise UnknownKey
    try:
        return algorithm, jwt.decode(text, fitting[0], algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError):
        raise OidcBadToken("the signature of the ID token is wrong", check="signature") from None


def check_claims(
    claims: Mapping[str, Any], algorithm: str, settings: OidcSettings, nonce: str, now: float, access_token: str | None
) -> Identity:
    """The checks of OpenID Connect Core, 3.1.3.7, after the signature. Raises OidcBadToken."""
    audience, azp = claims.get("aud"), claims.get("azp")
    audiences = audience if isinstance(audience, list) else [audience]
    issued, expires, before = (_instant(claims.get(name)) for name in ("iat", "exp", "nbf"))
    subject, said_nonce = claims.get("sub"), claims.get("nonce")
    checks = {
        "issuer": claims.get("iss") == settings.issuer,
        "audience": settings.client_id in audiences,
        "party": azp == settings.client_id or (azp is None and len(audiences) == 1),
        "expired": expires is not None and now < expires + LEEWAY,
        "issued": issued is not None and now - OLDEST - LEEWAY <= issued <= now + LEEWAY,
        "not_before": "nbf" not in claims or (before is not None and before <= now + LEEWAY),
        "nonce": isinstance(said_nonce, str) and hmac.compare_digest(said_nonce.encode(), nonce.encode()),
        "subject": isinstance(subject, str) and 0 < len(subject) <= 255 and "\0" not in subject,
        "at_hash": "at_hash" not in claims or _half_hash(algorithm, access_token) == claims["at_hash"],
    }
    for name, holds in checks.items():
        if not holds:
            raise OidcBadToken("the ID token is not good for this sign-in", check=name)
    return Identity(str(subject), _login(claims, settings), _second_factor(claims, settings))


def _login(claims: Mapping[str, Any], settings: OidcSettings) -> str | None:
    """The login in the claim; an email address counts only if the provider has verified it."""
    login = claims.get(settings.login_claim)
    # Casefolding maps some letters of other alphabets onto Latin ones (the Kelvin sign onto k).
    if not isinstance(login, str) or not login.isascii() or not 0 < len(login) <= 64 or "\0" in login:
        return None
    if settings.login_claim == "email" and claims.get("email_verified") is not True:
        return None
    return login.casefold()


def _second_factor(claims: Mapping[str, Any], settings: OidcSettings) -> bool:
    methods = claims.get("amr")
    return settings.second_factor or (isinstance(methods, list) and "mfa" in methods)


def _instant(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        return None
    return float(value)


def _half_hash(algorithm: str, access_token: str | None) -> str | None:
    """`at_hash`: the left half of the access token's hash (OpenID Connect Core, 3.1.3.6)."""
    if access_token is None:
        return None
    digest = _HASHES[algorithm[-3:]](access_token.encode()).digest()
    return _base64url(digest[: len(digest) // 2])


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
