"""Bulk return calls (surveys, apologies, imported lists) and the do-not-call list."""
