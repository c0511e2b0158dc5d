"""Renders the toll guard of the dialplan: who may dial what, how many at once, and for how long per day.

All of it runs in Asterisk: what a phone may dial is in global variables, who is signed in is a custom device state, and
the seconds of a day are in Asterisk's database. So the telephone bill is guarded while the service is down. The phone
is the one that dials, or the one that transferred: a transferred caller dials with that phone's permission.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from callcenter.asterisk.render.checks import code, number, zone
from callcenter.asterisk.render.site import Dialling, Site
from callcenter.asterisk.render.steps import steps

CLASSES = ("inside", "local", "national", "mobile", "international", "premium", "satellite")
EMERGENCY = "emergency"

# China's numbering plan as POSIX expressions over the number without +86; a later row overrides an earlier one.
# A number without a match is international, the class that the fewest may dial.
CHINA: tuple[tuple[str, str], ...] = (
    ("local", "^[1-9][0-9]{1,7}$"),
    ("national", "^(0|)[1-9][0-9]{8,11}$"),
    ("local", "^[48]00[0-9]{7}$"),
    ("mobile", "^(0|)1[3-9][0-9]{9}$"),
    # 160, 168: premium information services; 12590: premium rate of a mobile carrier.
    ("premium", "^(0[0-9]{2,3}|)(16[08][0-9]{2,6}|1259[0-9]{1,8})$"),
    # Tiantong (1740) and Globalstar (1349) at home; Inmarsat, Iridium, Globalstar and global networks abroad.
    ("satellite", "^(0|)(1740|1349)[0-9]{7}$"),
    ("satellite", "^(00|[+])(870|88[123])[0-9]*$"),
    # A carrier prefix leads anywhere, whatever the digits after it look like.
    ("international", "^(179[0-9]{2}|1019[0-9]|11808)[0-9]{3,}$"),
)
ELSEWHERE: tuple[tuple[str, str], ...] = (
    ("local", "^[0-9]{2,8}$"),
    ("national", "^[0-9]{9,11}$"),
    ("international", "^(00|011)[0-9]*$"),
    ("satellite", "^(00|011|[+])(870|88[123])[0-9]*$"),
)
SCOPES = (("phone", "${CC_DIALLER}"), ("person", "${CC_PERSON}"), ("house", "all"))


def class_of(country: str, emergency: Collection[str], number: str) -> str:
    """The class of a number, by the same table as the dialplan."""
    if number in emergency:
        return EMERGENCY
    rest = number
    for lead in ("+86", "0086") if country == "cn" else ():
        rest = number[len(lead) :] if number.startswith(lead) else rest
    matching = [name for name, regex in (CHINA if country == "cn" else ELSEWHERE) if re.search(regex, rest)]
    return matching[-1] if matching else "international"


def guard(site: Site) -> tuple[str, ...]:
    """Return the steps before an outbound call; none where nothing is guarded."""
    if site.dialling is None:
        return ()
    return ("Gosub(cc-toll,check,1)", 'GotoIf($["${CC_REFUSED}"!=""]?cc-toll,refused,1)')


def guard_return_call(site: Site) -> tuple[str, ...]:
    """Return the same for a return call, which never goes to an emergency number; one that an agent starts may."""
    if site.dialling is None:
        return ()
    ours = 'ExecIf($["${CC_CLASS}"="emergency" & "${CC_STARTED}"=""]?Set(CC_REFUSED=emergency))'
    return ("Gosub(cc-toll,check,1)", ours, 'GotoIf($["${CC_REFUSED}"!=""]?cc-toll,refused,1)')


LIMIT = "${CC_LIMIT}"
"""Further options of Dial(): the call ends when the day's seconds are used up."""


def toll_globals(site: Site) -> str:
    """Global variables: what each phone may dial, and whose it is."""
    rules = site.dialling
    if rules is None:
        return ""
    result = ""
    for phone in sorted(site.phones, key=lambda p: p.endpoint):
        may = rules.phones.get(phone.endpoint, rules.people.get(phone.agent, rules.classes))
        result += f"CC_MAY_{code(phone.endpoint)}=:{':'.join(word for word in CLASSES if word in may)}:\n"
        result += f"CC_PERSON_{code(phone.endpoint)}={code(phone.agent)}\n"
    return result


def toll(site: Site) -> str:
    rules = site.dialling
    if rules is None:
        return ""
    return (
        "\n[cc-toll]\n"
        + steps("check", *_dialler(), *_class(site, rules), *_may(rules), *_limits(rules), "Return()")
        + steps(
            "refuse",
            "Set(CC_REFUSED=${ARG1})",
            "CELGenUserEvent(cc_toll,refused:${ARG1}:${CC_CLASS}:${CC_DIALLER}:${CC_PERSON}:${CC_DIALLED})",
            "Return()",
        )
        + steps(
            "refused",
            "CELGenUserEvent(cc_outcome,failed:toll_${CC_REFUSED})",
            # A transferred caller goes back to the party that transferred (R3); a phone that dialled hears the refusal.
            "Set(DIALSTATUS=CONGESTION)",
            'GotoIf($["${BLINDTRANSFER}${ATTENDEDTRANSFER}"!=""]?cc-returned,s,1)',
            "Hangup(21)",
        )
        + _spent(rules)
    )


def _dialler() -> tuple[str, ...]:
    by = '${IF($["${BLINDTRANSFER:0:6}"="PJSIP/"]?${BLINDTRANSFER:6:-9}:${CC_PHONE})}'
    return (
        f"MSet(CC_REFUSED=,CC_LIMIT=,CC_DIALLER=${{FILTER(A-Za-z0-9_-,{by})}})",
        "Set(CC_PERSON=${CC_PERSON_${CC_DIALLER}})",
    )


def _class(site: Site, rules: Dialling) -> tuple[str, ...]:
    table = CHINA if site.country == "cn" else ELSEWHERE
    home = ("+86", "0086") if site.country == "cn" else ()
    strip = tuple(
        f'ExecIf($["${{CC_DIALLED:0:{len(lead)}}}"="{lead}"]?Set(CC_HOME=${{CC_DIALLED:{len(lead)}}}))' for lead in home
    )
    result = tuple(f'ExecIf($[${{REGEX("{regex}" ${{CC_HOME}})}}]?Set(CC_CLASS={name}))' for name, regex in table)
    urgent = tuple(
        f'ExecIf($["${{CC_DIALLED}}"="{number(emergency)}"]?Set(CC_CLASS={EMERGENCY}))' for emergency in rules.emergency
    )
    return ("MSet(CC_CLASS=international,CC_HOME=${CC_DIALLED})", *strip, *result, *urgent)


def _stop(condition: str, reason: str) -> tuple[str, ...]:
    """Write the refusal and leave the check."""
    return (
        f"GosubIf($[{condition}]?cc-toll,refuse,1({reason}))",
        'ExecIf($["${CC_REFUSED}"!=""]?Return())',
    )


def _may(rules: Dialling) -> tuple[str, ...]:
    """Emergency calls are never refused; any other call needs a class, and an agent who is signed in."""
    result = (
        f'ExecIf($["${{CC_CLASS}}"="{EMERGENCY}"]?Return())',
        *_stop('${REGEX(":${CC_CLASS}:" ${CC_MAY_${CC_DIALLER}})}=0', "class"),
    )
    if rules.signed_in_only:
        result += _stop('"${DEVICE_STATE(Custom:cc-in-${CC_DIALLER})}"!="NOT_INUSE"', "signed_out")
    return result


def _limits(rules: Dialling) -> tuple[str, ...]:
    result: tuple[str, ...] = ()
    for scope, key in SCOPES[:2]:
        most = rules.at_once
        if most:
            result += (f"Set(GROUP(cc-{scope})={key})",)
            result += _stop(f"${{GROUP_COUNT({key}@cc-{scope})}}>{int(most)}", f"at_once_{scope}")
    result += ("Set(CC_LEFT=)",)
    limited = False
    for scope, key in SCOPES:
        stop = _seconds(rules, scope)[1]
        if not stop:
            continue
        limited = True
        result += (*_read(rules, scope, key), *_stop(f"${{CC_SECONDS}}>={stop}", f"minutes_{scope}"))
        left = f"$[{stop}-${{CC_SECONDS}}]"
        result += (f'ExecIf($["${{CC_LEFT}}"="" | 0${{CC_LEFT}}>{left}]?Set(CC_LEFT={left}))',)
    result += ("Set(CHANNEL(hangup_handler_push)=cc-spent,s,1)",)
    return (*result, "Set(CC_LIMIT=L(${CC_LEFT}000))") if limited else result


def _seconds(rules: Dialling, scope: str) -> tuple[int, int]:
    """Alarm and stop of a scope in seconds per day; 0 is none."""
    alarm, stop = rules.minutes.get(scope, (0, 0))
    return int(alarm) * 60, int(stop) * 60


def _read(rules: Dialling, scope: str, key: str) -> tuple[str, ...]:
    """CC_SECONDS: the seconds used today; a value of another day counts as zero."""
    today = f"${{STRFTIME(${{EPOCH}},{zone(rules.timezone)},%Y%m%d)}}"
    return (
        f"MSet(CC_DAY={today},CC_KEPT=${{DB(cc-spent/{scope}-{key})}})",
        'Set(CC_SECONDS=${IF($["${CC_KEPT:0:8}"="${CC_DAY}"]?${CC_KEPT:9}:0)})',
    )


def _spent(rules: Dialling) -> str:
    """After each call: add its seconds; the first call over a threshold raises the alarm."""
    result: tuple[str, ...] = ("GotoIf($[0${ANSWEREDTIME}=0]?done)", "Set(CC_LOCKED=${LOCK(cc-spent)})")
    for scope, key in SCOPES:
        alarm, stop = _seconds(rules, scope)
        if not alarm and not stop:
            continue
        result += (
            *_read(rules, scope, key),
            "Set(CC_SUM=$[${CC_SECONDS}+${ANSWEREDTIME}])",
            f"Set(DB(cc-spent/{scope}-{key})=${{CC_DAY}}-${{CC_SUM}})",
        )
        for word, most in (("alarm", alarm), ("stop", stop)):
            if most:
                event = f"CELGenUserEvent(cc_toll,{word}:{scope}::${{CC_DIALLER}}:${{CC_PERSON}}:)"
                result += (f"ExecIf($[${{CC_SECONDS}}<{most} & ${{CC_SUM}}>={most}]?{event})",)
    result += ("Set(CC_LOCKED=${UNLOCK(cc-spent)})", "done: Return()")
    return "\n[cc-spent]\n" + steps("s", *result)
