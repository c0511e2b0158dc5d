"""Who can take a shift whose agent is sick or on leave, ranked with the reason of the rank (D3, D4)."""
