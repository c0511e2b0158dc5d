"""Defines the errors of scripts and evaluations."""

from __future__ import annotations

from callcenter.errors import NotFound


class UnknownEvaluation(NotFound):
    code = "no_such_evaluation"
