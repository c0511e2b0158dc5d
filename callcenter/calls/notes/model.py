"""Defines what an agent writes about a call and when it is complete (W1, W2). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from callcenter.calls.notes.errors import BadReasonTree, NoteIncomplete, UnknownReason

_CODE: Final = re.compile(r"[a-z0-9_]{1,40}")
MOST_REASONS: Final = 500
DEEPEST: Final = 5


class NoteState(StrEnum):
    """`draft` is kept while the agent writes; `done` has everything that W1 requires."""

    DRAFT = "draft"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the caller: written down and read back (`checked`) before it is answered (W2)."""

    question: str
    checked: bool = False
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    reason: str | None = None
    reason_text: str = ""
    contact: str = ""
    department: str | None = None
    people: str = ""
    progress: str = ""
    questions: tuple[Question, ...] = ()
    state: NoteState = NoteState.DRAFT


@dataclass(frozen=True, slots=True)
class Reason:
    """A node of the tree; `names` by language. An inactive one stays on old calls and is not offered."""

    code: str
    names: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    active: bool = True


def check_tree(reasons: Sequence[Reason]) -> None:
    """Raises BadReasonTree: codes are unique, parents exist, nothing is its own ancestor, names are not empty."""
    if len(reasons) > MOST_REASONS:
        raise BadReasonTree("too many reasons", most=MOST_REASONS)
    parents = {reason.code: reason.parent for reason in reasons}
    if len(parents) < len(reasons):
        raise BadReasonTree("a code is used twice", field="code")
    for reason in reasons:
        if not _CODE.fullmatch(reason.code):
            raise BadReasonTree("a code is 1 to 40 lower-case letters, digits and _", field="code")
        if not any(name.strip() for name in reason.names.values()):
            raise BadReasonTree("each reason has a name", code=reason.code, field="names")
        at, steps = reason.parent, 1
        while at is not None:
            if at not in parents or at == reason.code or steps >= DEEPEST:
                raise BadReasonTree("a parent is missing, or the tree is too deep", code=reason.code, field="parent")
            at, steps = parents[at], steps + 1


def check_note(note: Note, reasons: Mapping[str, Reason], departments: Sequence[str]) -> None:
    """Raises UnknownReason; and NoteIncomplete when it is said to be done and lacks something."""
    if note.reason is not None and note.reason not in reasons:
        raise UnknownReason("there is no such reason", reason=note.reason[:40])
    if note.department is not None and note.department not in departments:
        raise UnknownReason("there is no such department", department=note.department[:40], field="department")
    if note.state is NoteState.DONE and (missing := missing_in(note, reasons)):
        raise NoteIncomplete("the record lacks something", missing=", ".join(missing))


def missing_in(note: Note, reasons: Mapping[str, Reason]) -> list[str]:
    """The fields that W1 and W2 still require: the most precise reason, progress, each question read back."""
    missing = []
    parents = {reason.parent for reason in reasons.values() if reason.active}
    if not note.reason_text.strip() and (note.reason is None or note.reason in parents):
        missing.append("reason")
    if not note.progress.strip():
        missing.append("progress")
    if any(not question.checked for question in note.questions):
        missing.append("questions")
    return missing


def path_of(reason: str, reasons: Mapping[str, Reason]) -> list[Reason]:
    """A reason with its ancestors, the root first; empty for one that no longer exists."""
    path: list[Reason] = []
    at = reasons.get(reason)
    while at is not None and at not in path:
        path.insert(0, at)
        at = reasons.get(at.parent) if at.parent else None
    return path
