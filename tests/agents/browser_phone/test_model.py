"""Tests what a page may send to Asterisk."""

from __future__ import annotations

import pytest

from callcenter.agents.browser_phone.model import is_own

REGISTER = (
    "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS x;branch=z9hG4bK1\r\nFrom: <sip:1001@127.0.0.1>;tag=1\r\n"
    "To: <sip:1001@127.0.0.1>\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
)


@pytest.mark.parametrize(
    "frame",
    [
        REGISTER,
        REGISTER.replace("From: <sip:1001@127.0.0.1>", 'f: "李雷" <sip:1001@127.0.0.1>'),
        REGISTER.replace("From: <sip:1001@127.0.0.1>", "FROM : sip:1001@127.0.0.1"),
        "SIP/2.0 200 OK\r\nFrom: <sip:13900000001@127.0.0.1>\r\n\r\n",
        "\r\n\r\n",
        "",
    ],
)
def test_a_page_speaks_for_its_own_phone(frame: str) -> None:
    assert is_own(frame, "1001")


@pytest.mark.parametrize(
    "frame",
    [
        REGISTER.replace("1001", "1002"),
        REGISTER.replace("From: <sip:1001@", "From: <sip:1002@"),
        REGISTER.replace("From:", "From: <sip:1002@127.0.0.1>\r\nFrom:"),
        REGISTER.replace("From: <sip:1001@127.0.0.1>;tag=1\r\n", ""),
        "GET / HTTP/1.1\r\n\r\n",
        "Action: Login\r\nUsername: cc-control\r\n\r\n",
        "REGISTER sip:127.0.0.1 SIP/2.0\nFrom: <sip:1001@127.0.0.1>\n\n",
        REGISTER + REGISTER.replace("1001", "1002"),
        "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n" + REGISTER.replace("1001", "1002"),
        REGISTER.replace("Content-Length: 0", "Content-Length: 0\r\nl: 900") + REGISTER.replace("1001", "1002"),
    ],
)
def test_a_page_does_not_speak_for_another_phone(frame: str) -> None:
    assert is_own(frame, "1001") is False
