"""Runs the embedded Asterisk: rendered files on disk, our own process, its console over its own socket.

All work blocks; async code calls it through `asyncio.to_thread`. The process is named after the dynamic loader, so it
is identified by its pid and the start time of that pid, never by name.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets as random
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callcenter.asterisk import preflight
from callcenter.asterisk.install import Tree, link_sounds
from callcenter.asterisk.log_pipe import LogPipe
from callcenter.asterisk.preflight import PbxDown, PortTaken
from callcenter.asterisk.render.reload import needs_restart, reloads
from callcenter.kit.secret_files import without_secrets

__all__ = ["Applied", "Embedded", "PbxDown"]
FOLDERS: Final = (
    "etc",
    "run",
    "log/cel-custom",
    "spool/outgoing",
    "spool/monitor",
    "db",
    "keys",
    "lib",
    "agi",
    "moh",
    "sounds",
)
START_SECONDS: Final = 60.0
PORT_SECONDS: Final = 2.0
STOPPED: Final = "stopped"
PENDING: Final = "pending"
"""Files on disk that the running Asterisk has not reloaded yet."""
STOP_SECONDS: Final = 10.0
CONSOLE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Applied:
    """What changed on disk and what Asterisk was asked to reload."""

    changed: tuple[str, ...]
    reloaded: tuple[str, ...]
    restart_needed: bool


@dataclass(frozen=True, slots=True)
class Embedded:
    """An Asterisk whose whole state is under `home`; `tree` holds its programs."""

    home: Path
    tree: Tree

    @property
    def etc(self) -> Path:
        return self.home / "etc"

    @property
    def log(self) -> Path:
        """Where Asterisk writes its logs, as rendered (`pbx.log_dir`)."""
        try:
            match = re.search(r"^astlogdir => (.+)$", (self.etc / "asterisk.conf").read_text(), re.M)
        except FileNotFoundError:
            match = None
        return Path(match[1]) if match else self.home / "log"

    @property
    def logging(self) -> LogPipe:
        return LogPipe(self.home / "run", self.log)

    def keep_log(self) -> bool:
        """Start the filter of a running Asterisk's log again if it is gone; returns whether it was.

        Asterisk then opens its log again: without our descriptor (one that an earlier version started) it has given up.
        """
        if self.pid() is None:
            return False
        self.logging.make()
        if not self.logging.ensure():
            return False
        self.console("logger reload", check=False)
        return True

    def secrets(self) -> dict[str, str]:
        """The generated AMI secrets, created once and readable by the owner only."""
        path = self.home / "secrets.json"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            fresh = {"events": random.token_urlsafe(24), "control": random.token_urlsafe(24)}
            draft = path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(fresh, file)
            draft.replace(path)
        loads: dict[str, str] = json.loads(path.read_text())
        return loads

    def files(self) -> dict[str, str]:
        """The configuration on disk."""
        return {file.name: file.read_text() for file in self.etc.glob("*.conf")} if self.etc.is_dir() else {}

    def write(self, files: dict[str, str]) -> Applied:
        """Write changed files, each atomically; then let a running Asterisk reload just those."""
        for folder in FOLDERS:
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        self._music()
        old = self.files()
        names = tuple(sorted(name for name in files if old.get(name) != files[name]))
        # Recorded first: work left undone by a failed reload or a crash of ours is completed with the next change.
        late = self._pending() | set(names)
        (self.home / PENDING).write_text("".join(f"{name}\n" for name in sorted(late)))
        for name in names:
            draft = self.etc / f".{name}.{os.getpid()}"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(files[name])
            draft.replace(self.etc / name)
        running = self.pid() is not None
        if running:
            # Before Asterisk opens its log: a FIFO without a reader would make it wait.
            self.logging.ensure()
        commands = reloads({name: text for name, text in old.items() if name not in late}, files) if running else ()
        for command in commands:
            self.console(command)
        (self.home / PENDING).unlink()
        return Applied(names, commands, running and needs_restart(old, files))

    def _pending(self) -> set[str]:
        pending = self.home / PENDING
        return set(pending.read_text().split()) if pending.exists() else set()

    def _music(self) -> None:
        """Hold music: the centre's own files in `moh`, else Asterisk's shipped ones if the package has any."""
        folder = self.home / "moh"
        shipped = self.tree.data / "moh"
        if not any(folder.iterdir()) and shipped.is_dir():
            for file in shipped.iterdir():
                shutil.copy(file, folder / file.name)

    @property
    def stopped(self) -> bool:
        """Whether it was stopped on purpose, as opposed to having died."""
        return (self.home / STOPPED).exists()

    def start(self) -> int:
        """Start Asterisk unless it runs, wait until it is fully booted, and return its pid.

        Raises PbxDown when it does not come up; its subclasses PortTaken, NoRoom and PathTooLong before it is tried.
        """
        (self.home / STOPPED).unlink(missing_ok=True)
        running = self.pid()
        if running is None:
            with contextlib.suppress(OSError):
                # The tree may come from an earlier version; a read-only one is no reason not to start.
                link_sounds(self.tree)
            command = [*self.tree.program("asterisk"), "-C", str(self.etc / "asterisk.conf"), "-f"]
            self._look()
            (self.home / "run/asterisk.ctl").unlink(missing_ok=True)
            with self.logging.held() as (log, console):
                self.logging.ensure()
                process = subprocess.Popen(
                    command,
                    env=without_secrets(),
                    stdin=subprocess.DEVNULL,
                    stdout=console,
                    stderr=console,
                    pass_fds=(log,),
                    start_new_session=True,
                    cwd=self.home,
                )
            # Asterisk outlives this object by design and is reaped by its pid; with a return code set, Popen leaves it
            # alone.
            process.returncode = 0
            running = process.pid
            (self.home / "pid").write_text(f"{running} {_started(running)}\n")
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.pid() is None:
                raise PbxDown(f"Asterisk ended while starting; its last words: {self._last_words()}")
            if "fully booted" in self.console("core waitfullybooted", check=False).lower():
                return running
            time.sleep(0.1)
        raise PbxDown(f"Asterisk did not become ready within {START_SECONDS:.0f} s: {self._last_words()}")

    def _look(self) -> None:
        """Run the preflight check; a killed Asterisk may hold its ports for a moment after its pid is gone."""
        deadline = time.monotonic() + PORT_SECONDS
        while True:
            try:
                return preflight.look(self.home, self.files())
            except PortTaken:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def stop(self) -> bool:
        """Stop Asterisk, by force when it does not end in time; False when it was not running."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / STOPPED).touch()
        pid = self.pid()
        if pid is None:
            self.logging.stop()
            return False
        # Asterisk ends after its logger has written what it holds.
        self.logging.ensure()
        self.console("core stop now", check=False, within=STOP_SECONDS)
        deadline = time.monotonic() + STOP_SECONDS
        while self.pid() is not None:
            if time.monotonic() > deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            _reap(pid)
            time.sleep(0.05)
        (self.home / "pid").unlink(missing_ok=True)
        self.logging.stop()
        return True

    def pid(self) -> int | None:
        """The pid of the running Asterisk: alive, not a zombie, and the very process that we started."""
        try:
            words = (self.home / "pid").read_text().split()
            pid, started = int(words[0]), words[1]
        except (FileNotFoundError, ValueError, IndexError):
            return None
        return pid if _started(pid) == started and started else None

    def console(self, command: str, *, check: bool = True, within: float = CONSOLE_SECONDS) -> str:
        """Run one command on Asterisk's console, over its local socket.

        Raises PbxDown when there is no answer `within` seconds; without `check` it returns the output, or nothing.
        """
        words = [*self.tree.program("asterisk"), "-C", str(self.etc / "asterisk.conf"), "-rx", command]
        try:
            done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=within, check=False)
        except subprocess.TimeoutExpired:
            if check:
                raise PbxDown(f"Asterisk's console did not answer within {within:.0f} s") from None
            return ""
        if done.returncode != 0 and check:
            raise PbxDown(f"Asterisk's console did not take the command: {(done.stdout + done.stderr).strip()[:200]}")
        return done.stdout

    def _last_words(self) -> str:
        # What the filter has read is on the disk when it has ended.
        self.logging.stop()
        log = self.log / "console.log"
        return " | ".join(log.read_text(errors="replace").splitlines()[-3:]) if log.exists() else "none"


def _started(pid: int) -> str:
    """Return the start time of a process in clock ticks since boot, empty when it is gone or a zombie (proc(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
