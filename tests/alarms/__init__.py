"""Tests of the alarms (R7)."""
