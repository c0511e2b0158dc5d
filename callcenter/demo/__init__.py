"""A small centre that could exist, with simulated phones and callers. Only `cli` knows it."""
