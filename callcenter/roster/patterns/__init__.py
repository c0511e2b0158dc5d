"""Shift patterns: the times of day that a roster is made of."""
