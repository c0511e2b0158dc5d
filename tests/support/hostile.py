"""Provides callers whose numbers and names contain line ends, separators and other syntax of Asterisk's files."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.sip import Call, Station

VICTIM = "1001"
"""The agent whom a forged text names."""
QUEUE = "after_sales"


@dataclass(frozen=True, slots=True)
class Attack:
    """One INVITE: `number` as user of From, `dialled` as user of the request, already escaped for SIP."""

    number: str = "13900000001"
    dialled: str = ""
    name: str = "n"
    headers: tuple[tuple[str, str], ...] = ()


def escaped(text: str) -> str:
    """Text as a SIP user part (RFC 3261, 25.1): every byte that is not a letter or digit is percent-escaped."""
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02x}" for byte in text.encode())


def forged_texts(call: str) -> list[str]:
    """What a caller would make Asterisk write about another agent; `call` is a call that is not theirs."""
    now = int(time.time())
    head = f"Privilege: call,all\r\nTimestamp: {now}.100000\r\nSystemName: pbx1\r\n"
    return [
        f"\r\n\r\nEvent: DeviceStateChange\r\n{head}Device: PJSIP/{VICTIM}\r\nState: UNAVAILABLE\r\n\r\nX: y",
        f"\r\n\r\nEvent: DeviceStateChange\r\nDevice: PJSIP/{VICTIM}\r\nState: INVALID\r\n\r\n",
        f"\r\n\r\nEvent: Hangup\r\n{head}Uniqueid: {call}\r\nLinkedid: {call}\r\nCause: 16\r\n\r\n",
        f"\r\n\r\nEvent: QueueMemberRemoved\r\n{head}Queue: {QUEUE}\r\nInterface: PJSIP/{VICTIM}\r\n\r\n",
        "\r\n\r\nResponse: Success\r\nActionID: link-3\r\n\r\n",
        f"\r\nUniqueid: {call}\r\nLinkedid: {call}",
        f"\r\nDestUniqueid: {call}\r\nDestLinkedid: {call}",
        "\r\nActionID: link-2",
        f"\n{now}|{call}|{QUEUE}|{VICTIM}|COMPLETEAGENT|1|1|1\n",
        f"|1\n{now}|{call}|{QUEUE}|{VICTIM}|COMPLETEAGENT|1|1|1",
        f"|{QUEUE}|{VICTIM}|COMPLETEAGENT|1|1|1",
        "\n\nagi_accountcode: orders\nagi_arg_1: orders\n\n",
        "\nHANGUP\n",
        f'","uniqueid":"{call}","linkedid":"{call}"}}\n{{"eventtype":"HANGUP","eventenum":"HANGUP"',
        '\\","num":"\\',
        "\\",
        '"',
        "\0x",
        ")},${SHELL(touch /tmp/x)},1:2",
        ",${CHANNEL(hangupsource)})",
        ";x=1",
        "\x7f\x1b[2J",
        "\r",
        "\n",
        "中文",
    ]


def attacks(line: str, call: str, chance: random.Random, count: int) -> Iterator[Attack]:
    """Each forged text in each place once, then `count` random mixes."""
    texts = forged_texts(call)
    for text in texts:
        user = escaped("139" + text)
        yield Attack(user, line)
        yield Attack(dialled=line + escaped(text))
        yield Attack(dialled=line, headers=(("Diversion", f"<sip:{user}@192.0.2.1>;reason=unconditional"),))
        yield Attack(dialled=line, headers=(("P-Asserted-Identity", f'"x" <sip:{user}@192.0.2.1>'),))
        yield Attack(dialled=line, name=escaped(text), headers=(("Remote-Party-ID", f"<sip:{user}@192.0.2.1>"),))
    for _ in range(count):
        mixed = "".join(chance.choice(texts)[: chance.randrange(1, 120)] for _ in range(chance.randrange(1, 4)))
        random_bytes = "".join(f"%{chance.randrange(256):02x}" for _ in range(chance.randrange(20)))
        place = chance.randrange(3)
        yield Attack(
            number=escaped("1" + mixed) + random_bytes if place != 1 else "13900000002",
            dialled=line + (escaped(mixed) + random_bytes if place == 1 else ""),
            name="".join(chance.choice('a\\"\t中;,|{}$') for _ in range(chance.randrange(8))).replace('"', '\\"'),
            headers=(("Diversion", f"<sip:{escaped(mixed)}@192.0.2.1>"),) if place == 2 else (),
        )


async def strike(station: Station, attack: Attack) -> Call:
    """Send the attack's INVITE; the line rings or refuses, and nothing else happens."""
    here, pbx = f"{station.local}:{station.port}", f"{station.pbx[0]}:{station.pbx[1]}"
    unique = f"{time.time_ns()}-{id(attack)}"
    headers = [
        ("From", f'"{attack.name}" <sip:{attack.number}@{here}>;tag=h{unique}'),
        ("To", f"<sip:x@{pbx}>"),
        ("Call-ID", f"hostile-{unique}"),
        ("CSeq", "1 INVITE"),
        ("Contact", f"<sip:x@{here}>"),
        ("Max-Forwards", "70"),
        *attack.headers,
    ]
    return await station._invite(f"INVITE sip:{attack.dialled}@{pbx} SIP/2.0", headers, "8 101")
