"""Grading forms: versions as data."""
