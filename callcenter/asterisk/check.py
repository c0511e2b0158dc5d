"""Judges an Asterisk from outside and says in plain words what is wrong.

asterisk-ami is the client here because it is independent of our own link, and synchronous.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asterisk.ami import AMIClient, SimpleAction

OLDEST = (20, 0, 0)
SAFE = (22, 10, 1)
MODULES = (
    "app_queue.so", "res_agi.so", "res_pjsip.so", "cel_custom.so", "app_celgenuserevent.so", "func_channel.so",
    "app_mixmonitor.so", "res_http_websocket.so", "func_strings.so",
)  # fmt: skip
# Every class here lets whoever holds the secret run commands on the PBX's host.
DANGEROUS = ("system", "command", "config")
LEAST_FREE = 1 << 30
CLOCK_LIMIT = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable; `good` findings are told as well, so that one sees what was looked at."""

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
    """Look at both logins, the version, the modules, the clock and the disk. Blocking."""
    yield from _disk(log_dir)
    for account in (events, control):
        try:
            client = AMIClient(address=account.host, port=account.port, timeout=5)
            answer = client.login(username=account.user, secret=account.secret).response
        except OSError as error:
            yield Finding("ami_unreachable", False, f"{account.host}:{account.port} does not answer: {error}")
            return
        if answer is None or answer.is_error():
            yield Finding(
                "ami_login_refused", False, f"{account.user}: Asterisk refuses the login; check name and secret"
            )
            continue
        yield Finding("ami_login", True, f"{account.user}: logged in")
        try:
            yield from _judge(client, account, general=account is events)
        finally:
            client.logoff()
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
    """ListCommands names what this account may do, with the classes that allow it."""
    answer = _ask(client, "ListCommands")
    commands = dict(answer.keys) if answer is not None else {}
    missing = [action for action in account.must_write if action not in commands]
    if missing:
        yield Finding("rights_too_small", False, f"{account.user} may not: {', '.join(missing)}")
    else:
        yield Finding("rights", True, f"{account.user} may do all that is needed")
    telling = {"Command": "command", "UpdateConfig": "config", "DBDel": "system", "ModuleLoad": "system"}
    given = sorted({right for action, right in telling.items() if action in commands})
    if given:
        yield Finding("rights_too_great", False, f"{account.user} has {', '.join(given)}: take these away")
    if "Originate" in commands and "Originate" not in account.must_write:
        yield Finding(
            "rights_too_great", False, f"{account.user} may Originate, which equals running commands: take it away"
        )


def _version(client: Any) -> Iterator[Finding]:
    answer = _ask(client, "CoreSettings")
    text = answer.keys.get("AsteriskVersion", "") if answer is not None else ""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    version = tuple(int(part) for part in found.groups()) if found else (0, 0, 0)
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
        yield Finding("clock_unknown", False, "Asterisk does not tell its time: set timestampevents=yes")
        return
    apart = float(stamp) - (before + time.time()) / 2
    good = abs(apart) <= CLOCK_LIMIT
    yield Finding(
        "clock", good, f"the PBX's clock differs by {apart:+.2f} s" + ("" if good else ": the ring rule needs one time")
    )


def _modules(client: Any) -> Iterator[Finding]:
    """`ModuleCheck` answers with an error for a module that is not loaded; not every account may ask."""
    missing = []
    for module in MODULES:
        answer = _ask(client, "ModuleCheck", Module=module)
        if answer is None or "permission" in answer.keys.get("Message", "").lower():
            yield Finding(
                "modules_unknown", True, "this account may not ask for modules; `callcenter pbx render` lists them"
            )
            return
        if answer.is_error():
            missing.append(module)
    if missing:
        yield Finding("modules_missing", False, f"not loaded: {', '.join(missing)}")
    else:
        yield Finding("modules", True, "all modules that are needed are loaded")


def _disk(log_dir: Path) -> Iterator[Finding]:
    if not log_dir.is_dir():
        yield Finding("log_dir_missing", False, f"{log_dir} is not there: the call records are read from it")
        return
    free = shutil.disk_usage(log_dir).free
    yield Finding("disk", free >= LEAST_FREE, f"{free >> 20:,} MB free where Asterisk writes its call log")


Tell = Callable[[str], None]


def told(findings: Iterator[Finding], tell: Tell) -> bool:
    """Tell each finding; True when nothing is wrong."""
    good = True
    for finding in findings:
        good = good and finding.good
        tell(f"{'ok   ' if finding.good else 'WRONG'} {finding.code}: {finding.words}")
    return good
