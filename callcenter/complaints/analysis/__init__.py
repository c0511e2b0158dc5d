"""Complaints in figures (K6)."""
