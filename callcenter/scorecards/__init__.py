"""Grading of calls by forms (S2)."""
