"""Whether all callers get the same service (R11)."""
