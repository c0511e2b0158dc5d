"""Calibration: several graders, one call, and how far they agree."""
