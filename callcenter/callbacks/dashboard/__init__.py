"""Figures of the return-call queue."""
