"""Whatever comes, each reader gives values or its own refusal; bytes in pieces are read as bytes at once.

The corpus is tried first as it is, then changed by hypothesis: derandomised in CI, at random and long in `make fuzz`.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.asterisk import cel, queue_log
from callcenter.asterisk.agi_protocol import AgiReader, BrokenAgi, Event
from callcenter.asterisk.ami_protocol import FrameReader, FrameTooLong
from callcenter.asterisk.genuine import consistent, genuine
from callcenter.asterisk.parts import Part
from callcenter.asterisk.translate import translate
from callcenter.centre.setup_file import read_file
from callcenter.customers.importing.columns import LAYOUT
from callcenter.errors import Invalid
from callcenter.kit.table_reader import table_of
from tests.fuzz.mutation import mutated, seeds
from tests.support.profiles import examples

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def ami(data: bytes, size: int) -> list[bytes]:
    reader, result = FrameReader(), list[bytes]()
    for piece in pieces(data, size):
        with contextlib.suppress(FrameTooLong):
            for message in reader.feed(piece):
                assert not genuine(message) or consistent(message)
                translate(message, NOW)
                result.append(message.raw)
    return result


def agi(data: bytes, size: int) -> list[Event]:
    reader, result = AgiReader(), list[Event]()
    try:
        for piece in pieces(data, size):
            result += reader.feed(piece)
    except BrokenAgi:
        return result[:0]
    return result + reader.end()


def numbered(data: bytes) -> list[tuple[int, bytes]]:
    result, offset = list[tuple[int, bytes]](), 0
    for line in data.split(b"\n"):
        result.append((offset, line))
        offset += len(line) + 1
    return result


def nothing_is_lost(parts: list[Part], data: bytes) -> None:
    """Every byte of the file is in a row or kept aside, each once and at its place."""
    for part in parts:
        assert data[part.offset : part.offset + len(part.data)] == part.data
    assert b"".join(part.data for part in parts).replace(b"\n", b"") == data.replace(b"\n", b"")


@given(mutated("ami"), st.integers(1, 400))
@settings(max_examples=examples(100))
def test_ami(data: bytes, size: int) -> None:
    assert ami(data, size) == ami(data, len(data) + 1)


@given(mutated("agi"), st.integers(1, 100))
@settings(max_examples=examples(100))
def test_agi(data: bytes, size: int) -> None:
    assert agi(data, size) == agi(data, len(data) + 1)


@given(mutated("cel"))
@settings(max_examples=examples(100))
def test_cel(data: bytes) -> None:
    parts = list(cel.records(numbered(data)))
    nothing_is_lost(parts, data)
    for part in parts:
        row = cel.parse(part.data)
        assert not part.whole or row is not None
    assert 0 <= cel.settled([line for _, line in numbered(data)]) <= data.count(b"\n") + 1


@given(mutated("queue_log"))
@settings(max_examples=examples(100))
def test_queue_log(data: bytes) -> None:
    parts = list(queue_log.records(numbered(data)))
    nothing_is_lost(parts, data)
    assert all(queue_log.parse(part.data) is not None for part in parts if part.whole)


@given(mutated("toml"))
@settings(max_examples=examples(100))
def test_toml(data: bytes) -> None:
    with contextlib.suppress(Invalid):
        read_file("centre.toml", data)


@given(mutated("table"))
@settings(max_examples=examples(100))
def test_tables(data: bytes) -> None:
    for read in (lambda: table_of(data, LAYOUT), lambda: read_file("people.csv", data)):
        with contextlib.suppress(Invalid):
            read()


@pytest.mark.parametrize("reader", ["ami", "agi", "cel", "queue_log", "toml", "table", "http"])
def test_the_corpus_is_kept(reader: str) -> None:
    assert seeds(reader)
