"""Callers who are not taken: their numbers, why, by whose decision and until when."""
