"""The departments that a case may concern (K4, K5)."""
