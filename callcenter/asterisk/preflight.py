"""Checks what Asterisk needs before it starts: it boots without its ports, and then no one can call it.

Seen on 22.10.1: with the AMI and SIP ports taken it reports "fully booted" and only its log shows the bind errors.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callcenter.errors import Unavailable

LEAST_FREE_BYTES: Final = 64 << 20
SOCKET_PATH_BYTES: Final = 107
"""sun_path of unix(7) minus its final NUL; the run folder has to fit in it."""


class PbxDown(Unavailable):
    code = "pbx_down"


class PortTaken(PbxDown):
    """Another program listens on a port that Asterisk needs."""

    code = "pbx_port_taken"


class NoRoom(PbxDown):
    """Too little disk space is left for call logs."""

    code = "pbx_disk_full"


class PathTooLong(PbxDown):
    """The path of the console's socket would be too long."""

    code = "pbx_path_too_long"


@dataclass(frozen=True, slots=True)
class Post:
    """An address that Asterisk will listen on; `setting` is the name under which the user finds it."""

    setting: str
    kind: socket.SocketKind
    host: str
    port: int


def posts(files: Mapping[str, str]) -> Iterator[Post]:
    """Return where the rendered files make Asterisk listen."""
    manager, http, pjsip = (files.get(f"{name}.conf", "") for name in ("manager", "http", "pjsip"))
    for setting, text, port in (("ami_port", manager, "port"), ("http_port", http, "bindport")):
        match = re.search(rf"^{port}=(\d+)$", text, re.M)
        bind = re.search(r"^bindaddr=(.+)$", text, re.M)
        if match and bind:
            yield Post(setting, socket.SOCK_STREAM, bind[1], int(match[1]))
    for protocol, host, number in re.findall(r"^protocol=(\w+)\nbind=(.+):(\d+)$", pjsip, re.M):
        kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
        yield Post("tls_port" if protocol == "tls" else "sip_port", kind, host, int(number))


def look(home: Path, files: Mapping[str, str]) -> None:
    """Raise PortTaken, NoRoom or PathTooLong, naming the setting to change."""
    if len(os.fsencode(home / "run")) + 2 > SOCKET_PATH_BYTES:
        raise PathTooLong(f"{home} is too long a path for Asterisk's socket; choose a shorter data_dir")
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE_BYTES:
        raise NoRoom(f"only {free >> 20} MB are free under {home}; Asterisk needs room for its call logs", free=free)
    for post in posts(files):
        if _taken(post):
            raise PortTaken(
                f"port {post.port} on {post.host} is taken by another program; set pbx.{post.setting} to a free one",
                port=post.port,
                setting=post.setting,
            )


def _taken(post: Post) -> bool:
    """Whether binding fails as it would for Asterisk; a TCP port in TIME_WAIT is free."""
    family = socket.AF_INET6 if ":" in post.host else socket.AF_INET
    with socket.socket(family, post.kind) as probe:
        if post.kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((post.host, post.port))
        except OSError:
            return True
    return False
