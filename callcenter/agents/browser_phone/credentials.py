"""Reads the credentials of a SIP request, checks them against a secret and replaces them by those of another. Pure.

Digest access authentication as SIP uses it: RFC 3261, 22.4, with the algorithms of RFC 8760.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

_CREDENTIALS: Final = re.compile(r"^(?:Proxy-)?Authorization[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_PARAMETER: Final = re.compile(r'([A-Za-z-]{1,20})[ \t]*=[ \t]*(?:"([^"\r\n\\]{0,500})"|([^",\s]{1,500}))')
_RESPONSE: Final = re.compile(r'(\bresponse[ \t]*=[ \t]*")[^"\r\n]*(")', re.IGNORECASE)
_TO_TAG: Final = re.compile(r"^(?:To|t)[ \t]*:[^\r\n]*;[ \t]*tag=", re.IGNORECASE | re.MULTILINE)
_COPIED: Final = re.compile(r"^(?:Via|v|From|f|To|t|Call-ID|i|CSeq)[ \t]*:[^\r\n]*", re.IGNORECASE | re.MULTILINE)
_HASHES: Final[Mapping[str, Callable[[bytes], str]]] = MappingProxyType(
    {
        "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "sha-256": lambda data: hashlib.sha256(data).hexdigest(),
    }
)


class BadCredentials(ValueError):
    """The request names credentials that this service does not understand."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request proves its sender with."""

    method: str
    user: str
    realm: str
    nonce: str
    uri: str
    qop: str
    nc: str
    cnonce: str
    algorithm: str
    response: str = field(repr=False)
    in_dialog: bool

    def proof(self, secret: str) -> str:
        """The response that proves this secret."""
        digest = _HASHES[self.algorithm]
        account = digest(f"{self.user}:{self.realm}:{secret}".encode())
        request = digest(f"{self.method}:{self.uri}".encode())
        middle = [self.nonce, self.nc, self.cnonce, self.qop] if self.qop else [self.nonce]
        return digest(":".join([account, *middle, request]).encode())

    def prove(self, secrets: Iterable[str]) -> bool:
        """Whether they prove one of these secrets."""
        return any(hmac.compare_digest(self.proof(secret).encode(), self.response.encode()) for secret in secrets)


def credentials_of(frame: str) -> Credentials | None:
    """The credentials of a request; None for a response, an ACK (RFC 3261, 22.1) and a request without any.

    Raises BadCredentials.
    """
    head = frame.partition("\r\n\r\n")[0]
    method = head.partition(" ")[0]
    headers = _CREDENTIALS.findall(head)
    if not headers or method in ("ACK", "SIP/2.0"):
        return None
    scheme, _, text = headers[0].strip().partition(" ")
    pairs = [(name.lower(), quoted or bare) for name, quoted, bare in _PARAMETER.findall(text)]
    known = dict(pairs)
    algorithm = known.get("algorithm", "MD5").lower()
    unclear = len(headers) > 1 or len(pairs) != len(known) or scheme.lower() != "digest"
    if unclear or algorithm not in _HASHES or known.get("qop", "auth") != "auth" or "response" not in known:
        raise BadCredentials("one digest of MD5 or SHA-256 with qop auth is understood")
    return Credentials(
        method=method,
        user=known.get("username", ""),
        realm=known.get("realm", ""),
        nonce=known.get("nonce", ""),
        uri=known.get("uri", ""),
        qop=known.get("qop", ""),
        nc=known.get("nc", ""),
        cnonce=known.get("cnonce", ""),
        algorithm=algorithm,
        response=known["response"].lower(),
        in_dialog=method != "REGISTER" and _TO_TAG.search(head) is not None,
    )


def with_secret(frame: str, credentials: Credentials, secret: str) -> str:
    """The same request with the proof of another secret.

    Only in the header of the credentials: Asterisk returns others to the page, which must not learn the proof.
    """
    head, separator, body = frame.partition("\r\n\r\n")

    def replaced(header: re.Match[str]) -> str:
        return _RESPONSE.sub(rf"\g<1>{credentials.proof(secret)}\g<2>", header[0])

    return _CREDENTIALS.sub(replaced, head) + separator + body


def refusal(frame: str) -> str:
    """The response to a request whose secret has expired (RFC 3261, 8.2.6.2)."""
    head = frame.partition("\r\n\r\n")[0]
    copied = "\r\n".join(
        f"{line};tag=expired" if re.match(r"(?:To|t)[ \t]*:", line, re.IGNORECASE) and ";tag=" not in line else line
        for line in _COPIED.findall(head)
    )
    return f"SIP/2.0 403 Secret Expired\r\n{copied}\r\nContent-Length: 0\r\n\r\n"
