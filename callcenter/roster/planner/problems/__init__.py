"""Builds the planning problem of a plan."""
