"""Checks that the tables of a case match its history: steps, signatures, evidence, answers (K7). Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callcenter.complaints.history.chain import Broken, Entry, canonical
from callcenter.facts import CaseNumber

Facts = Mapping[str, Any]
Records = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the tables hold of a case besides its own row, all as plain text.

    `steps` are (state, by), `signed` are (place, person, name, role, at, verdict, reason, covers, instead_of), both in
    order; `evidence` are (kind, ref, sha256), `asked` are (question, text, responsible, due, answer), `referred` are
    (referral, body, reference, due, text, first answer); an empty text means a missing value.
    """

    head: str
    steps: Records = field(default_factory=list)
    signed: Records = field(default_factory=list)
    evidence: Records = field(default_factory=list)
    asked: Records = field(default_factory=list)
    referred: Records = field(default_factory=list)


def plain(value: object) -> str:
    """Formats an instant or code as the history writes it; empty for a missing value."""
    return "" if value is None else str(json.loads(canonical(value)))


def check_kept(case: CaseNumber, entries: Sequence[Entry], stored: Kept) -> Broken | None:
    """Returns None when the tables match an intact history exactly; `chain.check` has verified the history itself."""
    if not entries or entries[-1].hash != stored.head:
        return Broken(case, len(entries), "the end of the history is missing")
    actions = [(entry, json.loads(entry.facts)) for entry in entries]
    for name, records_of in _RECORDS.items():
        expected, in_tables = records_of(actions), getattr(stored, name)
        if name in ("evidence", "asked", "referred"):
            expected, in_tables = sorted(expected), sorted(in_tables)
        if expected != in_tables:
            return Broken(case, len(entries), f"{name}: the tables differ from the history")
    return None


def _steps(actions: Sequence[tuple[Entry, Facts]]) -> Records:
    return [
        ("received" if entry.action == "opened" else facts["to"], entry.by)
        for entry, facts in actions
        if entry.action in ("opened", "stepped")
    ]


def _signed(actions: Sequence[tuple[Entry, Facts]]) -> Records:
    verdicts = {"signed": "signed", "returned_unsigned": "returned"}
    return [
        (
            facts["place"],
            entry.by,
            entry.by_name,
            facts["role"],
            plain(entry.at),
            verdicts[entry.action],
            facts.get("reason", ""),
            facts["covers"],
            facts.get("instead_of", ""),
        )
        for entry, facts in actions
        if entry.action in verdicts
    ]


def _evidence(actions: Sequence[tuple[Entry, Facts]]) -> Records:
    here: dict[tuple[str, str], str] = {}
    for entry, facts in actions:
        if entry.action in ("attached", "pinned"):
            here[facts["kind"], facts["ref"]] = facts["sha256"] or ""
        for kind, ref, sha256 in facts.get("moved", ()):
            if entry.action == "took_over":
                here[kind, ref] = sha256 or ""
            else:
                del here[kind, ref]
    return [(kind, ref, sha256) for (kind, ref), sha256 in here.items()]


def _asked(actions: Sequence[tuple[Entry, Facts]]) -> Records:
    answers = {facts["question"]: facts["text"] for entry, facts in actions if entry.action == "answered"}
    return [
        (facts["question"], facts["text"], facts["responsible"], facts["due_at"], answers.get(facts["question"], ""))
        for entry, facts in actions
        if entry.action == "asked"
    ]


def _referred(actions: Sequence[tuple[Entry, Facts]]) -> Records:
    first: dict[str, str] = {}
    for entry, facts in actions:
        if entry.action == "answered_body":
            first.setdefault(facts["referral"], facts["text"])
    names = ("referral", "body", "reference", "due_at", "text")
    return [
        (*(facts[name] for name in names), first.get(facts["referral"], ""))
        for entry, facts in actions
        if entry.action == "referred"
    ]


_RECORDS: Mapping[str, Callable[[Sequence[tuple[Entry, Facts]]], Records]] = {
    "steps": _steps,
    "signed": _signed,
    "evidence": _evidence,
    "asked": _asked,
    "referred": _referred,
}
