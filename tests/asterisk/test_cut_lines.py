"""Tests lines of the PBX's files that were cut anywhere and joined to the next: the two are never mixed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from callcenter.asterisk import cel, queue_log
from callcenter.asterisk.parts import Part
from callcenter.asterisk.tail import Tail

DATA = Path(__file__).parents[1] / "calls" / "data"
CEL = (DATA / "cel.jsonl").read_bytes().splitlines()
QUEUE = [*(DATA / "queue_log").read_bytes().splitlines(), b"1795460000|NONE|NONE|NONE|QUEUESTART|"]
# As a real Asterisk 22.10 writes a caller who calls themselves q"uo\ {"eventtype":"x and 1390000|2"\"x\ as number.
HOSTILE = (
    rb'{"eventtype":"CHAN_START","eventenum":"CHAN_START","userdeftype":"","eventtime":1795745434.112453,'
    rb'"name":"q\\"uo%0d%0ate\\ {\\"eventtype\\":\\"x","num":"1390000|2\"\\"x\","exten":"073188880001",'
    rb'"context":"cc-inbound","channame":"PJSIP/trunk-00000000","appname":"","appdata":"","accountcode":"",'
    rb'"uniqueid":"pbx1-1795745434.0","linkedid":"pbx1-1795745434.0","peer":"","userfield":"","eventextra":""}',
    rb'{"eventtype":"HANGUP","eventenum":"HANGUP","userdeftype":"","eventtime":1795745436.613093,'
    rb'"name":"q\\"uo%0d%0ate\\ {\\"eventtype\\":\\"x","num":"1390000|2\"\\"x\","exten":"queue","context":"cc-do",'
    rb'"channame":"PJSIP/trunk-00000000","appname":"","appdata":"","accountcode":"after_sales",'
    rb'"uniqueid":"pbx1-1795745434.0","linkedid":"pbx1-1795745434.0","peer":"","userfield":"",'
    rb'"eventextra":"{\"hangupcause\":127,\"hangupsource\":\"PJSIP/trunk-00000000\",\"dialstatus\":\"\"}"}',
)
# The number 139<CR><LF>Event as Asterisk writes it: with the line break.
BROKEN = HOSTILE[1].replace(rb'"num":"1390000|2\"\\"x\"', b'"num":"139\r\nEvent"')
Records = Callable[[Iterable[tuple[int, bytes]]], Iterator[Part]]
PAIRS: list[tuple[Records, bytes, bytes]] = [
    *((cel.records, first, second) for first, second in zip(CEL[::7], CEL[3::7], strict=False)),
    (cel.records, HOSTILE[0], HOSTILE[1]),
    (cel.records, HOSTILE[1], CEL[4]),
    (cel.records, CEL[0], HOSTILE[1]),
    *((queue_log.records, first, second) for first, second in itertools.pairwise(QUEUE)),
]


def read(records: Records, *lines: bytes) -> tuple[list[bytes], list[bytes]]:
    """The rows and the damaged parts of lines of a file."""
    parts = list(records((0, line) for line in lines))
    return [part.data for part in parts if part.whole], [part.data for part in parts if not part.whole]


@pytest.mark.parametrize(("records", "cut", "whole"), PAIRS)
def test_the_whole_line_is_read_and_what_is_left_of_the_cut_one_is_kept_aside(
    records: Records, cut: bytes, whole: bytes
) -> None:
    for place in range(1, len(cut)):
        assert read(records, cut[:place] + whole) == ([whole], [cut[:place]])
    assert read(records, whole) == ([whole], [])


@pytest.mark.parametrize(("records", "cut", "whole"), PAIRS[::3])
def test_three_lines_glued_give_the_last(records: Records, cut: bytes, whole: bytes) -> None:
    for place in range(1, len(cut), 5):
        rows, damaged = read(records, cut[:place] + whole[: place // 2] + whole)
        assert rows == [whole]
        assert b"".join(damaged) == cut[:place] + whole[: place // 2]


def test_two_whole_rows_of_cel_without_a_line_end_between_are_both_read() -> None:
    assert read(cel.records, HOSTILE[0] + HOSTILE[1]) == (list(HOSTILE), [])


def test_glued_queue_log_rows_are_ambiguous_so_only_the_last_one_counts() -> None:
    assert read(queue_log.records, QUEUE[1] + QUEUE[2]) == ([QUEUE[2]], [QUEUE[1]])


def test_a_row_with_a_line_break_in_a_number_is_one_row() -> None:
    first, second = BROKEN.split(b"\n")
    assert read(cel.records, CEL[0], first, second, CEL[1]) == ([CEL[0], BROKEN, CEL[1]], [])
    row = cel.parse(BROKEN)
    assert row is not None
    assert (row.number, row.cause) == ("139  Event", 127)
    assert cel.settled([CEL[0], first]) == 1
    assert cel.settled([CEL[0], first, second]) == 3
    assert cel.settled([first]) == 1


def test_a_row_with_a_line_break_that_was_cut_is_damaged_and_the_next_is_read() -> None:
    for place in range(1, len(BROKEN)):
        rows, damaged = read(cel.records, *(BROKEN[:place] + CEL[1]).split(b"\n"))
        assert rows == [CEL[1]]
        assert b"\n".join(damaged) == BROKEN[:place].rstrip(b"\n")


@pytest.mark.parametrize(
    "forged",
    [
        b'{"eventtype":"HANGUP"',
        rb"{\"eventtype\":\"HANGUP\",\"eventenum\":\"HANGUP\"",
        rb'\\","exten":"1","context":"x"',
        b"1795745434|pbx1-1795745434.0|after_sales|1001|COMPLETEAGENT|1|1|1",
    ],
)
def test_no_line_break_in_a_number_lets_a_caller_write_a_row_of_their_own(forged: bytes) -> None:
    escaped = forged.replace(b'\\"', b'"').replace(b'"', b'\\"')
    written = HOSTILE[0].replace(rb'"num":"1390000|2\"\\"x\"', b'"num":"139\r\n' + escaped + b'\r\n7"')
    rows, damaged = read(cel.records, *written.split(b"\n"), CEL[1])
    assert (rows, damaged) == ([written, CEL[1]], [])
    row = cel.parse(written)
    assert row is not None
    assert (row.event, row.uniqueid) == ("CHAN_START", "pbx1-1795745434.0")


def test_a_control_character_is_no_part_of_a_queue_row() -> None:
    assert read(queue_log.records, b"1795745434|pbx1-1.0|sales|NONE|ENTERQUEUE||139\r", b"Event: x|1")[0] == []


def test_what_a_power_cut_leaves_in_a_file_hides_no_line() -> None:
    for records, line in ((cel.records, CEL[1]), (queue_log.records, QUEUE[1])):
        assert read(records, b"\0" * 200 + line) == ([line], [b"\0" * 200])


@pytest.mark.parametrize("place", range(1, len(QUEUE[1])))
def test_a_reader_who_comes_while_the_line_is_half_written_reads_it_once_and_whole(tmp_path: Path, place: int) -> None:
    path, places = tmp_path / "queue_log", dict[str, int]()
    tail, lines = Tail(path), list[bytes]()
    for piece in (QUEUE[0] + b"\n" + QUEUE[1][:place], QUEUE[1][place:], b"\n" + QUEUE[2] + b"\n"):
        with path.open("ab") as file:
            file.write(piece)
        while (batch := tail.read(places)) is not None:
            places[batch.file_id] = batch.next_offset
            lines += [line.data for line in batch.lines]
    assert lines == QUEUE[:3]
