"""Tests of the runner of flows."""
