"""How many agents each line needs at least, by weekday and time of day (D2)."""
