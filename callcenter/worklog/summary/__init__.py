"""The month's summary (W4, S4)."""
