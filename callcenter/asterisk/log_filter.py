"""The process between Asterisk's logger and the disk: what it reads from a FIFO it appends, masked, to a file.

`python -m callcenter.asterisk.log_filter LOCK FIFO=FILE ...` reads until every writer is gone. It imports little and
needs no settings. A FIFO is never opened for writing here: so its end is seen, and Asterisk, which holds its own FIFO
open in both directions, neither waits for a reader nor gets a broken pipe while no filter runs (pipe(7), fifo(7)).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from callcenter.asterisk.message_log import masked

CHUNK: Final = 64 * 1024
PIPE_BYTES: Final = 1024 * 1024
"""Buffered while no filter runs; the default of /proc/sys/fs/pipe-max-size is the limit for a normal user."""
LONGEST_LINE: Final = 64 * 1024
"""Asterisk's own messages end at 8 KiB (LOGMSG_SIZE, main/logger.c); the rest of a longer line is dropped."""
LOOK_SECONDS: Final = 1.0
QUIET_LOOKS: Final = 10
"""After this many checks without a writer the filter ends; a PBX that restarts before that still finds it."""
LOCK_TRIES: Final = 50
LOST: Final = "[%b %e %H:%M:%S] WARNING[%%d] log_filter: %%d lines are lost, the disk did not take them\n"
"""In the form of Asterisk's own lines."""


@dataclass
class Output:
    """The file that others read and rename; it is opened again when its name leads elsewhere."""

    path: Path
    lost: int = 0
    """Lines that the disk did not take."""
    _descriptor: int = -1
    _torn: bool = False

    def append(self, lines: bytes) -> None:
        """Write whole lines; on a full or failing disk they are dropped and counted, never waited for."""
        try:
            self._open()
            if self.lost:
                self._put(time.strftime(LOST).encode() % (os.getpid(), self.lost))
                self.lost = 0
            self._put(lines)
        except OSError:
            self.lost += lines.count(b"\n")

    def _put(self, data: bytes) -> None:
        data = b"\n" + data if self._torn else data
        written = os.write(self._descriptor, data)
        # A disk with little room takes a part (write(2)); what follows begins a new line.
        self._torn = not data[:written].endswith(b"\n")
        if written < len(data):
            raise OSError("the disk is full")

    def _open(self) -> None:
        try:
            if self._descriptor >= 0 and os.path.samestat(os.stat(self.path), os.fstat(self._descriptor)):
                return
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._torn = not _ends_a_line(self.path)


def _ends_a_line(path: Path) -> bool:
    """A filter that was killed, or a full disk, may have left a part of a line."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return True
        file.seek(size - 1)
        return file.read(1) == b"\n"


@dataclass
class Source:
    """A FIFO and where its lines go; `rest` is the line whose end has not come yet."""

    fifo: Path
    output: Output
    descriptor: int = -1
    rest: bytes = b""
    _skipping: bool = field(default=False, repr=False)

    def open(self) -> None:
        self.descriptor = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        # A user's share of memory for pipes may be used up (pipe-user-pages-soft); a smaller pipe works the same.
        with contextlib.suppress(OSError):
            fcntl.fcntl(self.descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    @property
    def replaced(self) -> bool:
        """Whether the name belongs to another FIFO: the process that started this filter starts one for that."""
        try:
            return not os.path.samestat(os.stat(self.fifo), os.fstat(self.descriptor))
        except FileNotFoundError:
            return False

    def read(self) -> bool:
        """Take what is there; False when there is nothing more."""
        try:
            data = os.read(self.descriptor, CHUNK)
        except BlockingIOError:
            return False
        if data:
            self.take(data)
        return bool(data)

    def take(self, data: bytes) -> None:
        if self._skipping:
            _, end, data = data.partition(b"\n")
            if not end:
                return
            self._skipping = False
        whole, end, rest = (self.rest + data).rpartition(b"\n")
        if end:
            self.output.append(b"".join(masked(line) + b"\n" for line in whole.split(b"\n")))
        self.rest = rest
        if len(rest) > LONGEST_LINE:
            self.output.append(masked(rest[:LONGEST_LINE]) + b"\n")
            self.rest, self._skipping = b"", True


def run(sources: Sequence[Source], ended: int) -> None:
    """Move lines until no writer has held any FIFO for a while, or until `ended` becomes readable."""
    quiet = 0
    for source in sources:
        source.open()
    while quiet < QUIET_LOOKS and not any(source.replaced for source in sources):
        deserted = _deserted(sources)
        quiet = quiet + 1 if len(deserted) == len(sources) else 0
        poll = select.poll()
        for descriptor in {ended, *(source.descriptor for source in sources)} - deserted:
            poll.register(descriptor, select.POLLIN)
        stop = any(at == ended for at, _ in poll.poll(LOOK_SECONDS * 1000))
        moved = [source.read() for source in sources]
        if stop and not any(moved):
            break
    for source in sources:
        if source.rest:
            source.take(b"\n")


def _deserted(sources: Sequence[Source]) -> set[int]:
    """FIFOs that are empty and that no writer holds; poll(2) would return at once for them, with POLLHUP."""
    poll = select.poll()
    for source in sources:
        poll.register(source.descriptor, select.POLLIN)
    return {at for at, event in poll.poll(0) if event & select.POLLHUP and not event & select.POLLIN}


def _locked(descriptor: int) -> bool:
    """Take the lock of the only filter; a check whether one runs holds it for a moment too."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def main(arguments: Sequence[str]) -> int:
    lock, *pairs = arguments
    os.umask(0o077)
    held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _locked(held):
        return 0
    os.ftruncate(held, 0)
    os.pwrite(held, b"%d\n" % os.getpid(), 0)
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    run([Source(Path(fifo), Output(Path(file))) for fifo, _, file in (pair.partition("=") for pair in pairs)], reader)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
