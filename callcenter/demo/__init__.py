"""A small, plausible call centre with simulated phones and callers. Only `cli` imports it."""
