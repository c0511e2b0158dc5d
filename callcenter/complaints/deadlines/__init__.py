"""Deadlines of cases: warnings, escalations, the daily digest (K4, K5)."""
