"""Renders what a waiting caller hears beside ring or music, and the keys by which they leave the queue.

app_queue plays `periodic-announce` between two attempts to reach an agent; the caller keeps their position meanwhile.
An absolute file name is looked up in the folder of the channel's language, `zh_<uniqueid>`, then in that of `zh`, which
is what Asterisk does for a regional variant of a language (main/file.c, fileexists_core). So each caller has a
recording of their own, which the service replaces as their place changes (ivr/waiting); without it the general offer is
heard.
"""

from __future__ import annotations

from collections.abc import Mapping

from callcenter.asterisk.render.checks import code, host, path
from callcenter.asterisk.render.flow import DONE, WATCH
from callcenter.asterisk.render.numbers import CALLABLE
from callcenter.asterisk.render.recording import ENTRY_SECONDS, LONGEST_NUMBER, NUMBER
from callcenter.asterisk.render.site import Line, Queue, Site
from callcenter.asterisk.render.steps import steps

CALLBACK_KEY = "1"
MESSAGE_KEY = "2"
FIRST_SECONDS = 10
"""Until the first announcement of the place, where the queue's setting allows it so soon."""
FOLDER = "waiting"
"""Below the folder of sounds."""
NAME = "announce"
MUSIC_FOLDER, MUSIC_FILE = "music", "music.wav"
"""Below the PBX's home: `music/<line>/music.wav`."""
LANGUAGE = "CHANNEL(language)={}_${{UNIQUEID}}"
"""The assignment that makes a caller's announcements their own."""
PROMPTS = "${CC_SOUNDS}/${CC_LANGUAGE}/cc"


def announcements(site: Site, queue: Queue) -> Mapping[str, str]:
    """The settings of a queue: no announcement more often than is set."""
    every = int(queue.announce_seconds or queue.wish_seconds)
    first = min(every, FIRST_SECONDS) if queue.announce_seconds else every
    return {
        "announce-frequency": "0",
        "context": "cc-wish",
        "periodic-announce": f"{path(site.sounds)}/{FOLDER}/{NAME}",
        "periodic-announce-frequency": str(every),
        "periodic-announce-startdelay": str(first),
    }


def wish(site: Site) -> str:
    """[cc-wish]: Queue() comes here by its `context` when a waiting caller presses a key, at any time.

    A return call keeps the place; a caller whose number is hidden enters one, read back by the service, or taken as
    entered while it is down.
    """
    agi = (
        f"agi://{host(site.agi_host)}:{site.agi_port}/number,${{CHANNEL(accountcode)}},${{CC_SOUNDS}},${{CC_LANGUAGE}}"
    )
    return (
        "[cc-wish]\n"
        + steps(
            CALLBACK_KEY,
            f"GotoIf($[{CALLABLE}=0]?number,1)",
            "keep: CELGenUserEvent(cc_outcome,callback_requested:key)",
            f"Playback({PROMPTS}/keep_place)",
            f"Playback({PROMPTS}/goodbye)",
            "Hangup(16)",
        )
        + steps(
            MESSAGE_KEY,
            "MSet(CC_WHY=,TIMEOUT(absolute)=0)",
            "CELGenUserEvent(cc_outcome,overflowed:message_offered)",
            "Goto(cc-message,s,1)",
        )
        + steps(
            "number",
            WATCH,
            f"AGI({agi})",
            DONE,
            "alone: Set(TIMEOUT(absolute)=0)",
            f"Read(CC_ENTERED,{PROMPTS}/enter_number,{LONGEST_NUMBER},,2,{ENTRY_SECONDS})",
            "Set(CC_NUMBER_ASKED=1)",
            f'GotoIf($[!${{REGEX("{NUMBER}" ${{CC_ENTERED}})}}]?{MESSAGE_KEY},1)',
            "CELGenUserEvent(cc_number,${CC_ENTERED})",
            f"Goto({CALLBACK_KEY},keep)",
        )
        + steps("T", "Goto(number,alone)")
    )


def own_music(line: Line, site: Site) -> str:
    """The assignment that lets a line's callers hear its own music, as soon as there is some; else the centre's."""
    if line.hears != "music":
        return ""
    mine = f"{path(site.home)}/{MUSIC_FOLDER}/{code(line.code)}/{MUSIC_FILE}"
    return f",CHANNEL(musicclass)=${{IF($[${{STAT(e,{mine})}}]?{music_class(line.code)}:default)}}"


def music_classes(site: Site) -> str:
    """For musiconhold.conf: one class for each line that plays music."""
    return "".join(
        f"\n[{music_class(line.code)}]\nmode=files\ndirectory={path(site.home)}/{MUSIC_FOLDER}/{code(line.code)}\n"
        for line in sorted(site.lines, key=lambda entry: entry.code)
        if line.hears == "music"
    )


def music_class(line: str) -> str:
    return f"cc-{code(line)}"


def language_of(folder: str) -> str:
    """The assignment for a channel whose prompts are in this folder."""
    return LANGUAGE.format(code(folder))
