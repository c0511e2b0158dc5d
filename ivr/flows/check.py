"""Checks a flow's meaning: that every target, prompt, line and queue exists and that no caller is lost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ivr.flows.faults import Fault
from ivr.flows.model import ASKS, BUILT_IN, CALLBACK, MESSAGE, PERSON, Choice, Flow, Kind, Step
from ivr.flows.parser import read_flow
from ivr.flows.places import line_of, lines_of
from ivr.prompts.pieces import DIALECTS

SERVED: Final = frozenset({Kind.QUEUE, Kind.LINE, Kind.MESSAGE, Kind.CALLBACK})
"""The ends at which a person takes up the caller's matter, now or later (R3, R4)."""


@dataclass(frozen=True, slots=True)
class Known:
    """What exists in the centre. None: not known here, so not checked.

    `prompts` are the recorded prompts with the values that each needs, `taken` the lines of other flows, by line.
    """

    prompts: Mapping[str, Collection[str]]
    lines: Collection[str] | None = None
    queues: Collection[str] | None = None
    taken: Mapping[str, str] = field(default_factory=dict)


def look_through(source: str, known: Known) -> tuple[Flow | None, list[Fault]]:
    """The flow, if it can be read, and everything that is wrong with it, by line."""
    flow, faults = read_flow(source)
    if flow is None:
        return None, sorted(faults, key=lambda fault: fault.line)
    lines = lines_of(source)
    result = [
        Fault(kind, line_of(lines, path), path, facts) for check in _CHECKS for kind, path, facts in check(flow, known)
    ]
    return flow, sorted(result, key=lambda fault: fault.line)


Finding = tuple[str, str, Mapping[str, object]]


def _targets(flow: Flow, known: Known) -> Iterator[Finding]:
    places = [("", flow.entries()), *((f"steps.{step.name}.", step.targets()) for step in flow.steps.values())]
    for prefix, targets in places:
        for path, target in targets:
            if target not in flow.steps and target not in BUILT_IN:
                yield "flow_unknown_target", prefix + path, {"target": target}


def _prompts(flow: Flow, known: Known) -> Iterator[Finding]:
    said = list(_said(flow))
    for path, name, values in said:
        if name not in flow.texts and name not in known.prompts:
            yield "flow_unknown_prompt", path, {"prompt": name}
        elif name not in flow.texts and (missing := set(known.prompts[name]) - set(values)):
            yield "flow_prompt_values", path, {"prompt": name, "missing": ", ".join(sorted(missing))}
    used = {name for _, name, _ in said}
    for name in flow.texts:
        if name not in used:
            yield "flow_unused_prompt", f"prompts.{name}", {"prompt": name}


def _dialects(flow: Flow, known: Known) -> Iterator[Finding]:
    """A dialect that is offered by name has a recording of its name."""
    for step in flow.steps.values():
        for key, entry in step.keys.items():
            named = entry.say not in flow.texts and "dialect" in known.prompts.get(entry.say, ())
            if step.sets is Choice.DIALECT and named and entry.value not in DIALECTS:
                facts = {"dialect": entry.value, "known": ", ".join(DIALECTS)}
                yield "flow_unknown_dialect", f"steps.{step.name}.keys.{key}", facts


def _said(flow: Flow) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Each prompt that the flow uses, with its place and the values that are available there."""
    yield "greeting.say", flow.greeting, frozenset()
    for step in flow.steps.values():
        if step.say:
            yield f"steps.{step.name}.say", step.say, frozenset()
        for key, entry in step.keys.items():
            if entry.say:
                values = {"key", "dialect"} if step.sets is Choice.DIALECT else {"key"}
                yield f"steps.{step.name}.keys.{key}", entry.say, frozenset(values)


def _silent(flow: Flow, known: Known) -> Iterator[Finding]:
    """A step that reads keys has a prompt."""
    for step in flow.steps.values():
        if step.keys and not step.say and not any(entry.say for entry in step.keys.values()):
            yield "flow_silent", f"steps.{step.name}", {"step": step.name}


def _lines(flow: Flow, known: Known) -> Iterator[Finding]:
    if known.lines is not None:
        for line in flow.lines:
            if line not in known.lines:
                yield "flow_unknown_line", "lines", {"line": line}
        for step in flow.steps.values():
            if step.line and step.line not in known.lines:
                yield "flow_unknown_line", f"steps.{step.name}.line", {"line": step.line}
    for line in flow.lines:
        if line in known.taken:
            yield "flow_line_taken", "lines", {"line": line, "flow": known.taken[line]}
    for step in flow.steps.values():
        if step.line and step.line in flow.lines:
            yield "flow_own_line", f"steps.{step.name}.line", {"line": step.line}
        if known.queues is not None and step.queue and step.queue not in known.queues:
            yield "flow_unknown_queue", f"steps.{step.name}.queue", {"queue": step.queue}


def _unreachable(flow: Flow, known: Known) -> Iterator[Finding]:
    reached = _reached(flow, [target for _, target in flow.entries()], _all_targets)
    for name in flow.steps:
        if name not in reached:
            yield "flow_unreachable", f"steps.{name}", {"step": name}


def _endless(flow: Flow, known: Known) -> Iterator[Finding]:
    """Loops of steps that only play prompts."""
    for name, step in flow.steps.items():
        seen, current = {name}, step
        while current.kind is Kind.SAY and current.then in flow.steps:
            current = flow.steps[current.then]
            if current.name in seen:
                if current.name == name:
                    yield "flow_endless", f"steps.{name}.then", {"step": name}
                break
            seen.add(current.name)


def _served(flow: Flow, known: Known) -> Iterator[Finding]:
    """From every step that asks, keys lead to a person; wrong keys and silence do so too (R3)."""
    for name, step in flow.steps.items():
        if step.kind not in ASKS:
            continue
        if not _serves(flow, [name], _by_keys):
            yield "flow_no_person", f"steps.{name}", {"step": name}
        if not _serves(flow, [step.otherwise], _without_keys):
            yield "flow_otherwise", f"steps.{name}.otherwise", {"step": name}
    for path, target in flow.entries():
        if target in flow.steps or target in BUILT_IN:
            if not _serves(flow, [target], _by_keys):
                yield "flow_no_person", path, {"step": target}


def _serves(flow: Flow, names: list[str], follow: Callable[[Step], Iterator[str]]) -> bool:
    reached = _reached(flow, names, follow)
    ends = {PERSON, MESSAGE, CALLBACK}
    return any(name in ends or (name in flow.steps and flow.steps[name].kind in SERVED) for name in reached)


def _reached(flow: Flow, names: list[str], follow: Callable[[Step], Iterator[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            if name in flow.steps:
                waiting += follow(flow.steps[name])
    return reached


def _all_targets(step: Step) -> Iterator[str]:
    return (target for _, target in step.targets())


def _by_keys(step: Step) -> Iterator[str]:
    return (target for path, target in step.targets() if path != "otherwise")


def _without_keys(step: Step) -> Iterator[str]:
    """Where a caller who presses nothing arrives."""
    return (target for path, target in step.targets() if path in ("otherwise", "then"))


def _languages(flow: Flow, known: Known) -> Iterator[Finding]:
    """A flow of several languages lets the caller choose one."""
    choosing = any(step.sets is Choice.LANGUAGE for step in flow.steps.values())
    if len(flow.languages) > 1 and not choosing:
        yield "flow_no_language_choice", "languages", {"languages": ", ".join(flow.languages)}


_CHECKS: Final = (_targets, _prompts, _dialects, _silent, _lines, _unreachable, _endless, _served, _languages)
