"""The printed call record form (W1)."""
