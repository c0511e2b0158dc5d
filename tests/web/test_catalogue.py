"""Tests that the catalogue of error sentences is complete: every code of the program, in both languages."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest
from pydantic_core import core_schema
from pydantic_core._pydantic_core import list_all_errors

from callcenter.catalogue import (
    LANGUAGES,
    reader,
    sentence,
    sentence_of,
)
from callcenter.catalogue.sentences import UNKNOWN, catalogue, source_faults, validation, words
from callcenter.complaints.model import STATEMENTS
from callcenter.complaints.signatures.model import Place
from callcenter.customers.model import BadCustomer, Customer, check_customer
from callcenter.documents import model as documents
from callcenter.errors import CallCentreError, IllegalTransition
from callcenter.followup.scripts import model as script
from callcenter.roster.errors import BadLocalTime
from callcenter.roster.model import instant_of
from callcenter.scorecards.forms import model as scorecard
from callcenter.web.roles import Role
from ivr.flows import check as flow_check
from ivr.flows import parser as flow_parser
from ivr.flows import service as flow_service
from tests.docs.test_state_diagrams import MACHINES

ROOTS = ("callcenter", "recordings", "ivr", "dashboards")
PROBLEMS = {"problem": 1, "plain_problem": 1}
"""Functions that answer with a code of their own, and the place of that code among their arguments."""
VALIDATION_FACTS = {"count", "pointer", "message"}
FROM_OUTSIDE = {
    "agi_broken": "what the PBX sent",
    "ami_closed": "what the PBX's connection ended with",
    "ami_refused": "the PBX's answer",
    "ami_timeout": "the step of the PBX's connection",
    "bad_ami_action": "a rule of the PBX's protocol; only a fault of the program meets it",
    "bad_database_url": "SQLAlchemy's parser",
    "bad_docx_template": "the template engine",
    "bad_filter": "pydantic",
    "bad_import_file": "the parsers of TOML and CSV",
    "bad_model_folder": "the file system or the hub",
    "bad_row": "a sentence of this catalogue, in the reader's language",
    "bad_score_form": "a sentence of this catalogue, in the reader's language",
    "bad_script": "a sentence of this catalogue, in the reader's language",
    "bad_settings": "for logs; a command prints each fault in the reader's language",
    "bad_table": "the readers of XLSX and CSV",
    "bad_word_list": "the parser of TOML",
    "error": "the root of the family: no cause is known",
    "http_error": "the HTTP server",
    "invalid": "a rule of the PBX's protocol, or no cause is known",
    "model_install_failed": "pip or the hub",
    "not_yet": "a step of the demo, named by the demo",
    "pbx_down": "Asterisk's last words",
    "pbx_install_failed": "apt-get and dpkg",
    "print_failed": "the printing process",
    "refused": "the service's own sentence",
    "service_ended": "the process's last words",
    "sipp_failed": "SIPp's last words",
    "tool_failed": "the program's last words",
    "transcript_engine_failed": "the engine",
    "transcript_engine_missing": "the engine",
    "webhook_not_delivered": "the receiver's answer, or the network",
}
"""The codes whose Chinese sentence may hold the English text of the exception, and where that text comes from."""


def every_module() -> Iterator[str]:
    for root in ROOTS:
        for module in walk_packages(import_module(root).__path__, f"{root}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                yield module.name


def every_error() -> dict[str, type[CallCentreError]]:
    for name in every_module():
        import_module(name)
    result: dict[str, type[CallCentreError]] = {}
    kinds: list[type[CallCentreError]] = [CallCentreError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.partition(".")[0] in ROOTS:
            result[kind.code] = kind
    return result


def every_plain_code() -> set[str]:
    """The codes with which functions answer without an error class."""
    codes = {"not_found", "method_not_allowed", "http_error", "conflict", "changed_meanwhile"}
    for root in ROOTS:
        for path in Path(root).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PROBLEMS:
                    code = node.args[PROBLEMS[node.func.id]]
                    if isinstance(code, ast.Constant):
                        codes.add(str(code.value))
    return codes


def texts(entry: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """The entry's own texts and those of its variants."""
    yield {language: entry.get(language, "") for language in LANGUAGES}
    for fact, variants in entry.items():
        if fact not in LANGUAGES:
            yield from variants.values()


def places(text: str) -> set[tuple[str, str]]:
    return {(name, kind or "") for _, name, kind, _ in string.Formatter().parse(text) if name is not None}


def test_every_error_class_has_its_sentence() -> None:
    missing = sorted(code for code in every_error() if code not in catalogue())

    assert missing == [], f"write a sentence for these codes in callcenter/catalogue/texts: {missing}"


def test_every_code_without_a_class_has_its_sentence() -> None:
    assert sorted(every_plain_code() - set(catalogue())) == []


def test_no_sentence_is_left_over_from_a_code_that_is_gone() -> None:
    assert sorted(set(catalogue()) - set(every_error()) - every_plain_code()) == []


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_both_languages_have_the_same_placeholders(code: str) -> None:
    for variant in texts(catalogue()[code]):
        assert set(variant) == set(LANGUAGES), "a language is missing, or there is a third"
        assert variant["zh-CN"].endswith("。"), variant
        assert variant["en"].rstrip('"').endswith((".", "?")), variant
        assert any("\u4e00" <= char <= "\u9fff" for char in variant["zh-CN"]), variant
        assert not any("\u4e00" <= char <= "\u9fff" for char in variant["en"]), variant
        named = {place for language in LANGUAGES for place in places(variant[language])}
        for name, kind in named:
            assert name.isidentifier(), f"{name} would reach into a value"
            assert kind in {"", "bytes", "time", *words()}, f"there are no words for {kind}"


def test_only_an_external_cause_is_in_english_in_a_chinese_sentence() -> None:
    """A cause that is ours has a fact and a variant of its own; see docs/errors.md."""
    result = {
        code
        for code, entry in catalogue().items()
        for variant in texts(entry)
        if "detail" in {name for name, _ in places(variant["zh-CN"])}
    }

    assert sorted(result - FROM_OUTSIDE.keys()) == [], "give the cause a fact and a variant"
    assert sorted(FROM_OUTSIDE.keys() - result) == [], "these need no exception any more"


def test_every_place_of_a_variant_is_a_fact_that_some_raise_gives() -> None:
    """Else the sentence shows a gap."""
    known = facts_of_every_raise()
    gaps: list[tuple[str, set[str]]] = []
    for code, kind in every_error().items():
        for variant in texts(catalogue()[code]):
            named = {name for language in LANGUAGES for name, _ in places(variant[language])} - {"detail"}
            given = known.get(kind.__name__)
            if given is None or kind.__init__ is not CallCentreError.__init__:
                continue
            if lacking := named - given - known["refusal"] - VALIDATION_FACTS:
                gaps.append((code, lacking))

    assert gaps == []


def facts_of_every_raise() -> dict[str, set[str]]:
    """Names of the facts by the class; a class that is given its facts in another way than by name is left out.

    `refusal` is a parameter whose value is a class.
    """
    result: dict[str, set[str]] = {}
    open_ended: set[str] = set()
    for root in ROOTS:
        for path in Path(root).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    result.setdefault(node.func.id, set()).update(word.arg for word in node.keywords if word.arg)
                    if any(word.arg is None for word in node.keywords):
                        open_ended.add(node.func.id)
    return {name: facts for name, facts in result.items() if name not in open_ended}


def test_the_causes_of_one_code_are_different_sentences() -> None:
    with pytest.raises(BadCustomer) as short:
        check_customer(Customer(name="李雷", wechat="x" * 50))
    with pytest.raises(BadCustomer) as many:
        check_customer(Customer(name="李雷", tags=tuple(str(number) for number in range(40))))

    assert sentence_of(short.value, "zh-CN") == "“微信号”最多 40 个可显示的字符；请缩短。"
    assert sentence_of(many.value, "zh-CN") == "“标签”最多 30 项，每项最多 40 个可显示的字符。"
    assert many.value.facts == {"field": "tags", "most": 30, "longest": 40}


@pytest.mark.parametrize(
    ("moment", "zone", "text"),
    [
        (datetime(2026, 11, 24, 9), None, "请写明与 UTC 的时差"),  # noqa: DTZ001 - the time without a zone is the case.
        (datetime(2026, 11, 24, 9), "Asia/Changsha", "没有时区“Asia/Changsha”"),  # noqa: DTZ001
        (datetime(2026, 3, 29, 2, 30), "Europe/Berlin", "不存在"),  # noqa: DTZ001
        (datetime(2026, 10, 25, 2, 30), "Europe/Berlin", "出现两次"),  # noqa: DTZ001
    ],
)
def test_a_time_that_is_not_definite_is_refused_with_its_cause(moment: datetime, zone: str | None, text: str) -> None:
    with pytest.raises(BadLocalTime) as caught:
        instant_of(moment, zone)

    assert text in sentence_of(caught.value, "zh-CN")


def test_a_fault_of_a_script_or_a_form_is_in_the_readers_language() -> None:
    source = script.default_source().replace("{centre}", "{center}", 1)
    assert source != script.default_source()
    token = reader.set("zh-CN")
    try:
        with pytest.raises(script.BadScript) as caught:
            script.read_script(source)
        with pytest.raises(scorecard.BadForm) as form:
            scorecard.read_form(scorecard.default_source().replace("pass_mark", "passmark", 1))
    finally:
        reader.reset(token)

    assert "没有占位“center”" in sentence_of(caught.value, "zh-CN")
    assert "没有这个字段" in sentence_of(form.value, "zh-CN")


def test_every_fault_of_a_script_or_a_form_has_its_sentence() -> None:
    used = {script.FORMAT.name_fault, scorecard.FORMAT.name_fault}
    for module in (script, scorecard, documents):
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                used |= {str(kind.value) for kind in node.args[2:3] if isinstance(kind, ast.Constant)}

    for module in (flow_parser, flow_check, flow_service):
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text("utf-8"))):
            if isinstance(node, ast.Constant) and re.fullmatch(r"flow_[a-z_]+", str(node.value)):
                used.add(str(node.value))
    assert used == set(source_faults())
    assert all(set(entry) == set(LANGUAGES) for entry in source_faults().values())


def test_every_type_of_request_validation_has_words_that_a_reader_understands() -> None:
    """What a JSON request can break is named; the rest are faults of Python values and cannot come from a request."""
    python_only = {
        "no_such_attribute",
        "json_type",
        "needs_python_object",
        "frozen_field",
        "frozen_instance",
        "invalid_key",
        "get_attribute_error",
        "dataclass_type",
        "dataclass_exact_type",
        "default_factory_not_called",
        "named_tuple_type",
        "iterable_type",
        "iteration_error",
        "mapping_type",
        "frozen_dict_type",
        "ordered_dict_type",
        "counter_type",
        "deque_type",
        "set_item_not_hashable",
        "bytes_too_short",
        "bytes_too_long",
        "bytes_invalid_encoding",
        "missing_sentinel_error",
        "ellipsis_error",
        "date_past",
        "date_future",
        "datetime_past",
        "datetime_future",
        "timezone_offset",
        "is_instance_of",
        "is_subclass_of",
        "callable_type",
        "arguments_type",
        "missing_argument",
        "unexpected_keyword_argument",
        "missing_keyword_only_argument",
        "unexpected_positional_argument",
        "missing_positional_only_argument",
        "multiple_argument_values",
        "url_syntax_violation",
        "uuid_version",
        "fraction_type",
        "fraction_parsing",
        "complex_type",
        "complex_str_parsing",
        "string_not_ascii",
    }
    known = set(core_schema.ErrorType.__args__)  # type: ignore[attr-defined]

    assert sorted(known - python_only - set(validation())) == []
    assert sorted(set(validation()) - known) == ["other"]


def test_the_words_of_validation_use_what_pydantic_gives() -> None:
    given = {str(info["type"]): set(info.get("example_context") or {}) for info in list_all_errors()}

    for kind, entry in validation().items():
        for language in LANGUAGES:
            assert {name for name, _ in places(entry[language])} <= given.get(kind, {"detail"}), kind


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_states_and_steps_of_every_machine_have_words(machine: str) -> None:
    _, table = MACHINES[machine]
    states = {str(state) for state in table}
    events = {str(event) for row in table.values() for event in row}

    assert sorted(states - set(words()["state"])) == []
    assert sorted(events - set(words()["event"])) == []


def test_roles_places_and_statements_have_words() -> None:
    assert {str(role) for role in Role} <= set(words()["role"])
    assert {str(place) for place in Place} <= set(words()["place"])
    assert set(STATEMENTS) <= set(words()["field"])


def test_a_refusal_names_what_would_be_right() -> None:
    error = IllegalTransition("case", "received", "close", ("assess", "withdraw", "merge"))

    assert sentence_of(error, "zh-CN") == "案件目前处于“已受理”，不能进行“结案”；现在可以：评估、撤回、并案。"
    assert sentence_of(error, "en").endswith("Possible now: assess, withdraw, merge.")


def test_a_fact_is_a_value_and_never_a_format() -> None:
    text = sentence("unknown_agent", {"agent": "{agent.__class__}\n{0}"}, "", "en")

    assert text.startswith("No agent has the number {agent.__class__} {0}.")


def test_a_fact_that_is_missing_shows_and_breaks_nothing() -> None:
    assert UNKNOWN in sentence("unknown_agent", {}, "", "en")
    assert sentence("no_such_code_at_all", {}, "its own words", "zh-CN") == "its own words"
