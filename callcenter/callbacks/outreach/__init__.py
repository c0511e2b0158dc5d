"""Bulk return calls and the do-not-call list."""
