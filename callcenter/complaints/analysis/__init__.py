"""Statistics of complaints (K6)."""
