"""Plans of a line's roster: drafts, and the versions that were published (D1, D2)."""
