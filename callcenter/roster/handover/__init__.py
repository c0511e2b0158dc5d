"""Shift handover: the log of the outgoing agent, signed by the relief, before the post is left (H1-H4)."""
