"""Reads and writes SIP messages (RFC 3261) for the stations of tests/support/sip.py."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

Address = tuple[str, int]


@dataclass(frozen=True)
class Message:
    """One SIP message; `first` is its request or status line."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    @classmethod
    def parse(cls, data: bytes) -> Message:
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        parted = (line.partition(":") for line in lines)
        return cls(first, tuple((name.strip(), value.strip()) for name, _, value in parted), body)

    @property
    def status(self) -> int:
        """The status of a response, 0 for a request."""
        return int(self.first.split(" ")[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        return self.first.split(" ")[0] if not self.status else self.get("CSeq").split(" ")[1]

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def media_address(self) -> Address | None:
        """Where the other side wants its media, if it accepts any."""
        port = re.search(r"^m=audio (\d+)", self.body, re.M)
        host = re.search(r"^c=IN IP4 (\S+)", self.body, re.M)
        return (host[1], int(port[1])) if port and host and port[1] != "0" else None


def uri_in(header: str) -> str:
    match = re.search(r"<([^>]*)>", header)
    return match[1] if match else header.split(";")[0].strip()


def encoded(first: str, headers: list[tuple[str, str]], body: str = "") -> bytes:
    others = [(name, value) for name, value in headers if name.lower() != "content-length"]
    lines = [first, *(f"{name}: {value}" for name, value in others), f"Content-Length: {len(body.encode())}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def sdp(local: str, port: int, codecs: str = "8 101") -> str:
    named = {"8": "PCMA/8000", "0": "PCMU/8000", "18": "G729/8000", "101": "telephone-event/8000"}
    lines = ["v=0", f"o=- 1 1 IN IP4 {local}", "s=-", f"c=IN IP4 {local}", "t=0 0", f"m=audio {port} RTP/AVP {codecs}"]
    lines += [f"a=rtpmap:{number} {named[number]}" for number in codecs.split()]
    return "\r\n".join([*lines, "a=ptime:20", ""])


def uri_of(message: Message) -> str:
    return message.first.split(" ")[1]


def digest(user: str, secret: str, method: str, uri: str, challenge: str) -> str:
    """RFC 2617, with or without qop=auth."""
    words = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    proven, asked = md5(f"{user}:{words['realm']}:{secret}"), md5(f"{method}:{uri}")
    tail = ""
    if "auth" in words.get("qop", ""):
        answer = md5(f"{proven}:{words['nonce']}:00000001:0a4f113b:auth:{asked}")
        tail = ', qop=auth, nc=00000001, cnonce="0a4f113b"'
    else:
        answer = md5(f"{proven}:{words['nonce']}:{asked}")
    opaque = f', opaque="{words["opaque"]}"' if "opaque" in words else ""
    return (
        f'Digest username="{user}", realm="{words["realm"]}", nonce="{words["nonce"]}", uri="{uri}", '
        f'response="{answer}", algorithm=MD5{opaque}{tail}'
    )
