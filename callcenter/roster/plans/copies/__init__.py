"""Shifts of earlier weeks as entries of a draft, at the same wall-clock times."""
