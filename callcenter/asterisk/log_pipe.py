"""The two FIFOs into which the embedded Asterisk logs, and the filter process that masks what it writes. Blocking.

Asterisk's logger is a thread of its own with a queue of 1000 messages (main/logger.c, logger_queue_limit). While no
filter runs the FIFO fills; then that thread waits, later messages are dropped, and calls and queue_log go on. Opening a
FIFO without a reader would make Asterisk wait while it holds the lock that queue_log needs; so it inherits one
descriptor for both directions, and is asked to open its logs again only while a filter runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callcenter.kit.secret_files import without_secrets

MESSAGES: Final = "messages.fifo"
CONSOLE: Final = "console.fifo"
LOCK: Final = "log-filter.lock"
PACKAGES: Final = Path(__file__).parents[2]
STOP_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class LogPipe:
    """The FIFOs are in `run`, the masked files in `log`."""

    run: Path
    log: Path

    @property
    def files(self) -> dict[Path, Path]:
        return {self.run / MESSAGES: self.log / "messages.log", self.run / CONSOLE: self.log / "console.log"}

    def make(self) -> None:
        """Create the FIFOs that are missing; a plain file in the place of one is deleted."""
        for fifo in self.files:
            fifo.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                if not stat.S_ISFIFO(fifo.lstat().st_mode):
                    fifo.unlink()
            with contextlib.suppress(FileExistsError):
                os.mkfifo(fifo, 0o600)

    @contextlib.contextmanager
    def held(self) -> Iterator[tuple[int, int]]:
        """Descriptors for Asterisk to inherit: one that keeps the log's FIFO open, one for its output.

        The output never waits either: what does not fit is lost (O_NONBLOCK is of the open file, open(2)).
        """
        self.make()
        with contextlib.ExitStack() as stack:
            descriptors = []
            for name in (MESSAGES, CONSOLE):
                descriptors.append(os.open(self.run / name, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
                stack.callback(os.close, descriptors[-1])
            log, console = descriptors
            yield log, console

    def filter_pid(self) -> int | None:
        """The process that holds the filter's lock; None when no filter runs, however it ended."""
        try:
            lock = os.open(self.run / LOCK, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.read(lock, 20) or 0) or None
        finally:
            os.close(lock)
        return None

    def ensure(self) -> bool:
        """Start the filter unless one runs, to outlive this process as Asterisk does; returns whether it did."""
        if self.filter_pid() is not None:
            return False
        self.make()
        with contextlib.suppress(OSError):
            self.log.mkdir(parents=True, exist_ok=True)
        pairs = [f"{fifo}={file}" for fifo, file in self.files.items()]
        process = subprocess.Popen(
            # -S: it needs no installed package, and starts in a fifth of the time.
            [sys.executable, "-S", "-m", "callcenter.asterisk.log_filter", str(self.run / LOCK), *pairs],
            env=without_secrets(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=PACKAGES,
        )
        # Reaped by its pid; with a return code set, Popen leaves it alone.
        process.returncode = 0
        deadline = time.monotonic() + STOP_SECONDS
        while self.filter_pid() is None and _lives(process.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        return True

    def stop(self) -> None:
        """End the filter once it has written what it was given."""
        pid = self.filter_pid()
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self.filter_pid() == pid:
            if time.monotonic() > deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            _lives(pid)
            time.sleep(0.01)


def _lives(pid: int) -> bool:
    """Reap a child of ours that has ended; another process reaps its own."""
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    return Path(f"/proc/{pid}").exists()
