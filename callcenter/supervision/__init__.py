"""Supervision: leaders act on the live floor."""
