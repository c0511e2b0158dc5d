"""Imports customer files from tables."""
