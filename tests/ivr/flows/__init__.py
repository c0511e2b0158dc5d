"""Tests of reception flows."""
