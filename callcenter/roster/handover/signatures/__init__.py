"""Signatures of the reliefs: each takes over the lines that they are on duty for (H3)."""
