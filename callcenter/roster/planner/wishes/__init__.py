"""Wishes of agents for a plan."""
