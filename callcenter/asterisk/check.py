"""Checks an Asterisk from outside and reports problems in plain words.

Uses asterisk-ami as the client because it is synchronous and independent of our own link.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asterisk.ami import AMIClient, SimpleAction

OLDEST = (20, 0, 0)
SAFE = (22, 10, 1)
# A least-privilege login may not list modules, but it sees the actions and functions that they provide.
MODULE_OF_ACTION = {
    "QueueAdd": "app_queue.so",
    "StopMixMonitor": "app_mixmonitor.so",
    "DeviceStateList": "res_manager_devicestate.so",
    "PJSIPQualify": "res_pjsip.so",
}
MODULE_OF_FUNCTION = {
    "FILTER(0-9,7)": "func_strings.so",
    "IF(1?7:0)": "func_logic.so",
    "PJSIP_PARSE_URI(sip:7@host,user)": "chan_pjsip.so",
}
UNSEEN = "cel_custom.so, app_celgenuserevent.so, res_agi.so, res_http_websocket.so"
# Every class here lets the holder of the secret run commands on the PBX host.
RIGHT_OF_ACTION = {
    "Command": "command",
    "UpdateConfig": "config",
    "GetConfig": "config",
    "DBDel": "system",
    "ModuleLoad": "system",
}
# Rights that a read-only login does not need and could do harm with.
CHANGING = ("Originate", "Setvar", "Redirect", "Hangup", "QueueAdd")
LEAST_FREE = 1 << 30
CLOCK_LIMIT = 2.0
LOOK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable; `good` findings are reported as well, to show what was checked."""

    code: str
    good: bool
    words: str


@dataclass(frozen=True, slots=True)
class Account:
    host: str
    port: int
    user: str
    secret: str
    must_write: tuple[str, ...]


def check(events: Account, control: Account, log_dir: Path) -> Iterator[Finding]:
    """Check both logins, their rights, version, modules, clock, bind address and disk. Blocking."""
    yield from _disk(log_dir)
    for account in (events, control):
        unwell = _banner(account)
        if unwell is not None:
            yield unwell
            return
        with _client(account) as client:
            answer = client.login(username=account.user, secret=account.secret).response
            if answer is None or answer.is_error():
                words = f"{account.user}: Asterisk refuses the login; check name, secret and permit="
                yield Finding("ami_login_refused", False, words)
                continue
            yield Finding("ami_login", True, f"{account.user}: logged in")
            yield from _judge(client, account, general=account is events)
    yield from _bind(events)


def _banner(account: Account) -> Finding | None:
    """Return what is wrong before any login; asterisk-ami would end its thread with a traceback on a silent port."""
    place = f"{account.host}:{account.port}"
    try:
        with socket.create_connection((account.host, account.port), timeout=LOOK_SECONDS) as probe:
            greeting = probe.recv(64)
    except TimeoutError:
        greeting = b""
    except OSError as error:
        return Finding("ami_unreachable", False, f"{place} does not answer: {error}")
    if greeting.startswith(b"Asterisk Call Manager/"):
        return None
    return Finding("ami_silent", False, f"{place} is open but does not speak AMI")


@contextlib.contextmanager
def _client(account: Account) -> Iterator[Any]:
    client = AMIClient(address=account.host, port=account.port, timeout=5)
    try:
        yield client
    finally:
        with contextlib.suppress(OSError, AttributeError):
            client.logoff()
        with contextlib.suppress(OSError, AttributeError):
            client.disconnect()


def _judge(client: Any, account: Account, *, general: bool) -> Iterator[Finding]:
    yield from _rights(client, account)
    if general:
        yield from _version(client)
        yield from _clock(client)
    else:
        yield from _modules(client)


def _ask(client: Any, action: str, **keys: str) -> Any:
    return client.send_action(SimpleAction(action, **keys)).response


def _rights(client: Any, account: Account) -> Iterator[Finding]:
    """Check rights: ListCommands names what this account may do, with the classes that allow it."""
    answer = _ask(client, "ListCommands")
    commands = dict(answer.keys) if answer is not None else {}
    missing = [action for action in account.must_write if action not in commands]
    if missing:
        yield Finding("rights_too_small", False, f"{account.user} may not: {', '.join(missing)}")
    else:
        yield Finding("rights", True, f"{account.user} may do all that is needed")
    given = sorted({right for action, right in RIGHT_OF_ACTION.items() if action in commands})
    if given:
        words = f"{account.user} has {', '.join(given)}, which equals running commands on the PBX: take these away"
        yield Finding("rights_too_great", False, words)
    reads_only = not set(CHANGING) & set(account.must_write)
    changing = [action for action in CHANGING if action in commands] if reads_only else []
    if changing:
        yield Finding(
            "rights_too_great", False, f"{account.user} only reads but may {', '.join(changing)}: take it away"
        )


def _version(client: Any) -> Iterator[Finding]:
    answer = _ask(client, "CoreSettings")
    text = answer.keys.get("AsteriskVersion", "") if answer is not None else ""
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    version = tuple(int(part) for part in match.groups()) if match else (0, 0, 0)
    if version < OLDEST:
        yield Finding("version_too_old", False, f"Asterisk {text or 'of unknown version'}; 20 or newer is needed")
    elif version < SAFE:
        yield Finding("version_unsafe", False, f"Asterisk {text} has known holes; 22.10.1 or newer is advised")
    else:
        yield Finding("version", True, f"Asterisk {text}")
    if answer is not None and not answer.keys.get("SystemName"):
        yield Finding(
            "system_name_missing", False, "asterisk.conf has no systemname: call ids are not unique across PBXs"
        )


def _clock(client: Any) -> Iterator[Finding]:
    before = time.time()
    answer = _ask(client, "Ping")
    stamp = answer.keys.get("Timestamp", "") if answer is not None else ""
    if not re.fullmatch(r"\d+\.\d+", stamp):
        yield Finding("clock_unknown", False, "Asterisk's events have no timestamps: set timestampevents=yes")
        return
    apart = float(stamp) - (before + time.time()) / 2
    good = abs(apart) <= CLOCK_LIMIT
    yield Finding(
        "clock", good, f"the PBX's clock differs by {apart:+.2f} s" + ("" if good else ": the ring rule needs one time")
    )


def _modules(client: Any) -> Iterator[Finding]:
    """Check features instead of modules, since `ModuleCheck` needs the class `system`, which none of our logins has."""
    answer = _ask(client, "ListCommands")
    commands = dict(answer.keys) if answer is not None else {}
    missing = [module for action, module in MODULE_OF_ACTION.items() if action not in commands]
    for function, module in MODULE_OF_FUNCTION.items():
        answer = _ask(client, "Getvar", Variable=function)
        if answer is None or answer.keys.get("Value") != "7":
            missing.append(module)
    if missing:
        yield Finding("modules_missing", False, f"not loaded, or not to be seen by this login: {', '.join(missing)}")
    else:
        words = f"the modules that can be seen from here are loaded; `asterisk -rx 'module show'` shows {UNSEEN}"
        yield Finding("modules", True, words)


def _bind(account: Account) -> Iterator[Finding]:
    """AMI sends secrets in clear text: it must bind to loopback, or sit behind TLS on a private network."""
    try:
        resolved = ipaddress.ip_address(socket.gethostbyname(account.host))
    except (OSError, ValueError):
        yield Finding("bind_unknown", False, f"{account.host} has no address")
        return
    if not resolved.is_loopback:
        words = f"AMI is reached at {resolved} in the clear; bind it to 127.0.0.1, or use TLS"
        yield Finding("bind_exposed", False, words)
        return
    others = _listened(account.port) - {"127.0.0.1"}
    if others:
        words = f"AMI also listens on {', '.join(sorted(others))}; set bindaddr=127.0.0.1 in manager.conf"
        yield Finding("bind_exposed", False, words)
    else:
        yield Finding("bind", True, "AMI listens on the loopback address only, as far as this machine can see")


def _listened(port: int, table: Path = Path("/proc/net/tcp")) -> set[str]:
    """Return this machine's IPv4 addresses with a listener on `port`, as the kernel lists them (proc(5))."""
    addresses: set[str] = set()
    for line in table.read_text().splitlines()[1:] if table.exists() else ():
        local, state = line.split()[1], line.split()[3]
        address, _, listened = local.partition(":")
        if state == "0A" and int(listened, 16) == port:
            addresses.add(str(ipaddress.IPv4Address(int.from_bytes(bytes.fromhex(address), sys.byteorder))))
    return addresses


def _disk(log_dir: Path) -> Iterator[Finding]:
    if not log_dir.is_dir():
        yield Finding("log_dir_missing", False, f"{log_dir} is not there: the call records are read from it")
        return
    free = shutil.disk_usage(log_dir).free
    yield Finding("disk", free >= LEAST_FREE, f"{free >> 20:,} MB free where Asterisk writes its call log")
    if not (log_dir / "cel-custom").is_dir():
        yield Finding(
            "cel_folder_missing", False, f"{log_dir}/cel-custom is not there: Asterisk writes no CEL without it"
        )


Echo = Callable[[str], None]


def report(findings: Iterator[Finding], write: Echo) -> bool:
    """Report each finding; True when nothing is wrong."""
    good = True
    for finding in findings:
        good = good and finding.good
        write(f"{'ok   ' if finding.good else 'WRONG'} {finding.code}: {finding.words}")
    return good
