"""Renders where a waiting caller goes whom a supervisor moved to another line or gave to one agent.

The service withdraws the caller from the queue with one of these words (AMI QueueWithdrawCaller, WithdrawInfo); Queue()
then returns with QUEUESTATUS WITHDRAW and the word in QUEUE_WITHDRAW_INFO. An unknown word leads back to the queue. The
place in the queue is QUEUE_PRIO, which stays: the caller keeps the time that they have waited.
"""

from __future__ import annotations

from callcenter.asterisk.render import overflow
from callcenter.asterisk.render.checks import code, queue_name
from callcenter.asterisk.render.site import Site
from callcenter.asterisk.render.steps import steps
from callcenter.facts import GIVEN

MOVED = "cc-moved"
WITHDRAWN = "WITHDRAW"


def to_line(line: str) -> str:
    return f"line-{code(line)}"


def to_agent(agent: str) -> str:
    return f"agent-{code(agent)}"


def given_queue(agent: str) -> str:
    """The queue with one member, the agent to whom callers are given."""
    return f"{GIVEN}.{code(agent)}"


def withdrawn() -> str:
    """The extension of [cc-after] for a caller whom the service has withdrawn from a queue."""
    info = "${QUEUE_WITHDRAW_INFO}"
    return steps(WITHDRAWN, f"GotoIf(${{DIALPLAN_EXISTS({MOVED},{info},1)}}?{MOVED},{info},1:cc-do,wait,1)")


def moved(site: Site) -> str:
    """[cc-moved]: another line's queue, or one agent's phone and then back to the queue."""
    lines = "".join(
        steps(
            to_line(line.code),
            f"CELGenUserEvent(cc_overflow,line:{code(line.code)})",
            f"MSet(CC_LINE={code(line.code)},CC_QUEUE={queue_name(line.queue)},CC_AGAIN=wait,CC_TRIES=,CC_FLOW=,CC_FIRST=,"
            f"QUEUE_MAX_PENALTY={overflow.ANY_PENALTY},QUEUE_MIN_PENALTY=0,QUEUE_RAISE_PENALTY=0,"
            f"{overflow.words(line).removeprefix(',') or overflow.NOWHERE})",
            "Goto(cc-do,wait,1)",
        )
        for line in sorted(site.lines, key=lambda entry: entry.code)
    )
    served = '"${QUEUESTATUS}"="CONTINUE" | "${QUEUESTATUS}"="WITHDRAW"'
    agents = "".join(
        steps(
            to_agent(agent),
            # `n`: one try; an agent who is not free is no member that counts, and the caller waits on at once.
            f"Queue({given_queue(agent)},Cn${{CC_SURVEY}}${{CC_HEARS}})",
            f"GotoIf($[{served}]?cc-after,${{QUEUESTATUS}},1)",
            "Goto(cc-do,wait,1)",
        )
        for agent in sorted({phone.agent for phone in site.phones})
    )
    return f"\n[{MOVED}]\n" + lines + agents
