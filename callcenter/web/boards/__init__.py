"""Boards: what a screen on the wall shows, and the read-only tokens that are bound to one board (S1)."""
