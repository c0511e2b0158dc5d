"""Loans: an agent takes calls of another line or queue, or counts as a speaker, until an instant."""
