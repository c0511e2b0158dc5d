"""Measures how long a line was below its minimum during a handover (H4)."""
