"""Every operation of the joined centre answers whatever its schema allows, and what it does not, without a fault (500).

Requests are made from the OpenAPI description by schemathesis. They build on one another: what an answer names (ids,
numbers, codes) goes into the addresses of later requests, so most of them reach things that are really there.
"""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from tests.support.joined import Joined, joined_centre
from tests.support.profiles import examples

AnyCase = Case[Any]
SECONDS: Final = 110.0
EACH: Final = 6
NAMES: Final = ("id", "number", "code", "name", "token", "job", "day", "month")
KEEP_OUT: Final = ("/api/v1/tokens", "/api/v1/people", "/api/v1/session")
"""Whose real ids are not used: the run would shut itself out."""


@dataclass
class Known:
    """Real values by the first part of the address under which they were seen."""

    joined: Joined
    seen: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    random: random.Random = field(default_factory=lambda: random.Random(7))
    asked: int = 0
    answered: int = 0

    def learn(self, path: str, body: object) -> None:
        things = body.get("items", [body]) if isinstance(body, dict) else []
        for thing in things if isinstance(things, list) else []:
            for name in NAMES:
                value = thing.get(name) if isinstance(thing, dict) else None
                if isinstance(value, (str, int)) and not path.startswith(KEEP_OUT):
                    seen = self.seen.setdefault(_first(path), [])
                    if str(value) not in seen and len(seen) < 30:
                        seen.append(str(value))

    def place(self, case: AnyCase) -> None:
        """Put real values into the address, most of the time."""
        values = case.path_parameters or {}
        for name in values:
            pool = [*self.seen.get(_first(case.path), ()), *self.joined.ids.get(name, ())]
            if pool and not case.path.startswith(KEEP_OUT) and self.random.random() < 0.8:
                values[name] = self.random.choice(pool)


def _first(path: str) -> str:
    return path.split("/")[3]


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Known]:
    with joined_centre(f"sqlite+aiosqlite:///{tmp_path}/callcenter.db", tmp_path) as joined:
        yield Known(joined)


def ask(known: Known, session: requests.Session, case: AnyCase) -> None:
    known.place(case)
    try:
        answer = case.call(base_url=known.joined.url, headers=known.joined.headers, session=session, timeout=20)
    except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError):
        return  # What no client can send is no request.
    except requests.exceptions.RequestException as error:
        known.faults.append(f"{case.method} {case.path}: {type(error).__name__} {case.as_curl_command()[:600]}")
        return
    known.asked += 1
    known.answered += answer.status_code < 300
    if answer.status_code >= 500 and answer.status_code != 503:
        known.faults.append(f"{case.method} {case.path}: {answer.status_code} {case.as_curl_command()[:600]}")
    if answer.status_code < 300 and "json" in answer.headers.get("Content-Type", ""):
        known.learn(case.path, answer.json())


@pytest.mark.timeout(600)
def test_no_request_that_schemathesis_makes_is_a_fault(known: Known) -> None:
    schema = schemathesis.openapi.from_url(f"{known.joined.url}/openapi.json")
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    operations = [
        entry for entry in operations if not (entry.path == "/api/v1/session" and entry.method.upper() == "DELETE")
    ]
    session, ends = requests.Session(), time.monotonic() + SECONDS * examples(1)
    # Lists first, so that the ids which later requests need are known; then what makes, changes and removes.
    order = {"get": 0, "post": 1, "put": 2, "patch": 3, "delete": 4}
    operations.sort(key=lambda entry: ("{" in entry.path, order.get(entry.method.lower(), 5)))
    for operation in operations:
        # A busy machine sends fewer requests to each operation, but some to all.
        _exercise(known, session, operation, examples(EACH) if time.monotonic() < ends else 1)
    assert known.faults == []
    assert known.answered > known.asked / 10, "hardly any request reached a thing that is there"


def _exercise(known: Known, session: requests.Session, operation: Any, most: int) -> None:
    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def exercise(case: AnyCase) -> None:
        ask(known, session, case)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exercise()
