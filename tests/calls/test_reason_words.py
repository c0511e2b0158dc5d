"""Each reason that a call's record can have is written in words in exports, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

from callcenter.calls import blocked, endings
from callcenter.catalogue.sentences import words
from ivr.session.call_back import REASONS

GOLDEN = Path(__file__).parents[1] / "asterisk" / "golden"
BY_DIALPLAN = re.compile(r"cc_outcome,[a-z_]+:([a-z_]+)")


def reasons() -> set[str]:
    written = {
        reason
        for file in (GOLDEN / "extensions.conf", GOLDEN.parents[2] / "callcenter/asterisk/render/overflow.py")
        for reason in BY_DIALPLAN.findall(file.read_text(encoding="utf-8"))
    }
    by_flow = {value.partition(":")[2] for value in REASONS.values()}
    by_queue = {reason for _, reason in endings.LEFT_QUEUE.values()}
    return written | by_flow | by_queue | set(endings.BROKEN) | {endings.END_NOT_SEEN, blocked.BLOCKED}


def test_every_reason_has_words_in_both_languages() -> None:
    assert {"message_lost", "outside_hours", "nobody_on_duty", "no_speaker"} <= reasons()
    assert not reasons() - set(words()["reason"])
    assert all(len(both) == 2 and all(both) for both in words()["reason"].values())
