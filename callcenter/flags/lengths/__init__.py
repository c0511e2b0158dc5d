"""The usual length of calls (R6)."""
