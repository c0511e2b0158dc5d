"""Tests the routes of supervision without an Asterisk: they refuse in words."""

from __future__ import annotations

import pytest

from tests.web import test_edits
from tests.web.test_edits import Centre

centre = test_edits.centre


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/calls/{call}/listen", {}, "ami_closed"),
        ("DELETE", "/calls/{call}/whisper", None, "ami_closed"),
        ("GET", "/supervisions", None, "ami_closed"),
        ("POST", "/waiting/{call}/priority", {"raised": True}, "ami_closed"),
        ("POST", "/waiting/{call}/move", {"line": "nowhere"}, "unknown_line"),
        ("POST", "/waiting/{call}/give", {"agent": "9999"}, "unknown_agent"),
    ],
)
async def test_without_a_connection_to_the_pbx_the_refusal_is_in_words(
    centre: Centre,
    method: str,
    path: str,
    body: object,
    code: str,
) -> None:
    _, problem, _ = await centre.ask(method, path.format(call="pbx1-1.1"), body)
    assert problem["code"] == code, problem
    assert problem["title"] or problem["detail"]
