"""Duty managers of the roster."""
