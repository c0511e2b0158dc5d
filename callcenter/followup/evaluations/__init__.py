"""Evaluations from customers' answers."""
