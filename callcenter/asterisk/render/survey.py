"""Renders the survey after the call: the agent hangs up, the caller stays and rates the call by one key.

Asterisk asks it alone, so it works while the service is down; CEL carries the answer (calls/surveys/model.py).
"""

from __future__ import annotations

from callcenter.asterisk.render.steps import steps

CONTINUE = "c"
"""Queue()'s option: when the member hangs up, the caller continues in the dialplan with QUEUESTATUS CONTINUE."""
TRIES = 2
WAIT_SECONDS = 5
AFTER_TALK = steps("CONTINUE", "Goto(cc-survey,s,1)")
SOUNDS = "${CC_SOUNDS}/${CC_LANGUAGE}/cc"


def survey() -> str:
    """[cc-survey]: any key from 1 to 5, also while the question plays; the recording ended with the talk."""
    return "[cc-survey]\n" + steps(
        "s",
        "CELGenUserEvent(cc_survey,asked)",
        "StopMixMonitor()",
        "Set(CC_ASKED=0)",
        f"ask: Read(CC_MARK,{SOUNDS}/survey,1,,1,{WAIT_SECONDS})",
        "Set(CC_ASKED=$[${CC_ASKED}+1])",
        'GotoIf($[${REGEX("^[1-5]$" ${CC_MARK})}]?marked)',
        f"GotoIf($[${{CC_ASKED}}<{TRIES}]?ask)",
        "Goto(bye)",
        "marked: CELGenUserEvent(cc_survey,${CC_MARK})",
        f"Playback({SOUNDS}/survey_thanks)",
        f"bye: Playback({SOUNDS}/goodbye)",
        "Hangup(16)",
    )
