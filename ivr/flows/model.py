"""Defines a reception flow: greeting, hours, menus, choices, identification, queue, overflow, closing. Pure values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

KEYS: Final = tuple("1234567890*#")
"""The keys of a telephone, in the order in which menus list them."""

PERSON: Final = "person"
MESSAGE: Final = "message"
CALLBACK: Final = "callback"
GOODBYE: Final = "goodbye"
BUILT_IN: Final = frozenset({PERSON, MESSAGE, CALLBACK, GOODBYE})
"""Targets that every flow has without defining them."""


class Kind(StrEnum):
    """The kind of a step; the last five end the session."""

    SAY = "say"
    MENU = "menu"
    CHOOSE = "choose"
    CASE = "case"
    MEMBER = "member"
    QUEUE = "queue"
    LINE = "line"
    MESSAGE = "message"
    CALLBACK = "callback"
    CLOSE = "close"


ENDS: Final = frozenset({Kind.QUEUE, Kind.LINE, Kind.MESSAGE, Kind.CALLBACK, Kind.CLOSE})
ASKS: Final = frozenset({Kind.MENU, Kind.CHOOSE, Kind.CASE, Kind.MEMBER})


class Choice(StrEnum):
    """What a step of kind `choose` sets."""

    LANGUAGE = "language"
    DIALECT = "dialect"


@dataclass(frozen=True, slots=True)
class Key:
    """What a key does: the target of a menu or the value of a choice; `say` offers it, with the key as its value."""

    value: str
    say: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Which of the fields a kind uses is in `FIELDS`.

    `say` is heard before the prompts of the keys. After `tries` wrong keys or silences of `seconds` the
    caller goes to `otherwise`.
    """

    name: str
    kind: Kind
    say: str = ""
    then: str = ""
    keys: Mapping[str, Key] = field(default_factory=dict)
    sets: Choice | None = None
    seconds: int = 5
    tries: int = 3
    otherwise: str = PERSON
    queue: str = ""
    line: str = ""

    def targets(self) -> Iterator[tuple[str, str]]:
        """The field and the name of each step or built-in target that this step leads to."""
        if self.kind is Kind.MENU:
            for key, entry in self.keys.items():
                yield f"keys.{key}", entry.value
        if self.then:
            yield "then", self.then
        if self.kind in ASKS:
            yield "otherwise", self.otherwise


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Whether a kind of step must have a field."""

    required: bool = False


_MAY: Final = FieldRule()
_MUST: Final = FieldRule(required=True)
FIELDS: Final[Mapping[Kind, Mapping[str, FieldRule]]] = {
    Kind.SAY: {"say": _MUST, "then": _MUST},
    Kind.MENU: {"say": _MAY, "keys": _MUST, "seconds": _MAY, "tries": _MAY, "otherwise": _MAY},
    Kind.CHOOSE: {
        "say": _MAY,
        "sets": _MUST,
        "keys": _MUST,
        "then": _MUST,
        "seconds": _MAY,
        "tries": _MAY,
        "otherwise": _MAY,
    },
    Kind.CASE: {"say": _MAY, "then": _MUST, "seconds": _MAY, "tries": _MAY, "otherwise": _MAY},
    Kind.MEMBER: {"say": _MAY, "then": _MUST, "seconds": _MAY, "tries": _MAY, "otherwise": _MAY},
    Kind.QUEUE: {"say": _MAY, "queue": _MAY},
    Kind.LINE: {"say": _MAY, "line": _MUST},
    Kind.MESSAGE: {"say": _MAY},
    Kind.CALLBACK: {"say": _MAY},
    Kind.CLOSE: {"say": _MAY},
}


@dataclass(frozen=True, slots=True)
class Flow:
    """A reception. `lines` are the lines that it serves; the first of `languages` is spoken until another is chosen.

    `closed` and `nobody` are where callers go outside the hours, and when no agent is on duty; `overflow` is where a
    caller goes who leaves the queue unserved. `texts` are the flow's own prompts, by name and language.
    """

    name: str
    lines: tuple[str, ...]
    languages: tuple[str, ...]
    greeting: str
    start: str
    closed: str
    nobody: str
    overflow: str
    steps: Mapping[str, Step] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def entries(self) -> Iterator[tuple[str, str]]:
        """Where callers enter: the field, as it is written in the file, and the target."""
        yield "start", self.start
        yield "hours.closed", self.closed
        yield "hours.nobody", self.nobody
        yield "overflow.then", self.overflow

    def step(self, name: str) -> Step:
        """The step of this name; a built-in target is a step without anything of its own."""
        return self.steps.get(name) or _BUILT_IN[name]


_BUILT_IN: Final[Mapping[str, Step]] = {
    PERSON: Step(PERSON, Kind.QUEUE),
    MESSAGE: Step(MESSAGE, Kind.MESSAGE),
    CALLBACK: Step(CALLBACK, Kind.CALLBACK),
    GOODBYE: Step(GOODBYE, Kind.CLOSE),
}
