"""Tests measures of agreement between graders against published examples (S2)."""

from __future__ import annotations

import pytest

from callcenter.scorecards.calibration.agreement import cohen, fleiss, interval, krippendorff, nominal, percent
from callcenter.scorecards.calibration.model import compare
from callcenter.scorecards.forms.model import default_source, read_form
from callcenter.scorecards.scoring import Answer

FORM = read_form(default_source())
FULL = {item.key: Answer("yes" if item.kind == "yes_no" else item.top) for item in FORM.items}


def test_cohens_kappa_of_the_grant_proposals() -> None:
    """Two readers, 50 proposals: 20 both yes, 5 and 10 divided, 15 both no; kappa is 0.40."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen(first, second) == pytest.approx(0.4)
    assert percent([list(pair) for pair in zip(first, second, strict=True)]) == pytest.approx(0.7)


def test_fleiss_kappa_of_the_fourteen_raters() -> None:
    """Ten subjects, fourteen raters, five categories; kappa is 0.210."""
    counts = [
        (0, 0, 0, 0, 14),
        (0, 2, 6, 4, 2),
        (0, 0, 3, 5, 6),
        (0, 3, 9, 2, 0),
        (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0),
        (3, 2, 6, 3, 0),
        (2, 5, 3, 2, 2),
        (6, 5, 2, 1, 0),
        (0, 2, 2, 3, 7),
    ]
    units = [[category for category, number in enumerate(row) for _ in range(number)] for row in counts]
    assert fleiss(units) == pytest.approx(0.210, abs=0.0005)


OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


def test_krippendorffs_alpha_of_his_own_example_with_missing_data() -> None:
    """Four observers, twelve units (Krippendorff 2011, C): 0.743 nominal, 0.849 interval."""
    units = [list(unit) for unit in zip(*OBSERVERS, strict=True)]
    assert krippendorff(units, nominal) == pytest.approx(0.743, abs=0.0005)
    assert krippendorff(units, interval) == pytest.approx(0.849, abs=0.0005)


def test_where_only_one_category_was_used_agreement_is_unknown() -> None:
    assert cohen(["yes"] * 3, ["yes"] * 3) is None
    assert fleiss([["yes"] * 3] * 4) is None
    assert krippendorff([[1.0, 1.0]] * 3) is None
    assert percent([["yes"]]) is None


def test_graders_are_compared_item_by_item_and_with_the_reference() -> None:
    strict = {**FULL, "goodbye": Answer("no", "没有"), "please_and_you": Answer(2, "")}
    rude = {**FULL, "not_rude": Answer("no", "推诿")}
    result = compare(FORM, {"lin": FULL, "zhou": strict, "he": rude}, reference="lin")
    goodbye = next(entry for entry in result.items if entry.item == "goodbye")
    assert (goodbye.values, goodbye.reference) == ({"he": "yes", "lin": "yes", "zhou": "no"}, "yes")
    assert (goodbye.agreement, goodbye.spread, goodbye.off_reference) == (0.3333, 1.0, 1)
    by = {grader.grader: grader for grader in result.graders}
    assert (by["he"].total, by["he"].from_reference, by["lin"].from_reference) == (0, -100, 0)
    assert result.spread == 100
    assert result.alpha is not None
    assert result.alpha < 1


def test_two_graders_who_agree_in_everything() -> None:
    mixed = {**FULL, "goodbye": Answer("no", "没有")}
    result = compare(FORM, {"lin": mixed, "zhou": mixed})
    assert (result.agreement, result.kappa, result.alpha, result.spread) == (1, 1, 1, 0)
