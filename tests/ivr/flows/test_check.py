"""Tests that each fault of a flow is reported with a stable kind and the line of the file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flows.check import Known, look_through
from ivr.flows.diagram import draw
from ivr.flows.layout import BEGIN, lay_out
from ivr.flows.parser import read_flow
from ivr.flows.places import lines_of
from ivr.flows.service import SAMPLES, sample

GOOD = """name = "demo"
lines = ["sales"]
languages = ["zh-CN"]
start = "main"

[hours]
closed = "message"
nobody = "message"

[steps.main]
kind = "menu"
say = "menu_intro"
keys = { 1 = "orders", 0 = "person" }

[steps.orders]
kind = "queue"
queue = "orders"
"""
KNOWN = Known(
    {"greeting": (), "menu_intro": (), "menu_person": ("key",), "place": ("ahead",)},
    {"sales", "support"},
    {"orders"},
    {"support": "other"},
)


def faults(source: str) -> list[tuple[str, int]]:
    return [(fault.kind, fault.line) for fault in look_through(source, KNOWN)[1]]


def test_a_good_flow_has_no_faults() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "kind", "line"),
    [
        ('name = "demo"\n', "", "flow_missing", 1),
        ('name = "demo"', 'name = "Demo 1"', "flow_value", 1),
        ('lines = ["sales"]', 'lines = "sales"', "flow_list", 2),
        ('lines = ["sales"]', 'lines = ["shop"]', "flow_unknown_line", 2),
        ('lines = ["sales"]', 'lines = ["support"]', "flow_line_taken", 2),
        ('languages = ["zh-CN"]', 'languages = ["fr"]', "unknown_language", 3),
        ('languages = ["zh-CN"]', 'languages = ["zh-CN", "en"]', "flow_no_language_choice", 3),
        ('start = "main"', 'start = "mian"', "flow_unknown_target", 4),
        ('closed = "message"', 'closed = "goodbye"', "flow_no_person", 7),
        ('kind = "menu"', 'kind = "menue"', "flow_kind", 11),
        ('say = "menu_intro"', 'say = "intro"', "flow_unknown_prompt", 12),
        ('say = "menu_intro"', 'say = "place"', "flow_prompt_values", 12),
        ('say = "menu_intro"\n', "", "flow_silent", 10),
        ('say = "menu_intro"', 'say = "menu_intro"\nsecond = 3', "flow_unknown_field", 13),
        ('say = "menu_intro"', 'say = "menu_intro"\nseconds = 99', "flow_number", 13),
        ('say = "menu_intro"', 'say = "menu_intro"\notherwise = "goodbye"', "flow_otherwise", 13),
        ('0 = "person"', '0 = "persons"', "flow_unknown_target", 13),
        ('0 = "person"', '12 = "person"', "flow_key", 13),
        ('keys = { 1 = "orders", 0 = "person" }', "keys = {}", "flow_no_keys", 13),
        ('queue = "orders"', 'queue = "order"', "flow_unknown_queue", 17),
        ('kind = "queue"\nqueue = "orders"', 'kind = "say"\nsay = "greeting"\nthen = "orders"', "flow_endless", 18),
        ('1 = "orders", ', "", "flow_unreachable", 15),
        ("[steps.orders]", "[steps.person]", "flow_step_name", 15),
        ('queue = "orders"', 'queue = "orders', "source_not_toml", 17),
    ],
)
def test_a_fault_is_reported_with_its_line(old: str, new: str, kind: str, line: int) -> None:
    assert old in GOOD
    assert (kind, line) in faults(GOOD.replace(old, new, 1))


def test_a_menu_without_a_way_to_a_person_is_refused() -> None:
    trap = GOOD.replace('{ 1 = "orders", 0 = "person" }', '{ 1 = "main", 0 = "goodbye" }')
    assert ("flow_no_person", 10) in faults(trap)


def test_the_flows_own_texts_are_in_every_language_and_used() -> None:
    own = GOOD.replace('"menu_intro"', '"welcome"') + '\n[prompts.welcome]\n"zh-CN" = "请选择"\n'
    assert faults(own) == []
    assert ("flow_text", 19) in faults(own.replace('"zh-CN" = "请选择"', '"zh-CN" = ""'))
    assert ("flow_unused_prompt", 19) in faults(own.replace('say = "welcome"', 'say = "menu_intro"'))


def test_a_flow_cannot_send_callers_to_its_own_line() -> None:
    loop = GOOD.replace('kind = "queue"\nqueue = "orders"', 'kind = "line"\nline = "sales"')
    assert ("flow_own_line", 17) in faults(loop)


def test_lines_are_found_by_path_also_in_inline_tables_and_after_long_strings() -> None:
    source = 'a = """\nb = 1\n"""\n[t]\n"x" = { y = 1, z = 2 }\n[t.u]\nv = 3\n'
    assert dict(lines_of(source)) == {"a": 1, "t": 4, "t.x": 5, "t.x.y": 5, "t.x.z": 5, "t.u": 6, "t.u.v": 7}


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=300)
    | st.sampled_from(SAMPLES)
    .map(sample)
    .flatmap(
        lambda text: st.builds(
            lambda start, end, junk: text[:start] + junk + text[end:],
            st.integers(0, len(text)),
            st.integers(0, len(text)),
            st.text(max_size=10),
        )
    )
)
def test_no_source_breaks_the_parser(source: str) -> None:
    flow, faults = look_through(source, KNOWN)
    assert flow is not None or faults
    assert all(fault.line >= 1 and fault.sentence("zh-CN") and fault.sentence("en") for fault in faults)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_drawing_has_every_step_once_and_every_way(name: str) -> None:
    flow, _ = read_flow(sample(name))
    assert flow is not None
    layout = lay_out(flow)
    assert set(flow.steps) <= set(layout.boxes)
    assert len({(box.row, box.column) for box in layout.boxes.values()}) == len(layout.boxes)
    assert {(arrow.start, arrow.end) for arrow in layout.arrows} >= {(BEGIN, flow.start)}
    svg = draw(flow)
    assert svg == draw(flow)
    assert svg.count("<rect") == len(layout.boxes)
    assert svg.count('marker-end="url(#tip)"') == len(layout.arrows)
