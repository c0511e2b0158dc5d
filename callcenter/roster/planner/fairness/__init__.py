"""How fairly nights, weekends and hours are shared."""
