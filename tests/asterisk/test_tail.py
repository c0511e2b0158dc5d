"""Tests the file follower: whole lines only, rotated files finished first, truncation noticed."""

from pathlib import Path

import pytest

from callcenter.asterisk.tail import Tail


def drain(tail: Tail, places: dict[str, int]) -> list[bytes]:
    read: list[bytes] = []
    while (batch := tail.read(places)) is not None:
        places[batch.file_id] = batch.next_offset
        read += [line.data for line in batch.lines]
    return read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue_log"


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_a_missing_file_is_no_error(path: Path) -> None:
    assert drain(Tail(path), {}) == []


def test_half_a_line_waits_for_its_end(path: Path) -> None:
    tail, places = Tail(path), dict[str, int]()
    append(path, b"one\ntw")
    assert drain(tail, places) == [b"one"]
    append(path, b"o\n")
    assert drain(tail, places) == [b"two"]


def test_half_a_first_line_waits_too(path: Path) -> None:
    tail, places = Tail(path), dict[str, int]()
    append(path, b"on")
    assert drain(tail, places) == []
    append(path, b"e\n")
    assert drain(tail, places) == [b"one"]


def test_a_rotated_file_is_finished_before_the_new_one(path: Path) -> None:
    tail, places = Tail(path), dict[str, int]()
    append(path, b"one\n")
    assert drain(tail, places) == [b"one"]
    append(path, b"two\n")
    path.rename(path.with_name("queue_log.1"))
    append(path, b"four\n")
    append(path.with_name("queue_log.1"), b"three\n")
    assert drain(tail, places) == [b"two", b"three", b"four"]


def test_after_several_rotations_a_new_reader_with_old_places_misses_nothing(path: Path) -> None:
    places: dict[str, int] = {}
    append(path, b"one\n")
    drain(Tail(path), places)
    append(path, b"two\n")
    path.rename(path.with_name("queue_log.2"))
    append(path, b"three\n")
    path.rename(path.with_name("queue_log.1"))
    append(path, b"four\n")
    assert sorted(drain(Tail(path), places)) == [b"four", b"three", b"two"]


def test_a_truncated_file_is_noticed_and_read_from_its_beginning(path: Path) -> None:
    tail, places = Tail(path), dict[str, int]()
    append(path, b"one\ntwo\nthree\n")
    drain(tail, places)
    path.write_bytes(b"anew\n")
    assert drain(tail, places) == [b"anew"]
    assert tail.truncations == 1


def test_batches_are_bounded(path: Path) -> None:
    append(path, b"0123456789\n" * 1000)
    batch = Tail(path, batch_bytes=100).read({})
    assert batch is not None
    assert len(batch.lines) == 9


def test_a_line_without_end_is_passed_on_and_not_waited_for(path: Path) -> None:
    append(path, b"x" * 3_000_000 + b"\nnext\n")
    assert drain(Tail(path), {})[-1] == b"next"
