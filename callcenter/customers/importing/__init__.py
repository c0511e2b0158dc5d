"""Customers' files from tables."""
