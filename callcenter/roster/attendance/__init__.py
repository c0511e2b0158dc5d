"""Compares presence with the roster: late, absent, left the post, breaks over their limit (D3, D4, D6, S1)."""
