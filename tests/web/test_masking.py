"""Tests masked numbers, full ones never in the log; a caller's input cannot forge a log line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.web.logging import discreet
from callcenter.web.masking import mask_number, mask_text, without_caller


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13800138000", "138****8000"),
        ("+8613800138000", "+86138****8000"),
        ("12345", "1****45"),
        ("110", "****"),
        ("", ""),
    ],
)
def test_a_number_is_shown_in_part(number: str, masked: str) -> None:
    assert mask_number(number) == masked


def test_ids_of_the_pbx_stay_readable_and_numbers_do_not() -> None:
    text = "call pbx1-1795448173.47 from 13800138000, from +8613800138000."
    assert mask_text(text) == "call pbx1-1795448173.47 from 138****8000, from +86138****8000."


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_nothing_that_is_logged_begins_a_new_line(text: str) -> None:
    logged = discreet(None, "info", {"event": text, "caller": [text]})
    assert not set("\r\n\0") & set(logged["event"] + logged["caller"][0])


def test_secrets_are_left_out_wherever_they_are() -> None:
    logged = discreet(None, "info", {"event": "x", "password": "p", "headers": {"Authorization": "Bearer t"}})
    assert logged == {"event": "x", "password": "***", "headers": {"Authorization": "***"}}


def test_a_colleagues_phone_is_no_customers_number() -> None:
    inside = {"direction": "internal", "caller_number": "1002", "called_number": "1001", "caller_name": "李雷"}
    assert without_caller(inside) == inside
    outside = {"direction": "inbound", "caller_number": "13800138000", "caller_name": "王"}
    assert without_caller(outside) == {**outside, "caller_number": "138****8000", "caller_name": ""}
