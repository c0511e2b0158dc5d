"""Needed, planned and present agents of a line over time, for a chart."""
