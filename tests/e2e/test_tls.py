"""Tests SIP over TLS by setting: the real Asterisk accepts it with our certificate, and offers phones SRTP."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from callcenter.asterisk.install import Tree
from callcenter.asterisk.render.site import Phones
from callcenter.demo.ports import free_port
from callcenter.settings import Settings
from tests.support.pbx import SECRETS, PrivatePbx, private_pbx, site_of
from tests.support.sip_message import Message, digest, encoded, sdp

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, secret


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    home = tmp_path_factory.mktemp("tls")
    cert, key = certificate(home)
    site = replace(
        site_of(home / "p", Tree(Settings().pbx_root)),
        desk_phones=Phones("tls", "sdes"),
        tls_port=free_port(),
        tls_certificate=str(cert),
        tls_key=str(key),
    )
    async with private_pbx(home / "p", site) as pbx:
        yield pbx


async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Message:
    """The first final response to a request."""
    writer.write(request)
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).lstrip(b"\r\n")
        message = Message.parse(head)
        body = await reader.readexactly(int(message.get("Content-Length") or 0))
        if message.status >= 200:
            return Message.parse(head + body)


def request(method: str, uri: str, number: int, proof: str = "", body: str = "") -> bytes:
    headers = [
        ("Via", f"SIP/2.0/TLS localhost;branch=z9hG4bK-tls-{method}-{number}"),
        ("From", "<sip:1001@localhost>;tag=1"),
        ("To", f"<{uri}>"),
        ("Call-ID", f"tls-{method}"),
        ("CSeq", f"{number} {method}"),
        ("Max-Forwards", "70"),
        ("Contact", "<sip:1001@localhost;transport=tls>"),
    ]
    headers += [("Authorization", proof)] if proof else []
    headers += [("Content-Type", "application/sdp")] if body else []
    return encoded(f"{method} {uri} SIP/2.0", headers, body)


async def test_a_phone_registers_over_tls_with_our_certificate(pbx: PrivatePbx) -> None:
    trust = ssl.create_default_context(cafile=pbx.site.tls_certificate)
    async with asyncio.timeout(15):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", pbx.site.tls_port, ssl=trust, server_hostname="localhost"
        )
        session = writer.get_extra_info("ssl_object")
        assert session.version() in ("TLSv1.2", "TLSv1.3")
        challenge = await asked(reader, writer, request("REGISTER", "sip:localhost", 1))
        assert challenge.status == 401
        proof = digest("1001", SECRETS["1001"], "REGISTER", "sip:localhost", challenge.get("WWW-Authenticate"))
        assert (await asked(reader, writer, request("REGISTER", "sip:localhost", 2, proof))).status == 200
        writer.close()


async def test_a_phone_that_offers_sound_in_clear_is_refused_where_srtp_is_set(pbx: PrivatePbx) -> None:
    trust = ssl.create_default_context(cafile=pbx.site.tls_certificate)
    clear = sdp("127.0.0.1", 40000)
    key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
    secret = clear.replace("RTP/AVP", "RTP/SAVP") + key
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", pbx.site.tls_port, ssl=trust, server_hostname="localhost"
        )
        statuses = []
        for number, body in ((1, clear), (3, secret)):
            uri = "sip:1003@localhost"
            challenge = await asked(reader, writer, request("INVITE", uri, number, body=body))
            proof = digest("1001", SECRETS["1001"], "INVITE", uri, challenge.get("WWW-Authenticate"))
            answer = await asked(reader, writer, request("INVITE", uri, number + 1, proof, body))
            statuses.append(answer.status)
        writer.close()
    assert statuses[0] == 488
    # The media offer is accepted; 1003 is not registered, which gives a different response.
    assert statuses[1] not in (401, 488)
