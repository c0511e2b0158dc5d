"""Duty managers by the roster."""
