"""Tests the choice of ports: processes side by side never get the same ones."""

from __future__ import annotations

import socket
import subprocess
import sys

from callcenter.demo.centre import SOURCE
from callcenter.demo.ports import MEDIA, RTP, SERVICES, free_port, is_free, media_ports, rtp_ports

CHOOSE = """
from callcenter.demo.ports import free_port, media_ports, rtp_ports
print(*(free_port() for _ in range(20)), media_ports(40), *rtp_ports(), flush=True)
input()
"""


def test_processes_side_by_side_get_ports_apart() -> None:
    command = [sys.executable, "-c", CHOOSE]
    processes = [
        subprocess.Popen(command, cwd=SOURCE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    try:
        lines = [process.stdout.readline().split() for process in processes if process.stdout is not None]
    finally:
        for process in processes:
            process.communicate("\n", timeout=30)
    every = [port for line in lines for port in line]
    assert len(every) == 3 * 23
    assert len(set(every)) == len(every)


def test_a_port_in_use_is_left_out() -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", port))
        assert not is_free(port)
        assert port not in {free_port() for _ in range(len(SERVICES) // 20)}


def test_several_runs_of_sound_lie_apart_and_all_ports_are_even() -> None:
    first, second = media_ports(99), media_ports(99)
    assert abs(first - second) >= 99
    assert {port % 2 for port in (free_port(), first, second, rtp_ports()[0])} == {0}
    assert first in MEDIA
    assert rtp_ports()[0] in RTP


def test_more_sound_than_a_block_holds_spreads_over_the_ranges() -> None:
    assert MEDIA.start <= media_ports(4020) <= RTP.stop - 4020
