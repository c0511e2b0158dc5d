"""Model of the lines that customers dial and the queues they wait in, with their checks. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callcenter.facts import LineCode, QueueCode
from callcenter.routing.errors import BadCode, BadLine, BadOpeningHours, BadQueue

STRATEGIES: Final = (
    "ringall",
    "leastrecent",
    "fewestcalls",
    "random",
    "rrmemory",
    "rrordered",
    "linear",
    "wrandom",
)
"""How app_queue picks the next phone (Asterisk 22, queues.conf, `strategy`)."""

LANGUAGES: Final = ("zh-CN", "en")
NO_SPEAKER: Final = ("anyone", "callback")
TO_LINE: Final = "line:"
OVERFLOWS: Final = ("callback", "message")
"""Where callers overflow to, besides another line."""
LONGEST_OWN: Final = 60
RECORD_RULES: Final = ("", "always", "never", "consent")

_CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_DID: Final = re.compile(r"\+?[0-9]{2,20}")
_DID_GROUPING: Final = re.compile(r"[ ()./-]")
_PROMPT: Final = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
_TAG: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,12}){0,3}")
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = f"(?:{'|'.join(_DAYS)})"
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_HOURS: Final = re.compile(rf"{_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)* {_CLOCK}-(?:{_CLOCK}|24:00)")


@dataclass(frozen=True, slots=True)
class Line:
    """A hotline. `dids` are its numbers as the carrier sends them; `queue` is where callers wait.

    `hours` are weekly windows in local time such as `mon-fri 09:00-18:00`; none means always open. `cadence_country`
    and `greeting` are empty where the centre's setting applies. `priority` is Asterisk's QUEUE_PRIO of its callers:
    lines for key accounts and VIP members may rank higher (R11). `record` is always, never or consent (an agent starts
    it), empty where the centre's setting applies; `recording_notice` names the prompt that announces the recording
    before queueing, empty: none; `recording_days` is how long recordings are kept. `take_message`: outside the hours
    the caller may leave a message (R4).

    `own_agent_seconds` is how long the agent who holds the caller's open case, or who spoke with them last, is rung
    alone; 0: not at all. `overflow_to` is where callers go after `overflow_seconds` in the queue (0: when its longest
    wait is over), with `overflow_nobody` also when no one is on duty: `line:CODE`, `callback` or `message`.
    """

    code: LineCode
    queue: QueueCode
    names: Mapping[str, str] = field(default_factory=dict)
    dids: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    timezone: str = "Asia/Shanghai"
    cadence_country: str = ""
    greeting: str = ""
    priority: int = 0
    language: str = "zh-CN"
    record: str = ""
    recording_notice: str = ""
    recording_days: int | None = None
    take_message: bool = False
    own_agent_seconds: int = 0
    overflow_to: str = ""
    overflow_seconds: int = 0
    overflow_nobody: bool = False

    @property
    def overflow_line(self) -> LineCode:
        """The line to which callers overflow; empty when they do not go to another line."""
        return LineCode(self.overflow_to.removeprefix(TO_LINE) if self.overflow_to.startswith(TO_LINE) else "")


@dataclass(frozen=True, slots=True)
class Queue:
    """Where callers wait. `skill` is the language or dialect its agents speak, at least at `min_level`; empty: any.

    None means the centre's setting: `ring_limit` and `move_on_at_ring` in rings (R1), `wrap_up_seconds`.
    `max_wait_seconds` 0 is forever; `announce_seconds` 0 announces no position. `dialects` are those whose callers are
    taken by a speaker first where one is on duty (R8, ladder.py). `no_speaker` is what their callers get when none
    of the dialect or its group is: `anyone`, or `callback`, a return call by a speaker.
    """

    code: QueueCode
    names: Mapping[str, str] = field(default_factory=dict)
    strategy: str = "rrmemory"
    skill: str = ""
    min_level: int = 1
    ring_limit: int | None = None
    move_on_at_ring: int | None = None
    max_wait_seconds: int = 0
    wrap_up_seconds: int | None = None
    announce_seconds: int = 0
    dialects: tuple[str, ...] = ()
    no_speaker: str = "anyone"


def tidied(line: Line) -> Line:
    """Normalise the numbers to plain digits: users write 0731-88880001, full-width digits and brackets."""
    plain = (unicodedata.normalize("NFKC", did).strip() for did in line.dids)
    return replace(line, dids=tuple(_DID_GROUPING.sub("", did) for did in plain))


def check_line(line: Line) -> Line:
    """Return the line or raise BadCode, BadLine or BadOpeningHours for the first violated rule."""
    check_code(line.code)
    check_code(line.queue)
    _check_names(line.names, BadLine)
    for did in line.dids:
        if not _DID.fullmatch(did):
            raise BadLine("a number to dial is 2 to 20 digits, with or without '+'", did=did[:40])
    if len(set(line.dids)) < len(line.dids):
        raise BadLine("a number is named twice", line=line.code, fault="number_twice")
    for text in line.hours:
        if not _HOURS.fullmatch(text):
            raise BadOpeningHours(f"opening hours look like 'mon-fri 09:00-18:00', not {text[:60]!r}", line=line.code)
    check_timezone(line.timezone)
    if line.cadence_country and not re.fullmatch(r"[a-z]{2}", line.cadence_country):
        raise BadLine("a country is two small letters", country=line.cadence_country[:10])
    if line.greeting and not _PROMPT.fullmatch(line.greeting):
        raise BadLine("a greeting is the name of a prompt such as cc/greeting", greeting=line.greeting[:40])
    _check_recording(line)
    _check_overflow(line)
    if not 0 <= line.own_agent_seconds <= LONGEST_OWN:
        raise BadLine(
            f"own_agent_seconds is a number from 0 to {LONGEST_OWN}",
            fault="own_agent",
            longest=LONGEST_OWN,
            line=line.code,
        )
    if not 0 <= line.priority <= 100:
        raise BadLine("a priority is a number from 0 to 100", priority=line.priority)
    if line.language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise BadLine(f"a language is one of {known}", language=line.language[:20], known=known)
    return line


def _check_overflow(line: Line) -> None:
    if line.overflow_line:
        check_code(line.overflow_line)
    elif line.overflow_to and line.overflow_to not in OVERFLOWS:
        raise BadLine("callers overflow to line:CODE, callback or message", fault="overflow_to", line=line.code)
    if not line.overflow_to and (line.overflow_seconds or line.overflow_nobody):
        raise BadLine("an overflow names where callers go", fault="overflow_nowhere", line=line.code)
    if not 0 <= line.overflow_seconds <= 86_400:
        raise BadLine("callers overflow after 0 to 86400 seconds", fault="overflow_seconds", line=line.code)


def overflow_loop(lines: Mapping[LineCode, Line], start: LineCode) -> list[LineCode]:
    """The lines through which a caller of `start` would come back to a line; empty when there is no such way."""
    way = [start]
    while (line := lines.get(way[-1])) is not None and line.overflow_line:
        way.append(line.overflow_line)
        if way[-1] in way[:-1]:
            return way
    return []


def _check_recording(line: Line) -> None:
    if line.record not in RECORD_RULES:
        raise BadLine("a line's calls are recorded always, never or by consent", record=line.record[:20])
    if line.recording_notice and not _PROMPT.fullmatch(line.recording_notice):
        raise BadLine("a notice is the name of a prompt such as cc/recorded", notice=line.recording_notice[:40])
    if line.recording_days is not None and not 1 <= line.recording_days <= 36_500:
        raise BadLine("recordings are kept for 1 to 36500 days", days=line.recording_days)


def check_queue(queue: Queue) -> Queue:
    """Return the queue or raise BadCode or BadQueue for the first violated rule."""
    check_code(queue.code)
    _check_names(queue.names, BadQueue)
    if queue.strategy not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise BadQueue(f"a strategy is one of {known}", strategy=queue.strategy[:40], known=known)
    if queue.skill and not _TAG.fullmatch(queue.skill):
        raise BadQueue("a language or dialect looks like zh-CN or xiang-changsha", skill=queue.skill[:40])
    if queue.no_speaker not in NO_SPEAKER:
        known = ", ".join(NO_SPEAKER)
        raise BadQueue(f"no_speaker is one of {known}", queue=queue.code, fault="no_speaker", known=known)
    for dialect in queue.dialects:
        if not _TAG.fullmatch(dialect):
            raise BadQueue("a language or dialect looks like zh-CN or xiang-changsha", skill=dialect[:40])
    if len(set(map(str.lower, queue.dialects))) < len(queue.dialects):
        raise BadQueue("a dialect is named twice", queue=queue.code, fault="dialect_twice")
    ranges = (
        ("min_level", queue.min_level, 1, 5),
        ("ring_limit", queue.ring_limit, 1, 20),
        ("move_on_at_ring", queue.move_on_at_ring, 1, 60),
        ("max_wait_seconds", queue.max_wait_seconds, 0, 86_400),
        ("wrap_up_seconds", queue.wrap_up_seconds, 0, 3_600),
        ("announce_seconds", queue.announce_seconds, 0, 3_600),
    )
    for name, value, least, most in ranges:
        if value is not None and not least <= value <= most:
            detail = f"{name} is a number from {least} to {most}"
            raise BadQueue(detail, queue=queue.code, value=value, setting=name, least=least, most=most)
    return queue


def check_code(code: str) -> str:
    """Return the code of a line or queue or raise BadCode: it becomes an object name inside Asterisk."""
    if not _CODE.fullmatch(code):
        raise BadCode("a code is a small letter, then up to 30 small letters, digits, '-' or '_'", value=code[:40])
    return code


def check_timezone(name: str) -> str:
    """Return the IANA name of a time zone or raise BadLine."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadLine("not a time zone such as Asia/Shanghai", timezone=name[:60]) from error
    return name


def _check_names(names: Mapping[str, str], refusal: type[BadLine] | type[BadQueue]) -> None:
    for language, name in names.items():
        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise refusal(f"names are in {known}", language=language[:20], known=known)
        if not name.strip() or len(name) > 80 or not name.isprintable():
            raise refusal("a name has 1 to 80 printable characters", language=language, fault="name", longest=80)
